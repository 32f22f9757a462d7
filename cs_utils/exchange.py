"""Inputs and answers as bytes: plain arrays and numbers in an ``.npz``, and never a pickle.

Both sides of the grader's wall use it; the reading side trusts nothing that it reads.
"""

import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from cs_utils.trial_functions import TrialFunction

_STRUCTURE = "structure"
_STRUCTURE_LIMIT = 2**20
_ARRAYS_LIMIT = 2000


class ExchangeError(ValueError):
    """The bytes are no plain arrays, or more than the limit allows; the text says which."""


def pack(value: Any) -> bytes:
    """A value of arrays, numbers, strings, None, trial functions, random generators, and tuples,
    lists and dicts of them (keys are strings), as bytes. A generator goes as a seed that it draws.
    Raises TypeError for anything else."""
    arrays: dict[str, np.ndarray] = {}
    structure = json.dumps(_describe(value, arrays))
    arrays[_STRUCTURE] = np.frombuffer(structure.encode(), dtype=np.uint8)
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def unpack(data: bytes, limit: int = 64 * 2**20) -> Any:
    """The value that ``pack`` made these bytes of.

    limit: bytes that the arrays may take in memory. Raises ExchangeError for bytes that are
    damaged, hold objects, or are over the limit.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            entries = stored.zip.infolist()
            if len(entries) > _ARRAYS_LIMIT:
                raise ExchangeError(f"{len(entries)} arrays, {_ARRAYS_LIMIT} are allowed")
            size = sum(entry.file_size for entry in entries)
            if size > limit:
                raise ExchangeError(f"{size} bytes of arrays, {limit} are allowed")
            arrays = {name: stored[name] for name in stored.files}
        structure = arrays[_STRUCTURE].tobytes()
        if len(structure) > _STRUCTURE_LIMIT:
            raise ExchangeError(f"{len(structure)} bytes that tell the arrays' structure")
        return _rebuild(json.loads(structure), arrays)
    except ExchangeError:
        raise
    except Exception as error:
        raise ExchangeError(f"not plain arrays ({type(error).__name__})") from error


def _describe(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """The value's structure for JSON; its arrays are put aside under numbered names."""
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
    name = f"a{len(arrays)}"
    arrays[name] = array
    return {"array": name}


def _rebuild(structure: Any, arrays: Mapping[str, np.ndarray]) -> Any:
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
        array = arrays[content]
        if array.dtype.kind not in "biuf":
            raise ExchangeError(f"an array of {array.dtype}, numbers are wanted")
        return array
    raise ExchangeError("an unknown kind of value")
