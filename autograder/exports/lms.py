"""``autograder export``: from a graded course folder to an LMS's gradebook."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from autograder.collecting.roster import Student, read_roster
from autograder.exports import canvas, moodle
from autograder.exports.tables import ExportError, read_table
from autograder.results.gradebook import CourseFolder
from autograder.results.totals import Total, settle, totals


def export(
    out: Path,
    canvas_file: Path | None,
    moodle_file: Path | None,
    fill: Path | None = None,
    roster: Path | None = None,
    notebook: str | None = None,
) -> list[str]:
    """Write the points of a course folder for Canvas, for Moodle, or both.

    fill: the gradebook or worksheet that the LMS exported, to be filled; for one of the two.
    notebook: the only one to export; Moodle takes one at a time.
    Returns what a person should know. Raises ExportError for what cannot be exported.
    """
    course = CourseFolder(out)
    if not course.is_graded:
        raise ExportError(f"There are no results in {out} to export. Grade first.")
    if canvas_file is None and moodle_file is None:
        raise ExportError("Say what to write: --canvas FILE, --moodle FILE, or both.")
    if fill is not None and canvas_file is not None and moodle_file is not None:
        raise ExportError("--fill goes with one of the two: Canvas's file is not Moodle's.")
    settle(course)
    found = [one for one in totals(course) if notebook in (None, one.lesson)]
    if not found:
        raise ExportError(f"There is no result of {notebook or 'any notebook'} in {out}.")
    students = read_roster(roster) if roster else {}
    remarks = []
    if canvas_file is not None:
        remarks += _write_canvas(canvas_file, found, students, fill)
    if moodle_file is not None:
        remarks += _write_moodle(moodle_file, course, found, students, fill)
    return remarks


def _write_canvas(
    path: Path, found: Sequence[Total], students: Mapping[str, Student], fill: Path | None
) -> list[str]:
    if fill is None:
        canvas.new_gradebook(found, students).write(path)
        return []
    table = read_table(fill)
    remarks = canvas.fill_gradebook(table, found, students)
    table.write(path)
    return remarks


def _write_moodle(
    path: Path,
    course: CourseFolder,
    found: Sequence[Total],
    students: Mapping[str, Student],
    fill: Path | None,
) -> list[str]:
    lessons = sorted({total.lesson for total in found})
    if len(lessons) > 1:
        there = ", ".join(lessons)
        raise ExportError(f"Moodle takes one notebook at a time: say --notebook, of {there}.")
    results = [one for one in course.journal.results() if one.lesson == lessons[0]]
    if fill is None:
        moodle.new_worksheet(found, results, students).write(path)
        return []
    table = read_table(fill)
    remarks = moodle.fill_worksheet(table, found, results, students)
    table.write(path)
    return remarks
