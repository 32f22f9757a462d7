"""Working functions' values for kernels that ask for them: right, only those lent, and whatever is
asked, there is an answer."""

import base64
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np
import pytest

from autograder.kernels.stand_ins import StandInServer
from cs_utils.exchange import pack, unpack

LENT = {"relu_forward": 0}
X = np.array([[-1.0, 2.0], [3.0, -4.0]])


def question(name: str, *arguments: Any) -> str:
    """As a kernel asks."""
    asked = {"name": name, "index": 0, "args": list(arguments), "kwargs": {}}
    return base64.b64encode(pack(asked)).decode()


SLOW = question("relu_forward", np.ones((1000, 1000)))


@pytest.fixture(scope="module")
def server() -> Iterator[StandInServer]:
    started = StandInServer()
    yield started
    started.close()


def asked(server: StandInServer, prompt: str, seconds: float = 60) -> Any:
    return unpack(server.reply(prompt, LENT, seconds))


def test_the_value_of_a_working_function(server: StandInServer) -> None:
    value, _cache = asked(server, question("relu_forward", X))["value"]
    np.testing.assert_array_equal(value, np.maximum(X, 0))


def test_a_value_of_some_megabytes(server: StandInServer) -> None:
    large = np.ones((600, 500))
    value, _cache = asked(server, question("relu_forward", large))["value"]
    np.testing.assert_array_equal(value, large)


def test_every_question_gets_its_own_answer(server: StandInServer) -> None:
    for number in range(3):
        for _again in range(2):
            value, _cache = asked(server, question("relu_forward", X + number))["value"]
            np.testing.assert_array_equal(value, np.maximum(X + number, 0))


def test_what_is_not_lent_has_no_value(server: StandInServer) -> None:
    assert "not standing in" in asked(server, question("sigmoid_forward", X))["error"]
    lent = unpack(server.reply(question("relu_forward", X), {}, 60))
    assert "not standing in" in lent["error"]


@pytest.mark.parametrize("prompt", ["", "zzz", "é" * 9, "\ud800", "x" * 2**25, ["?"], None])
def test_what_is_no_question_gets_an_error(server: StandInServer, prompt: Any) -> None:
    assert asked(server, prompt).keys() == {"error"}


def test_too_slow_a_value_is_none_and_the_next_one_comes(server: StandInServer) -> None:
    assert "too much time" in asked(server, SLOW, 0)["error"]
    assert "value" in asked(server, SLOW)


def _forked() -> list[Any]:
    server = StandInServer()
    server.fork()
    first = asked(server, question("relu_forward", X))
    late = asked(server, SLOW, 0)
    again = asked(server, question("relu_forward", X * 2))
    server.close()
    return [first, late, again]


def test_a_fork_answers_too_and_is_replaced_when_it_hangs() -> None:
    with ProcessPoolExecutor(1, get_context("forkserver")) as pool:
        first, late, again = pool.submit(_forked).result()
    np.testing.assert_array_equal(first["value"][0], np.maximum(X, 0))
    assert "too much time" in late["error"]
    np.testing.assert_array_equal(again["value"][0], np.maximum(X * 2, 0))
