"""Decides scores, outside the student's process: draws secret cases, has the kernel apply the
student's functions to them, and judges the plain arrays that come back.

What is right comes from two references, PyTorch (the exercise's oracle) and the course's NumPy
solutions; a case on which they disagree is withdrawn. Of held-out images people have said it.
"""

import copy
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial

import numpy as np
from jupyter_core.utils import run_sync
from nbformat import NotebookNode
from nbformat.v4 import new_output

from autograder.judging.held_out import HELD_OUT
from autograder.judging.suspicion import suspicions
from autograder.judging.versions import best_of_versions
from autograder.kernels.replies import missing_part
from autograder.kernels.session import Limits, Session
from autograder.repairing.cells import exercise_library, is_check
from cs_utils.answers import CRASHED, MISSING, NOT_WRITTEN, TIMED_OUT, Answer, answer_case
from cs_utils.exercises import find_exercise, lent_parts, lesson_exercises, stand_in_rounds
from cs_utils.exercises.specification import Case, Exercise, Outputs
from cs_utils.reports import html_report
from cs_utils.verdicts import CORRECT, Verdict, best, close, judge, with_properties
from solutions.references import reference_functions

CHECK_PREFIX = "check-"

References = Callable[[str], tuple[list[Case], list[Outputs | None]]]


class DeviceError(ValueError):
    """The device asked for is not there; the text says what to do."""


@dataclass(frozen=True)
class Grading:
    """A hand-in graded: the executed notebook and a verdict for each exercise of the lesson.

    problems: what a person should look at, in lines.
    """

    notebook: NotebookNode
    verdicts: list[Verdict]
    seed: int
    sandboxed: bool
    problems: list[str] = field(default_factory=list)


def fresh_seed() -> int:
    """A seed that nobody can know before the run."""
    return secrets.randbits(63)


def grade_notebook(
    notebook: NotebookNode,
    lesson: str,
    seed: int,
    sandboxed: bool = True,
    device: str = "auto",
    limits: Limits | None = None,
) -> Grading:
    """Run a hand-in and judge every exercise of its lesson.

    notebook: a repaired notebook, executed in place; its check cells receive the verdicts.
    lesson: the notebook's name. seed: what the cases are drawn from. device: where the reference
    of a PyTorch exercise is computed; ``auto`` takes a GPU where there is one.
    """
    references = partial(cases_and_references, seed=seed, device=device)

    def grade(
        one: NotebookNode, exercises: Sequence[Exercise], known: Mapping[str, Verdict]
    ) -> list[Verdict]:
        return run_sync(_grade)(one, exercises, known, references, sandboxed, limits or Limits())

    verdicts = grade(notebook, lesson_exercises(lesson), {})
    verdicts = best_of_versions(notebook, verdicts, grade)
    write_verdicts(notebook, verdicts)
    return Grading(notebook, verdicts, seed, sandboxed, suspicions(notebook))


async def _grade(
    notebook: NotebookNode,
    exercises: Sequence[Exercise],
    known: Mapping[str, Verdict],
    references: References,
    sandboxed: bool,
    limits: Limits,
) -> list[Verdict]:
    verdicts = dict(known)
    async with Session(notebook, sandboxed, limits) as session:
        await session.run_cells()
        for exercise in exercises:
            if exercise.library == "numpy":
                verdicts[exercise.name] = await _grade_exercise(
                    session, exercise, references, verdicts
                )
    with_torch = [exercise for exercise in exercises if exercise.library == "torch"]
    if with_torch:
        copied = copy.deepcopy(notebook)
        forbidden = sorted({exercise.forbids for exercise in with_torch} - {""})
        async with Session(copied, sandboxed, limits, "torch", forbidden) as session:
            await session.run_cells()
            for exercise in with_torch:
                verdicts[exercise.name] = await _grade_exercise(
                    session, exercise, references, verdicts
                )
        show_run_with_pytorch(notebook, copied)
    return [verdicts[exercise.name] for exercise in exercises]


def show_run_with_pytorch(notebook: NotebookNode, run: NotebookNode) -> None:
    """Take over from the run with PyTorch what its exercises' cells printed, and the course's own
    locked cells: without PyTorch those that need it fail, which is no fault of the student's."""
    for cell, other in zip(notebook.cells, run.cells, strict=True):
        locked = cell.metadata.get("nbgrader", {}).get("locked", False)
        if cell.cell_type == "code" and (locked or exercise_library(cell) == "torch"):
            cell.outputs = other.outputs


