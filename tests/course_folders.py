"""What the tests of whole runs share: a small class, workers that answer at once, and all that a
course folder says."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook
from rich.console import Console
from rooms import LESSON, released, write_hand_in
from sqlalchemy import event
from sqlalchemy.engine import Engine

from autograder.grading import Result, Task, grade_hand_in
from autograder.runs import Options, grade, regrade
from cs_utils.exercises import find_exercise

QUIET = Console(file=open(os.devnull, "w"))  # noqa: SIM115
SEED = 2026
RELU = "def relu_forward(x):\n    return x * (x > 0), x"
WRONG_SIGMOID = "def sigmoid_forward(x):\n    return 1 + x, x"


def hand_in(folder: Path, student: str, **solutions: str) -> Path:
    """A hand-in of the first lesson with some functions written."""
    notebook = released()
    for cell in notebook.cells:
        if cell.id in solutions:
            cell.source = solutions[cell.id]
    return write_hand_in(folder, student, LESSON, notebook)


def small_class(folder: Path, unreadable: int = 1) -> Path:
    """A notebook, nothing, and some files that are no notebooks."""
    hand_in(folder, "Ana", relu_forward=RELU, sigmoid_forward=WRONG_SIGMOID)
    (folder / "Cleo").mkdir()
    for number in range(unreadable):
        path = folder / f"Dan{number}_{LESSON}.ipynb"
        path.write_text(f"{{ cut off {number}")
    return folder


class HerePool:
    """Grades in this process, when asked. results: what it gave, by students."""

    def __init__(self, answer: Callable[[Task], Result] = grade_hand_in) -> None:
        self.slots = 1
        self.results: dict[str, Result] = {}
        self._answer = answer

    def submit(self, task: Task) -> Future[Result]:
        self.results[task.student] = self._answer(task)
        future: Future[Result] = Future()
        future.set_result(self.results[task.student])
        return future

    def renew(self) -> None:
        """Nothing to start anew."""

    def stop(self) -> None:
        """Nothing to let go."""


def replayed(results: dict[str, Result]) -> Callable[[Task], Result]:
    """What grading gave before, for each student."""

    def answer(task: Task) -> Result:
        return replace(
            results[task.student],
            student=task.student,
            seed=task.seed,
            fingerprint=task.fingerprint,
            course=task.course,
        )

    return answer


def with_score(result: Result, exercise: str, score: float, verdict: str) -> Result:
    """The result with another verdict on an exercise, in its notebook, too."""
    rows = tuple(
        replace(row, score=score, verdict=verdict) if row.exercise == exercise else row
        for row in result.rows
    )
    notebook = nbformat.reads(result.autograded, as_version=4)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == f"check-{exercise}":
            cell.outputs[0].data["text/plain"] = repr(float(score))
    assert find_exercise(exercise).points >= score
    return replace(result, rows=rows, autograded=nbformat.writes(notebook))


def options(**changes: Any) -> Options:
    """Without the sandbox: nothing of students' is run by a pool that replays."""
    return Options(**({"sandbox": False, "seed": SEED} | changes))


def grade_until(hand_ins: Path, course: Path, results: dict[str, Result], step: int) -> None:
    """Grade, and be killed at this step. With step 0, write how many steps there are beside the
    course folder."""
    steps = _die_at(course, step)
    grade(hand_ins, course, options(), QUIET, HerePool(replayed(results)))
    (course.parent / "steps").write_text(str(steps()))


def regrade_until(course: Path, results: dict[str, Result], step: int) -> None:
    """Regrade, and be killed at this step."""
    _die_at(course, step)
    regrade(course, options(seed=None), QUIET, HerePool(replayed(results)))


def _die_at(course: Path, step: int) -> Callable[[], int]:
    """Have this process killed at a statement or commit of the database, or as a file of the course
    folder is opened or renamed; returns how many of these there were so far."""
    steps = 0

    def count(*_arguments: Any) -> None:
        nonlocal steps
        steps += 1
        if steps == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def hook(name: str, arguments: tuple[Any, ...]) -> None:
        if name in ("open", "os.rename") and str(course) in str(arguments[0]):
            count()

    sys.addaudithook(hook)
    for name in ("before_cursor_execute", "commit"):
        event.listen(Engine, name, count)
    return lambda: steps


def contents(course: Path) -> dict[str, Any]:
    """All that a course folder says, but for what is no result: how long it took, and the numbers
    that nbgrader gives its rows."""
    said: dict[str, Any] = dict(_recorded(course))
    for path in course.rglob("*"):
        name = path.relative_to(course).as_posix()
        if path.is_dir() or name in ("gradebook.db", "grading.lock"):
            continue
        said[name] = path.read_bytes()
        if name.startswith("results/"):
            stored = json.loads(said[name])
            said[name] = {
                key: value
                for key, value in stored.items()
                if key not in ("seconds", "exercise_seconds", "course")
            }
    return said


def _recorded(course: Path) -> Iterator[tuple[str, Any]]:
    """Every row of the gradebook that matters to anybody."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        for student in gradebook.students:
            yield student.id, (student.first_name, student.last_name, student.email)
        for assignment in gradebook.assignments:
            for notebook in assignment.notebooks:
                for cell in notebook.source_cells:
                    yield f"source {cell.name}", (cell.cell_type, cell.source, cell.checksum)
            for submission in assignment.submissions:
                for notebook in submission.notebooks:
                    place = f"{notebook.name} of {submission.student_id}"
                    yield place, (notebook.score, notebook.max_score, notebook.needs_manual_grade)
                    for one in notebook.grades:
                        scores = one.auto_score, one.manual_score, one.needs_manual_grade
                        yield f"{place}: {one.name}", scores
                    for one in notebook.comments:
                        comments = one.auto_comment, one.manual_comment
                        yield f"{place}: {one.name}", comments
