"""What each student has for each notebook: the gradebook's points, with what a person gave there,
less what being late costs. Written to ``totals.csv``, into the feedback pages and into nbgrader's
gradebook; the exports start from here.
"""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any

from nbgrader.api import Assignment, Gradebook, SubmittedAssignment, SubmittedNotebook
from sqlalchemy.orm import Query

from autograder.collecting.collect import HandIn
from autograder.releasing.release import lesson_sources, quiet_nbgrader
from autograder.results.gradebook import CourseFolder
from autograder.results.late import RULES, Arrival, Lateness, Rules, RulesError, assess, read_rules
from autograder.results.report import ARRIVAL

_ARRIVALS = "arrivals.json"
_COLUMNS = (
    "student",
    "notebook",
    "score",
    "max_score",
    "handed_in",
    "days_late",
    "late_days_used",
    "penalty",
    "final_score",
    "note",
)


@dataclass(frozen=True)
class Total:
    """A student's points for a notebook. name, number: the student's own in the LMS that the
    hand-in came from, '' where it came from none."""

    student: str
    lesson: str
    score: float
    max_score: float
    lateness: Lateness = field(default_factory=Lateness)
    name: str = ""
    number: str = ""

    @property
    def penalty(self) -> float:
        return self.score * self.lateness.share_lost

    @property
    def final_score(self) -> float:
        return self.score - self.penalty


def use_rules(course: CourseFolder, path: Path | None) -> None:
    """Keep a file of rules in the course folder, and raise RulesError where the folder's cannot be
    used."""
    if path is not None:
        if not path.is_file():
            raise RulesError(f"There is no file {path}. Is its name spelt right?")
        read_rules(path, _lessons())
        course.journal.write(course.root / RULES, path.read_bytes())
    read_rules(course.root / RULES, _lessons())


def note_arrivals(course: CourseFolder, hand_ins: Iterable[HandIn]) -> None:
    """Keep when the hand-ins came and what the LMS calls their students. Who handed nothing in
    this time keeps what was noted before."""
    arrivals = _arrivals(course)
    for one in hand_ins:
        if one.files or (one.student, one.lesson) not in arrivals:
            arrivals[one.student, one.lesson] = {
                "time": one.time.isoformat() if one.time else None,
                "time_source": one.time_source,
                "is_late": one.is_late,
                "name": one.name,
                "number": one.number,
            }
    stored = [{"student": key[0], "lesson": key[1]} | arrivals[key] for key in sorted(arrivals)]
    text = json.dumps(stored, indent=1, ensure_ascii=False)
    course.journal.write(course.root / _ARRIVALS, text + "\n")


def settle(course: CourseFolder) -> None:
    """Say in ``totals.csv``, the feedback and nbgrader's gradebook what the rules make of the
    points. Nothing is graded again."""
    rules = read_rules(course.root / RULES, _lessons())
    found = totals(course)
    _write(course, found)
    if rules != Rules():
        _tell_students(course, found)
        _tell_nbgrader(course, rules, found)


def totals(course: CourseFolder) -> list[Total]:
    """Everybody's points, by students and lessons."""
    arrivals = _arrivals(course)
    rules = read_rules(course.root / RULES, _lessons())
    # Only this of each result: all that is said in them would be much for a large class.
    scores, handed_in = {}, []
    for one in course.journal.results():
        key = one.student, one.lesson
        scores[key] = one.score, sum(row.max_score for row in one.rows)
        if one.files:
            handed_in.append(_arrival(*key, arrivals.get(key, {})))
    lateness = assess(rules, handed_in)
    recorded = _recorded_scores(course)
    found = []
    for key in sorted(scores):
        score, max_score = scores[key]
        known = arrivals.get(key, {})
        found.append(
            Total(
                *key,
                score=recorded.get(key, score),
                max_score=max_score,
                lateness=lateness.get(key, Lateness()),
                name=known.get("name", ""),
                number=known.get("number", ""),
            )
        )
    return found


def _lessons() -> list[str]:
    return [path.stem for path in lesson_sources()]


