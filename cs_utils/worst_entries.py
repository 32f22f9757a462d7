"""The entries of an output that are furthest from the right ones, each with its own values; for a
gradient the right value is the numeric derivative, computed on the spot."""

from dataclasses import dataclass

import numpy as np

from cs_utils.differences import Difference
from cs_utils.exercises.specification import Case, Exercise
from cs_utils.gradients import numeric_slope

_SHOWN = 3


@dataclass(frozen=True)
class Entry:
    """One wrong entry. numeric: whether ``right`` is a numeric derivative."""

    position: tuple[int, ...]
    yours: float
    right: float
    numeric: bool


def worst_entries(exercise: Exercise, case: Case, difference: Difference) -> list[Entry]:
    """The entries with the largest errors, at most three; none where the shapes differ."""
    if difference.wrong is None or difference.expected.ndim == 0:
        return []
    received = difference.received.astype(np.float64)
    error = np.abs(received - difference.expected) * difference.wrong
    error = np.nan_to_num(error, nan=np.inf)
    order = np.argsort(-error, axis=None, kind="stable")[: min(_SHOWN, int(difference.wrong.sum()))]
    places = [tuple(int(i) for i in np.unravel_index(one, error.shape)) for one in order]
    return [_entry(exercise, case, difference, place) for place in places]


def _entry(
    exercise: Exercise, case: Case, difference: Difference, position: tuple[int, ...]
) -> Entry:
    yours = float(difference.received[position])
    slope = _slope(exercise, case, difference, position)
    right = float(difference.expected[position]) if slope is None else slope
    return Entry(position, yours, right, slope is not None)


def _slope(
    exercise: Exercise, case: Case, difference: Difference, position: tuple[int, ...]
) -> float | None:
    name = difference.name.removeprefix("d")
    x = np.asarray(case.inputs.get(name, np.nan))
    is_gradient = name != difference.name and x.shape == difference.expected.shape
    if exercise.value is None or not is_gradient:
        return None
    value = exercise.value
    return numeric_slope(lambda moved: value({**case.inputs, name: moved}), x, position)
