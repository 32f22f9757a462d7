"""The class list: who a student id is, and under which ids a learning management system (LMS) knows
them. Its columns are those of ``nbgrader db student import``, with the names that LMS use beside
them."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

# What the heads of the columns may be called, in small letters.
_COLUMNS = {
    "id": ("id", "student", "student id", "student_id", "username", "sis login id"),
    "first_name": ("first_name", "first name", "given name"),
    "last_name": ("last_name", "last name", "surname", "family name"),
    "email": ("email", "email address", "e-mail"),
    "lms_user_id": ("lms_user_id", "lms user id", "lms id", "canvas id", "moodle id"),
}


class RosterError(ValueError):
    """The file is no class list; the text says what is wrong, and where."""


@dataclass(frozen=True)
class Student:
    """A student of the class.

    id: as in the names of hand-ins. email, lms_user_id: '' where the list has none. further: all
        other columns by their heads, as an LMS may want them back.
    """

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""
    further: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> dict[str, str]:
        """What nbgrader's gradebook knows of a student; who has no name is called by the id."""
        known = {
            "first_name": self.first_name,
            "last_name": self.last_name or ("" if self.first_name else self.id),
        }
        optional = {"email": self.email, "lms_user_id": self.lms_user_id}
        return known | {name: value for name, value in optional.items() if value}


def read_roster(path: Path) -> dict[str, Student]:
    """The students of a CSV file by id, in the file's order.

    The file has a line of heads; ``id`` is needed, ``first_name``, ``last_name``, ``email`` and
    ``lms_user_id`` are understood. Commas, semicolons and tabs are fine between the columns.
    Raises RosterError for anything else.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise RosterError(f"The roster {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise RosterError(f"The roster {path} is no UTF-8 text. Save it as CSV in UTF-8.") from None
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    heads = [head for head in reader.fieldnames or () if head]
    fields = _fields(heads)
    if "id" not in fields.values():
        raise RosterError(
            f"The roster {path} has no column 'id' for the names that hand-ins have. Its columns:"
            f" {', '.join(heads) or 'none'}."
        )
    students: dict[str, Student] = {}
    for row in reader:
        student = _student(row, fields)
        if not student.id:
            if any(row.values()):
                raise RosterError(f"The roster {path}, line {reader.line_num}: the id is missing.")
            continue
        if student.id in students:
            raise RosterError(
                f"The roster {path}, line {reader.line_num}: {student.id} is there twice."
            )
        students[student.id] = student
    return students


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)


def _fields(heads: Iterable[str]) -> dict[str, str]:
    """What each head stands for; of several for one thing, the one first in ``_COLUMNS`` counts."""
    by_name = {head.strip().lower(): head for head in reversed(list(heads))}
    fields = {}
    for field_name, names in _COLUMNS.items():
        head = next((by_name[name] for name in names if name in by_name), None)
        if head is not None:
            fields[head] = field_name
    return fields


def _student(row: dict[str, str | None], fields: dict[str, str]) -> Student:
    values = {head: (value or "").strip() for head, value in row.items() if isinstance(head, str)}
    known = {fields[head]: value for head, value in values.items() if head in fields}
    further = {head: value for head, value in values.items() if head not in fields}
    return Student(further=further, **known)
