"""Finds what was handed in: whose it is, which lesson it belongs to, and when it came. Nothing is
opened for writing, links are not followed, and every file either has a student or a remark that
says why not.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from autograder.collecting.archives import Refused
from autograder.collecting.origins import (
    Origin,
    known_names,
    lesson_by_name,
    origin_of,
    read_time,
    stem_of,
    without_copy_marks,
)
from autograder.collecting.roster import Student
from autograder.repairing.reading import UnreadableError, read_notebook
from autograder.repairing.repair import lesson_of

_IGNORED = ("__MACOSX", "Thumbs.db", "desktop.ini")
_TIMESTAMP = "timestamp.txt"
FILE_DATE = "the file's date"
_NOT_IN_PATHS = re.compile(r"[*?\[\]{}/\\]")
_DEEPEST = 10


class CollectError(ValueError):
    """There is nothing here that could be graded; the text says why and what to do."""


@dataclass
class HandIn:
    """What one student handed in for one lesson.

    files: every file that may be it; none where nothing was handed in, several where there are
        versions. remarks: what a person should know, as lines.
    time: when the last version came, in UTC; None where nothing says so. time_source: what does.
    is_late: what the LMS says, None where it says nothing. name, number: the student's own in the
        LMS.
    """

    student: str
    lesson: str
    files: list[Path] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    time: datetime | None = None
    time_source: str = ""
    is_late: bool | None = None
    name: str = ""
    number: str = ""


@dataclass
class Collection:
    """All hand-ins, one for every student and lesson, and remarks on files that are none."""

    hand_ins: list[HandIn]
    remarks: list[str]


@dataclass(frozen=True)
class _Found:
    """A file, or what stands for one, that has a student. problem: why it cannot be graded."""

    origin: Origin
    lesson: str | None
    path: Path
    problem: str = ""


def collect(
    folder: Path,
    lessons: Iterable[str],
    only: str | None = None,
    *,
    times: Mapping[Path, datetime] | None = None,
    refused: Sequence[Refused] = (),
    roster: Mapping[str, Student] | None = None,
) -> Collection:
    """Find the hand-ins in a folder.

    folder: nbgrader's ``<student>/<assignment>/<notebook>.ipynb``, a flat folder of
        ``<student>_<notebook>.ipynb``, or with the names of an LMS; a mixture is fine.
    lessons: the names that notebooks may have; only: the one to grade.
    times, refused: what ``unpack`` says of a zip that the folder comes from.
    roster: whose ids take the place of the LMS's names.
    Raises CollectError for a folder that is missing or holds no hand-in, and an unknown lesson.
    """
    lessons = sorted(lessons)
    if only is not None and only not in lessons:
        raise CollectError(f"There is no notebook {only}. There are: {', '.join(lessons)}.")
    if not folder.exists():
        raise CollectError(f"There is no folder {folder}. Is its name spelt right?")
    if not folder.is_dir():
        raise CollectError(
            f"{folder} is a file. Name the folder that holds the hand-ins, or a zip."
        )
    remarks: list[str] = [str(one) for one in refused]
    inner = _without_wrapper(folder, lessons)
    wrapper = "" if inner == folder else f"{inner.name}/"
    found = [*_find(inner, lessons, remarks), *_refused(inner, refused, wrapper)]
    if not found:
        raise CollectError(
            f"There is no hand-in in {folder}: it should hold <student>/<notebook>/<notebook>.ipynb"
            " or <student>_<notebook>.ipynb." + "".join(f"\n{remark}" for remark in remarks)
        )
    called = known_names((one.origin for one in found), roster)
    hand_ins = _sorted_out(found, called, lessons, only, remarks)
    for one in found:
        key = called[one.origin.student, one.origin.number], one.lesson
        if one.lesson and key in hand_ins:
            _set_time(hand_ins[key[0], one.lesson], one, times)
    return Collection(list(hand_ins.values()), remarks)


def collect_student(folder: Path, lesson: str) -> HandIn:
    """What lies in the folder of one student, for one lesson."""
    remarks: list[str] = []
    found = list(_find_in_tree(folder, [lesson], remarks))
    called = known_names(one.origin for one in found)
    (hand_in,) = _sorted_out(found, called, [lesson], lesson, remarks).values()
    return hand_in


def _without_wrapper(folder: Path, lessons: list[str]) -> Path:
    """The folder that holds the hand-ins, where it is the only thing in another one: zips are
    often made so."""
    entries = _entries(folder, [])
    if len(entries) != 1 or not entries[0].is_dir() or origin_of(entries[0].name):
        return folder
    for path in _entries(entries[0], []):
        if path.name in lessons:
            return folder
        of_a_student = path.is_dir() and any((path / lesson).is_dir() for lesson in lessons)
        lesson = None if path.is_dir() else lesson_by_name(path, lessons)
        if origin_of(path.name) or of_a_student or (lesson and lesson != stem_of(path, lessons)):
            return entries[0]
    return folder


def _find(folder: Path, lessons: list[str], remarks: list[str]) -> Iterator[_Found]:
    """Everything that has a student."""
    for path in _entries(folder, remarks):
        if path.is_dir():
            yield from _find_in_tree(path, lessons, remarks)
        else:
            yield from _find_flat(path, lessons, remarks)


def _find_in_tree(student_folder: Path, lessons: list[str], remarks: list[str]) -> Iterator[_Found]:
    origin = origin_of(student_folder.name) or Origin(student_folder.name)
    found = False
    for path in _entries(student_folder, remarks):
        if not path.is_dir():
            if path.name != _TIMESTAMP:
                found = True
                yield _Found(origin, _lesson_of_file(path, lessons), path)
            continue
        files = list(_files_below(path, remarks, _DEEPEST))
        notebooks = [file for file in files if file.suffix == ".ipynb"] or files
        for file in notebooks:
            found = True
            lesson = path.name if path.name in lessons else _lesson_of_file(file, lessons)
            yield _Found(origin, lesson, file)
    if not found:
        yield _Found(origin, None, student_folder)


def _files_below(folder: Path, remarks: list[str], depth: int) -> Iterator[Path]:
    for path in _entries(folder, remarks):
        if path.is_file() and path.name != _TIMESTAMP:
            yield path
        elif path.is_dir() and depth:
            yield from _files_below(path, remarks, depth - 1)


def _find_flat(path: Path, lessons: list[str], remarks: list[str]) -> Iterator[_Found]:
    origin = origin_of(path.name)
    if origin is not None:
        yield _Found(origin, _lesson_of_file(path, lessons), path)
        return
    lesson = lesson_by_name(path, lessons)
    if lesson is not None:
        student = stem_of(path, lessons).removesuffix(lesson).rstrip("_- ")
        if student:
            yield _Found(Origin(student), lesson, path)
        else:
            remarks.append(f"{path.name}: whose is it? Name it <student>_{lesson}.ipynb.")
    elif path.suffix == ".ipynb":
        stem = without_copy_marks(path)
        student = stem.split("_")[0].strip() or stem
        yield _Found(Origin(student), _lesson_by_content(path), path)
    else:
        remarks.append(f"{path.name}: no notebook, left alone.")


def _refused(folder: Path, refused: Sequence[Refused], wrapper: str) -> Iterator[_Found]:
    """Whose the parts of a zip were that were not taken, as far as their names tell."""
    for one in refused:
        first, _slash, rest = one.name.removeprefix(wrapper).partition("/")
        origin = origin_of(first) or (Origin(first) if rest and first.strip(".") else None)
        if origin is not None:
            yield _Found(origin, None, folder / Path(one.name).name, str(one))


def _sorted_out(
    found: Sequence[_Found],
    called: Mapping[tuple[str, str], str],
    lessons: list[str],
    only: str | None,
    remarks: list[str],
) -> dict[tuple[str, str], HandIn]:
    """One hand-in for every student and every lesson that is graded, by the students' names."""
    students = _safe_names(set(called.values()), remarks)
    graded = [only] if only else sorted({one.lesson for one in found if one.lesson}) or lessons
    hand_ins = {
        (student, lesson): HandIn(students[student], lesson)
        for student in sorted(students)
        for lesson in graded
    }
    for one in found:
        student = called[one.origin.student, one.origin.number]
        for lesson in graded:
            hand_in = hand_ins[student, lesson]
            hand_in.name = hand_in.name or one.origin.student
            hand_in.number = hand_in.number or one.origin.number
        if one.lesson in graded:
            hand_ins[student, one.lesson].files.append(one.path)
        elif one.lesson is None:
            remark = one.problem or f"{one.path.name} is no notebook of this course"
            if not one.problem:
                remarks.append(f"{student}: {remark}.")
            for lesson in graded:
                hand_ins[student, lesson].remarks.append(remark)
    for hand_in in hand_ins.values():
        if len(hand_in.files) > 1:
            names = ", ".join(path.name for path in hand_in.files)
            hand_in.remarks.append(f"{len(hand_in.files)} versions ({names}): the best one counts")
    return hand_ins


