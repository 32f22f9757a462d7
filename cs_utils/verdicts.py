"""Judging: compares answers with what must come out, and says score, reason and hint.

The same judge serves the notebook's check and the grader; only the grader's counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cs_utils import answers
from cs_utils.answers import Answer, Problem
from cs_utils.case_patterns import case_pattern
from cs_utils.closeness import close, is_single, unchanged
from cs_utils.differences import Difference, compare
from cs_utils.exercises.specification import (
    AGAIN,
    Case,
    Exercise,
    Misconception,
    Outputs,
    WrongReturnError,
)
from cs_utils.language import _
from cs_utils.recognition import recognised

__all__ = [
    "CORRECT",
    "PARTLY",
    "WITHDRAWN",
    "WRONG",
    "CaseResult",
    "Difference",
    "Verdict",
    "best",
    "close",
    "first_failure",
    "judge",
    "with_properties",
]

CORRECT = "correct"
PARTLY = "partly correct"
WRONG = "wrong"
WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class CaseResult:
    """One case judged. A withdrawn case (the references disagree) neither passes nor fails."""

    case: Case
    passed: bool
    withdrawn: bool = False
    problem: Problem | None = None
    differences: tuple[Difference, ...] = ()
    changed: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether the answer itself is wrong, and not only what it left behind."""
        return self.problem is not None or bool(self.differences)


@dataclass(frozen=True)
class Verdict:
    """An exercise judged.

    status: ``correct``, ``partly correct``, ``wrong``, or the kind of the problem.
    reason: one line, free of the expected values.
    misconception: the known mistake that the answers show.
    helped_by: functions that were replaced by working ones for this exercise to be judged.
    pattern: what the failing cases have in common, in a sentence.
    seconds: how long the answers took, where that was measured.
    """

    exercise: Exercise
    status: str
    score: float
    reason: str
    results: tuple[CaseResult, ...] = ()
    misconception: Misconception | None = None
    helped_by: tuple[str, ...] = ()
    pattern: str = ""
    seconds: float = 0.0

    @property
    def max_score(self) -> float:
        return self.exercise.points

    @property
    def hints(self) -> tuple[str, ...]:
        """What may help, most telling first: the hint of the known mistake, what the failing cases
        share, or what the wrong values do; that an input must be left alone."""
        failure = first_failure(self.results)
        found = [self.misconception.hint] if self.misconception else []
        found += [self.pattern] if self.pattern else []
        if failure is not None and not found:
            found += [words for one in failure.differences for words in one.patterns]
        return (*found, *self.in_place)

    @property
    def in_place(self) -> tuple[str, ...]:
        """A hint where an input or the cache was changed, and nothing else is wrong."""
        changed = next((one.changed for one in self.results if one.changed and not one.failed), ())
        text = _("Which line writes into {names} (=, +=, *=)? Work on a copy there.")
        return (text.format(names=", ".join(changed)),) if changed else ()


@np.errstate(all="ignore")
def judge(
    exercise: Exercise,
    cases: Sequence[Case],
    given: Sequence[Answer],
    expected: Sequence[Outputs | None],
    helped_by: tuple[str, ...] = (),
) -> Verdict:
    """Judge an exercise.

    cases, given, expected: of equal length; expected is None for a withdrawn case. What overflows
    in a wrong answer's comparison warns nobody.
    Returns the verdict; points are given in proportion to the weights of the passed cases.
    """
    given = [with_properties(exercise, *one) for one in zip(cases, given, strict=True)]
    results = tuple(
        _judge_case(exercise, case, answer, right)
        for case, answer, right in zip(cases, given, expected, strict=True)
    )
    counted = [result for result in results if not result.withdrawn]
    total = sum(result.case.weight for result in counted)
    if total == 0:
        reason = _("no case could be judged: the reference solutions disagree")
        return Verdict(exercise, WITHDRAWN, 0.0, reason, results)
    answered = any(result.passed and not result.case.refusal for result in counted)
    passed = sum(result.case.weight for result in counted if result.passed and answered)
    score = round(exercise.points * passed / total, 2)
    misconception = recognised(exercise, results, given, expected)
    return Verdict(
        exercise,
        _status(counted, passed, total),
        score,
        _reason(results, misconception),
        results,
        misconception,
        helped_by,
        case_pattern(counted),
    )


