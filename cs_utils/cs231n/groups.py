"""``layernorm_forward(x, gamma, beta, ln_param)`` and ``spatial_groupnorm_forward(x, gamma, beta,
G, gn_param)`` with their backward functions: statistics of one example, not of the batch."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from cs_utils.cs231n.layer import LESSON, OptionsLayer
from cs_utils.exercises.layers import named
from cs_utils.exercises.specification import Case, Functions, Inputs, Misconception, Outputs
from cs_utils.exercises.vector_backprop.drawing import mixed
from cs_utils.language import _

_EPS = 1e-5


def _layernorm(x: Any, gamma: Any, beta: Any, eps: float = _EPS) -> Any:
    import torch

    return torch.nn.functional.layer_norm(x, x.shape[1:], gamma, beta, eps)


def _groupnorm(x: Any, gamma: Any, beta: Any, G: int, eps: float = _EPS) -> Any:
    import torch

    return torch.nn.functional.group_norm(x, G, gamma.flatten(), beta.flatten(), eps)


def _layer_cases(rng: np.random.Generator) -> list[Case]:
    def inputs(n: int, d: int, **more: float) -> dict[str, Any]:
        return {
            "x": mixed(rng, n, d),
            "gamma": rng.uniform(0.5, 2, d),
            "beta": mixed(rng, d),
            **more,
        }

    return [
        Case(_("two rows of three numbers"), inputs(2, 3)),
        Case(_("one row"), inputs(1, 4)),
        Case(_("as many rows as columns"), inputs(4, 4)),
        Case(_("six rows of five numbers"), inputs(6, 5)),
        Case(_("eps = 0.1"), inputs(3, 5, eps=0.1)),
        Case(_("inputs are left unchanged"), inputs(4, 3), inputs_unchanged=True),
    ]


def _group_cases(rng: np.random.Generator) -> list[Case]:
    def inputs(n: int, c: int, h: int, w: int, groups: int, **more: float) -> dict[str, Any]:
        return {
            "x": mixed(rng, n, c, h, w),
            "gamma": rng.uniform(0.5, 2, (1, c, 1, 1)),
            "beta": mixed(rng, 1, c, 1, 1),
            "G": groups,
            **more,
        }

    return [
        Case(_("one image, two groups of one channel"), inputs(1, 2, 2, 2, 2)),
        Case(_("two groups of two channels"), inputs(2, 4, 2, 3, 2)),
        Case(_("three groups of two channels"), inputs(2, 6, 3, 2, 3)),
        Case(_("one group of all channels"), inputs(3, 4, 2, 2, 1)),
        Case(_("eps = 0.1"), inputs(2, 6, 2, 3, 2, eps=0.1)),
        Case(_("inputs are left unchanged"), inputs(2, 4, 3, 3, 2), inputs_unchanged=True),
    ]


def _options(inputs: Inputs) -> dict[str, Any]:
    return {"eps": inputs["eps"]} if "eps" in inputs else {}


_LAYERNORM = OptionsLayer(
    name="layernorm",
    lesson=LESSON,
    inputs=("x", "gamma", "beta", "eps"),
    gradients=("x", "gamma", "beta"),
    output="out",
    upstream="dout",
    function=_layernorm,
    cases=_layer_cases,
    caches=(),
    inputs_from_cache=lambda cache: {},
    arguments=lambda inputs: [inputs["x"], inputs["gamma"], inputs["beta"], _options(inputs)],
)


class _GroupNorm(OptionsLayer):
    """Its gamma has four axes in newer years of the course and one in older ones, and so have the
    gradients."""

    def _run_backward(self, functions: Functions, upstream: Any, cache: Any) -> dict[str, Any]:
        names = [f"d{name}" for name in self.gradients]
        found = named(functions[self.backward_name](upstream, cache), names, self.backward_name)
        for name in names[1:]:
            if np.ndim(found[name]) == 1:
                found[name] = np.asarray(found[name])[None, :, None, None]
        return found


_GROUPNORM = _GroupNorm(
    name="spatial_groupnorm",
    lesson=LESSON,
    inputs=("x", "gamma", "beta", "G", "eps"),
    gradients=("x", "gamma", "beta"),
    output="out",
    upstream="dout",
    function=_groupnorm,
    cases=_group_cases,
    caches=(),
    inputs_from_cache=lambda cache: {},
    arguments=lambda inputs: [
        *(inputs[name] for name in ("x", "gamma", "beta", "G")),
        _options(inputs),
    ],
)


def _by_columns(x: Any, gamma: Any, beta: Any, eps: float = _EPS) -> Any:
    """Batch normalisation."""
    import torch

    return torch.nn.functional.batch_norm(x, None, None, gamma, beta, True, 0.0, eps)


def _sample_variance(x: Any, gamma: Any, beta: Any, eps: float = _EPS) -> Any:
    import torch

    var, mean = torch.var_mean(x, 1, correction=1, keepdim=True)
    return gamma * (x - mean) / (var + eps).sqrt() + beta


def _constants(x: Any, gamma: Any, beta: Any, eps: float = _EPS) -> Any:
    """The right output with statistics that no gradient goes through."""
    import torch

    var, mean = torch.var_mean(x.detach(), 1, correction=0, keepdim=True)
    return gamma * (x - mean) / (var + eps).sqrt() + beta


def _variance_constant(x: Any, gamma: Any, beta: Any, eps: float = _EPS) -> Any:
    import torch

    var = torch.var(x.detach(), 1, correction=0, keepdim=True)
    return gamma * (x - x.mean(1, keepdim=True)) / (var + eps).sqrt() + beta


def _normalised(layer: OptionsLayer, inputs: Inputs) -> np.ndarray:
    ones, zeros = np.ones_like(inputs["gamma"]), np.zeros_like(inputs["beta"])
    return layer.forward({**inputs, "gamma": ones, "beta": zeros})


def _out(function: Callable[..., Any], inputs: Inputs) -> Outputs | None:
    if len(inputs["x"]) == 1 and function is _by_columns:
        return {"out": inputs["beta"] + np.zeros_like(inputs["x"])}
    return {"out": replace(_LAYERNORM, function=function).forward(inputs)}


def _dx(function: Callable[..., Any], inputs: Inputs) -> Outputs:
    return {"dx": replace(_LAYERNORM, function=function).backward(inputs)["dx"]}


def _shared(layer: OptionsLayer) -> tuple[tuple[Misconception, ...], tuple[Misconception, ...]]:
    """Mistakes with gamma and beta, forward and backward."""
    forward = (
        Misconception(
            "gamma and beta left out",
            _("This is x_hat. What do gamma and beta do with it?"),
            lambda inputs, right: {"out": _normalised(layer, inputs)},
        ),
        Misconception(
            "gamma and beta exchanged",
            _("gamma was added and beta multiplied. Which of them is the scale?"),
            lambda inputs, right: {
                "out": inputs["beta"] * _normalised(layer, inputs) + inputs["gamma"]
            },
        ),
    )
    backward = (
        Misconception(
            "dgamma without x_hat",
            _("dgamma is the sum of dout. What is the slope of gamma x_hat + beta by gamma?"),
            lambda inputs, right: {"dgamma": right["dbeta"], "dbeta": right["dbeta"]},
        ),
        Misconception(
            "dgamma and dbeta exchanged",
            _("dgamma and dbeta have changed places. In which order must they be returned?"),
            lambda inputs, right: {"dgamma": right["dbeta"], "dbeta": right["dgamma"]},
        ),
        Misconception(
            "upstream gradient forgotten",
            _("dout plays no part here, as if it were all ones. Where does the chain rule begin?"),
            lambda inputs, right: layer.backward({**inputs, "dout": np.ones_like(inputs["dout"])}),
        ),
    )
    return forward, backward


_LAYER_SHARED, _GROUP_SHARED = _shared(_LAYERNORM), _shared(_GROUPNORM)

LAYERNORM = _LAYERNORM.exercises(
    (2, 3),
    (
        Misconception(
            "normalised over the batch",
            _(
                "The columns were normalised, as in batch normalisation. "
                "Of which numbers does layer normalisation take mean and variance?"
            ),
            lambda inputs, right: _out(_by_columns, inputs),
        ),
        Misconception(
            "unbiased variance",
            _("The variance was divided by D - 1. Which variance makes that of x_hat exactly 1?"),
            lambda inputs, right: _out(_sample_variance, inputs),
        ),
        *_LAYER_SHARED[0],
    ),
    (
        Misconception(
            "mean and variance taken as constants",
            _("dx is only dout gamma / std. On what do the mean and the variance depend?"),
            lambda inputs, right: _dx(_constants, inputs),
        ),
        Misconception(
            "variance taken as a constant",
            _(
                "dx goes through x and through the mean, but not through the variance. "
                "Does the variance change when one x does?"
            ),
            lambda inputs, right: _dx(_variance_constant, inputs),
        ),
        Misconception(
            "gamma forgotten in dx",
            _("dx lacks gamma. What is the slope of gamma x_hat + beta by x_hat?"),
            lambda inputs, right: {
                "dx": _LAYERNORM.backward({**inputs, "gamma": np.ones_like(inputs["gamma"])})["dx"]
            },
        ),
        Misconception(
            "dgamma and dbeta summed over the columns",
            _("dbeta has a number for each row. Which axis of dout is the batch's?"),
            lambda inputs, right: {"dbeta": inputs["dout"].sum(axis=1)},
        ),
        *_LAYER_SHARED[1],
    ),
)


def _in_groups(inputs: Inputs, groups: int) -> Outputs:
    return {"out": _GROUPNORM.forward({**inputs, "G": groups})}


def _every_gth_channel(inputs: Inputs) -> Outputs:
    """Groups made of every G-th channel instead of neighbouring ones."""
    groups, channels = inputs["G"], inputs["x"].shape[1]
    order = np.arange(channels).reshape(-1, groups).T.ravel()
    moved = {name: inputs[name][:, order] for name in ("x", "gamma", "beta")}
    return {"out": _GROUPNORM.forward({**inputs, **moved})[:, np.argsort(order)]}


GROUPNORM = _GROUPNORM.exercises(
    (2, 3),
    (
        Misconception(
            "one group",
            _("All channels were normalised together. What does G say?"),
            lambda inputs, right: _in_groups(inputs, 1),
        ),
        Misconception(
            "every channel a group",
            _("Every channel was normalised alone. How many channels does one group hold?"),
            lambda inputs, right: _in_groups(inputs, inputs["x"].shape[1]),
        ),
        Misconception(
            "channels dealt out to the groups",
            _(
                "A group was made of every G-th channel. "
                "Which channels are neighbours after x.reshape(N, G, C // G, H, W)?"
            ),
            lambda inputs, right: _every_gth_channel(inputs),
        ),
        *_GROUP_SHARED[0],
    ),
    (
        *_GROUP_SHARED[1],
        Misconception(
            "gamma forgotten in dx",
            _("dx lacks gamma. What is the slope of gamma x_hat + beta by x_hat?"),
            lambda inputs, right: {
                "dx": _GROUPNORM.backward({**inputs, "gamma": np.ones_like(inputs["gamma"])})["dx"]
            },
        ),
    ),
)
