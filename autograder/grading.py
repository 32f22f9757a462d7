"""One hand-in from file to verdicts: what a worker process does.

Tasks and results are plain data, so that they can be sent to another process or machine.
"""

import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.repair import UnreadableError, lesson_of, read_notebook, repair, unreadable_notebook
from autograder.report import feedback_page
from autograder.verdict import grade_notebook, write_verdicts
from cs_utils.exercises import lesson_exercises
from cs_utils.exercises.specification import Exercise
from cs_utils.language import _
from cs_utils.verdicts import Verdict

NOT_HANDED_IN = "not handed in"
UNREADABLE = "unreadable"
GRADER_FAILED = "grader failed"


@dataclass(frozen=True)
class Task:
    """A hand-in to grade: whose, which lesson, the versions' files, the release notebook; the
    cases' seed, whether to use the sandbox, and where PyTorch's references are computed."""

    student: str
    lesson: str
    files: tuple[str, ...]
    remarks: tuple[str, ...]
    release: str
    seed: int
    sandboxed: bool
    device: str = "auto"


@dataclass(frozen=True)
class Row:
    """A verdict as plain data; ``reason`` holds no secret value."""

    exercise: str
    score: float
    max_score: float
    verdict: str
    reason: str


@dataclass(frozen=True)
class Result:
    """A hand-in graded.

    submitted, autograded: notebooks as JSON text, before and after they were run; empty where
        nothing was handed in. remarks: repairs and whatever else a person should know.
    """

    student: str
    lesson: str
    rows: tuple[Row, ...]
    seed: int
    sandboxed: bool
    remarks: tuple[str, ...] = ()
    submitted: str = ""
    autograded: str = ""
    feedback: str = ""
    file: str = ""
    seconds: float = 0.0
    error: str = ""

    @property
    def score(self) -> float:
        return sum(row.score for row in self.rows)


@dataclass
class _Version:
    """One version of a hand-in on its way."""

    file: str
    notebook: NotebookNode
    remarks: list[str] = field(default_factory=list)
    unreadable: str = ""


def grade_hand_in(task: Task) -> Result:
    """Grade a hand-in. Whatever happens, every exercise gets a verdict and a reason."""
    start = time.perf_counter()
    try:
        results = [_grade_version(task, file) for file in task.files]
    except Exception:
        reason = _("the grader itself failed on this hand-in; a person must look at it")
        return _all(task, GRADER_FAILED, reason, error=traceback.format_exc())
    if not results:
        reason = "; ".join(task.remarks) or _("nothing was handed in")
        return _all(task, NOT_HANDED_IN, reason)
    best = max(results, key=lambda result: result.score)
    return replace(best, seconds=time.perf_counter() - start)


def _grade_version(task: Task, file: str) -> Result:
    release = nbformat.read(task.release, as_version=4)
    version = _read(task, file, release)
    submitted = nbformat.writes(version.notebook)
    if version.unreadable:
        exercises = lesson_exercises(task.lesson)
        verdicts = [Verdict(one, UNREADABLE, 0.0, version.unreadable) for one in exercises]
        write_verdicts(version.notebook, verdicts)
    else:
        verdicts = grade_notebook(
            version.notebook, task.lesson, task.seed, task.sandboxed, task.device
        ).verdicts
    rows = tuple(map(_row, verdicts))
    remarks = (*task.remarks, *version.remarks)
    return Result(
        student=task.student,
        lesson=task.lesson,
        rows=rows,
        seed=task.seed,
        sandboxed=task.sandboxed,
        remarks=remarks,
        submitted=submitted,
        autograded=nbformat.writes(version.notebook),
        feedback=feedback_page(task.student, task.lesson, rows, remarks, version.notebook),
        file=file,
    )


def _read(task: Task, file: str, release: NotebookNode) -> _Version:
    try:
        notebook = read_notebook(Path(file))
        if lesson_of(notebook) != task.lesson and not _is_release_of(notebook, release):
            raise UnreadableError(_("this is no notebook of this lesson"))
    except UnreadableError as error:
        return _Version(file, unreadable_notebook(release, str(error)), unreadable=str(error))
    repaired = repair(notebook, release)
    return _Version(file, repaired.notebook, repaired.repairs)


def _is_release_of(notebook: NotebookNode, release: NotebookNode) -> bool:
    """Whether it shares cells with the release, though it defines none of its functions."""
    texts = {cell.source.strip() for cell in release.cells}
    return sum(cell.source.strip() in texts for cell in notebook.cells) >= 3


def _row(verdict: Verdict) -> Row:
    return Row(
        verdict.exercise.name, verdict.score, verdict.max_score, verdict.status, verdict.reason
    )


def _same_rows(lesson: str, verdict: str, reason: str) -> tuple[Row, ...]:
    exercises: Sequence[Exercise] = lesson_exercises(lesson)
    return tuple(Row(one.name, 0.0, one.points, verdict, reason) for one in exercises)


def _all(task: Task, verdict: str, reason: str, error: str = "") -> Result:
    rows = _same_rows(task.lesson, verdict, reason)
    return Result(
        task.student, task.lesson, rows, task.seed, task.sandboxed, task.remarks, error=error
    )
