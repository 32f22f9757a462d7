"""Where wrong values stand, in words: the border, one channel, every other column, the diagonal."""

from collections.abc import Iterator, Sequence

import numpy as np

from cs_utils.exercises.specification import Inputs
from cs_utils.language import _
from cs_utils.shapes import axis_names

_READABLE = 4


def where_in_words(name: str, wrong: np.ndarray, expected: np.ndarray, inputs: Inputs) -> str:
    """One sentence on where the wrong values stand; '' where nothing can be said of them.

    wrong: bools of the output's shape.
    """
    if wrong.ndim == 0 or wrong.all() or not wrong.any():
        return ""
    kinds = (_on_the_border(wrong), _on_the_diagonal(wrong), _by_value(wrong, expected, inputs))
    for kind in kinds:
        for sentence in kind:
            return sentence
    return _by_axes(name, wrong)


def _on_the_border(wrong: np.ndarray) -> Iterator[str]:
    if wrong.ndim < 2 or min(wrong.shape[-2:]) < 3:
        return
    inside = wrong[..., 1:-1, 1:-1]
    border = np.ones(wrong.shape, dtype=bool)
    border[..., 1:-1, 1:-1] = False
    sides = [wrong[..., 0, :], wrong[..., -1, :], wrong[..., :, 0], wrong[..., :, -1]]
    if not inside.any() and all(side.any() for side in sides):
        yield _("Only the border of the map is wrong; inside all is right.")
    if inside.any() and not wrong[border].any():
        yield _("Only the inside of the map is wrong; its border is right.")


def _on_the_diagonal(wrong: np.ndarray) -> Iterator[str]:
    if wrong.ndim != 2 or wrong.shape[0] < 3:
        return
    row, column = np.indices(wrong.shape)
    if np.array_equal(wrong, row == column):
        yield _("Only the diagonal is wrong.")
    if np.array_equal(wrong, row != column):
        yield _("Only the diagonal is right.")
    if np.array_equal(wrong, row > column):
        yield _("Only what lies below the diagonal is wrong.")
    if np.array_equal(wrong, row < column):
        yield _("Only what lies above the diagonal is wrong.")


def _by_value(wrong: np.ndarray, expected: np.ndarray, inputs: Inputs) -> Iterator[str]:
    """Wrong just where an input of the same shape, or what must come out, has a certain sign."""
    same_shape = {
        name: value
        for name, value in inputs.items()
        if isinstance(value, np.ndarray) and value.shape == wrong.shape
    }
    for name, value in {**same_shape, _("the right value"): expected}.items():
        for sign, word in ((0, _("0")), (-1, _("negative")), (1, _("positive"))):
            if (wrong.sum() > 1 or sign == 0) and np.array_equal(wrong, np.sign(value) == sign):
                yield _("Wrong just where {name} is {sign}.").format(name=name, sign=word)


def _by_axes(name: str, wrong: np.ndarray) -> str:
    """The indices that all wrong values have in common, axis by axis, where they are few enough
    to be read at a glance."""
    names = axis_names(name, wrong.ndim)
    parts = []
    for axis, size in enumerate(wrong.shape):
        others = tuple(i for i in range(wrong.ndim) if i != axis)
        indices = np.flatnonzero(wrong.any(axis=others))
        if len(indices) < size:
            parts.append(_indices_in_words(indices.tolist(), size, names[axis]))
    parts = [part for part in parts if part]
    if not parts or (wrong.ndim == 1 and len(parts[0].split(",")) > 2):
        return ""
    return _("All wrong values are in {where}.").format(where=_(", ").join(parts))


def _indices_in_words(indices: Sequence[int], size: int, word: str) -> str:
    found = list(indices)
    if len(found) > 1 and size > 3:
        if found == list(range(0, size, 2)):
            return _("every other {word}, from the first").format(word=word)
        if found == list(range(1, size, 2)):
            return _("every other {word}, from the second").format(word=word)
    if found == [0]:
        return _("the first {word}").format(word=word)
    if found == [size - 1]:
        return _("the last {word}").format(word=word)
    if len(found) > 1 and found == list(range(1, size)):
        return _("all {word}s but the first").format(word=word)
    if len(found) > 1 and found == list(range(size - 1)):
        return _("all {word}s but the last").format(word=word)
    numbers = ", ".join(map(str, found))
    if len(found) == 1:
        return _("{word} {number}").format(word=word, number=numbers)
    if len(found) > _READABLE:
        return ""
    return _("{word}s {numbers}").format(word=word, numbers=numbers)
