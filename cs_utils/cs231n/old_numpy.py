"""NumPy's names of long ago, put back for a while and counted: code that only a new NumPy breaks
is right code.

Source: the release notes of NumPy 1.20 (np.int and its like), 1.24, 2.0 and the later ones.
"""

import builtins
import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

# The old name, what it stood for, what to write today.
_OLD: dict[str, tuple[Callable[[], Any], str]] = {
    **{
        name: (lambda name=name: getattr(builtins, name), name)  # type: ignore[misc]
        for name in ("float", "int", "object", "complex", "str")
    },
    "bool": (lambda: bool, "bool"),
    "long": (lambda: int, "int"),
    "unicode": (lambda: str, "str"),
    "float_": (lambda: np.float64, "np.float64"),
    "int0": (lambda: np.intp, "np.intp"),
    "complex_": (lambda: np.complex128, "np.complex128"),
    "bool8": (lambda: np.bool_, "np.bool_"),
    "product": (lambda: np.prod, "np.prod"),
    "cumproduct": (lambda: np.cumprod, "np.cumprod"),
    "sometrue": (lambda: np.any, "np.any"),
    "alltrue": (lambda: np.all, "np.all"),
    "in1d": (lambda: _in1d, "np.isin"),
    "row_stack": (lambda: np.vstack, "np.vstack"),
    "round_": (lambda: np.round, "np.round"),
    "trapz": (lambda: np.trapezoid, "np.trapezoid"),
    "msort": (lambda: _msort, "np.sort(a, axis=0)"),
    "asscalar": (lambda: _asscalar, "a.item()"),
    "asfarray": (lambda: _asfarray, "np.asarray(a, dtype=float)"),
    "rank": (lambda: np.ndim, "np.ndim"),
    "mat": (lambda: np.asmatrix, "np.asarray"),
    "Inf": (lambda: np.inf, "np.inf"),
    "infty": (lambda: np.inf, "np.inf"),
    "PINF": (lambda: np.inf, "np.inf"),
    "NINF": (lambda: -np.inf, "-np.inf"),
    "NaN": (lambda: np.nan, "np.nan"),
    "NAN": (lambda: np.nan, "np.nan"),
}


def _in1d(ar1: Any, ar2: Any, assume_unique: bool = False, invert: bool = False) -> Any:
    return np.isin(np.ravel(ar1), ar2, assume_unique=assume_unique, invert=invert)


def _msort(a: Any) -> Any:
    return np.sort(a, axis=0)


def _asscalar(a: Any) -> Any:
    return np.asarray(a).item()


def _asfarray(a: Any, dtype: Any = float) -> Any:
    return np.asarray(a, dtype=dtype)


def today(name: str) -> str:
    """What to write in place of an old name."""
    return _OLD[name][1]


@contextlib.contextmanager
def old_names(filename: str) -> Iterator[list[str]]:
    """Within it, code of this file finds NumPy's old names; the list tells which it asked for."""
    used: list[str] = []
    original = np.__getattr__

    def lookup(name: str) -> Any:
        caller = sys._getframe(1)
        if name in _OLD and caller.f_code.co_filename == filename:
            used.append(name)
            return _OLD[name][0]()
        return original(name)

    np.__getattr__ = lookup  # type: ignore[method-assign]
    try:
        yield used
    finally:
        np.__getattr__ = original  # type: ignore[method-assign]