def _set_time(hand_in: HandIn, one: _Found, times: Mapping[Path, datetime] | None) -> None:
    """Let a version's time be the hand-in's, where it is the last one."""
    time, source = _time_of(one, times)
    if time is not None and (hand_in.time is None or time > hand_in.time):
        hand_in.time, hand_in.time_source = time, source
    if one.origin.is_late is not None:
        hand_in.is_late = one.origin.is_late or bool(hand_in.is_late)


def _time_of(one: _Found, times: Mapping[Path, datetime] | None) -> tuple[datetime | None, str]:
    """When a file was handed in, in UTC, and what says so: nbgrader's timestamp, a name of its
    exchange, the zip, or the file's own date."""
    stamp = one.path.parent / _TIMESTAMP
    if stamp.is_file() and not stamp.is_symlink():
        time = read_time(stamp.read_text(encoding="utf-8", errors="replace"))
        if time is not None:
            return time, _TIMESTAMP
    if one.origin.time is not None:
        return one.origin.time, "the exchange"
    if one.origin.is_late is not None:
        # Canvas's zips carry the time of the download; what they say is LATE or nothing.
        return None, ""
    if times is not None:
        in_zip = times.get(one.path)
        # A zip's dates have no time zone: this machine's is taken.
        return (in_zip.astimezone(UTC), FILE_DATE) if in_zip else (None, "")
    try:
        return datetime.fromtimestamp(one.path.stat().st_mtime, UTC), FILE_DATE
    except OSError:
        return None, ""


def _safe_names(students: set[str], remarks: list[str]) -> dict[str, str]:
    """Students' names as nbgrader can take them: it reads some characters as wildcards."""
    safe: dict[str, str] = {}
    for student in sorted(students):
        name = _NOT_IN_PATHS.sub("_", student).strip().lstrip(".") or "_"
        while name in safe.values():
            name += "_"
        if name != student:
            remarks.append(f"{student!r} is called {name!r} in the gradebook.")
        safe[student] = name
    return safe


def _entries(folder: Path, remarks: list[str]) -> list[Path]:
    kept = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name in _IGNORED:
            continue
        if path.is_symlink():
            remarks.append(f"{path.name}: a link, not followed.")
            continue
        kept.append(path)
    return kept


def _lesson_of_file(path: Path, lessons: list[str]) -> str | None:
    return lesson_by_name(path, lessons) or _lesson_by_content(path)


def _lesson_by_content(path: Path) -> str | None:
    try:
        return lesson_of(read_notebook(path))
    except UnreadableError:
        return None
