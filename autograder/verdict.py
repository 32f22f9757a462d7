"""Decides scores, outside the student's process: draws secret cases, has the kernel apply the
student's functions to them, and judges the plain arrays that come back.

What is right comes from two references, PyTorch (the exercise's oracle) and the course's NumPy
solutions; a case on which they disagree is withdrawn.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from jupyter_core.utils import run_sync
from nbformat import NotebookNode
from nbformat.v4 import new_output

from autograder.session import Limits, Session, is_check, missing_part
from cs_utils.answers import CRASHED, MISSING, TIMED_OUT, answer_case
from cs_utils.exercises import find_exercise, lesson_exercises, stand_in_rounds
from cs_utils.exercises.specification import Case, Exercise, Outputs
from cs_utils.reports import html_report
from cs_utils.verdicts import CORRECT, Verdict, best, close, judge
from solutions import numpy_layers

CHECK_PREFIX = "check-"


@dataclass(frozen=True)
class Grading:
    """A hand-in graded: the executed notebook and a verdict for each exercise of the lesson."""

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
    limits: Limits | None = None,
) -> Grading:
    """Run a hand-in and judge every exercise of its lesson.

    notebook: a repaired notebook, executed in place; its check cells receive the verdicts.
    lesson: the notebook's name. seed: what the cases are drawn from.
    """
    verdicts = run_sync(_grade)(notebook, lesson, seed, sandboxed, limits or Limits())
    write_verdicts(notebook, verdicts)
    return Grading(notebook, verdicts, seed, sandboxed)


async def _grade(
    notebook: NotebookNode, lesson: str, seed: int, sandboxed: bool, limits: Limits
) -> list[Verdict]:
    verdicts: list[Verdict] = []
    async with Session(notebook, sandboxed, limits) as session:
        await session.run_cells()
        for exercise in lesson_exercises(lesson):
            verdicts.append(await _grade_exercise(session, exercise, seed, verdicts))
    return verdicts


async def _grade_exercise(
    session: Session, exercise: Exercise, seed: int, earlier: Sequence[Verdict]
) -> Verdict:
    cases, expected = cases_and_references(exercise.name, seed)
    known = {verdict.exercise.name: verdict.status for verdict in earlier}
    endless = {part for part in exercise.builds_on if known.get(part) in (TIMED_OUT, CRASHED)}
    verdicts: list[Verdict] = []
    for stand_ins in [{}, *stand_in_rounds(exercise)]:
        in_the_way = sorted(endless - stand_ins.keys())
        if in_the_way:
            given = [missing_part(in_the_way[0])] * len(cases)
        else:
            given = await session.ask(exercise, cases, stand_ins)
        verdicts.append(judge(exercise, cases, given, expected, tuple(stand_ins)))
        if verdicts[-1].status == CORRECT or (_gave_up(verdicts[-1]) and not endless):
            break
    verdict = best(verdicts)
    error = session.error_in(exercise.name) if verdict.status == MISSING else ""
    return replace(verdict, reason=f"its cell ends with {error}") if error else verdict


def _gave_up(verdict: Verdict) -> bool:
    return verdict.status in (TIMED_OUT, CRASHED)


@lru_cache(maxsize=256)
def cases_and_references(name: str, seed: int) -> tuple[list[Case], list[Outputs | None]]:
    """The cases of an exercise and what must come out; None where the references disagree."""
    exercise = find_exercise(name)
    cases = exercise.draw_cases(seed)
    return cases, [_agreed(exercise, case) for case in cases]


def _agreed(exercise: Exercise, case: Case) -> Outputs | None:
    oracle = exercise.oracle(case.inputs)
    reference = answer_case(exercise, vars(numpy_layers), case)
    for name, right in oracle.items():
        other = reference.outputs.get(name)
        if other is None or not np.all(close(other, np.asarray(right), exercise.tolerance)):
            return None
    return oracle


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
