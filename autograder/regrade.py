"""Grading kept hand-ins again after a check was mended, and what that changed."""

import csv
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from itertools import groupby
from pathlib import Path

from rich.table import Table

from autograder.judging.verdict import CHECK_PREFIX
from autograder.results.gradebook import CourseFolder
from autograder.results.journal import Run
from autograder.results.recording import Recorder
from cs_utils.language import _


@dataclass(frozen=True)
class Change:
    """A score that a regrade changed. manual: what a person gave, which stands before either; ''
    for none."""

    student: str
    notebook: str
    exercise: str
    before: str
    after: str
    verdict_before: str
    verdict_after: str
    manual: str = ""


def begin(course: CourseFolder, run: Run, lessons: list[str]) -> bool:
    """Begin a regrade of these lessons, or go on with one that was interrupted: then True.

    What the scores were before is kept in ``regrades/<number>/before.csv``.
    """
    if run.regrading:
        return True
    number = run.regrades + 1
    course.write_grades(_folder(course, number) / "before.csv")
    run.regrades = number
    run.regrading = lessons
    for lesson in lessons:
        run.rounds[lesson] = run.rounds.get(lesson, 0) + 1
    course.journal.save(run)
    return False


def finish(course: CourseFolder, run: Run) -> Path:
    """End the regrade; writes what it changed to ``changes.csv`` beside ``before.csv`` and returns
    its path."""
    folder = _folder(course, run.regrades)
    path = folder / "changes.csv"
    with (
        Recorder(course.database, {}) as gradebook,
        course.journal.replacing(path) as partial,
        partial.open("w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.writer(file)
        writer.writerow(field.name for field in fields(Change))
        writer.writerows(map(astuple, _changes(course, folder / "before.csv", gradebook)))
    run.regrading = []
    course.journal.save(run)
    return path


def changes_table(path: Path) -> Table | str:
    """The changes on the terminal."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if not rows:
        return _("No score changed.")
    students = len({row["student"] for row in rows})
    table = Table(
        title=_("{scores} changed scores of {students} students").format(
            scores=len(rows), students=students
        )
    )
    for heading in (_("student"), _("notebook"), _("exercise")):
        table.add_column(heading, overflow="fold")
    for heading in (_("before"), _("after")):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column(_("verdict"))
    table.add_column(_("given by hand, stands"), justify="right")
    for row in rows:
        verdicts = dict.fromkeys((row["verdict_before"], row["verdict_after"]))
        table.add_row(
            row["student"],
            row["notebook"],
            row["exercise"],
            row["before"],
            row["after"],
            " → ".join(verdicts),
            row["manual"],
        )
    return table


def _changes(course: CourseFolder, before: Path, gradebook: Recorder) -> Iterator[Change]:
    with before.open(newline="", encoding="utf-8") as file:
        for (student, lesson), rows in groupby(
            csv.DictReader(file), lambda row: (row["student"], row["notebook"])
        ):
            result = course.journal.result(student, lesson)
            if result is None:
                continue
            now = {row.exercise: row for row in result.rows}
            manual: dict[str, float] | None = None
            for row in rows:
                after = now.pop(row["exercise"], None)
                score = "" if after is None else f"{after.score:g}"
                if score == row["score"]:
                    continue
                if manual is None:
                    manual = gradebook.manual_scores(student, lesson)
                by_hand = manual.get(CHECK_PREFIX + row["exercise"])
                yield Change(
                    student,
                    lesson,
                    row["exercise"],
                    row["score"],
                    score,
                    row["verdict"],
                    "" if after is None else after.verdict,
                    "" if by_hand is None else f"{by_hand:g}",
                )
            for added in now.values():
                score = f"{added.score:g}"
                yield Change(student, lesson, added.exercise, "", score, "", added.verdict)


def _folder(course: CourseFolder, number: int) -> Path:
    return course.root / "regrades" / str(number)
