"""What the commands ``grade`` and ``regrade`` do from start to end: which run it is, whose hand-ins
are graded, by whom, and what is said about it.

A course folder holds one run: one seed for everybody. ``grade`` goes on with it, ``regrade`` grades
the kept hand-ins again, and ``--fresh`` starts anew with another seed; each of them, when killed,
is finished by the same command.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from autograder import regrade as regrading
from autograder.batch import Settings, grade_class
from autograder.cluster import ClusterError, DaskPool
from autograder.collecting.archives import ArchiveError, Unpacked, opened
from autograder.collecting.collect import CollectError, HandIn, collect
from autograder.collecting.roster import RosterError, Student, read_roster
from autograder.grading import course_code
from autograder.judging.verdict import DeviceError, fresh_seed, require_device
from autograder.kernels.sandbox import SandboxError, isolation_in_words
from autograder.pool import LocalPool, Pool, StoppedError
from autograder.releasing.release import lesson_sources
from autograder.results import totals
from autograder.results.gradebook import CourseFolder, CourseFolderError
from autograder.results.journal import JournalError, Run, merged
from autograder.results.late import RulesError
from autograder.results.report import score_tables

__all__ = ["UNUSABLE", "Options", "StoppedError", "grade", "regrade"]

# What is wrong with the arguments, the folders or the machine: nothing was graded.
UNUSABLE = (
    ArchiveError,
    ClusterError,
    CollectError,
    CourseFolderError,
    DeviceError,
    JournalError,
    RosterError,
    RulesError,
    SandboxError,
)


@dataclass(frozen=True)
class Options:
    """What both commands can be told; see their help."""

    notebook: str | None = None
    jobs: int = 1
    dask: str | None = None
    roster: Path | None = None
    rules: Path | None = None
    fresh: bool = False
    seed: int | None = None
    sandbox: bool = True
    device: str = "auto"


def grade(
    submissions: Path, out: Path, options: Options, console: Console, pool: Pool | None = None
) -> list[str]:
    """Grade the hand-ins of a folder into a course folder.

    pool: who grades, where it is not who the options say.
    Returns what the grader itself failed on, in words. Raises an error of UNUSABLE, or
    StoppedError where workers got lost on the way.
    """
    with opened(submissions) as source:
        return _grade(source, out, options, console, pool)


def _grade(
    source: Unpacked, out: Path, options: Options, console: Console, pool: Pool | None
) -> list[str]:
    students = read_roster(options.roster) if options.roster else {}
    collection = collect(
        source.folder,
        [path.stem for path in lesson_sources()],
        options.notebook,
        times=source.times,
        refused=source.refused,
        roster=students,
    )
    course = CourseFolder(out)
    pool, isolation = _workers(options, pool)
    try:
        with course.journal.locked():
            totals.use_rules(course, options.rules)
            run = _run(course, options)
            run.isolation = isolation
            _say(console, [*collection.remarks, *_off_the_roster(collection.hand_ins, students)])
            collected = [*collection.hand_ins, *_absent(collection.hand_ins, students)]
            kept = {(one.student, one.lesson): one for one in _kept(course, options.notebook)}
            hand_ins = merged(collected, kept)
            _announce(console, len(hand_ins), pool, isolation)
            settings = Settings(options.sandbox, options.device)
            totals.note_arrivals(course, collected)
            grade_class(hand_ins, course, run, pool, settings, console, students)
            run.starting_anew = False
            course.journal.save(run)
            totals.settle(course)
            return _report(course, options.notebook, console)
    finally:
        pool.stop()


def regrade(out: Path, options: Options, console: Console, pool: Pool | None = None) -> list[str]:
    """Grade the kept hand-ins of a course folder again and show the scores that changed.

    Takes, returns and raises what ``grade`` does.
    """
    course = CourseFolder(out)
    if not course.is_graded or course.journal.run() is None:
        raise CourseFolderError(f"There are no results in {out} to grade again.")
    pool, isolation = _workers(options, pool)
    try:
        with course.journal.locked():
            run = _begun(course, options, console)
            run.isolation = isolation
            hand_ins = [one for one in _kept(course, None) if one.lesson in run.regrading]
            _say(console, _without_original(course, run, hand_ins))
            _announce(console, len(hand_ins), pool, isolation)
            settings = Settings(options.sandbox, options.device)
            grade_class(hand_ins, course, run, pool, settings, console)
            run.starting_anew = False
            changes = regrading.finish(course, run)
            totals.settle(course)
            failures = _failures(course)
            console.print(regrading.changes_table(changes))
            _say(console, [str(changes), str(course.root / "grades.csv")])
            return failures
    finally:
        pool.stop()


def _workers(options: Options, pool: Pool | None) -> tuple[Pool, str]:
    """Who grades, and what keeps students' code apart there."""
    if options.dask is not None:
        cluster = DaskPool(options.dask, options.sandbox, options.device)
        return cluster, cluster.isolation
    require_device(options.device)
    return pool or LocalPool(options.jobs), isolation_in_words(options.sandbox)