async def _grade_exercise(
    session: Session, exercise: Exercise, references: References, earlier: Mapping[str, Verdict]
) -> Verdict:
    cases, expected = references(exercise.name)
    endless = {part for part in exercise.builds_on if part in earlier and _gave_up(earlier[part])}
    verdicts: list[Verdict] = []
    seconds = 0.0
    for stand_ins in [{}, *stand_in_rounds(exercise)]:
        # Values of a function are given away only once its own verdict is reached.
        if not stand_ins.keys() <= earlier.keys():
            continue
        in_the_way = sorted(endless - stand_ins.keys())
        if in_the_way:
            given = [missing_part(in_the_way[0])] * len(cases)
        else:
            start = time.perf_counter()
            given = await session.ask(exercise, cases, lent_parts(exercise) | stand_ins)
            seconds += time.perf_counter() - start
        verdicts.append(judge(exercise, cases, given, expected, tuple(stand_ins)))
        if verdicts[-1].status == CORRECT or _is_hopeless(verdicts[-1], endless):
            break
    verdict = replace(best(verdicts), seconds=seconds)
    error = session.error_in(exercise.name) if verdict.status == MISSING else ""
    return replace(verdict, reason=f"its cell ends with {error}") if error else verdict


def _is_hopeless(verdict: Verdict, endless: set[str]) -> bool:
    """Whether working parts would change nothing: the function itself is unwritten or endless."""
    return verdict.status == NOT_WRITTEN or (_gave_up(verdict) and not endless)


def _gave_up(verdict: Verdict) -> bool:
    return verdict.status in (TIMED_OUT, CRASHED)


def require_device(device: str) -> None:
    """Raises DeviceError where PyTorch cannot compute on the device; ``auto`` and ``cpu`` always
    will do."""
    if device in ("auto", "cpu"):
        return
    import torch

    if not torch.cuda.is_available():
        raise DeviceError("PyTorch finds no GPU here. Leave --device out, or say --device cpu.")


@lru_cache(maxsize=256)
def cases_and_references(
    name: str, seed: int, device: str
) -> tuple[list[Case], list[Outputs | None]]:
    """The cases of an exercise and what must come out; None where the references disagree."""
    exercise = find_exercise(name)
    if name in HELD_OUT:
        cases = HELD_OUT[name](seed)
        return cases, [exercise.oracle(case.inputs) for case in cases]
    cases = exercise.draw_cases(seed)
    return cases, [_agreed(exercise, case, device) for case in cases]


def _agreed(exercise: Exercise, case: Case, device: str) -> Outputs | None:
    oracle = exercise.oracle(case.inputs)
    reference = with_properties(exercise, case, _reference_answer(exercise, case, device))
    for name, right in oracle.items():
        other = reference.outputs.get(name)
        if other is None or not np.all(close(other, np.asarray(right), exercise.tolerance)):
            return None
    return oracle


def _reference_answer(exercise: Exercise, case: Case, device: str) -> Answer:
    """What the course's own solution gives: in NumPy, or on PyTorch tensors of the device."""
    functions = reference_functions(exercise.library)
    if exercise.library == "numpy":
        return answer_case(exercise, functions, case)
    import torch

    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    with torch.device(device):
        return answer_case(exercise, functions, case)


def write_verdicts(notebook: NotebookNode, verdicts: Sequence[Verdict]) -> None:
    """Each check cell shows its verdict as the notebook's own check would: a number that nbgrader
    takes as partial credit, and the report without the secret case's values."""
    by_name = {verdict.exercise.name: verdict for verdict in verdicts}
    for cell in notebook.cells:
        if cell.cell_type != "code" or not is_check(cell):
            continue
        verdict = by_name.get(cell.metadata.nbgrader.grade_id.removeprefix(CHECK_PREFIX))
        if verdict is None:
            continue
        data = {
            "text/plain": repr(float(verdict.score)),
            "text/html": html_report(verdict, reveal=False),
        }
        cell.execution_count = None
        cell.outputs = [new_output("execute_result", data=data, execution_count=None)]
