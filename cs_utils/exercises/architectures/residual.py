"""The residual block H(x) = F(x) + x on vectors, told in PyTorch, with its cases."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from cs_utils.exercises.layers import Layer
from cs_utils.exercises.matrix_backprop.batchnorm import BATCHNORM, divisor, normalised
from cs_utils.exercises.specification import Case, Inputs
from cs_utils.exercises.vector_backprop.drawing import mixed
from cs_utils.language import _

_LESSON = "05_architectures"
_WEIGHTS = ("w1", "gamma1", "beta1", "w2", "gamma2", "beta2")


def batchnorm(x: Any, gamma: Any, beta: Any) -> Any:
    """Batch normalisation in training, on tensors."""
    import torch

    return torch.nn.functional.batch_norm(x, None, None, gamma, beta, training=True)


def branch(x: Any, w1: Any, gamma1: Any, beta1: Any, w2: Any, gamma2: Any, beta2: Any) -> Any:
    """F(x), the two layers beside the skip connection."""
    return batchnorm(batchnorm(x @ w1, gamma1, beta1).relu() @ w2, gamma2, beta2)


def _block(x: Any, *weights: Any) -> Any:
    return (branch(x, *weights) + x).relu()


def _by_name(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function for arguments with names, which stand in the same order."""
    return lambda **inputs: function(*inputs.values())


def _inputs(rng: np.random.Generator, n: int, d: int, h: int) -> dict[str, Any]:
    return {
        "x": mixed(rng, n, d),
        "w1": mixed(rng, d, h),
        "gamma1": rng.uniform(0.5, 2, h),
        "beta1": 0.3 * mixed(rng, h),
        "w2": mixed(rng, h, d),
        "gamma2": rng.uniform(0.5, 2, d),
        "beta2": 0.3 * mixed(rng, d),
    }


def _printed() -> dict[str, Any]:
    return {
        "x": np.array([[1.0, 2], [3, 0], [2, 4]]),
        "w1": np.array([[1.0, 0], [0, 1]]),
        "gamma1": np.ones(2),
        "beta1": np.zeros(2),
        "w2": np.array([[1.0, 1], [-1, 1]]),
        "gamma2": np.ones(2),
        "beta2": np.zeros(2),
        "dout": np.array([[1.0, -1], [2, 1], [0, 3]]),
    }


def _cases(rng: np.random.Generator) -> list[Case]:
    nothing = _inputs(rng, 4, 3, 5)
    nothing |= {"gamma2": np.zeros(3), "beta2": np.zeros(3)}
    mostly_closed = _inputs(rng, 6, 4, 3)
    mostly_closed["beta2"] = -rng.uniform(1.5, 2.5, 4)
    return [
        Case(_("three rows of small numbers"), _printed(), weight=0),
        Case(_("four rows, three numbers each"), _inputs(rng, 4, 3, 3)),
        Case(_("five rows, more hidden values than inputs"), _inputs(rng, 5, 2, 4)),
        Case(_("seven rows, fewer hidden values than inputs"), _inputs(rng, 7, 5, 3)),
        Case(_("F = 0: gamma2 and beta2 are zero"), nothing),
        Case(_("most sums are negative"), mostly_closed),
        Case(_("inputs are left unchanged"), _inputs(rng, 4, 3, 4), inputs_unchanged=True),
    ]


def _batchnorm_cache(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray) -> tuple[Any, ...]:
    """The output of a batch normalisation in training, and the cache that lesson 2 suggests."""
    inputs = {"x": x, "gamma": gamma, "beta": beta, "training": True}
    inputs |= {"running_mean": np.zeros_like(gamma), "running_var": np.ones_like(gamma)}
    return BATCHNORM.forward(inputs), (normalised(inputs), gamma, divisor(inputs), True)


def _suggested(inputs: Inputs, output: np.ndarray) -> Any:
    """What the notebook suggests to keep."""
    x, w1, gamma1, beta1, w2, gamma2, beta2 = (inputs[name] for name in ("x", *_WEIGHTS))
    first, first_cache = _batchnorm_cache(x @ w1, gamma1, beta1)
    hidden = np.maximum(0, first)
    _second, second_cache = _batchnorm_cache(hidden @ w2, gamma2, beta2)
    return x, w1, first_cache, hidden, w2, second_cache, output


def _from_suggested(cache: Any) -> dict[str, Any]:
    """Inputs with the same gradients. The shift of each normalisation shows in what came of it,
    but where ReLU or the sum hides it; there any value as negative does."""
    x, w1, (x_hat1, gamma1, *_rest1), hidden, w2, (x_hat2, gamma2, *_rest2), output = cache
    beta1 = _shift(hidden, gamma1 * x_hat1)
    beta2 = _shift(output, gamma2 * x_hat2 + x)
    names = ("x", *_WEIGHTS)
    return dict(zip(names, (x, w1, gamma1, beta1, w2, gamma2, beta2), strict=True))


def _shift(after: np.ndarray, before: np.ndarray) -> np.ndarray:
    """beta of each column from max(0, before + beta), exact where one number of it is positive."""
    shown = np.where(after > 0, after - before, -np.inf).max(axis=0)
    return np.where(np.isfinite(shown), shown, -1 - np.abs(before).max(axis=0))


RESIDUAL = Layer(
    name="residual",
    lesson=_LESSON,
    inputs=("x", *_WEIGHTS),
    gradients=("x", *_WEIGHTS),
    output="out",
    upstream="dout",
    function=_by_name(_block),
    cases=_cases,
    caches=(
        _suggested,
        lambda inputs, output: tuple(inputs[name] for name in ("x", *_WEIGHTS)),
    ),
    inputs_from_cache=_from_suggested,
)


def variant(function: Callable[..., Any]) -> Layer:
    """The block with a mistake in it, told in PyTorch."""
    return replace(RESIDUAL, function=_by_name(function))
