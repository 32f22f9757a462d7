"""Reads a graded course folder: verdicts, what was late, and the code in the graded notebooks.

Notebooks are read one at a time, and of each no more is kept than what was asked for.
"""

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder.grading import Result
from autograder.repairing.matching import defined_names
from autograder.results.journal import Journal, JournalError

# A solution that is longer is no solution; it is neither shown nor compared.
_MOST_CHARACTERS = 20_000


class ReportError(ValueError):
    """There is nothing to report on; the text says what to name instead."""


@dataclass(frozen=True)
class LateHandIn:
    """A line of ``totals.csv`` about a hand-in that was late."""

    student: str
    lesson: str
    days: int
    free_days: int
    penalty: float
    note: str


@dataclass(frozen=True)
class ClassRecord:
    """What a course folder says of a class.

    results: by students and lessons, without the reasons. damaged: results that cannot be read.
    unfinished: whether a grading run was begun and has not ended.
    """

    root: Path
    results: list[Result]
    late: list[LateHandIn]
    damaged: list[str]
    unfinished: bool

    @property
    def lessons(self) -> list[str]:
        return sorted({result.lesson for result in self.results})

    def of(self, lesson: str) -> list[Result]:
        """The results of one lesson."""
        return [result for result in self.results if result.lesson == lesson]


def gather(root: Path) -> ClassRecord:
    """Read the results of a course folder. Raises ReportError where it holds none."""
    journal = Journal(root)
    stored = sorted(root.glob("results/*/*.json"))
    results = [_without_reasons(result) for result in journal.results()]
    if not results:
        raise ReportError(
            f"{root} is no graded course folder: it holds no results. Name the folder that"
            " `autograder grade SUBMISSIONS --out DIR` has filled."
        )
    read = {journal.result_file(result.student, result.lesson) for result in results}
    damaged = [path.relative_to(root).as_posix() for path in stored if path not in read]
    return ClassRecord(root, results, list(_late(root)), damaged, _unfinished(journal))


def solutions(root: Path, result: Result) -> dict[str, str]:
    """The student's code by exercises, from the graded notebook; empty where there is none that can
    be read."""
    path = root / "autograded" / result.student / result.lesson / f"{result.lesson}.ipynb"
    return _solution_cells(path, {row.exercise for row in result.rows})


def released(root: Path, lesson: str) -> list[str]:
    """The code cells of a lesson's release; none where the folder does not hold it."""
    path = root / "release" / lesson / f"{lesson}.ipynb"
    return [source for _name, source in _code_cells(path)]


def names(root: Path, results: Iterable[Result]) -> set[str]:
    """What the students are called in the folder: their ids, and their names in an LMS."""
    try:
        stored = json.loads((root / "arrivals.json").read_text(encoding="utf-8"))
        called = {str(one.get(key, "")) for one in stored for key in ("name", "number")}
    except (OSError, ValueError, AttributeError):
        called = set()
    return called | {result.student for result in results}


def _solution_cells(path: Path, exercises: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    elsewhere: dict[str, str] = {}
    for name, source in _code_cells(path):
        if len(source) > _MOST_CHARACTERS:
            continue
        defined = exercises.intersection(defined_names(source))
        if name in defined:
            found[name] = source
        elif not name:
            elsewhere |= dict.fromkeys(defined, source)
    return elsewhere | found


def _code_cells(path: Path) -> list[tuple[str, str]]:
    """(name of the exercise or '', source) of the notebook's code cells."""
    try:
        cells = json.loads(path.read_bytes().decode(errors="replace"))["cells"]
        return [
            (_solution_name(cell), "".join(cell["source"]))
            for cell in cells
            if cell["cell_type"] == "code"
        ]
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return []


def _solution_name(cell: dict[str, Any]) -> str:
    marks = cell["metadata"].get("nbgrader", {})
    return str(marks["grade_id"]) if marks.get("solution") else ""


def _without_reasons(result: Result) -> Result:
    """The reasons are the longest part of a result, and are not reported."""
    return replace(result, rows=tuple(replace(row, reason="") for row in result.rows))


def _late(root: Path) -> Iterator[LateHandIn]:
    try:
        with (root / "totals.csv").open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                days = int(row["days_late"] or 0)
                if days:
                    yield LateHandIn(
                        row["student"],
                        row["notebook"],
                        days,
                        int(row["late_days_used"] or 0),
                        float(row["penalty"] or 0),
                        row["note"],
                    )
    except FileNotFoundError:
        return
    except (KeyError, ValueError) as error:
        raise ReportError(f"{root / 'totals.csv'} cannot be read ({error}).") from None


def _unfinished(journal: Journal) -> bool:
    try:
        run = journal.run()
    except JournalError:
        return True
    return run is not None and bool(run.starting_anew or run.regrading)