def with_properties(exercise: Exercise, case: Case, answer: Answer) -> Answer:
    """The answer as it is compared: itself, or its properties where the exercise asks for those."""
    if exercise.properties is None or answer.problem is not None:
        return answer
    try:
        with np.errstate(all="ignore"):
            found = exercise.properties(case.inputs, answer.outputs)
    except WrongReturnError as error:
        return Answer(problem=Problem(answers.WRONG_RETURN, str(error)))
    # Properties are no more exact than the numbers they are taken from.
    single = any(map(is_single, answer.outputs.values()))
    return replace(answer, outputs={name: _property(one, single) for name, one in found.items()})


def _property(value: Any, single: bool) -> np.ndarray:
    array = np.asarray(value)
    return array.astype(np.float32) if single and array.dtype.kind == "f" else array


def best(verdicts: Sequence[Verdict]) -> Verdict:
    """The verdict that counts of those on the student's own functions and on working parts."""
    return max(verdicts, key=lambda one: (one.score, _telling(one.status)))


def _telling(status: str) -> int:
    """How much a status says, where the points are equal: values most, then that nothing is
    written; least that something is missing, for it may be a part of the exercise."""
    if status in (CORRECT, PARTLY, WRONG):
        return 3
    if status == answers.NOT_WRITTEN:
        return 2
    return 0 if status in (answers.PART_MISSING, answers.MISSING) else 1


def first_failure(results: Sequence[CaseResult]) -> CaseResult | None:
    """The failing case to talk about: cases are ordered smallest first."""
    return next((result for result in results if not (result.passed or result.withdrawn)), None)


def _judge_case(
    exercise: Exercise, case: Case, answer: Answer, expected: Outputs | None
) -> CaseResult:
    if expected is None:
        return CaseResult(case, passed=False, withdrawn=True)
    if answer.problem is not None:
        return CaseResult(case, passed=False, problem=answer.problem)
    differences = [
        compare(
            name,
            answer.outputs.get(name),
            np.asarray(right),
            exercise.tolerance,
            case.inputs,
            expected,
        )
        for name, right in expected.items()
    ]
    found = tuple(_in_words(exercise, case, one) for one in differences if one is not None)
    changed = _changed(exercise, case, answer, expected) if case.inputs_unchanged else ()
    return CaseResult(case, not found and not changed, differences=found, changed=changed)


def _in_words(exercise: Exercise, case: Case, difference: Difference) -> Difference:
    """The difference as the exercise tells it, where it has words of its own."""
    received, right = difference.received, difference.expected
    if exercise.in_words is None or not received.size:
        return difference
    text = exercise.in_words(case.inputs, difference.name, received, right)
    return difference if text is None else replace(difference, text=text, patterns=(), shown=False)


def _changed(exercise: Exercise, case: Case, answer: Answer, expected: Outputs) -> tuple[str, ...]:
    """Names of what the student's code changed in place. What is not shown counts as changed."""
    if answer.inputs is not None:
        left = answer.inputs
        names = [
            name
            for name, value in case.inputs.items()
            if isinstance(value, np.ndarray) and not unchanged(left.get(name), value)
        ]
        if names:
            return tuple(names)
    for name, right in expected.items() if exercise.cache_from else ():
        again = answer.outputs.get(name + AGAIN)
        if again is None or compare(name, again, np.asarray(right), exercise.tolerance):
            return ("cache",)
    return ()


def _status(results: Sequence[CaseResult], passed: float, total: float) -> str:
    if passed == total:
        return CORRECT
    kinds = {result.problem.kind if result.problem else None for result in results}
    unwritten = kinds <= {answers.NOT_WRITTEN}
    if unwritten or (passed == 0 and len(kinds) == 1 and None not in kinds):
        return next(kind for kind in kinds if kind)
    return PARTLY if passed > 0 else WRONG


def _reason(results: Sequence[CaseResult], misconception: Misconception | None) -> str:
    failure = first_failure(results)
    if failure is None:
        return ""
    if failure.problem is not None:
        text = failure.problem.text
        return text if not failure.problem.line else f"{text} ({failure.problem.line})"
    if failure.differences:
        text = "; ".join(difference.text for difference in failure.differences)
    else:
        text = _("changes its input in place: {names}").format(names=", ".join(failure.changed))
    text = f"{failure.case.title}: {text}"
    return f"{text} [{misconception.name}]" if misconception else text
