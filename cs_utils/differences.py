"""How one returned value differs from the right one: in shape, in numbers, and in words."""

from dataclasses import dataclass

import numpy as np

from cs_utils.closeness import close, scale_of
from cs_utils.diagnosis import value_patterns
from cs_utils.exercises.specification import Inputs, Outputs
from cs_utils.language import _
from cs_utils.shapes import shape_in_words


@dataclass(frozen=True)
class Difference:
    """How one output differs from the right one.

    text: shape, or how many values are wrong and where; free of the expected values.
    patterns: what the wrong values have in common, most telling first; as free of them.
    wrong: which entries are wrong; None where the shapes differ.
    shown: whether the arrays tell a reader more than the words.
    """

    name: str
    text: str
    received: np.ndarray
    expected: np.ndarray
    wrong: np.ndarray | None = None
    patterns: tuple[str, ...] = ()
    shown: bool = True


def compare(
    name: str,
    received: np.ndarray | None,
    expected: np.ndarray,
    tolerance: float,
    inputs: Inputs | None = None,
    outputs: Outputs | None = None,
) -> Difference | None:
    """The difference of an output from the right one; None where there is none.

    inputs, outputs: those of the case, both right; the patterns look for them in what was
    received. Without them no patterns are looked for.
    """
    if received is None:
        text = _("{name} was not returned").format(name=name)
        return Difference(name, text, np.empty(0), expected)
    if expected.shape == () and received.size == 1:
        received = received.reshape(())
    if received.shape != expected.shape:
        text = _("{name} has shape {received}, it must have shape {expected}").format(
            name=name, received=received.shape, expected=expected.shape
        )
        words = shape_in_words(name, received, expected, tolerance)
        return Difference(name, text, received, expected, patterns=(words,) if words else ())
    wrong = ~close(received, expected, tolerance)
    if not wrong.any():
        return None
    patterns: tuple[str, ...] = ()
    if inputs is not None:
        patterns = value_patterns(name, received, expected, wrong, tolerance, inputs, outputs or {})
    return Difference(
        name, _values_in_words(name, received, expected, wrong), received, expected, wrong, patterns
    )


def _values_in_words(
    name: str, received: np.ndarray, expected: np.ndarray, wrong: np.ndarray
) -> str:
    if not np.isfinite(received).all() and np.isfinite(expected).all():
        kind = _("not a number (nan)") if np.isnan(received).any() else _("infinite")
        return _("{name} holds values that are {kind}").format(name=name, kind=kind)
    if received.ndim == 0:
        return _("the value of {name} is wrong").format(name=name)
    count = int(wrong.sum())
    if count == received.size:
        text = _("all {total} values of {name} are wrong").format(name=name, total=count)
    else:
        text = _("{wrong} of {total} values of {name} are wrong, at {where}").format(
            wrong=count, total=received.size, name=name, where=positions_in_words(wrong)
        )
    return text + _largest_error(received, expected)


def _largest_error(received: np.ndarray, expected: np.ndarray) -> str:
    """By how much, in proportion: it says nothing of the values themselves."""
    if expected.dtype.kind in "biu" or not np.isfinite(expected).all():
        return ""
    error = np.abs(received.astype(np.float64) - expected).max() / scale_of(expected)
    if error >= 10:
        return _(", by more than 10 times the largest right value")
    if error >= 1:
        return _(", by up to {times:.1f} times the largest right value").format(times=error)
    if error < 1e-4:
        return _(", by less than 0.01 % of the largest right value")
    return _(", by up to {share:.2g} % of the largest right value").format(share=100 * error)


def positions_in_words(wrong: np.ndarray) -> str:
    """The first three positions, as '[0, 1], [2, 0], [2, 1], ...'."""
    places = np.argwhere(wrong)[:3].tolist()
    where = ", ".join(str(place) for place in places)
    return where + (", ..." if wrong.sum() > 3 else "")
