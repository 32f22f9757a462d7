"""The page as a whole: what it is made from, its head, and the file."""

import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from hashlib import sha256
from html import escape
from pathlib import Path
from urllib.parse import quote

import numpy as np

from autograder.class_report import people, sections
from autograder.class_report.examples import anonymous, words_of
from autograder.class_report.gather import (
    ClassRecord,
    ReportError,
    gather,
    names,
    released,
    solutions,
)
from autograder.class_report.plots import PATTERNS
from autograder.class_report.similarity import (
    Pair,
    Print,
    alike_solutions,
    pairs,
    print_of,
    runs_of,
    tokens_of,
)
from autograder.class_report.statistics import (
    UNWRITTEN,
    Mistake,
    exercise_statistics,
    mistakes,
    outcome,
    was_read,
)

FILE = "class_report.html"
_MOST_EXAMPLES = 3
_TITLE = "What the class misunderstood"
_HERE = Path(__file__).parent

# What is wanted of a hand-in, (student, lesson): the mistakes to show, by exercises.
_Wanted = dict[tuple[str, str], dict[str, list[Mistake]]]
_Prints = dict[tuple[str, str], list[Print]]


def write_report(root: Path, out: Path | None = None) -> Path:
    """Write the page about the course folder ``root``; returns where it is.

    out: the file, ``class_report.html`` in the folder by default. Raises ReportError where the
    folder holds no results or the file cannot be written.
    """
    record = gather(root)
    path = out or root / FILE
    html = report_page(record, path.parent)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.partial")
        partial.write_text(html, encoding="utf-8", errors="replace")
        partial.replace(path)
    except OSError as error:
        raise ReportError(f"{path} cannot be written: {error.strerror}.") from None
    return path


def report_page(record: ClassRecord, place: Path) -> str:
    """The page. place: the folder that it will lie in, for its links to feedback pages."""
    exercises = {lesson: exercise_statistics(record.of(lesson)) for lesson in record.lessons}
    found = mistakes(record.results)
    release = {lesson: released(record.root, lesson) for lesson in record.lessons}
    examples, prints = _read_solutions(record, _wanted(found), release)
    alike = _alike(prints, release)
    parts = [
        sections.overview(record, exercises, found, alike),
        sections.scores(record),
        sections.exercises(exercises),
        sections.misconceptions(found, examples, exercises),
        sections.broken(exercises),
        people.pairs_to_look_at(alike, _links(record.root, place, alike), all(release.values())),
        people.repaired(record),
    ]
    return (
        "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{escape(_TITLE)}</title><style>{_asset('page.css')}</style></head><body>"
        f"{PATTERNS}<h1>{escape(_TITLE)}</h1>{''.join(parts)}"
        f"<script>{_asset('page.js')}</script></body></html>\n"
    )


def _asset(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _wanted(found: Iterable[Mistake]) -> _Wanted:
    """Whose code is shown for which mistake: some of those who made it, in an order that says
    nothing about who they are."""
    wanted: _Wanted = defaultdict(lambda: defaultdict(list))
    for mistake in found:

        def drawn(student: str, salt: str = f"{mistake.exercise} {mistake.name}") -> bytes:
            return sha256(f"{salt} {student}".encode(errors="replace")).digest()

        for student in sorted(mistake.students, key=drawn)[:_MOST_EXAMPLES]:
            wanted[student, mistake.lesson][mistake.exercise].append(mistake)
    return wanted


def _read_solutions(
    record: ClassRecord, wanted: _Wanted, release: dict[str, list[str]]
) -> tuple[dict[Mistake, list[str]], _Prints]:
    """The examples of each mistake, and the prints of all solutions by lessons and exercises, from
    the graded notebooks, one at a time."""
    called = words_of(names(record.root, record.results))
    hidden = {lesson: called - words_of(cells) for lesson, cells in release.items()}
    examples: dict[Mistake, list[str]] = defaultdict(list)
    prints: _Prints = defaultdict(list)
    for result in filter(was_read, record.results):
        written = {row.exercise for row in result.rows if outcome(row) != UNWRITTEN}
        for exercise, source in solutions(record.root, result).items():
            if exercise not in written:
                continue
            prints[result.lesson, exercise].append(print_of(result.student, source))
            for mistake in wanted.get((result.student, result.lesson), {}).get(exercise, ()):
                code = anonymous(source, hidden[result.lesson])
                if code and code not in examples[mistake]:
                    examples[mistake].append(code)
    return {mistake: sorted(codes, key=len) for mistake, codes in examples.items()}, prints


def _alike(prints: _Prints, release: dict[str, list[str]]) -> list[Pair]:
    given_out = {
        lesson: np.unique(
            np.concatenate([np.empty(0, np.uint64), *(runs_of(tokens_of(one)[1]) for one in cells)])
        )
        for lesson, cells in release.items()
    }
    return pairs(
        one
        for (lesson, exercise), solved in prints.items()
        for one in alike_solutions(lesson, exercise, solved, given_out[lesson])
    )


def _links(root: Path, place: Path, alike: Sequence[Pair]) -> dict[tuple[str, str], str]:
    """Addresses of the feedback pages of the pairs' hand-ins, as far as they are there."""
    links = {}
    for pair in alike:
        for student in pair.students:
            for lesson in {solution.lesson for solution in pair.solutions}:
                page = root / "feedback" / student / f"{lesson}.html"
                if page.is_file():
                    relative = Path(os.path.relpath(page, place)).as_posix()
                    links[student, lesson] = quote(relative)
    return links
