"""Numeric derivatives for checking gradients, and a check that knows about kinks.

Central differences at two step sizes are combined (Richardson extrapolation) so that the error
falls with the fourth power of the step: about ten right digits in float64.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from cs_utils.language import _

# Between the error of a large step and the rounding of a small one.
_STEP = 2e-4
_TOLERANCE = 1e-6
# Gradients this much smaller than f itself cannot be told from rounding.
_NOISE_FLOOR = 1e-4

Position = tuple[int, ...]


@dataclass(frozen=True)
class GradientCheck:
    """A gradient compared with the numeric one.

    passed: no entry disagrees, and at least one was compared (where there is any).
    largest_error: the largest error, relative to the largest entry of the numeric gradient.
    compared: number of entries compared.
    left_out: number of entries left out, because f has a kink within the step.
    disagreements: positions of the entries that are wrong.
    """

    passed: bool
    largest_error: float
    compared: int
    left_out: int
    disagreements: tuple[Position, ...]

    def __str__(self) -> str:
        text = _("{verdict} (largest relative error {error:.1e}).")
        text = text.format(verdict=self._verdict(), error=self.largest_error)
        if self.left_out:
            text += " " + _("{count} at a kink were left out.").format(count=self.left_out)
        return text

    def _verdict(self) -> str:
        total = self.compared + self.left_out
        if self.passed:
            text = _("The gradient is right in {right} of {total} entries")
            return text.format(right=self.compared, total=total)
        if not self.disagreements:
            return _("No entry could be compared")
        where = ", ".join(str(list(position)) for position in self.disagreements[:3])
        more = ", ..." if len(self.disagreements) > 3 else ""
        text = _("{wrong} of {total} entries are wrong, at {where}")
        return text.format(wrong=len(self.disagreements), total=total, where=where + more)


def numeric_gradient(f: Callable[[np.ndarray], Any], x: Any) -> np.ndarray:
    """The gradient of a scalar function.

    f: takes an array of the shape of x and returns a number.
    x: an array of any shape, or a number; it is not changed.
    Returns an array of the shape of x. Raises ValueError where f returns more than one number.
    """
    gradient = numeric_jacobian(f, x)
    if gradient.shape != np.shape(x):
        raise ValueError(f"f must return one number; its shape is {np.shape(f(_copy(x)))}")
    return gradient


def numeric_slope(f: Callable[[np.ndarray], Any], x: Any, position: Position) -> float | None:
    """The derivative of a scalar function by one entry of x; None where f has a kink there."""
    x = _copy(x)
    values, step = _values_around(f, x, position), _step(x, position)
    slope = float(_central(values, step))
    largest = float(np.max(np.abs(values)))
    scale = max(abs(slope), _NOISE_FLOOR * largest) or 1.0
    return None if _jump(values, step) > _TOLERANCE * scale else slope


def numeric_jacobian(f: Callable[[np.ndarray], Any], x: Any) -> np.ndarray:
    """The Jacobian in the lecture's layout, J[n, m] = dy_m / dx_n; PyTorch's is the transpose.

    f: takes an array of the shape of x and returns an array of one fixed shape.
    x: an array of any shape, or a number; it is not changed.
    Returns an array of x's shape followed by f's: (N, M) for vectors.
    """
    x = _copy(x)
    output_shape = np.shape(f(x.copy()))
    jacobian = np.empty(x.shape + output_shape)
    for position in np.ndindex(x.shape):
        jacobian[position] = _central(_values_around(f, x, position), _step(x, position))
    return jacobian


def gradient_check(
    f: Callable[[np.ndarray], Any],
    x: Any,
    gradient: Any,
    kinks: Callable[[np.ndarray], Any] | None = None,
) -> GradientCheck:
    """Compare a gradient with the numeric one; entries at a kink of f are left out and counted.

    f: a scalar function of x. For a layer with an upstream gradient dout, take
        ``lambda x: (layer(x) * dout).sum()``.
    x: an array of any shape, or a number; it is not changed.
    gradient: the gradient to check, of the shape of x.
    kinks: returns the decisions that f takes at x, as the signs that ReLU sees or the positions
        of maxima. An entry is left out where a decision flips within its step. Without it, an
        entry is left out where the slopes to its left and right differ.
    Every other entry is held to 1e-6 of the largest. Raises ValueError for a wrong shape.
    """
    x = _copy(x)
    given = np.asarray(gradient, dtype=np.float64)
    if given.shape != x.shape:
        raise ValueError(f"the gradient has shape {given.shape}, x has shape {x.shape}")
    numeric, jumps = np.empty(x.shape), np.empty(x.shape)
    largest_value = 0.0
    for position in np.ndindex(x.shape):
        values, step = _values_around(f, x, position), _step(x, position)
        numeric[position] = _central(values, step)
        jumps[position] = _jump(values, step)
        largest_value = max(largest_value, float(np.max(np.abs(values))))
    scale = max(np.max(np.abs(numeric), initial=0.0), _NOISE_FLOOR * largest_value) or 1.0
    at_kink = jumps > _TOLERANCE * scale if kinks is None else _flips(kinks, x)
    return _compare(given, numeric, scale, at_kink)


def _compare(
    given: np.ndarray, numeric: np.ndarray, scale: float, at_kink: np.ndarray
) -> GradientCheck:
    errors = np.where(at_kink, 0.0, np.abs(given - numeric) / scale)
    errors = np.nan_to_num(errors, nan=np.inf)
    disagreements = tuple(tuple(int(i) for i in p) for p in np.argwhere(errors > _TOLERANCE))
    left_out = int(np.sum(at_kink))
    compared = given.size - left_out
    passed = not disagreements and (compared > 0 or given.size == 0)
    return GradientCheck(passed, float(errors.max(initial=0.0)), compared, left_out, disagreements)


def _copy(x: Any) -> np.ndarray:
    return np.array(x, dtype=np.float64)


def _step(x: np.ndarray, position: Position) -> float:
    return _STEP * max(1.0, abs(x[position]))


def _moved(x: np.ndarray, position: Position, distance: float) -> np.ndarray:
    moved = x.copy()
    moved[position] += distance
    return moved


def _values_around(
    f: Callable[[np.ndarray], Any], x: np.ndarray, position: Position
) -> list[np.ndarray]:
    """f with one entry moved by -h, -h/2, 0, h/2 and h."""
    h = _step(x, position)
    return [
        np.asarray(f(_moved(x, position, part * h)), dtype=np.float64)
        for part in (-1, -0.5, 0, 0.5, 1)
    ]


def _central(values: list[np.ndarray], h: float) -> np.ndarray:
    far_left, left, _middle, right, far_right = values
    return (8 * (right - left) - (far_right - far_left)) / (6 * h)


def _jump(values: list[np.ndarray], h: float) -> np.ndarray:
    """How much the slopes to the right and to the left differ: third order in h without a kink."""
    far_left, left, middle, right, far_right = values
    slope_right = (4 * right - far_right - 3 * middle) / h
    slope_left = (3 * middle - 4 * left + far_left) / h
    return np.abs(slope_right - slope_left)


def _flips(kinks: Callable[[np.ndarray], Any], x: np.ndarray) -> np.ndarray:
    """Where a decision flips when that entry alone moves by the step."""
    here = np.array(kinks(x.copy()))
    flips = np.empty(x.shape, dtype=bool)
    for position in np.ndindex(x.shape):
        h = _step(x, position)
        ends = (kinks(_moved(x, position, -h)), kinks(_moved(x, position, h)))
        flips[position] = any(not np.array_equal(end, here) for end in ends)
    return flips