def _arrivals(course: CourseFolder) -> dict[tuple[str, str], dict[str, Any]]:
    try:
        stored = json.loads((course.root / _ARRIVALS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return {(one.pop("student"), one.pop("lesson")): one for one in stored}


def _arrival(student: str, lesson: str, known: Mapping[str, Any]) -> Arrival:
    time = datetime.fromisoformat(known["time"]) if known.get("time") else None
    return Arrival(student, lesson, time, known.get("time_source", ""), known.get("is_late"))


def _recorded_scores(course: CourseFolder) -> dict[tuple[str, str], float]:
    """The points in nbgrader's gradebook, where a person may have given others."""
    with quiet_nbgrader(), Gradebook(course.database) as gradebook:
        found = _submissions(gradebook, SubmittedNotebook.score)
        return {(student, lesson): float(score) for student, lesson, score in found}


def _submissions(gradebook: Gradebook, *columns: Any) -> "Query[Any]":
    """(student, lesson, and the columns) of all that the gradebook holds."""
    return (
        gradebook.db.query(SubmittedAssignment.student_id, Assignment.name, *columns)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
    )


def _write(course: CourseFolder, found: Sequence[Total]) -> None:
    with (
        course.journal.replacing(course.root / "totals.csv") as partial,
        partial.open("w", newline="", encoding="utf-8", errors="replace") as file,
    ):
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for total in found:
            late = total.lateness
            time = late.time.isoformat(timespec="seconds") if late.time else ""
            points = f"{total.score:g}", f"{total.max_score:g}"
            lost = f"{total.penalty:g}", f"{total.final_score:g}"
            days = late.days, late.free_days
            writer.writerow([total.student, total.lesson, *points, time, *days, *lost, late.note])


def _tell_students(course: CourseFolder, found: Sequence[Total]) -> None:
    """Put the line about being late into each feedback page."""
    for total in found:
        page = course.root / "feedback" / total.student / f"{total.lesson}.html"
        if not page.exists():
            continue
        text = str(total.lateness)
        if total.penalty:
            text += f": {total.score:g} - {total.penalty:g} = {total.final_score:g}"
        html = page.read_text(encoding="utf-8")
        told = _with_arrival(html, escape(text))
        if told != html:
            course.journal.write(page, told)


def _with_arrival(html: str, text: str) -> str:
    """A feedback page that says this about when the hand-in came."""
    opening, closing = ARRIVAL
    before, found, rest = html.partition(opening)
    _old, found_end, after = rest.partition(closing)
    return f"{before}{opening}{text}{closing}{after}" if found and found_end else html


def _tell_nbgrader(course: CourseFolder, rules: Rules, found: Sequence[Total]) -> None:
    """Give nbgrader the due dates, the times of handing in and the penalties."""
    by_hand_in = {(total.student, total.lesson): total for total in found}
    with quiet_nbgrader(), Gradebook(course.database) as gradebook:
        for assignment in gradebook.assignments:
            if assignment.name in rules.due:
                assignment.duedate = rules.due[assignment.name].replace(tzinfo=None)
        columns = SubmittedAssignment, SubmittedNotebook
        for student, lesson, submission, notebook in _submissions(gradebook, *columns):
            total = by_hand_in.get((student, lesson))
            if total is None or lesson not in rules.due:
                continue
            later = rules.extensions.get(student, {}).get(lesson)
            submission.extension = later - rules.due[lesson] if later else timedelta(0)
            time = total.lateness.time
            submission.timestamp = time.replace(tzinfo=None) if time else None
            notebook.late_submission_penalty = total.penalty or None
        gradebook.db.commit()


def stored_penalty(root: Path, student: str, lesson: str) -> float | None:
    """The penalty of a hand-in as ``totals.csv`` has it; None where it has none."""
    try:
        with (root / "totals.csv").open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if (row["student"], row["notebook"]) == (student, lesson):
                    return float(row["penalty"]) or None
    except FileNotFoundError:
        pass
    return None
