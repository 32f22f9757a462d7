"""Images that a network takes for alike: ``nearest_neighbours``, as in AlexNet's last figure."""

from collections.abc import Callable
from typing import Any

import numpy as np

from cs_utils.exercises.layers import named
from cs_utils.exercises.specification import (
    Case,
    Exercise,
    Functions,
    Inputs,
    Misconception,
    Outputs,
)
from cs_utils.exercises.vector_backprop.drawing import mixed
from cs_utils.language import _

_NAME = "nearest_neighbours"


def _cases(rng: np.random.Generator) -> list[Case]:
    def inputs(count: int, length: int, k: int) -> dict[str, Any]:
        """Features of very different lengths, so that a direction alone tells little."""
        lengths = rng.permutation(np.linspace(0.4, 2.5, count))[:, None]
        return {
            "features": lengths * mixed(rng, count, length),
            "query": mixed(rng, length),
            "k": k,
        }

    printed = {
        "features": np.array([[0.0, 0], [3, 4], [1, 0], [5, 5], [2, 2]]),
        "query": np.array([1.0, 1]),
        "k": 3,
    }
    return [
        Case(_("five points in the plane"), printed, weight=0),
        Case(_("the nearest of six"), inputs(6, 3, 1)),
        Case(_("the four nearest of nine"), inputs(9, 5, 4)),
        Case(_("all seven, nearest first"), inputs(7, 4, 7)),
        Case(_("equal distances: the smaller index comes first"), _with_ties(rng)),
        Case(_("grey values, bytes from 0 to 255"), _bytes(rng)),
        Case(_("inputs are left unchanged"), inputs(8, 6, 3), inputs_unchanged=True),
    ]


def _with_ties(rng: np.random.Generator) -> dict[str, Any]:
    """Whole numbers, each row twice and at different places."""
    rows = rng.permutation(np.arange(1, 6))[:, None] * rng.choice([-3.0, 3], size=(5, 4))
    order = rng.permutation(np.repeat(np.arange(5), 2))
    return {"features": rows[order], "query": rng.integers(-2, 3, 4).astype(float), "k": 6}


def _bytes(rng: np.random.Generator) -> dict[str, Any]:
    images = rng.integers(0, 256, (8, 9), dtype=np.uint8)
    return {"features": images, "query": rng.integers(0, 256, 9, dtype=np.uint8), "k": 5}


def _ordered(distances: np.ndarray, inputs: Inputs) -> Outputs:
    """The indices of the k smallest distances, the smaller index first where they are equal."""
    import torch

    order = torch.sort(torch.as_tensor(distances), stable=True).indices
    return {"indices": order[: inputs["k"]].numpy()}


def _distances(inputs: Inputs, power: float = 2) -> np.ndarray:
    """Distances of all features from the query, (N,), by PyTorch."""
    import torch

    features, query = (
        torch.as_tensor(np.asarray(inputs[name], dtype=np.float64))
        for name in ("features", "query")
    )
    return torch.linalg.vector_norm(features - query, ord=power, dim=1).numpy()


def _by_similarity(inputs: Inputs, cosine: bool) -> Outputs:
    features, query = (np.asarray(inputs[name], dtype=float) for name in ("features", "query"))
    products = features @ query
    if cosine:
        lengths = np.linalg.norm(features, axis=1)
        products = np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)
    return _ordered(-products, inputs)


def _wrapped_around(inputs: Inputs, right: Outputs) -> Outputs:
    if inputs["features"].dtype != np.uint8:
        return right
    squares = (inputs["features"] - inputs["query"]) ** 2
    return _ordered(squares.sum(axis=1).astype(float), inputs)


def _other_norm(power: float) -> Callable[[Inputs, Outputs], Outputs]:
    return lambda inputs, right: _ordered(_distances(inputs, power), inputs)


def _ask(functions: Functions, case: Case) -> Outputs:
    return named(functions[_NAME](*case.inputs.values()), ("indices",), _NAME)


NEAREST_NEIGHBOURS = Exercise(
    name=_NAME,
    lesson="05_architectures",
    points=2,
    cases=_cases,
    answer=_ask,
    oracle=lambda inputs: _ordered(_distances(inputs), inputs),
    misconceptions=(
        Misconception(
            "farthest first",
            _("These are the most distant ones. Which end of the sorted distances is wanted?"),
            lambda inputs, right: _ordered(-_distances(inputs), inputs),
        ),
        Misconception(
            "bytes that wrap around",
            _(
                "Right but for bytes: 3 - 5 is 254 there, and squares leave their range too. "
                "Which dtype can hold a difference of grey values?"
            ),
            _wrapped_around,
        ),
        Misconception(
            "not in order",
            _(
                "The right ones, but in the order of their indices. "
                "Which of them should a reader see first?"
            ),
            lambda inputs, right: {"indices": np.sort(right["indices"])},
        ),
        Misconception(
            "largest dot product",
            _(
                "These have the largest dot products with the query. "
                "How does a feature twice as long do there, and how by its distance?"
            ),
            lambda inputs, right: _by_similarity(inputs, cosine=False),
        ),
        Misconception(
            "smallest angle",
            _(
                "These point in the query's direction, whatever their length. "
                "What does the Euclidean distance say of a feature ten times as long?"
            ),
            lambda inputs, right: _by_similarity(inputs, cosine=True),
        ),
        Misconception(
            "absolute differences",
            _(
                "The absolute differences were added up. "
                "What stands under the root of the Euclidean distance?"
            ),
            _other_norm(1),
        ),
        Misconception(
            "largest difference",
            _("Only the largest difference counts here. What of the other numbers?"),
            _other_norm(float("inf")),
        ),
        Misconception(
            "distances for indices",
            _("These are the distances. Where in `features` do they stand?"),
            lambda inputs, right: {"indices": np.sort(_distances(inputs))[: inputs["k"]]},
        ),
        Misconception(
            "later index first",
            _(
                "Right but for equal distances, where the larger index came first. "
                "What does `kind='stable'` do in np.argsort?"
            ),
            lambda inputs, right: _later_first(inputs),
        ),
    ),
)


def _later_first(inputs: Inputs) -> Outputs:
    order = np.lexsort((-np.arange(len(inputs["features"])), _distances(inputs)))
    return {"indices": order[: inputs["k"]]}
