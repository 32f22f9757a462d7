"""Words for shapes and axes: what an axis is called, and in what a wrong shape is wrong."""

from collections.abc import Callable
from itertools import permutations

import numpy as np

from cs_utils.closeness import close
from cs_utils.language import _, ngettext


def axis_names(name: str, ndim: int) -> tuple[str, ...]:
    """What one index along each axis of an array is called in the course.

    name: the output's; a kernel or its gradient counts filters first.
    """
    if ndim == 4:
        first = _("filter") if name.lower() in ("w", "dw", "kernels") else _("image")
        return first, _("channel"), _("row"), _("column")
    if ndim >= 2:
        return (*[_("slice")] * (ndim - 2), _("row"), _("column"))
    return (_("place"),) * ndim


def shape_in_words(name: str, received: np.ndarray, expected: np.ndarray, tolerance: float) -> str:
    """In what the shape differs from the right one; '' where there is nothing to add."""

    def right(candidate: np.ndarray, reference: np.ndarray = expected) -> bool:
        return candidate.shape == reference.shape and bool(
            close(candidate, reference, tolerance).all()
        )

    if received.ndim == 0:
        return _("{name} is a single number.").format(name=name)
    if received.size == 0:
        return _("{name} is empty.").format(name=name)
    without_ones = [tuple(n for n in array.shape if n != 1) for array in (received, expected)]
    if without_ones[0] == without_ones[1]:
        same = right(received.reshape(expected.shape))
        return _ones_in_words(received, expected, same)
    if sorted(received.shape) == sorted(expected.shape):
        return _exchanged_axes(received, expected, right)
    if received.ndim == expected.ndim - 1:
        found = _lost_axis(name, received, expected, right)
        if found:
            return found
    if received.size == expected.size:
        if right(received.reshape(expected.shape)):
            return _("The numbers are right and in the right order: only a reshape is missing.")
        return _("There are as many numbers as there should be, arranged in another way.")
    if received.ndim == expected.ndim:
        return _sizes_in_words(name, received, expected, right)
    return _("It has {count} axes instead of {right}.").format(
        count=received.ndim, right=expected.ndim
    )


def _ones_in_words(received: np.ndarray, expected: np.ndarray, same: bool) -> str:
    if received.ndim > expected.ndim:
        text = _("It has an axis of length 1 too many (keepdims=True, or a [None]?)")
    elif received.ndim < expected.ndim:
        text = _("An axis of length 1 is lost (keepdims=True?)")
    else:
        text = _("Its axis of length 1 is in another place")
    return text + (_("; the numbers are right.") if same else ".")


def _exchanged_axes(
    received: np.ndarray, expected: np.ndarray, right: Callable[[np.ndarray], bool]
) -> str:
    orders = permutations(range(received.ndim)) if received.ndim <= 4 else iter(())
    if any(right(received.transpose(order)) for order in orders):
        return _("It is transposed: the numbers are right, the axes are in another order.")
    return _("Its axes are in another order, as if it were transposed.")


def _lost_axis(
    name: str,
    received: np.ndarray,
    expected: np.ndarray,
    right: Callable[[np.ndarray, np.ndarray], bool],
) -> str:
    for axis in range(expected.ndim):
        if received.shape != expected.shape[:axis] + expected.shape[axis + 1 :]:
            continue
        word = axis_names(name, expected.ndim)[axis]
        if right(received, expected.sum(axis=axis)):
            return _("It was summed over one axis too many, that of the {axis}s.").format(axis=word)
        if right(received, expected.mean(axis=axis)):
            return _("It was averaged over the {axis}s.").format(axis=word)
        return _("One axis is lost, that of the {axis}s.").format(axis=word)
    return ""


def _sizes_in_words(
    name: str, received: np.ndarray, expected: np.ndarray, right: Callable[[np.ndarray], bool]
) -> str:
    parts = []
    for axis, (own, other) in enumerate(zip(received.shape, expected.shape, strict=True)):
        count = abs(own - other)
        if not count:
            continue
        more = _("too many") if own > other else _("too few")
        word = axis_names(name, expected.ndim)[axis]
        text = ngettext("{count} {axis} {more}", "{count} {axis}s {more}", count)
        parts.append(text.format(count=count, axis=word, more=more))
    sentence = _("It has {sizes}.").format(sizes=_(" and ").join(parts))
    margins = [own - other for own, other in zip(received.shape, expected.shape, strict=True)]
    if all(margin >= 0 and margin % 2 == 0 for margin in margins):
        middle = tuple(
            slice(margin // 2, margin // 2 + size)
            for margin, size in zip(margins, expected.shape, strict=True)
        )
        if right(received[middle]):
            sentence += " " + _("The right numbers are in its middle: cut off what is around them.")
    return sentence
