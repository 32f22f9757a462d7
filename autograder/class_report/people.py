"""The sections of the page that name students: whom to look at, and what was mended or late."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from autograder.class_report.gather import ClassRecord
from autograder.class_report.similarity import COMMON_COUNT, COMMON_SHARE, RUN, SHORTEST, Pair
from autograder.class_report.tables import Cell, code, number, section, table, text
from autograder.grading import GRADER_FAILED, NOT_HANDED_IN, UNREADABLE, Result
from cs_utils.answers import CRASHED, REFUSED, TIMED_OUT

_MOST_PAIRS = 100
_GROUP_HEADS = ("what", "hand-ins", "whose")
_FLAGS = (GRADER_FAILED, UNREADABLE, NOT_HANDED_IN, TIMED_OUT, CRASHED, REFUSED)
# A remark on one cell starts with its name.
_CELL = re.compile(r"^[\w-]+: ")
_IN_BRACKETS = re.compile(r"\(.*\)")
_IDENTIFIER = re.compile(r"\b\w*[_\d]\w*\b")


def pairs_to_look_at(
    alike: Sequence[Pair], links: Mapping[tuple[str, str], str], has_release: bool
) -> str:
    """Pairs of students with solutions that are alike."""
    words = (
        "<p><b>To look at, and no more than that</b>: likeness has many honest reasons, such as a"
        " shared textbook, working together where that is allowed, or chance. Compared are tokens,"
        " with the students' own names made alike and without comments, docstrings and layout, in"
        f" runs of {RUN}. What the release gave out is taken away, functions with fewer than"
        f" {SHORTEST} runs of their own are left out because they are alike by nature, and so are"
        f" runs that more than {COMMON_COUNT} hand-ins and more than {COMMON_SHARE:.0%} of them"
        " share. In a class of a few this cannot tell what everybody writes from what two"
        " share.</p>"
    )
    if not has_release:
        words += "<p class='note'>A release is not in the folder: nothing of it was taken away.</p>"
    if not alike:
        return section("pairs", "Pairs to look at", f"{words}<p>There is none.</p>")
    heads = ("students", "exercises", "likest", "rare runs in common", "where, and how alike")
    rows = []
    for pair in alike[:_MOST_PAIRS]:
        likest = max(solution.share for solution in pair.solutions)
        places = []
        for one in pair.solutions:
            sides = " ".join(
                f"<a href='{links[student, one.lesson]}#{escape(one.exercise)}'"
                f" aria-label='{escape(f'{one.exercise} of {student}', quote=True)}'>{side}</a>"
                for student, side in zip(pair.students, ("first", "second"), strict=True)
                if (student, one.lesson) in links
            )
            places.append(
                f"{code(one.exercise).html}: {escape(one.degree)}, {one.share:.0%} {sides}"
            )
        rows.append(
            (
                Cell("<br>".join(map(escape, pair.students))),
                number(len(pair.solutions)),
                number(likest, ".0%"),
                number(pair.rare),
                Cell("<br>".join(places)),
            )
        )
    if len(alike) > _MOST_PAIRS:
        words += f"<p>The first {_MOST_PAIRS} of {len(alike)} pairs are shown.</p>"
    return section("pairs", "Pairs to look at", words + table("Alike solutions", heads, rows))


def repaired(record: ClassRecord) -> str:
    """What was mended, what a person should know, and what was late."""
    remarks: dict[str, list[Result]] = defaultdict(list)
    flags: dict[str, list[Result]] = defaultdict(list)
    for result in record.results:
        for kind in dict.fromkeys(map(_kind, result.remarks)):
            remarks[kind].append(result)
        verdicts = {row.verdict for row in result.rows}
        for flag in _FLAGS:
            if flag in verdicts:
                flags[flag].append(result)
        if result.files and not result.sandboxed:
            flags["graded without the sandbox"].append(result)
    late = [
        (
            text(one.student),
            text(one.lesson),
            number(one.days),
            number(one.free_days),
            number(one.penalty),
            text(one.note),
        )
        for one in record.late
    ]
    parts = []
    if late:
        heads = ("student", "lesson", "days late", "free days used", "points lost", "note")
        parts.append(table("Late", heads, late))
    if flags:
        parts.append(table("Flagged", _GROUP_HEADS, _grouped(flags)))
    if remarks:
        parts.append(table("Repaired, and other remarks", _GROUP_HEADS, _grouped(remarks)))
    if not parts:
        parts.append("<p>Nothing was late, flagged or repaired.</p>")
    return section("repaired", "Repaired, late and flagged", "".join(parts))


def _grouped(found: Mapping[str, Sequence[Result]]) -> list[tuple[Cell, Cell, Cell]]:
    ordered = sorted(found.items(), key=lambda one: -len(one[1]))
    return [(text(words), number(len(who)), _whose(who)) for words, who in ordered]


def _whose(results: Iterable[Result]) -> Cell:
    lessons: dict[str, list[str]] = defaultdict(list)
    for result in results:
        lessons[result.student].append(result.lesson.partition("_")[0])
    who = ", ".join(f"{student} ({', '.join(numbers)})" for student, numbers in lessons.items())
    if len(lessons) <= 3:
        return text(who)
    return Cell(f"<details><summary>{len(lessons)} students</summary>{escape(who)}</details>")


def _kind(remark: str) -> str:
    """A remark without the cell it is about and the names in it."""
    words = _IN_BRACKETS.sub("(\u2026)", _CELL.sub("", remark))
    return _IDENTIFIER.sub("\u2026", words)
