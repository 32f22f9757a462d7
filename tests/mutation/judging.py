"""What becomes of a mutant that is handed in: it loses points, computes the same, or survives."""

import contextlib
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from cs_utils.answers import Answer, answer_case
from cs_utils.checks import check_exercise
from cs_utils.closeness import close, unchanged
from cs_utils.exercises.specification import Case, Exercise, Outputs
from cs_utils.verdicts import with_properties
from mutation.lessons import solution_cells, solved_lesson
from mutation.mutants import Mutant, mutants
from mutation.variations import varied_cases

KILLED = "killed"
EQUIVALENT = "equivalent"
SURVIVED = "survived"

# Two results that differ by less than this, relative to the largest, differ by rounding alone.
_ROUNDING = 1e-9
_EXTRA_SEEDS = range(100, 110)


class _OutOfTimeError(BaseException):
    """A mutant runs on and on; not an Exception, so that nothing on the way holds it up."""


class Handed:
    """An exercise, and hand-ins for it that are right but for one mutant.

    seed: what the check's cases are drawn from.
    """

    def __init__(self, exercise: Exercise, seed: int) -> None:
        self.exercise, self.seed = exercise, seed
        self.namespace = solved_lesson(exercise.lesson)
        self.cases = exercise.draw_cases(seed)
        self.expected = [exercise.oracle(case.inputs) for case in self.cases]
        start = time.process_time()
        verdict = check_exercise(exercise, self.namespace, seed)
        assert verdict.score == verdict.max_score, f"{exercise.name} unsolved: {verdict.reason}"
        self.seconds = 5 + 20 * (time.process_time() - start)
        self._further: list[tuple[Case, Outputs]] = []

    def mutants(self) -> list[Mutant]:
        """All mutants of the lesson's own solution."""
        return mutants(solution_cells(self.exercise.lesson)[self.exercise.name])

    def fate(self, mutant: Mutant) -> str:
        """KILLED where it loses points; EQUIVALENT where it gives the solution's results on many
        further cases, too; else SURVIVED."""
        own = self.namespace[self.exercise.name]
        try:
            with _limited(self.seconds):
                exec(compile(mutant.source, "mutant", "exec"), self.namespace)
                if self._loses_points():
                    return KILLED
                return EQUIVALENT if self._computes_the_same(own) else SURVIVED
        except (_OutOfTimeError, Exception):
            # Endless, or an error as soon as the cell is run: nobody gets points for that.
            return KILLED
        finally:
            self.namespace[self.exercise.name] = own

    def _loses_points(self) -> bool:
        """Whether the check takes points off; the first case that does settles it."""
        for case, right in zip(self.cases, self.expected, strict=True):
            if case.weight and not case.refusal and not self._passes([case], [right]):
                return True
        return not self._passes(self.cases, self.expected)

    def _passes(self, cases: Sequence[Case], expected: Sequence[Outputs]) -> bool:
        """Whether these cases alone get full marks."""
        known = {id(case.inputs): right for case, right in zip(cases, expected, strict=True)}
        asked = replace(
            self.exercise,
            cases=lambda _rng: list(cases),
            oracle=lambda inputs: known[id(inputs)],
        )
        verdict = check_exercise(asked, self.namespace, self.seed)
        return verdict.score == verdict.max_score

    def _computes_the_same(self, own: Any) -> bool:
        name = self.exercise.name
        mutant = self.namespace[name]
        for case in self.further_cases(own):
            self.namespace[name] = own
            wanted = self._answer(case)
            self.namespace[name] = mutant
            if not _same(wanted, self._answer(case), case):
                return False
        return True

    def further_cases(self, own: Any) -> list[Case]:
        """Cases of other seeds and other sizes, on which the solution is right."""
        if not self._further:
            mutant = self.namespace[self.exercise.name]
            self.namespace[self.exercise.name] = own
            others = [case for seed in _EXTRA_SEEDS for case in self.exercise.draw_cases(seed)]
            varied = [
                (case, right)
                for case, right in varied_cases(self.exercise, others)
                if self._passes([case], [right])
            ]
            self._further = [(case, {}) for case in others] + varied
            self.namespace[self.exercise.name] = mutant
        return [case for case, _right in self._further]

    def _answer(self, case: Case) -> Answer:
        return with_properties(
            self.exercise, case, answer_case(self.exercise, self.namespace, case)
        )


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
def _limited(seconds: float) -> Iterator[None]:
    """Raises _OutOfTimeError when the code below has computed for so long."""

    def out_of_time(_signal: int, _frame: Any) -> None:
        raise _OutOfTimeError

    before = signal.signal(signal.SIGVTALRM, out_of_time)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
