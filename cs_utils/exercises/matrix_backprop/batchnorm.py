"""Batch normalisation told in PyTorch: its two modes, its running statistics, its cases."""

from typing import Any

import numpy as np

from cs_utils.exercises.layers import Layer
from cs_utils.exercises.matrix_backprop.drawing import LESSON
from cs_utils.exercises.specification import Case, Inputs
from cs_utils.exercises.vector_backprop.drawing import mixed
from cs_utils.language import _

_MOMENTUM, _EPS = 0.1, 1e-5


def _tensor(value: Any) -> Any:
    """The value as a float64 tensor: a copy of an array, a tensor as it is."""
    import torch

    return value if torch.is_tensor(value) else torch.tensor(np.asarray(value, np.float64))


def _batchnorm(
    x: Any,
    gamma: Any,
    beta: Any,
    running_mean: Any,
    running_var: Any,
    training: bool,
    momentum: float = _MOMENTUM,
    eps: float = _EPS,
) -> Any:
    import torch

    mean, var = _tensor(running_mean), _tensor(running_var)
    out = torch.nn.functional.batch_norm(
        x, mean, var, gamma, beta, bool(training), float(momentum), float(eps)
    )
    return out, mean, var


def _inputs(
    rng: np.random.Generator, n: int, d: int, training: bool, **more: Any
) -> dict[str, Any]:
    return {
        "x": mixed(rng, n, d),
        "gamma": rng.uniform(0.5, 2, d),
        "beta": mixed(rng, d),
        "running_mean": mixed(rng, d),
        "running_var": rng.uniform(1.5, 3, d),
        "training": training,
        **more,
    }


def _cases(rng: np.random.Generator) -> list[Case]:
    printed = {
        "x": np.array([[1.0, 2], [3, 6], [5, 1]]),
        "gamma": np.ones(2),
        "beta": np.zeros(2),
        "running_mean": np.zeros(2),
        "running_var": np.ones(2),
        "training": True,
        "dout": np.array([[1.0, -1], [0, 2], [0, 0]]),
    }
    constant = _inputs(rng, 5, 3, True)
    # A number of few digits: its mean is not rounded.
    constant["x"][:, 1] = 0.5
    return [
        Case(_("training, three rows of small numbers"), printed, weight=0),
        Case(_("training, three rows, two columns"), _inputs(rng, 3, 2, True)),
        Case(_("training, six rows, four columns"), _inputs(rng, 6, 4, True)),
        Case(_("not training, one row"), _inputs(rng, 1, 3, False)),
        Case(_("not training, five rows"), _inputs(rng, 5, 3, False)),
        Case(_("training, a column of equal numbers"), constant),
        Case(
            _("training, momentum = 0.3 and eps = 0.1"),
            _inputs(rng, 4, 5, True, momentum=0.3, eps=0.1),
        ),
        Case(_("inputs are left unchanged"), _inputs(rng, 4, 3, True), inputs_unchanged=True),
    ]


def batch_statistics(inputs: Inputs, correction: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """The batch's mean and variance, (D,) each, by PyTorch; correction 1 is the unbiased one."""
    import torch

    var, mean = torch.var_mean(_tensor(inputs["x"]), 0, correction=correction)
    return mean.numpy(), var.numpy()


def used_statistics(inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance that the right output is normalised with."""
    if inputs["training"]:
        return batch_statistics(inputs)
    return inputs["running_mean"], inputs["running_var"]


def eps(inputs: Inputs) -> float:
    """eps of the case, or its default."""
    return inputs.get("eps", _EPS)


def momentum(inputs: Inputs) -> float:
    """momentum of the case, or its default."""
    return inputs.get("momentum", _MOMENTUM)


def divisor(inputs: Inputs) -> np.ndarray:
    """What the right output is divided by, (D,)."""
    return np.sqrt(used_statistics(inputs)[1] + eps(inputs))


def normalised(inputs: Inputs) -> np.ndarray:
    """The output before gamma and beta, (N, D)."""
    ones, zeros = np.ones_like(inputs["gamma"]), np.zeros_like(inputs["gamma"])
    return BATCHNORM.forward({**inputs, "gamma": ones, "beta": zeros})


def _cache_by_name(inputs: Inputs, output: np.ndarray) -> dict[str, Any]:
    mean, var = used_statistics(inputs)
    found = {"mean": mean, "var": var, "eps": eps(inputs)}
    return {**inputs, **found, "x_hat": normalised(inputs), "std": divisor(inputs)}


def _from_cache(cache: Any) -> dict[str, Any]:
    """Inputs with the same gradients: the mean and beta have no part in them."""
    x_hat, gamma, std, training = cache
    x, zeros = x_hat * std, np.zeros_like(gamma)
    added = float(np.mean(std**2 - x.var(axis=0))) if training else 0.0
    return {
        "x": x,
        "gamma": gamma,
        "beta": zeros,
        "running_mean": zeros,
        "running_var": std**2,
        "training": training,
        "momentum": _MOMENTUM,
        "eps": added,
    }


BATCHNORM = Layer(
    name="batchnorm",
    lesson=LESSON,
    inputs=(
        "x",
        "gamma",
        "beta",
        "running_mean",
        "running_var",
        "training",
        "momentum",
        "eps",
    ),
    gradients=("x", "gamma", "beta"),
    output="out",
    upstream="dout",
    function=_batchnorm,
    cases=_cases,
    caches=(
        lambda inputs, output: (
            normalised(inputs),
            inputs["gamma"],
            divisor(inputs),
            inputs["training"],
        ),
        lambda inputs, output: (
            inputs["x"],
            inputs["gamma"],
            *used_statistics(inputs),
            eps(inputs),
            inputs["training"],
        ),
        _cache_by_name,
    ),
    inputs_from_cache=_from_cache,
    state=("running_mean", "running_var"),
)
