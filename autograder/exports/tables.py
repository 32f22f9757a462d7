"""A gradebook as a CSV table: new, or as an LMS exported it, to be filled with our points."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.collecting.origins import plain_name
from autograder.collecting.roster import Student
from autograder.results.totals import Total


class ExportError(ValueError):
    """Nothing can be exported; the text says why and what to do."""


@dataclass
class Table:
    """Heads and rows; every row is as long as the heads."""

    heads: list[str]
    rows: list[list[str]]

    def column(self, *names: str) -> int | None:
        """The column with one of these heads, whatever their capital letters."""
        wanted = {name.casefold() for name in names}
        found = (at for at, head in enumerate(self.heads) if head.strip().casefold() in wanted)
        return next(found, None)

    def add_column(self, head: str) -> int:
        """A new, empty column at the end."""
        self.heads.append(head)
        for row in self.rows:
            row.append("")
        return len(self.heads) - 1

    def write(self, path: Path) -> None:
        """Write it as CSV in UTF-8, with a byte order mark, by which Excel knows that."""
        with path.open("w", newline="", encoding="utf-8-sig", errors="replace") as file:
            writer = csv.writer(file)
            writer.writerows([self.heads, *self.rows])


@dataclass(frozen=True)
class Person:
    """By what a student can be found in an LMS's table: ids and numbers, and names without signs
    and capital letters."""

    keys: frozenset[str]
    names: frozenset[str]


def read_table(path: Path) -> Table:
    """A CSV file with a line of heads. Raises ExportError for anything else."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ExportError(f"{path} cannot be read as CSV in UTF-8 ({error}).") from None
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]
    if not rows:
        raise ExportError(f"{path} is empty.")
    heads, *others = rows
    length = len(heads)
    return Table(heads, [(row + [""] * length)[:length] for row in others])


def person(total: Total, student: Student | None) -> Person:
    """By what a student of the class can be found. student: from the roster, if there is one."""
    keys = {total.student, total.number}
    names = {total.student, total.name}
    if student is not None:
        keys |= {student.id, student.email, student.lms_user_id}
        first, last = student.first_name, student.last_name
        names |= {f"{first}{last}", f"{last}{first}"}
    return Person(
        frozenset(key.casefold() for key in keys if key),
        frozenset(plain_name(name) for name in names if plain_name(name)),
    )


def find_row(
    rows: Iterable[list[str]], wanted: Person, key_columns: Sequence[int], name_column: int | None
) -> list[str] | None:
    """The row of a person: by an id, else by the name where only one row has it."""
    rows = list(rows)
    for row in rows:
        if any(row[at].strip().casefold() in wanted.keys for at in key_columns if row[at].strip()):
            return row
    if name_column is None:
        return None
    named = [row for row in rows if _names(row[name_column]) & wanted.names]
    return named[0] if len(named) == 1 else None


def _names(written: str) -> set[str]:
    """A name as it stands there, and with the part behind a comma in front."""
    last, _comma, first = written.partition(",")
    return {plain_name(written), plain_name(first + last)} - {""}


def by_student(totals: Iterable[Total]) -> dict[str, dict[str, Total]]:
    """Totals by students, then by lessons."""
    found: dict[str, dict[str, Total]] = {}
    for total in totals:
        found.setdefault(total.student, {})[total.lesson] = total
    return found


def points(total: Total, most: float | None = None) -> str:
    """The final score as an LMS reads it, on a scale that ends at ``most`` if that is given."""
    share = 1 if most is None or not total.max_score else most / total.max_score
    return f"{total.final_score * share:.2f}".rstrip("0").rstrip(".")


def number(text: str) -> float | None:
    """The number in a cell, None where there is none above 0."""
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if value > 0 else None
