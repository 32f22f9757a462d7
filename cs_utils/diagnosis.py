"""What wrong values have in common: what they are, against the right ones, and where they stand.

Every pattern is a sentence that is free of the right values, so that a grader may show it.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import permutations
from typing import Any

import numpy as np

from cs_utils.closeness import close
from cs_utils.exercises.specification import Inputs, Outputs
from cs_utils.language import _
from cs_utils.places import where_in_words
from cs_utils.shapes import axis_names

_TOLERANCE = 1e-6
# Fewer wrong values than this may have a factor or an offset in common by chance.
_ENOUGH = 3
_SHOWN = 2


def value_patterns(
    name: str,
    received: np.ndarray,
    expected: np.ndarray,
    wrong: np.ndarray,
    tolerance: float,
    inputs: Inputs,
    outputs: Outputs,
) -> tuple[str, ...]:
    """At most two sentences on the wrong values of an output, most telling first.

    received, expected, wrong: arrays of one shape; which entries are wrong.
    inputs, outputs: all inputs and right outputs of the case.
    """
    tolerance = max(tolerance, _TOLERANCE)
    received = received.astype(np.float64)
    expected = np.asarray(expected, dtype=np.float64)

    def alike(one: np.ndarray, other: np.ndarray = received) -> bool:
        return one.shape == other.shape and bool(close(other, one, tolerance).all())

    found = []
    what = next(_relations(name, received, expected, wrong, alike, inputs, outputs), "")
    if what:
        found.append(what)
    where = where_in_words(name, wrong, expected, inputs)
    if where:
        found.append(where)
    return tuple(found[:_SHOWN])


_Alike = Callable[..., bool]


def _relations(
    name: str,
    received: np.ndarray,
    expected: np.ndarray,
    wrong: np.ndarray,
    alike: _Alike,
    inputs: Inputs,
    outputs: Outputs,
) -> Iterator[str]:
    own, right = received[wrong], expected[wrong]
    if not np.isfinite(received).all():
        if not np.isfinite(own).any():
            return
        finite = wrong & np.isfinite(received)
        if finite.any():
            yield _("Some of the wrong values are not finite, others are numbers.")
        return
    if not np.isfinite(expected).all():
        return
    yield from _moved(received, expected, alike, name)
    yield from _taken_from_elsewhere(name, received, alike, inputs, outputs)
    if (right < 0).all() and (expected > 0).any():
        yield from _only_negative_ones(own, right, alike)
    yield from _one_for_all(own, right, alike)
    yield from _factors(own, right, alike, inputs)
    yield from _by_axis(name, received, expected, wrong, alike)


def _only_negative_ones(own: np.ndarray, right: np.ndarray, alike: _Alike) -> Iterator[str]:
    if not own.any():
        yield _("Wrong values are 0 where something negative belongs.")
    if alike(-right, own):
        yield _("The size is right, but what should be negative came out positive.")


def _one_for_all(own: np.ndarray, right: np.ndarray, alike: _Alike) -> Iterator[str]:
    if alike(-right, own):
        yield _("The wrong values have the opposite sign of the right ones.")
    if own.size > 1 and not own.any():
        yield _("All wrong values are 0.")
    if own.size >= _ENOUGH and alike(np.full_like(own, own[0]), own):
        yield _("All wrong values are one and the same number.")


def _factors(own: np.ndarray, right: np.ndarray, alike: _Alike, inputs: Inputs) -> Iterator[str]:
    if not right.any():
        return
    factor = float((own @ right) / (right @ right))
    if factor and alike(factor * right, own):
        yield from _factor_in_words(factor, own.size, inputs)
    offset = float(np.mean(own - right))
    if own.size >= _ENOUGH and offset and alike(right + offset, own):
        yield _("All wrong values are off by one and the same number.")
    if own.size >= _ENOUGH and (right > 0).all():
        if alike(right**2, own):
            yield _("These are the squares of the right values.")
        if alike(np.sqrt(right), own):
            yield _("These are the square roots of the right values.")


def _factor_in_words(factor: float, count: int, inputs: Inputs) -> Iterator[str]:
    simple = Fraction(factor).limit_denominator(100)
    if abs(float(simple) - factor) > _TOLERANCE * abs(factor):
        if count >= _ENOUGH:
            yield _("All wrong values are the right ones times one and the same factor.")
        return
    number = simple.numerator if simple.denominator == 1 else simple.denominator
    lengths = _lengths(inputs, abs(number)) if 1 in (simple.numerator, simple.denominator) else []
    if count < _ENOUGH and not lengths and abs(simple) not in (2, Fraction(1, 2)):
        return
    text = _("The wrong values are {factor} times the right ones.").format(factor=simple)
    if lengths and abs(number) > 1:
        text += " " + _("({number} is {what}.)").format(number=number, what=lengths[0])
    yield text


def _lengths(inputs: Inputs, number: int) -> list[str]:
    """What in the inputs is as long as this, batches first."""
    arrays = [(name, value) for name, value in inputs.items() if isinstance(value, np.ndarray)]
    first = [
        _("the length of {name}").format(name=name)
        for name, value in arrays
        if value.ndim and len(value) == number
    ]
    sizes = [
        _("the number of entries of {name}").format(name=name)
        for name, value in arrays
        if value.size == number
    ]
    return first + sizes


def _moved(received: np.ndarray, expected: np.ndarray, alike: _Alike, name: str) -> Iterator[str]:
    """The right values in other places."""
    ndim = expected.ndim
    if ndim == 0 or alike(np.full_like(received, received.flat[0])):
        return
    if 2 <= ndim <= 4:
        swapped = (*range(ndim - 2), ndim - 1, ndim - 2)
        if alike(expected.transpose(swapped)):
            yield _("Rows and columns are exchanged: it is transposed.")
        if any(alike(expected.transpose(order)) for order in permutations(range(ndim))):
            yield _("The right values, with the axes in another order.")
    for axis in range(ndim):
        word = axis_names(name, ndim)[axis]
        if alike(np.flip(expected, axis)):
            yield _("The {axis}s are in reverse order.").format(axis=word)
        if expected.shape[axis] > 2 and any(
            _shifted(received, expected, axis, step, alike) for step in (1, -1)
        ):
            yield _("The right values, one {axis} too far.").format(axis=word)
    if ndim >= 2 and alike(np.flip(expected, (-2, -1))):
        yield _("Every map is turned round by half a turn.")
    if received.size >= _ENOUGH and alike(np.sort(expected, axis=None), np.sort(received, None)):
        yield _("The right values, in other places.")


def _shifted(
    received: np.ndarray, expected: np.ndarray, axis: int, step: int, alike: _Alike
) -> bool:
    ahead, behind = [slice(None)] * expected.ndim, [slice(None)] * expected.ndim
    ahead[axis], behind[axis] = slice(1, None), slice(None, -1)
    source, target = (behind, ahead) if step > 0 else (ahead, behind)
    part = expected[tuple(source)]
    return part.size >= _ENOUGH and alike(part, received[tuple(target)])


def _taken_from_elsewhere(
    name: str, received: np.ndarray, alike: _Alike, inputs: Inputs, outputs: Outputs
) -> Iterator[str]:
    if received.size < 2 or not received.any():
        return
    for other, value in outputs.items():
        if other != name and alike(np.asarray(value)):
            yield _("These are the values of {other}.").format(other=other)
    for other, value in inputs.items():
        if _is_numbers(value) and alike(np.asarray(value, dtype=np.float64)):
            yield _("This is {other} itself, as it was given.").format(other=other)


def _is_numbers(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "biuf"


def _by_axis(
    name: str, received: np.ndarray, expected: np.ndarray, wrong: np.ndarray, alike: _Alike
) -> Iterator[str]:
    """One offset or factor for each index of one axis, as a bias or a scale has it."""
    if expected.ndim < 2:
        return
    for axis in range(expected.ndim):
        others = tuple(i for i in range(expected.ndim) if i != axis)
        if wrong.size // wrong.shape[axis] < _ENOUGH:
            continue
        word = axis_names(name, expected.ndim)[axis]
        offset = (received - expected).mean(axis=others, keepdims=True)
        if alike(expected + offset):
            yield _("The error is the same all over each {axis}, as where a bias is wrong.").format(
                axis=word
            )
        products = (received * expected).sum(axis=others, keepdims=True)
        squares = (expected**2).sum(axis=others, keepdims=True)
        if squares.all() and alike(expected * products / squares):
            yield _("Each {axis} is right but for a factor of its own.").format(axis=word)
