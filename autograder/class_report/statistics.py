"""Counts over a class: scores, pass rates, discrimination, times, mistakes, and which exercises
look broken."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import median

import numpy as np

from autograder.grading import GRADER_FAILED, NOT_HANDED_IN, UNREADABLE, Result, Row
from cs_utils.answers import CRASHED, MISSING, NOT_WRITTEN, REFUSED, TIMED_OUT
from cs_utils.verdicts import CORRECT, PARTLY, WITHDRAWN, WRONG

# Of fewer hand-ins a correlation says next to nothing.
FEWEST_CORRELATED = 10
# Who has this share of all other points of the lesson is called strong.
STRONG = 0.8
_FEWEST_STRONG = 3
_FEWEST_WRITTEN = 3
_STOPPED_SHARE = 0.1
_MOST_CASES = 3

_UNWRITTEN = (NOT_WRITTEN, MISSING)
_STOPPED = (TIMED_OUT, CRASHED, REFUSED)
# What became of an exercise, in the order in which the bars show it.
RIGHT, PART, FALSE, STOPPED, UNWRITTEN = (
    "right",
    "partly right",
    "wrong",
    "no answer",
    "not written",
)
OUTCOMES = (RIGHT, PART, FALSE, STOPPED, UNWRITTEN)


@dataclass(frozen=True)
class ExerciseStatistics:
    """An exercise in numbers, over the hand-ins that could be read.

    outcomes: how many hand-ins, by OUTCOMES. discrimination: see ``discrimination``. seconds,
    slowest: median and largest time that grading it took, None where it was not measured. unknown:
    wrong answers that fit no known mistake. mistake: the most frequent known one. signs: why the
    exercise itself may be broken.
    """

    lesson: str
    name: str
    points: float
    outcomes: Counter[str]
    mean_share: float
    discrimination: float | None
    seconds: float | None
    slowest: float | None
    unknown: int
    mistake: str
    signs: tuple[str, ...]

    @property
    def judged(self) -> int:
        return self.outcomes.total()

    @property
    def written(self) -> int:
        return self.judged - self.outcomes[UNWRITTEN]

    @property
    def pass_rate(self) -> float | None:
        """Share of the hand-ins that have it right."""
        return self.outcomes[RIGHT] / self.judged if self.judged else None


@dataclass(frozen=True)
class Mistake:
    """A known misconception, or with name '' wrong answers that fit none, and who shows it."""

    lesson: str
    exercise: str
    name: str
    hint: str
    students: tuple[str, ...]


def was_read(result: Result) -> bool:
    """Whether there was a notebook to judge."""
    unread = (NOT_HANDED_IN, UNREADABLE, GRADER_FAILED)
    return bool(result.rows) and all(row.verdict not in unread for row in result.rows)


def outcome(row: Row) -> str:
    """What became of an exercise, of OUTCOMES."""
    if row.verdict in _UNWRITTEN:
        return UNWRITTEN
    return {CORRECT: RIGHT, PARTLY: PART, WRONG: FALSE}.get(row.verdict, STOPPED)


def score_shares(results: Iterable[Result]) -> list[float]:
    """The share of the lesson's points, 0 to 1, of each hand-in that could be read."""
    return [
        result.score / total
        for result in results
        if was_read(result) and (total := sum(row.max_score for row in result.rows))
    ]


def exercise_statistics(results: Sequence[Result]) -> list[ExerciseStatistics]:
    """The exercises of one lesson, in its order. results: of this lesson."""
    read = [result for result in results if was_read(result)]
    names = dict.fromkeys(row.exercise for result in results for row in result.rows)
    return [_exercise(name, read, results) for name in names]


def discrimination(right: Sequence[bool], rest: Sequence[float]) -> float | None:
    """The point-biserial correlation of having an exercise right and the points in the rest of the
    lesson; None where there are too few, or all have the same.

    It is Pearson's correlation with 0 for wrong and 1 for right, "corrected": the exercise's own
    points are left out of the sum (Nunnally and Bernstein, Psychometric Theory, 1994, chapter 8).
    """
    # Sums of the same points in another order differ in their last digits.
    rest = [round(points, 6) for points in rest]
    if len(right) < FEWEST_CORRELATED or len(set(right)) < 2 or len(set(rest)) < 2:
        return None
    return float(np.corrcoef(np.array(right, float), rest)[0, 1])


