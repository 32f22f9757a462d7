"""Judging: compares answers with what must come out, and says score, reason and hint.

The same judge serves the notebook's check and the grader; only the grader's counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cs_utils import answers
from cs_utils.answers import Answer, Problem
from cs_utils.exercises.specification import (
    AGAIN,
    Case,
    Exercise,
    Misconception,
    Outputs,
    WrongReturnError,
)
from cs_utils.language import _

CORRECT = "correct"
PARTLY = "partly correct"
WRONG = "wrong"
WITHDRAWN = "withdrawn"

_FLOAT32_TOLERANCE = 1e-4
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Difference:
    """How one output differs from the right one: in words, and for a table the arrays.

    shown: whether the arrays tell a reader more than the words.
    """

    name: str
    text: str
    received: np.ndarray
    expected: np.ndarray
    shown: bool = True


@dataclass(frozen=True)
class CaseResult:
    """One case judged. A withdrawn case (the references disagree) neither passes nor fails."""

    case: Case
    passed: bool
    withdrawn: bool = False
    problem: Problem | None = None
    differences: tuple[Difference, ...] = ()
    changed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """An exercise judged.

    status: ``correct``, ``partly correct``, ``wrong``, or the kind of the problem.
    reason: one line, free of the expected values.
    helped_by: functions that were replaced by working ones for this exercise to be judged.
    """

    exercise: Exercise
    status: str
    score: float
    reason: str
    results: tuple[CaseResult, ...] = ()
    misconception: Misconception | None = None
    helped_by: tuple[str, ...] = ()

    @property
    def max_score(self) -> float:
        return self.exercise.points


def judge(
    exercise: Exercise,
    cases: Sequence[Case],
    given: Sequence[Answer],
    expected: Sequence[Outputs | None],
    helped_by: tuple[str, ...] = (),
) -> Verdict:
    """Judge an exercise.

    cases, given, expected: of equal length; expected is None for a withdrawn case.
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
    passed = sum(result.case.weight for result in counted if result.passed)
    score = round(exercise.points * passed / total, 2)
    misconception = _recognised(exercise, results, given, expected)
    return Verdict(
        exercise,
        _status(counted, passed, total),
        score,
        _reason(results, misconception),
        results,
        misconception,
        helped_by,
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
    single = any(map(_is_single, answer.outputs.values()))
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


def close(received: np.ndarray, expected: np.ndarray, tolerance: float) -> np.ndarray:
    """Entry by entry: is the error within tolerance of the largest right value?

    float32 and lower precision are right answers too, held to what they can hold. Where whole
    numbers must come out (sizes, counts, bytes) nothing but they will do.
    """
    if np.asarray(expected).dtype.kind in "biu":
        return np.asarray(received == expected)
    if _is_single(received):
        tolerance = max(tolerance, _FLOAT32_TOLERANCE)
    right = np.asarray(expected, dtype=np.float64)
    finite = np.abs(right[np.isfinite(right)])
    scale = finite.max(initial=0.0) or 1.0
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.abs(received.astype(np.float64) - right)
    return (error <= tolerance * scale) | (received == right)


def _is_single(array: np.ndarray) -> bool:
    return array.dtype.kind == "f" and array.dtype.itemsize <= 4


def _judge_case(
    exercise: Exercise, case: Case, answer: Answer, expected: Outputs | None
) -> CaseResult:
    if expected is None:
        return CaseResult(case, passed=False, withdrawn=True)
    if answer.problem is not None:
        return CaseResult(case, passed=False, problem=answer.problem)
    differences = [
        _compare(name, answer.outputs.get(name), np.asarray(right), exercise.tolerance)
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
    return difference if text is None else replace(difference, text=text, shown=False)


def _changed(exercise: Exercise, case: Case, answer: Answer, expected: Outputs) -> tuple[str, ...]:
    """Names of what the student's code changed in place. What is not shown counts as changed."""
    if answer.inputs is not None:
        left = answer.inputs
        names = [
            name
            for name, value in case.inputs.items()
            if isinstance(value, np.ndarray) and not _same(left.get(name), value)
        ]
        if names:
            return tuple(names)
    for name, right in expected.items() if exercise.cache_from else ():
        again = answer.outputs.get(name + AGAIN)
        if again is None or _compare(name, again, np.asarray(right), exercise.tolerance):
            return ("cache",)
    return ()


def _same(after: Any, before: Any) -> bool:
    after, before = np.asarray(after), np.asarray(before)
    if after.shape != before.shape or after.dtype.kind not in "biuf":
        return False
    # A step taken and taken back leaves rounding behind, which harms nobody.
    return bool(np.allclose(after, before, rtol=_ROUNDING, atol=_ROUNDING, equal_nan=True))


def _compare(
    name: str, received: np.ndarray | None, expected: np.ndarray, tolerance: float
) -> Difference | None:
    if received is None:
        text = _("{name} was not returned").format(name=name)
        return Difference(name, text, np.empty(0), expected)
    if expected.shape == () and received.size == 1:
        received = received.reshape(())
    if received.shape != expected.shape:
        text = _("{name} has shape {received}, it must have shape {expected}")
        text = text.format(name=name, received=received.shape, expected=expected.shape)
        return Difference(name, text, received, expected)
    right = close(received, expected, tolerance)
    if right.all():
        return None
    return Difference(name, _values_in_words(name, received, right), received, expected)


def _values_in_words(name: str, received: np.ndarray, right: np.ndarray) -> str:
    if not np.isfinite(received).all():
        kind = _("not a number (nan)") if np.isnan(received).any() else _("infinite")
        return _("{name} holds values that are {kind}").format(name=name, kind=kind)
    if received.ndim == 0:
        return _("the value of {name} is wrong").format(name=name)
    wrong = int((~right).sum())
    if wrong == received.size:
        return _("all {total} values of {name} are wrong").format(name=name, total=wrong)
    where = ", ".join(
        "[" + ", ".join(map(str, index)) + "]" for index in np.argwhere(~right)[:3].tolist()
    )
    more = ", ..." if wrong > 3 else ""
    text = _("{wrong} of {total} values of {name} are wrong, at {where}")
    return text.format(wrong=wrong, total=received.size, name=name, where=where + more)


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


def _recognised(
    exercise: Exercise,
    results: Sequence[CaseResult],
    given: Sequence[Answer],
    expected: Sequence[Outputs | None],
) -> Misconception | None:
    """The known misconception that gives just what the student's wrong cases gave; of several,
    the first that is right where the student is right, too."""
    answered = [
        (result, (result.case, answer.outputs, right))
        for result, answer, right in zip(results, given, expected, strict=True)
        if result.problem is None and right is not None
    ]
    wrong = [one for result, one in answered if result.differences]
    likely = [
        misconception
        for misconception in (exercise.misconceptions if wrong else ())
        if all(_explains(misconception, exercise, *one) for one in wrong)
    ]
    for misconception in likely:
        if all(_explains(misconception, exercise, *one) for _result, one in answered):
            return misconception
    return likely[0] if likely else None


def _explains(
    misconception: Misconception,
    exercise: Exercise,
    case: Case,
    received: Mapping[str, np.ndarray],
    right: Outputs,
) -> bool:
    with np.errstate(all="ignore"):
        predicted = misconception.outputs(case.inputs, right)
    if predicted is None:
        return False
    return all(
        name in received
        and np.shape(received[name]) == np.shape(value)
        and bool(np.all(_alike(received[name], np.asarray(value), exercise.tolerance)))
        for name, value in predicted.items()
    )


def _alike(received: np.ndarray, predicted: np.ndarray, tolerance: float) -> np.ndarray:
    both_nan = np.isnan(received) & np.isnan(predicted)
    return close(received, predicted, max(tolerance, 1e-6)) | both_nan
