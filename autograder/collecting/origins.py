"""Whose a hand-in is, by the names that learning management systems (LMS) and nbgrader's exchange
give to files and folders, and when it was handed in, as far as they say so.

Moodle: ``Full Name_12345_assignsubmission_file_/x.ipynb``, or the same with no folder.
Canvas: ``lastfirst_LATE_123_456_x.ipynb`` with the user's and the file's number, from Canvas's
    ``ContentZipper``; anonymous hand-ins start with ``anon_`` and a key.
nbgrader's exchange: ``student+notebook+2026-10-01 12:30:00 UTC+random``.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nbgrader.utils import parse_utc

from autograder.collecting.roster import Student

# What browsers and Canvas put behind the name of a copy, or of a file of a kind unknown to them.
_COPY = re.compile(r"(\s*\(\d+\)|[-_ ]+[Cc]opy\s*\d*|\s+-\s+[Cc]opy|\.ipynb)+$")
_CANVAS_COPY = re.compile(r"-\d+$")
# Numbers of an LMS do not start with 0: those of this course's notebooks do.
_NUMBER = r"[1-9]\d*"
_MOODLE = re.compile(
    rf"(?P<student>.+?)_(?P<number>{_NUMBER})_assignsubmission_(?:file|onlinetext)_?(?P<rest>.*)"
)
_CANVAS = re.compile(
    rf"(?P<student>[^_]+)_(?P<late>LATE_)?(?P<number>{_NUMBER})_{_NUMBER}_(?P<rest>.+)"
)
_CANVAS_ANONYMOUS = re.compile(rf"(?P<late>LATE_)?(?P<student>anon_\w+?)_{_NUMBER}_(?P<rest>.+)")
_EXCHANGE = re.compile(r"(?P<student>[^+]+)\+(?P<rest>[^+]+)\+(?P<time>[\d:. -]+ \S+?)(?:\+\w*)?")


@dataclass(frozen=True)
class Origin:
    """What a name says: the student, their number in the LMS ('' where it has none), the rest of
    the name, whether Canvas calls it late (None: it is not Canvas), the time in UTC."""

    student: str
    number: str = ""
    rest: str = ""
    is_late: bool | None = None
    time: datetime | None = None


def origin_of(name: str) -> Origin | None:
    """What the name of a file or folder says; None where no system made it."""
    if found := _MOODLE.fullmatch(name):
        return Origin(found["student"], found["number"], found["rest"])
    if found := _CANVAS.fullmatch(name):
        return Origin(found["student"], found["number"], found["rest"], bool(found["late"]))
    if found := _CANVAS_ANONYMOUS.fullmatch(name):
        return Origin(found["student"], "", found["rest"], bool(found["late"]))
    if found := _EXCHANGE.fullmatch(name):
        return Origin(found["student"], rest=found["rest"], time=read_time(found["time"]))
    return None


def read_time(text: str) -> datetime | None:
    """A time as nbgrader writes it, in UTC; None where it is none."""
    try:
        return parse_utc(text.strip()).replace(tzinfo=UTC)
    except (ValueError, OverflowError, TypeError, AttributeError):
        return None


def without_copy_marks(path: Path) -> str:
    """The name without its ending and without what a browser puts behind that of a copy."""
    return _COPY.sub("", path.stem)


def stem_of(path: Path, lessons: Sequence[str]) -> str:
    """The same, and without the number that Canvas gives a copy of a lesson's notebook."""
    stem = without_copy_marks(path)
    without_number = _CANVAS_COPY.sub("", stem)
    return without_number if without_number.endswith(tuple(lessons)) else stem


def lesson_by_name(path: Path, lessons: Sequence[str]) -> str | None:
    """The lesson whose name a file has behind its student's."""
    stem = stem_of(path, lessons)
    return next((lesson for lesson in lessons if stem.endswith(lesson)), None)


def known_names(
    origins: Iterable[Origin], roster: Mapping[str, Student] | None = None
) -> dict[tuple[str, str], str]:
    """What to call each (student, number): the roster's id where one fits, else the name; with the
    number behind it where two people have the same name."""
    people = {(origin.student, origin.number) for origin in origins}
    by_number = {one.lms_user_id: one.id for one in (roster or {}).values() if one.lms_user_id}
    ids: dict[str, set[str]] = {}
    for student in (roster or {}).values():
        for name in _spellings(student):
            ids.setdefault(plain_name(name), set()).add(student.id)
    called = {}
    for name, number in people:
        namesakes = [other for other in people if other[0] == name]
        fitting = ids.get(plain_name(name), set())
        if number and number in by_number:
            called[name, number] = by_number[number]
        elif name in (roster or {}):
            called[name, number] = name
        elif len(fitting) == 1 and len(namesakes) == 1:
            (called[name, number],) = fitting
        else:
            called[name, number] = f"{name}_{number}" if len(namesakes) > 1 and number else name
    return called


def _spellings(student: Student) -> list[str]:
    """A name as Moodle writes it, and as Canvas does: last name first."""
    first, last = student.first_name, student.last_name
    return [f"{first} {last}", f"{last}{first}"] if first and last else []


def plain_name(name: str) -> str:
    """A name without what Canvas leaves out: spaces, signs and capital letters."""
    return re.sub(r"[\W_]", "", name).casefold()
