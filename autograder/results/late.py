"""What being late costs: the rule in ``course.toml``, and what it says of each hand-in.

    grace_minutes = 15       # late by less is not late
    late_days = 4            # free days for each student, over all notebooks
    penalty_per_day = 0.1    # share of the points earned that each further day costs
    most_days = 5            # what is later counts nothing; without this line there is no limit
    file_dates = false       # whether the dates of files and in zips are when they were handed in

    [due]
    01_vector_backprop = 2026-10-05T23:59:00+02:00

    [extensions."Ana Clara Souza"]
    01_vector_backprop = 2026-10-08T23:59:00+02:00

    [handed_in."Tom Baker"]
    01_vector_backprop = 2026-10-06T10:00:00+02:00

Every line may be left out. A time without a distance to UTC is one of this machine's time zone.
"""

import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from autograder.collecting.collect import FILE_DATE
from cs_utils.language import _

RULES = "course.toml"
_DAY = timedelta(days=1)
_TABLES = ("due", "extensions", "handed_in")

Times = Mapping[str, datetime]


class RulesError(ValueError):
    """The rules cannot be used; the text says what is wrong, and where."""


@dataclass(frozen=True)
class Rules:
    """The rules of ``course.toml``. due: by lessons; extensions, handed_in: by students, then by
    lessons. All times are in UTC."""

    due: Times = field(default_factory=dict)
    grace_minutes: float = 0
    late_days: int = 0
    penalty_per_day: float = 0
    most_days: float = math.inf
    file_dates: bool = False
    extensions: Mapping[str, Times] = field(default_factory=dict)
    handed_in: Mapping[str, Times] = field(default_factory=dict)


@dataclass(frozen=True)
class Arrival:
    """When a hand-in came, as far as it is known; as in ``collect.HandIn``."""

    student: str
    lesson: str
    time: datetime | None = None
    time_source: str = ""
    is_late: bool | None = None


@dataclass(frozen=True)
class Lateness:
    """What the rules say of one hand-in.

    time: when it came, None where nothing says so. days: begun days late. free_days: those paid
    with late days. share_lost: of the points earned, 0 to 1.
    """

    time: datetime | None = None
    days: int = 0
    free_days: int = 0
    share_lost: float = 0.0
    note: str = ""

    def __str__(self) -> str:
        words = []
        if self.time is not None:
            time = self.time.astimezone().strftime("%Y-%m-%d %H:%M %Z")
            words.append(_("handed in {time}").format(time=time))
        if self.days:
            late = _("1 day late") if self.days == 1 else _("{days} days late")
            words.append(late.format(days=self.days))
            words.append(_("late days used: {days}").format(days=self.free_days))
            words.append(_("{share:.0%} of the points lost").format(share=self.share_lost))
        return ", ".join([*words, *([self.note] if self.note else [])])


def read_rules(path: Path, lessons: Iterable[str]) -> Rules:
    """The rules in a TOML file; those of nobody ever late where there is no file.

    Raises RulesError for what cannot be read or is not understood.
    """
    if not path.exists():
        return Rules()
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RulesError(f"{path} cannot be read: {error}.") from None
    known = set(lessons)
    numbers = {name: value for name, value in content.items() if name not in _TABLES}
    _refuse_unknown(path, numbers)
    return Rules(
        due=_times(path, "due", content.get("due", {}), known),
        extensions=_by_student(path, "extensions", content, known),
        handed_in=_by_student(path, "handed_in", content, known),
        **numbers,
    )


def assess(rules: Rules, arrivals: Iterable[Arrival]) -> dict[tuple[str, str], Lateness]:
    """What the rules say of all hand-ins, by students and lessons. A student's late days go to the
    notebooks in the order in which they are due."""
    left: dict[str, int] = {}
    found = {}
    latest = datetime.max.replace(tzinfo=UTC)
    for one in sorted(arrivals, key=lambda one: (rules.due.get(one.lesson, latest), one.lesson)):
        time, days, note = _days_late(rules, one)
        if days > rules.most_days:
            found[one.student, one.lesson] = Lateness(
                time, days, 0, 1.0, note or _("too late to count")
            )
            continue
        free = min(days, left.get(one.student, rules.late_days))
        left[one.student] = left.get(one.student, rules.late_days) - free
        lost = min(1.0, rules.penalty_per_day * (days - free))
        found[one.student, one.lesson] = Lateness(time, days, free, lost, note)
    return found


def _days_late(rules: Rules, one: Arrival) -> tuple[datetime | None, int, str]:
    """When it was handed in, how many days late, and what is to be said of it."""
    told = rules.handed_in.get(one.student, {}).get(one.lesson)
    time = told or one.time
    if told is None and one.time_source == FILE_DATE and not rules.file_dates:
        time = None
    due = rules.extensions.get(one.student, {}).get(one.lesson) or rules.due.get(one.lesson)
    if told is None and one.is_late is not None:
        note = _("Canvas marks it late, not by how much: taken for one day") if one.is_late else ""
        return time, int(one.is_late and due is not None), note if due else ""
    if due is None:
        return time, 0, ""
    if time is None:
        return None, 0, _("nothing says when it was handed in: taken for in time")
    late = time - due
    days = math.ceil(late / _DAY) if late > timedelta(minutes=rules.grace_minutes) else 0
    return time, max(0, days), ""


def _refuse_unknown(path: Path, numbers: Mapping[str, Any]) -> None:
    limits = {
        "grace_minutes": math.inf,
        "late_days": math.inf,
        "penalty_per_day": 1,
        "most_days": math.inf,
    }
    for name, value in numbers.items():
        if name == "file_dates" and isinstance(value, bool):
            continue
        if name not in limits:
            known = ", ".join((*limits, "file_dates", *(f"[{table}]" for table in _TABLES)))
            raise RulesError(f"{path}: {name} is not understood here. There are: {known}.")
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not 0 <= value <= limits[name]:
            most = f" to {limits[name]}" if limits[name] < math.inf else " or more"
            raise RulesError(f"{path}: {name} must be a number, 0{most}, and is {value!r}.")


def _by_student(
    path: Path, table: str, content: Mapping[str, Any], lessons: set[str]
) -> dict[str, Times]:
    students = content.get(table, {})
    if not isinstance(students, dict):
        raise RulesError(f'{path}: {table} must be a table for each student, [{table}."NAME"].')
    return {
        student: _times(path, f'{table}."{student}"', times, lessons)
        for student, times in students.items()
    }


def _times(path: Path, table: str, times: Any, lessons: set[str]) -> dict[str, datetime]:
    if not isinstance(times, dict):
        raise RulesError(f"{path}: [{table}] must be a table of notebooks and times.")
    found = {}
    for lesson, time in times.items():
        if lesson not in lessons:
            there = ", ".join(sorted(lessons))
            raise RulesError(f"{path}: [{table}] names {lesson}. There are: {there}.")
        if isinstance(time, date) and not isinstance(time, datetime):
            time = datetime(time.year, time.month, time.day, 23, 59, 59)
        if not isinstance(time, datetime):
            wanted = "a time such as 2026-10-05T23:59:00+02:00"
            raise RulesError(f"{path}: [{table}] {lesson} must be {wanted}, and is {time!r}.")
        found[lesson] = time.astimezone(UTC)
    return found
