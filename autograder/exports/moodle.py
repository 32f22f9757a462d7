"""A grading worksheet for Moodle: the assignment's Upload grading worksheet. Its heads are those of
the worksheet that Moodle itself hands out; by Identifier, Grade and Last modified (grade) it reads
it back (``assignfeedback_offline`` in Moodle)."""

from collections.abc import Mapping, Sequence

from autograder.collecting.roster import Student
from autograder.exports.tables import ExportError, Table, find_row, number, person, points
from autograder.grading import Result
from autograder.results.totals import Total
from cs_utils.verdicts import CORRECT

HEADS = (
    "Identifier",
    "Full name",
    "ID number",
    "Email address",
    "Status",
    "Grade",
    "Maximum Grade",
    "Grade can be changed",
    "Last modified (submission)",
    "Last modified (grade)",
    "Feedback comments",
)
_COMMENTS = "Feedback comments"


def new_worksheet(
    totals: Sequence[Total], results: Sequence[Result], students: Mapping[str, Student]
) -> Table:
    """A worksheet of everybody for one notebook. Who came without Moodle's number has no
    Identifier, by which Moodle would find them.

    results: of the same notebook, for the comments. students: the roster.
    """
    comments = {result.student: result for result in results}
    rows = []
    for total in totals:
        student = students.get(total.student)
        number_in_moodle = total.number or (student.lms_user_id if student else "")
        full_name = f"{student.first_name} {student.last_name}".strip() if student else ""
        rows.append(
            [
                f"Participant {number_in_moodle}" if number_in_moodle else "",
                full_name or total.name or total.student,
                student.further.get("ID number", "") if student else "",
                student.email if student else "",
                "",
                points(total),
                f"{total.max_score:g}",
                "Yes",
                "",
                "-",
                comment(total, comments.get(total.student)),
            ]
        )
    return Table(list(HEADS), rows)


def fill_worksheet(
    table: Table,
    totals: Sequence[Total],
    results: Sequence[Result],
    students: Mapping[str, Student],
) -> list[str]:
    """Write our points and comments into a worksheet that Moodle handed out, on its scale.

    Returns what a person should know. Raises ExportError for another table.
    """
    grade, identifier = table.column("Grade"), table.column("Identifier")
    if grade is None or identifier is None:
        raise ExportError("This is no grading worksheet of Moodle: it lacks Identifier and Grade.")
    names, most = table.column("Full name"), table.column("Maximum Grade")
    keys = [at for at in map(table.column, ("ID number", "Email address", "Username")) if at]
    commented = table.column(_COMMENTS)
    by_student = {result.student: result for result in results}
    remarks = []
    for total in totals:
        wanted = person(total, students.get(total.student))
        numbered = [row for row in table.rows if _participant(row[identifier]) == total.number]
        row = numbered[0] if numbered else find_row(table.rows, wanted, keys, names)
        if row is None:
            remarks.append(f"{total.student} is not in Moodle's worksheet.")
            continue
        maximum = number(row[most]) if most is not None else None
        if maximum not in (None, total.max_score):
            scaled = f"{total.max_score:g} points are scaled to Moodle's {maximum:g}."
            remarks += [scaled] if scaled not in remarks else []
        row[grade] = points(total, maximum)
        if commented is not None:
            row[commented] = comment(total, by_student.get(total.student))
    return remarks


def comment(total: Total, result: Result | None) -> str:
    """What the student reads beside the grade: the points, being late, what is not right yet."""
    lines = [f"{total.score:g} / {total.max_score:g}"]
    if total.lateness.days or total.penalty:
        lines.append(str(total.lateness))
    for row in result.rows if result else ():
        if row.verdict != CORRECT:
            lines.append(f"{row.exercise} ({row.score:g} / {row.max_score:g}): {row.reason}")
    return "; ".join(lines)


def _participant(identifier: str) -> str:
    """The number behind ``Participant``, which is another word in another language."""
    return identifier.strip().rpartition(" ")[2]