def mistakes(results: Iterable[Result]) -> list[Mistake]:
    """Known misconceptions by how many students show each; those that fit none come last."""
    students: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    hints: dict[tuple[str, str, str], str] = {}
    for result in results:
        for row in result.rows:
            if row.misconception or _is_unknown(row):
                key = result.lesson, row.exercise, row.misconception
                students[key].append(result.student)
                hints.setdefault(key, row.hint)
    found = [Mistake(*key, hints[key], tuple(who)) for key, who in students.items()]
    return sorted(found, key=lambda one: (not one.name, -len(one.students), one.lesson))


def _exercise(name: str, read: Sequence[Result], results: Sequence[Result]) -> ExerciseStatistics:
    rows = [(result, row) for result in read for row in result.rows if row.exercise == name]
    judged = [(result, row) for result, row in rows if row.verdict != WITHDRAWN]
    outcomes = Counter({outcome: 0 for outcome in OUTCOMES})
    outcomes.update(outcome(row) for _result, row in judged)
    right = [row.verdict == CORRECT for _result, row in judged]
    rest = [result.score - row.score for result, row in judged]
    seconds = [
        result.exercise_seconds[name]
        for result, row in judged
        if name in result.exercise_seconds and row.verdict not in _UNWRITTEN
    ]
    known = Counter(row.misconception for _result, row in judged if row.misconception)
    any_row = next(row for result in results for row in result.rows if row.exercise == name)
    shares = [row.score / row.max_score for _result, row in judged if row.max_score]
    strength = discrimination(right, rest)
    return ExerciseStatistics(
        results[0].lesson,
        name,
        any_row.max_score,
        outcomes,
        sum(shares) / len(shares) if shares else 0.0,
        strength,
        median(seconds) if seconds else None,
        max(seconds, default=None),
        sum(_is_unknown(row) for _result, row in judged),
        known.most_common(1)[0][0] if known else "",
        tuple(_signs(judged, [row for _result, row in rows], strength)),
    )


def _is_unknown(row: Row) -> bool:
    return row.verdict in (WRONG, PARTLY) and not row.misconception


def _signs(
    judged: Sequence[tuple[Result, Row]], rows: Sequence[Row], strength: float | None
) -> Iterator[str]:
    """Why an exercise may be broken, in words."""
    withdrawn = dict.fromkeys(title for row in rows for title in row.withdrawn)
    if any(row.verdict == WITHDRAWN for row in rows):
        yield "withdrawn: the two references disagree on every case"
    elif withdrawn:
        yield f"cases withdrawn because the references disagree: {', '.join(withdrawn)}"
    written = [row for _result, row in judged if row.verdict not in _UNWRITTEN]
    if len(written) >= _FEWEST_WRITTEN and not any(row.verdict == CORRECT for row in written):
        yield f"nobody has it right, of {len(written)} who wrote it"
    strong = [
        row for result, row in judged if _is_strong(result, row) and row.verdict not in _UNWRITTEN
    ]
    failed = sum(row.verdict != CORRECT for row in strong)
    if len(strong) >= _FEWEST_STRONG and 2 * failed > len(strong):
        yield (
            f"{failed} of {len(strong)} strong students fail it"
            f" ({STRONG:.0%} and more of the lesson's other points)"
        )
    if strength is not None and strength < 0:
        yield "weaker students have it right more often than stronger ones"
    yield from islice(_case_signs(written, strong), _MOST_CASES)
    stopped = Counter(row.verdict for row in written if row.verdict in _STOPPED)
    if stopped.total() > 1 and stopped.total() > _STOPPED_SHARE * len(written):
        words = ", ".join(f"{count} {verdict}" for verdict, count in stopped.items())
        yield f"many give no answer: {words}"


def _case_signs(written: Sequence[Row], strong: Sequence[Row]) -> Iterator[str]:
    """Single cases that all or the strong ones fail, where other cases are passed."""
    partly = [row for row in written if row.verdict == PARTLY]
    failing = Counter(title for row in written for title in row.failed)
    of_strong = Counter(title for row in strong if row.verdict == PARTLY for title in row.failed)
    for title, count in failing.items():
        if partly and count == len(written) >= _FEWEST_WRITTEN:
            yield f"the case \u201c{title}\u201d is passed by nobody"
        elif len(strong) >= _FEWEST_STRONG and 2 * of_strong[title] > len(strong):
            yield (
                f"the case \u201c{title}\u201d is failed by {of_strong[title]} of {len(strong)}"
                " strong students"
            )


def _is_strong(result: Result, row: Row) -> bool:
    others = sum(one.max_score for one in result.rows) - row.max_score
    return others > 0 and result.score - row.score >= STRONG * others
