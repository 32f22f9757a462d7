"""What becomes of a mutant that is handed in: it loses points, computes the same, or survives."""

import contextlib
import signal
import time
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np

from cs_utils.answers import Answer, answer_case
from cs_utils.checks import check_exercise
from cs_utils.closeness import close, unchanged
from cs_utils.exercises import lent_parts
from cs_utils.exercises.specification import Case, Exercise, Outputs
from cs_utils.reports import html_report, text_report
from cs_utils.verdicts import Verdict, first_failure, with_properties
from mutation.mutants import Mutant, mutants
from mutation.sources import Source
from mutation.variations import varied_cases

KILLED = "killed"
EQUIVALENT = "equivalent"
SURVIVED = "survived"

# Two results that differ by less than this, relative to the largest, differ by rounding alone.
_ROUNDING = 1e-9
_EXTRA_SEEDS = range(100, 110)

Question = tuple[Case, Outputs]


class OutOfTimeError(BaseException):
    """A mutant runs on and on; not an Exception, so that nothing on the way holds it up."""


class Handed:
    """An exercise, and hand-ins for it that are right but for one mutant.

    seed: what the check's cases are drawn from. settled_by: the questions by which the last mutant
    was found to lose points; none where it did not end or did not run.
    """

    def __init__(self, exercise: Exercise, source: Source, seed: int) -> None:
        self.exercise, self.source, self.seed = exercise, source, seed
        self.namespace = source.namespace
        cases = exercise.draw_cases(seed)
        self.questions = [(case, exercise.oracle(case.inputs)) for case in cases]
        self._telling = [one for one in self.questions if one[0].weight and not one[0].refusal]
        source.run(source.text, exercise.name)
        start = time.process_time()
        verdict = self.verdict(self.questions)
        assert verdict.score == verdict.max_score, f"{exercise.name} unsolved: {verdict.reason}"
        self.seconds = 1 + 20 * (time.process_time() - start)
        self._further: list[tuple[Case, Answer]] = []
        self.settled_by: list[Question] = []

    def mutants(self) -> list[Mutant]:
        """All mutants of the source's text."""
        return mutants(self.source.text)

    def fate(self, mutant: Mutant) -> str:
        """KILLED where it loses points; EQUIVALENT where it gives the solution's results on many
        further cases, too; else SURVIVED."""
        with self.handed_in(mutant) as runs:
            self.settled_by = []
            if not runs or self.loses_points():
                return KILLED
        return EQUIVALENT if self._computes_the_same(mutant) else SURVIVED

    def explained(self, mutant: Mutant) -> bool:
        """Whether the report on a mutant that has just lost points says more than how many values
        are wrong: what they have in common, a known mistake, a shape, a row, an exception.

        Draws the report both as text and as HTML; a warning on the way is an error.
        """
        with self.handed_in(mutant) as runs, contextlib.suppress(OutOfTimeError):
            if runs and self.settled_by:
                with limited(self.seconds), warnings.catch_warnings():
                    warnings.simplefilter("error", RuntimeWarning)
                    verdict = self.verdict(self.settled_by)
                    text_report(verdict), html_report(verdict)
                return _says_more(verdict)
        return True

    @contextlib.contextmanager
    def handed_in(self, mutant: Mutant) -> Iterator[bool]:
        """For a while the mutant stands in the solution's place; gives whether its cell runs."""
        before = dict(self.namespace)
        try:
            with patch.object(np, "empty", _empty), patch.object(np, "empty_like", _empty_like):
                yield self._runs(mutant)
        finally:
            self.namespace.clear()
            self.namespace.update(before)

    def _runs(self, mutant: Mutant) -> bool:
        try:
            with limited(self.seconds):
                self.source.run(mutant.source, self.exercise.name)
        except (OutOfTimeError, Exception):
            return False
        return True

    def loses_points(self) -> bool:
        """Whether the check takes points off, or never ends; the first case that does settles it,
        and is asked first of the next mutant."""
        try:
            with limited(self.seconds):
                for place, question in enumerate(self._telling):
                    if self._takes_points([question]):
                        self._telling.insert(0, self._telling.pop(place))
                        self.settled_by = [question]
                        return True
                lost = self._takes_points(self.questions)
                self.settled_by = self.questions if lost else []
                return lost
        except OutOfTimeError:
            return True

    def verdict(self, questions: list[Question]) -> Verdict:
        """The check's verdict on these questions alone."""
        return self._verdict(self.exercise, questions)

    def _takes_points(self, questions: list[Question]) -> bool:
        """Whether they lose points; without hints, and without asking again with working parts
        where the parts have no cache and are right anyway, that is found sooner."""
        parts = self.exercise.builds_on if self.exercise.cache_from else lent_parts(self.exercise)
        exercise = replace(self.exercise, misconceptions=(), builds_on=tuple(parts))
        verdict = self._verdict(exercise, questions)
        return verdict.score < verdict.max_score

    def _verdict(self, exercise: Exercise, questions: list[Question]) -> Verdict:
        known = {id(case.inputs): right for case, right in questions}
        asked = replace(
            exercise,
            cases=lambda _rng: [case for case, _right in questions],
            oracle=lambda inputs: known[id(inputs)],
        )
        return check_exercise(asked, self.namespace, self.seed)

    def _computes_the_same(self, mutant: Mutant) -> bool:
        further = self._further_answers()
        with self.handed_in(mutant):
            for case, wanted in further:
                try:
                    with limited(self.seconds):
                        found = self._answer(case)
                except OutOfTimeError:
                    return False
                if not _same(wanted, found, case):
                    return False
        return True

    def _further_answers(self) -> list[tuple[Case, Answer]]:
        """Cases of other seeds and of other sizes, with what the solution gives for them."""
        if not self._further:
            others = [case for seed in _EXTRA_SEEDS for case in self.exercise.draw_cases(seed)]
            varied = varied_cases(self.exercise, others)
            right = [case for case, outputs in varied if not self._takes_points([(case, outputs)])]
            self._further = [(case, self._answer(case)) for case in others + right]
        return self._further

    def _answer(self, case: Case) -> Answer:
        return with_properties(
            self.exercise, case, answer_case(self.exercise, self.namespace, case)
        )


