"""When two numbers count as equal: tolerances relative to the largest right value."""

from typing import Any

import numpy as np

_FLOAT32_TOLERANCE = 1e-4
_ROUNDING = 1e-12


def close(received: np.ndarray, expected: np.ndarray, tolerance: float) -> np.ndarray:
    """Entry by entry: is the error within tolerance of the largest right value?

    float32 and lower precision are right answers too, held to what they can hold. Where whole
    numbers must come out (sizes, counts, bytes) nothing but they will do.
    """
    if np.asarray(expected).dtype.kind in "biu":
        return np.asarray(received == expected)
    if is_single(received):
        tolerance = max(tolerance, _FLOAT32_TOLERANCE)
    right = np.asarray(expected, dtype=np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.abs(received.astype(np.float64) - right)
    return (error <= tolerance * scale_of(right)) | (received == right)


def scale_of(right: np.ndarray) -> float:
    """The largest finite right value; 1 where all are 0."""
    magnitudes = np.abs(np.asarray(right, dtype=np.float64))
    return float(magnitudes[np.isfinite(magnitudes)].max(initial=0.0)) or 1.0


def is_single(array: np.ndarray) -> bool:
    """Whether these are float32 numbers, or of lower precision."""
    return array.dtype.kind == "f" and array.dtype.itemsize <= 4


def unchanged(after: Any, before: Any) -> bool:
    """Whether an input is as it was. A step taken and taken back leaves rounding behind, which
    harms nobody."""
    after, before = np.asarray(after), np.asarray(before)
    if after.shape != before.shape or after.dtype.kind not in "biuf":
        return False
    return bool(np.allclose(after, before, rtol=_ROUNDING, atol=_ROUNDING, equal_nan=True))
