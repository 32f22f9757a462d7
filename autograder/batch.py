"""A class graded: hand-ins go to the workers, results come back to the one journal and the one
gradebook."""

import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from autograder.collecting.collect import HandIn
from autograder.collecting.roster import Student
from autograder.grading import Result, Task, course_code
from autograder.pool import Pool, graded
from autograder.results.gradebook import CourseFolder
from autograder.results.journal import Run, fingerprint, original_names
from autograder.results.recording import Recorder
from cs_utils.language import _

# No notebook is larger; of a larger file the grader need not see more than that it is.
_SIZE_LIMIT = 50 * 2**20 + 1
# Seconds over which the speed is taken: hand-ins differ a hundredfold.
_SPEED_PERIOD = 600


@dataclass(frozen=True)
class Settings:
    """How to grade. device: where PyTorch's references are computed."""

    sandboxed: bool = True
    device: str = "auto"


def grade_class(
    hand_ins: Sequence[HandIn],
    course: CourseFolder,
    run: Run,
    pool: Pool,
    settings: Settings,
    console: Console,
    students: Mapping[str, Student] | None = None,
) -> None:
    """Grade those hand-ins of the course folder that have no result in this run yet, and write
    ``grades.csv``.

    All get the same secret cases, from the run's seed. students: the roster.
    """
    course.prepare({hand_in.lesson for hand_in in hand_ins}, run, settings.sandboxed)
    waiting = [hand_in for hand_in in hand_ins if not course.journal.is_done(hand_in, run)]
    done = len(hand_ins) - len(waiting)
    if done:
        console.print(_("{done} of them are graded already").format(done=done))
    tasks = _tasks(waiting, course, run, settings)
    with Recorder(course.database, students or {}) as recorder, _progress(console) as progress:
        recorder.name_students()
        bar = progress.add_task(_("grading"), total=len(hand_ins), completed=done)
        for result in graded(tasks, pool):
            _record(result, course, recorder)
            progress.advance(bar)
    course.write_grades()


def _tasks(
    waiting: Sequence[HandIn], course: CourseFolder, run: Run, settings: Settings
) -> Iterator[Task]:
    """The hand-ins with their files' contents, read when their turn comes."""
    for hand_in in waiting:
        course.journal.keep_originals(hand_in)
        kept = {
            name: course.journal.original(hand_in.student, hand_in.lesson, name)
            for name in original_names(hand_in)
        }
        contents = []
        for name, path in kept.items():
            with path.open("rb") as file:
                contents.append((name, file.read(_SIZE_LIMIT)))
        yield Task(
            student=hand_in.student,
            lesson=hand_in.lesson,
            files=tuple(contents),
            remarks=tuple(hand_in.remarks),
            release=course.release(hand_in.lesson).read_text(encoding="utf-8"),
            seed=run.seed,
            sandboxed=settings.sandboxed,
            device=settings.device,
            fingerprint=fingerprint(replace(hand_in, files=list(kept.values())), run),
            course=course_code(),
        )


def _record(result: Result, course: CourseFolder, recorder: Recorder) -> None:
    """Write a result: to the gradebook, as notebooks, as feedback, and last as plain data."""
    timestamp = course.root / "submitted" / result.student / result.lesson / "timestamp.txt"
    try:
        notebook = recorder.record(result, timestamp)
    except Exception:
        result = replace(result, error=result.error or traceback.format_exc())
        notebook = None
    course.write_files(result, notebook)
    course.journal.store(result)


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        speed_estimate_period=_SPEED_PERIOD,
    )
