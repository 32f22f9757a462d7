"""One hand-in from file to verdicts: what a worker process does.

Tasks and results are plain data with the files' contents in them, so that they can be sent to
another process or machine.
"""

import hashlib
import re
import tempfile
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import nbformat
from nbformat import NotebookNode

import cs_utils
import solutions
from autograder.judging.verdict import grade_notebook, write_verdicts
from autograder.kernels.sandbox import isolation_in_words
from autograder.repairing.reading import UnreadableError, read_notebook, unreadable_notebook
from autograder.repairing.repair import lesson_of, repair
from autograder.results.report import feedback_page
from cs_utils.exercises import lesson_exercises
from cs_utils.exercises.specification import Exercise
from cs_utils.language import _
from cs_utils.verdicts import Verdict

NOT_HANDED_IN = "not handed in"
UNREADABLE = "unreadable"
GRADER_FAILED = "grader failed"

# Where something lay in memory, as Python prints it: another place in every run.
_ADDRESS = re.compile(r"0x[0-9a-f]{6,}")


@dataclass(frozen=True)
class Task:
    """A hand-in to grade: whose, which lesson, the versions' names and contents, the release
    notebook's text; the cases' seed, whether to use the sandbox, and where PyTorch's references are
    computed. fingerprint: what the journal knows the result by; course: by which code it is graded,
    as ``course_code``."""

    student: str
    lesson: str
    files: tuple[tuple[str, bytes], ...]
    remarks: tuple[str, ...]
    release: str
    seed: int
    sandboxed: bool
    device: str = "auto"
    fingerprint: str = ""
    course: str = ""


@dataclass(frozen=True)
class Row:
    """A verdict as plain data; ``reason`` holds no secret value.

    misconception, hint: the known mistake that the answers show, if any. failed, withdrawn: titles
    of the cases that failed, and of those on which the references disagree.
    """

    exercise: str
    score: float
    max_score: float
    verdict: str
    reason: str
    misconception: str = ""
    hint: str = ""
    failed: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """A hand-in graded.

    submitted, autograded: notebooks as JSON text, before and after they were run; empty where
        nothing was handed in. remarks: repairs and whatever else a person should know. file: the
        version that counts. files, collected: the names of all versions, and what was said of them
        when they were collected. isolation: what kept the code apart. fingerprint, course: as the
        task's. exercise_seconds: how long the answers took, by exercises.
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
    files: tuple[str, ...] = ()
    collected: tuple[str, ...] = ()
    fingerprint: str = ""
    course: str = ""
    isolation: str = ""
    seconds: float = 0.0
    exercise_seconds: Mapping[str, float] = field(default_factory=dict)
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


@cache
def course_code() -> str:
    """Which version of the course's code this is: two that give the same grade alike."""
    code = hashlib.sha256()
    for folder in (Path(__file__), Path(cs_utils.__file__), Path(solutions.__file__)):
        for path in sorted(folder.parent.rglob("*.py")):
            code.update(path.relative_to(folder.parent.parent).as_posix().encode())
            code.update(path.read_bytes())
    return code.hexdigest()[:16]


def grade_hand_in(task: Task) -> Result:
    """Grade a hand-in. Whatever happens, every exercise gets a verdict and a reason."""
    start = time.perf_counter()
    try:
        results = [_grade_version(task, *file) for file in task.files]
    except Exception:
        return failed(task, traceback.format_exc())
    if not results:
        reason = "; ".join(task.remarks) or _("nothing was handed in")
        return _all(task, NOT_HANDED_IN, reason)
    best = max(results, key=lambda result: result.score)
    return replace(best, seconds=time.perf_counter() - start)


def failed(task: Task, error: str) -> Result:
    """The result where the grader itself failed. error: what happened, for a person to read."""
    reason = _("the grader itself failed on this hand-in; a person must look at it")
    return replace(_all(task, GRADER_FAILED, reason), error=error)


def _grade_version(task: Task, file: str, content: bytes) -> Result:
    version = _read(task, file, content, nbformat.reads(task.release, as_version=4))
    submitted = nbformat.writes(version.notebook)
    if version.unreadable:
        exercises = lesson_exercises(task.lesson)
        verdicts = [Verdict(one, UNREADABLE, 0.0, version.unreadable) for one in exercises]
        write_verdicts(version.notebook, verdicts)
    else:
        graded = grade_notebook(
            version.notebook, task.lesson, task.seed, task.sandboxed, task.device
        )
        verdicts = graded.verdicts
        version.remarks += graded.problems
    for cell in version.notebook.cells:
        # When a cell ran, to the microsecond: what else is there is the same in every run.
        cell.metadata.pop("execution", None)
    rows = tuple(map(_row, verdicts))
    remarks = (*task.remarks, *version.remarks)
    return replace(
        _result(task, rows),
        remarks=remarks,
        submitted=submitted,
        autograded=nbformat.writes(version.notebook),
        feedback=feedback_page(task.student, task.lesson, rows, remarks, version.notebook),
        file=file,
        isolation=isolation_in_words(task.sandboxed),
        exercise_seconds={one.exercise.name: round(one.seconds, 3) for one in verdicts},
    )


def _read(task: Task, file: str, content: bytes, release: NotebookNode) -> _Version:
    try:
        with tempfile.TemporaryDirectory(prefix="grading-") as folder:
            path = Path(folder) / file
            path.write_bytes(content)
            notebook = read_notebook(path)
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
    known = verdict.misconception
    return Row(
        verdict.exercise.name,
        verdict.score,
        verdict.max_score,
        verdict.status,
        _ADDRESS.sub("0x...", verdict.reason),
        misconception=known.name if known else "",
        hint=known.hint if known else "",
        failed=tuple(
            one.case.title for one in verdict.results if not (one.passed or one.withdrawn)
        ),
        withdrawn=tuple(one.case.title for one in verdict.results if one.withdrawn),
    )


def _all(task: Task, verdict: str, reason: str) -> Result:
    """The same verdict for every exercise of the lesson."""
    exercises: Sequence[Exercise] = lesson_exercises(task.lesson)
    rows = tuple(Row(one.name, 0.0, one.points, verdict, reason) for one in exercises)
    return _result(task, rows)


def _result(task: Task, rows: tuple[Row, ...]) -> Result:
    return Result(
        student=task.student,
        lesson=task.lesson,
        rows=rows,
        seed=task.seed,
        sandboxed=task.sandboxed,
        remarks=task.remarks,
        files=tuple(name for name, _content in task.files),
        collected=task.remarks,
        fingerprint=task.fingerprint,
        course=task.course,
    )
