"""A gradebook for Canvas: Grades, Import. Its heads are those that Canvas itself exports
(``GradebookExporter`` in Canvas): Student, ID, SIS User ID, SIS Login ID, Section, then the
assignments; the row below says the points possible."""

import re
from collections.abc import Mapping, Sequence

from autograder.collecting.roster import Student
from autograder.exports.tables import (
    ExportError,
    Table,
    by_student,
    find_row,
    number,
    person,
    points,
)
from autograder.results.totals import Total

HEADS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
_POSSIBLE = "    Points Possible"
_KEYS = ("ID", "SIS User ID", "SIS Login ID", "Integration ID")


def new_gradebook(totals: Sequence[Total], students: Mapping[str, Student]) -> Table:
    """A gradebook of everybody. Canvas asks where a notebook's column belongs, and about students
    without an ID. students: the roster."""
    lessons = sorted({total.lesson for total in totals})
    most = {total.lesson: total.max_score for total in totals}
    table = Table([*HEADS, *lessons], [[_POSSIBLE, "", "", "", ""]])
    table.rows[0] += [f"{most[lesson]:g}" for lesson in lessons]
    for name, mine in by_student(totals).items():
        (any_total, *_others) = mine.values()
        row = _identity(name, any_total, students.get(name))
        table.rows.append([*row, *(points(mine[one]) if one in mine else "" for one in lessons)])
    return table


def fill_gradebook(
    table: Table, totals: Sequence[Total], students: Mapping[str, Student]
) -> list[str]:
    """Write our points into a gradebook that Canvas exported, on the scale of its assignments.

    A notebook's column is the one whose head holds the notebook's name; where there is none it
    gets a new one. Returns what a person should know. Raises ExportError for another table.
    """
    names = table.column("Student")
    keys = [at for at in map(table.column, _KEYS) if at is not None]
    if names is None or not keys:
        raise ExportError(f"This is no gradebook of Canvas: it lacks {', '.join(HEADS)}.")
    possible = next((row for row in table.rows if row[names].strip() == _POSSIBLE.strip()), None)
    remarks = []
    columns = {lesson: _column(table, lesson) for lesson in sorted({one.lesson for one in totals})}
    for lesson, at in columns.items():
        most = next(total.max_score for total in totals if total.lesson == lesson)
        if possible is not None and number(possible[at]) is None:
            possible[at] = f"{most:g}"
        elif possible is not None and number(possible[at]) != most:
            remarks.append(f"{lesson}: {most:g} points are scaled to Canvas's {possible[at]}.")
    people = [row for row in table.rows if row is not possible]
    for name, mine in by_student(totals).items():
        (any_total, *_others) = mine.values()
        row = find_row(people, person(any_total, students.get(name)), keys, names)
        if row is None:
            remarks.append(f"{name} is not in Canvas's gradebook.")
            continue
        for lesson, total in mine.items():
            at = columns[lesson]
            row[at] = points(total, number(possible[at]) if possible is not None else None)
    return remarks


def _column(table: Table, lesson: str) -> int:
    """The column of a notebook's assignment, whose head is its title and Canvas's id."""
    for at, head in enumerate(table.heads):
        if lesson in re.sub(r"\s*\(\d+\)$", "", head):
            return at
    return table.add_column(lesson)


def _identity(name: str, total: Total, student: Student | None) -> list[str]:
    """A student's first five columns."""
    if student is None:
        return [total.name or name, total.number, "", "", ""]
    written = ", ".join(part for part in (student.last_name, student.first_name) if part) or name
    further = student.further
    return [
        written,
        student.lms_user_id or total.number,
        further.get("SIS User ID", ""),
        further.get("SIS Login ID", student.id),
        further.get("Section", ""),
    ]