def _empty(shape: Any, dtype: Any = np.float64, **_options: Any) -> np.ndarray:
    """Memory that nobody has written to may hold the last answer; here it is always nonsense."""
    return np.full(shape, np.nan if np.dtype(dtype).kind in "fc" else 99).astype(dtype)


def _empty_like(like: Any, dtype: Any = None, **_options: Any) -> np.ndarray:
    return _empty(np.shape(like), dtype or np.asarray(like).dtype)


def _says_more(verdict: Verdict) -> bool:
    failure = first_failure(verdict.results)
    assert failure is not None
    told = [one for one in failure.differences if one.wrong is None or not one.shown]
    return bool(failure.problem or told or verdict.hints)


def _same(wanted: Answer, found: Answer, case: Case) -> bool:
    """Whether two answers are the same but for rounding, and leave the same inputs behind."""
    if wanted.problem is not None or found.problem is not None:
        kinds = [one.problem.kind if one.problem else None for one in (wanted, found)]
        return kinds[0] == kinds[1]
    return (
        wanted.outputs.keys() == found.outputs.keys()
        and all(_close(found.outputs[name], value) for name, value in wanted.outputs.items())
        and all(
            unchanged((found.inputs or {}).get(name), value)
            for name, value in (wanted.inputs or {}).items()
            if case.inputs_unchanged
        )
    )


def _close(found: np.ndarray, wanted: np.ndarray) -> bool:
    if found.shape != wanted.shape:
        return False
    both_nan = np.not_equal(found, found) & np.not_equal(wanted, wanted)
    return bool(np.all(close(found.astype(np.float64), wanted, _ROUNDING) | both_nan))


@contextlib.contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raises OutOfTimeError when the code below has computed for so long."""

    def out_of_time(_signal: int, _frame: Any) -> None:
        raise OutOfTimeError

    before = signal.signal(signal.SIGVTALRM, out_of_time)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
