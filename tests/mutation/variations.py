"""Further questions like an exercise's own, of other sizes: the oracle says which make sense."""

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from cs_utils.exercises.specification import Case, Exercise, Outputs

_WANTED = 40
_TRIES = 120


def varied_cases(exercise: Exercise, cases: Sequence[Case]) -> list[tuple[Case, Outputs]]:
    """Variations of the cases, with what must come out of each.

    A size that occurs among the arrays is changed, everywhere or on one axis, or a whole number is;
    what the oracle refuses is left out.
    """
    rng = np.random.default_rng([len(cases), *exercise.name.encode()])
    found: list[tuple[Case, Outputs]] = []
    for _try in range(_TRIES):
        case = cases[rng.integers(len(cases))]
        inputs = _varied(rng, case.inputs)
        try:
            with np.errstate(all="ignore"):
                right = exercise.oracle(inputs)
        except Exception:
            continue
        if all(_is_number(value) for value in right.values()):
            found.append((replace(case, inputs=inputs, weight=1.0), right))
        if len(found) == _WANTED:
            break
    return found


def _is_number(value: Any) -> bool:
    array = np.asarray(value)
    return array.dtype.kind in "biuf" and array.size > 0 and bool(np.isfinite(array).all())


def _varied(rng: np.random.Generator, inputs: Any) -> dict[str, Any]:
    changed = copy.deepcopy(dict(inputs))
    arrays = {
        name: one for name, one in changed.items() if isinstance(one, np.ndarray) and one.ndim
    }
    numbers = [name for name, one in changed.items() if type(one) is int]
    if numbers and (not arrays or rng.random() < 0.3):
        name = str(rng.choice(numbers))
        changed[name] = max(0, changed[name] + int(rng.choice([-1, 1, 2])))
    elif arrays:
        places = [(name, axis) for name, one in arrays.items() for axis in range(one.ndim)]
        chosen = places[rng.integers(len(places))]
        size = arrays[chosen[0]].shape[chosen[1]]
        new = max(1, size + int(rng.choice([-1, 1, 2])))
        everywhere = rng.random() < 0.7
        for name, axis in places:
            here = (name, axis) == chosen
            if here or (everywhere and arrays[name].shape[axis] == size):
                changed[name] = _resized(rng, changed[name], axis, new)
    return changed


def _resized(rng: np.random.Generator, array: np.ndarray, axis: int, size: int) -> np.ndarray:
    """More or fewer entries along an axis; those added are random ones of the array."""
    if size <= array.shape[axis]:
        return array.take(range(size), axis)
    shape = list(array.shape)
    shape[axis] = size - array.shape[axis]
    return np.concatenate([array, rng.choice(array.ravel(), shape)], axis)