def _run(course: CourseFolder, options: Options) -> Run:
    """The folder's run, or the one that begins now."""
    run = course.journal.run()
    if run is None:
        seed = fresh_seed() if options.seed is None else options.seed
        return Run(seed, seed_given=options.seed is not None)
    if options.fresh and not run.starting_anew:
        _start_anew(course, run, options)
    elif options.seed not in (None, run.seed):
        raise JournalError(
            f"{course.root} was graded with another seed, and all its hand-ins share one."
            " Leave --seed out, or grade all of them again with --fresh."
        )
    return run


def _start_anew(course: CourseFolder, run: Run, options: Options) -> None:
    """Another seed for the run."""
    others = {result.lesson for result in course.journal.results()} - {options.notebook}
    if options.notebook and others:
        raise JournalError(
            f"All hand-ins in {course.root} share one seed: --fresh is for all its notebooks."
            " Leave --notebook out."
        )
    run.seed = fresh_seed() if options.seed is None else options.seed
    run.seed_given = options.seed is not None
    run.starting_anew = True


def _begun(course: CourseFolder, options: Options, console: Console) -> Run:
    """The folder's run with the regrade begun, or the interrupted one going on."""
    run = course.journal.run()
    assert run is not None
    lessons = sorted({result.lesson for result in course.journal.results()})
    if options.notebook:
        if options.notebook not in lessons:
            raise JournalError(f"There is no result of {options.notebook} in {course.root}.")
        lessons = [options.notebook]
    if run.regrading:
        _say(console, [f"Going on with the regrade of {', '.join(run.regrading)}."])
    elif options.fresh:
        _start_anew(course, run, options)
    regrading.begin(course, run, lessons)
    return run


def _kept(course: CourseFolder, notebook: str | None) -> list[HandIn]:
    """The hand-ins that the folder keeps, of one lesson or all."""
    return [one for one in course.journal.kept() if notebook in (None, one.lesson)]


def _absent(hand_ins: Sequence[HandIn], students: Iterable[str]) -> list[HandIn]:
    """Nothing, from everybody on the roster who handed nothing in."""
    found = {one.student for one in hand_ins}
    lessons = sorted({one.lesson for one in hand_ins})
    return [HandIn(name, lesson) for name in students if name not in found for lesson in lessons]


def _off_the_roster(hand_ins: Sequence[HandIn], students: dict[str, Student]) -> list[str]:
    others = sorted({one.student for one in hand_ins} - students.keys()) if students else []
    return [f"Not on the roster: {', '.join(others)}."] if others else []


def _without_original(course: CourseFolder, run: Run, hand_ins: Sequence[HandIn]) -> list[str]:
    there = {(one.student, one.lesson) for one in hand_ins}
    return [
        f"{one.student}, {one.lesson}: the original is gone, so the result stays as it was."
        for one in course.journal.results()
        if one.lesson in run.regrading and (one.student, one.lesson) not in there
    ]


def _announce(console: Console, count: int, pool: Pool, isolation: str) -> None:
    _say(console, [f"{count} hand-ins, {pool.slots} at a time; isolation: {isolation}"])


def _report(course: CourseFolder, notebook: str | None, console: Console) -> list[str]:
    """Show the class and where the results are; returns the failures."""
    shown = (one for one in course.journal.results() if notebook in (None, one.lesson))
    for table in score_tables(shown):
        console.print(table)
    _say(console, [str(course.root / name) for name in ("grades.csv", "feedback", "gradebook.db")])
    other = sum(bool(one.files) and one.course != course_code() for one in course.journal.results())
    if other:
        text = f"{other} of these results were made by another version of the course's code."
        _say(console, [f"{text} To grade them with this one:  autograder regrade {course.root}"])
    return _failures(course)


def _failures(course: CourseFolder) -> list[str]:
    return [
        f"{one.student}, {one.lesson}: {one.error}" for one in course.journal.results() if one.error
    ]


def _say(console: Console, lines: Iterable[str]) -> None:
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
