"""Inputs and answers as bytes: plain arrays and numbers, and never a pickle.

The length of the structure, the structure as JSON, then the arrays' own bytes, one array behind the
other. Both sides of the grader's wall use it; the reading side trusts nothing that it reads.
"""

import json
import math
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

from cs_utils.trial_functions import TrialFunction

_LENGTH = struct.Struct("<Q")
_STRUCTURE_LIMIT = 2**20


class ExchangeError(ValueError):
    """The bytes are no plain arrays, or more than the limit allows; the text says which."""


def pack(value: Any) -> bytes:
    """A value of arrays, numbers, strings, None, trial functions, random generators, and tuples,
    lists and dicts of them (keys are strings), as bytes. A generator goes as a seed that it draws.
    Raises TypeError for anything else."""
    arrays: list[np.ndarray] = []
    structure = json.dumps(_describe(value, arrays)).encode()
    parts = [array.tobytes() for array in arrays]
    return b"".join([_LENGTH.pack(len(structure)), structure, *parts])


def unpack(data: bytes, limit: int = 64 * 2**20) -> Any:
    """The value that ``pack`` made these bytes of.

    limit: bytes that there may be. Raises ExchangeError for bytes that are damaged, hold objects,
    or are over the limit.
    """
    if len(data) > limit:
        raise ExchangeError(f"{len(data)} bytes, {limit} are allowed")
    try:
        length = _LENGTH.unpack_from(data)[0]
        if length > _STRUCTURE_LIMIT:
            raise ExchangeError(f"{length} bytes that tell the arrays' structure")
        end = _LENGTH.size + length
        return _rebuild(json.loads(data[_LENGTH.size : end]), _Arrays(data, end))
    except ExchangeError:
        raise
    except Exception as error:
        raise ExchangeError(f"not plain arrays ({type(error).__name__})") from error


class _Arrays:
    """The arrays behind the structure, in their order: no byte is taken twice."""

    def __init__(self, data: bytes, start: int) -> None:
        self._data = data
        self._next = start

    def take(self, kind: str, shape: list[int]) -> np.ndarray:
        """The next array, its own copy. Raises ExchangeError for anything but numbers, and
        ValueError or TypeError where its bytes are missing."""
        dtype = np.dtype(kind)
        if dtype.kind not in "biuf":
            raise ExchangeError(f"an array of {dtype}, numbers are wanted")
        if min(shape, default=0) < 0:
            raise ExchangeError(f"an array of shape {shape}")
        found: np.ndarray = np.ndarray(shape, dtype, self._data, self._next)
        self._next += dtype.itemsize * math.prod(shape)
        return found.copy()


def _describe(value: Any, arrays: list[np.ndarray]) -> Any:
    """The value's structure for JSON; its arrays are put aside."""
    if value is None or isinstance(value, bool | int | float | str):
        return {"value": value}
    if isinstance(value, tuple):
        return {"tuple": [_describe(item, arrays) for item in value]}
    if isinstance(value, list):
        return {"list": [_describe(item, arrays) for item in value]}
    if isinstance(value, Mapping):
        return {"dict": {str(key): _describe(item, arrays) for key, item in value.items()}}
    if isinstance(value, TrialFunction):
        return {"function": value.kind, "with": _describe(value.parameters, arrays)}
    if isinstance(value, np.random.Generator):
        return {"generator": int(value.integers(2**63))}
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"cannot pack a {type(value).__name__}")
    arrays.append(array)
    return {"array": [array.dtype.str, list(array.shape)]}


def _rebuild(structure: Any, arrays: _Arrays) -> Any:
    kind, content = next(iter(structure.items()))
    if kind == "value":
        return content
    if kind == "tuple":
        return tuple(_rebuild(item, arrays) for item in content)
    if kind == "list":
        return [_rebuild(item, arrays) for item in content]
    if kind == "dict":
        return {key: _rebuild(item, arrays) for key, item in content.items()}
    if kind == "function":
        return TrialFunction(content, _rebuild(structure["with"], arrays))
    if kind == "generator":
        return np.random.default_rng(content)
    if kind == "array":
        return arrays.take(*content)
    raise ExchangeError("an unknown kind of value")
