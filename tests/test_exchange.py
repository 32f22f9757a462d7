"""Values as bytes: what goes in comes out, and nothing but plain arrays comes in."""

import contextlib
import json
import pickle
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cs_utils.exchange import ExchangeError, pack, unpack
from cs_utils.exercises import lesson_exercises
from cs_utils.trial_functions import TrialFunction

ARRAYS = hnp.arrays(
    st.sampled_from([np.float64, np.float32, np.int64, np.uint8, np.bool_]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.floats()
    | st.text(st.characters(exclude_categories=["Cs"]))
    | ARRAYS
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text("abcx_ 0", max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


def assert_same(one: Any, other: Any) -> None:
    assert type(one) is type(other)
    if isinstance(one, np.ndarray):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    elif isinstance(one, dict):
        assert list(one) == list(other)
        for key in one:
            assert_same(one[key], other[key])
    elif isinstance(one, tuple | list):
        assert len(one) == len(other)
        for item, same in zip(one, other, strict=True):
            assert_same(item, same)
    elif isinstance(one, TrialFunction):
        assert one.kind == other.kind
        assert_same(dict(one.parameters), other.parameters)
    else:
        assert one == other or one != one


def forged(structure: Any, arrays: bytes = b"") -> bytes:
    """Bytes written without ``pack``: what a forger would send."""
    text = json.dumps(structure).encode()
    return struct.pack("<Q", len(text)) + text + arrays


@given(VALUES)
def test_round_trip(value: Any) -> None:
    assert_same(unpack(pack(value)), value)


def test_every_case_can_be_sent() -> None:
    for exercise in lesson_exercises("01_vector_backprop"):
        for case in exercise.draw_cases(5):
            inputs = dict(case.inputs)
            assert_same(unpack(pack(inputs)), inputs)


def test_trial_function_still_computes() -> None:
    f = TrialFunction("quadratic", {"a": np.ones(2), "b": np.zeros(2), "c": 1.0})
    assert unpack(pack(f))(np.array([1.0, 2.0])) == 6


@pytest.mark.parametrize("value", [object(), {1, 2}, 1j, np.array(["a"]), np.array([None]), print])
def test_only_plain_values_are_packed(value: Any) -> None:
    with pytest.raises(TypeError, match="cannot pack"):
        pack(value)


class Bomb:
    """Raises when it is unpickled."""

    def __reduce__(self) -> Any:
        return exec, ("raise SystemExit('unpickled')",)


def test_pickles_are_refused() -> None:
    with pytest.raises(ExchangeError):
        unpack(pickle.dumps(Bomb()))
    with pytest.raises(ExchangeError):
        unpack(forged({"array": ["|O", [1]]}, pickle.dumps(Bomb())))


@pytest.mark.parametrize("kind", ["<U4", "<c16", "<M8[Y]", "|V8", "(4,)<f8", "f8,f8"])
def test_only_numbers_are_read(kind: str) -> None:
    with pytest.raises(ExchangeError, match="numbers are wanted"):
        unpack(forged({"array": [kind, [1]]}, bytes(64)))


def test_arrays_can_be_changed() -> None:
    first, second = unpack(pack([np.zeros(3), np.ones(3, dtype=np.float32)]))
    first += 1
    np.testing.assert_array_equal(first, np.ones(3))
    np.testing.assert_array_equal(second, np.ones(3))


def test_over_the_limit() -> None:
    data = pack(np.zeros(1000))
    assert unpack(data).size == 1000
    with pytest.raises(ExchangeError, match="allowed"):
        unpack(data, limit=4000)


@pytest.mark.parametrize("shape", [[10**13], [2, 2**62], [2], [-1], [1, -1], [1.0], ["1"], 1, None])
def test_shapes_that_the_bytes_do_not_fill(shape: Any) -> None:
    with pytest.raises(ExchangeError):
        unpack(forged({"array": ["<f8", shape]}, bytes(8)))


def test_no_byte_is_taken_twice() -> None:
    with pytest.raises(ExchangeError):
        unpack(forged({"list": [{"array": ["<f8", [1]]}] * 2}, bytes(8)))


@pytest.mark.parametrize(
    "structure",
    [
        {},
        [],
        7,
        None,
        {"array": []},
        {"array": ["<f8"]},
        {"array": ["no such kind", [0]]},
        {"unknown": 1},
        {"list": 3},
        {"dict": [1]},
        {"function": "quadratic"},
    ],
)
def test_damaged_structures_are_refused(structure: Any) -> None:
    with pytest.raises(ExchangeError):
        unpack(forged(structure))


def test_endless_nesting_is_refused() -> None:
    depth = 40_000
    text = '{"list": [' * depth + '{"value": 1}' + "]}" * depth
    with pytest.raises(ExchangeError):
        unpack(struct.pack("<Q", len(text)) + text.encode())


def test_structure_over_its_limit() -> None:
    with pytest.raises(ExchangeError, match="structure"):
        unpack(forged({"list": [{"value": 0}] * 2**17}))


@given(st.binary(max_size=300))
def test_garbage_is_refused(data: bytes) -> None:
    with pytest.raises(ExchangeError):
        unpack(data)


@given(st.data())
def test_damaged_bytes_raise_nothing_else(data: st.DataObject) -> None:
    packed = bytearray(pack({"a": np.arange(3.0), "b": [1, "two"]}))
    position = data.draw(st.integers(0, len(packed) - 1))
    packed[position] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ExchangeError):
        unpack(bytes(packed))
