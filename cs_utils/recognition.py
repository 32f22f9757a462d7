"""Recognising known misconceptions: does one of them give just what the student's code gave?"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from cs_utils.answers import Answer
from cs_utils.closeness import close
from cs_utils.exercises.specification import Case, Exercise, Misconception, Outputs

if TYPE_CHECKING:
    from cs_utils.verdicts import CaseResult


def recognised(
    exercise: Exercise,
    results: Sequence["CaseResult"],
    given: Sequence[Answer],
    expected: Sequence[Outputs | None],
) -> Misconception | None:
    """The known misconception that gives just what the student's wrong cases gave; of several,
    the first that is right where the student is right, too. Where none does, one that gives the
    smallest wrong case and most of the others: a second mistake may have changed those."""
    answered = [
        (result, (result.case, answer.outputs, right))
        for result, answer, right in zip(results, given, expected, strict=True)
        if result.problem is None and right is not None
    ]
    wrong = [one for result, one in answered if result.differences]
    likely, possible = [], []
    for misconception in exercise.misconceptions if wrong else ():
        first = _explains(misconception, exercise, *wrong[0])
        if first is False:
            continue
        told = [first, *(_explains(misconception, exercise, *one) for one in wrong[1:])]
        if False not in told and 2 * told.count(True) >= len(told):
            # Where it cannot be told, at least half must be explained.
            likely.append(misconception)
        elif first and 2 * told.count(True) > len(told):
            possible.append(misconception)
    for misconception in likely:
        if all(_explains(misconception, exercise, *one) is True for _result, one in answered):
            return misconception
    return next(iter((*likely, *possible)), None)


def _explains(
    misconception: Misconception,
    exercise: Exercise,
    case: Case,
    received: Mapping[str, np.ndarray],
    right: Outputs,
) -> bool | None:
    """Whether it gives what the case gave; None where that cannot be told."""
    with np.errstate(all="ignore"):
        predicted = misconception.outputs(case.inputs, right)
    if predicted is None:
        return None
    return all(
        name in received
        and np.shape(received[name]) == np.shape(value)
        and bool(np.all(_alike(received[name], np.asarray(value), exercise.tolerance)))
        for name, value in predicted.items()
    )


def _alike(received: np.ndarray, predicted: np.ndarray, tolerance: float) -> np.ndarray:
    both_nan = np.isnan(received) & np.isnan(predicted)
    return close(received, predicted, max(tolerance, 1e-6)) | both_nan
