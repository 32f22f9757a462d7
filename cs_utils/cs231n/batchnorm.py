"""``batchnorm_forward(x, gamma, beta, bn_param)``, its two backward functions, and batch
normalisation of maps, ``spatial_batchnorm_forward/backward``.

CS231n keeps ``momentum`` of the old running statistics and moves them to the biased variance.
"""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from cs_utils.cs231n.layer import LESSON, OptionsLayer
from cs_utils.exercises.matrix_backprop import normalisation
from cs_utils.exercises.specification import Case, Inputs, Misconception, Outputs
from cs_utils.exercises.vector_backprop.drawing import mixed
from cs_utils.language import _

_MOMENTUM, _EPS = 0.9, 1e-5
_STATE = ("running_mean", "running_var")


def _batchnorm(
    x: Any,
    gamma: Any,
    beta: Any,
    training: bool,
    running_mean: Any = None,
    running_var: Any = None,
    momentum: float = _MOMENTUM,
    eps: float = _EPS,
) -> Any:
    import torch

    zeros = torch.zeros_like(gamma)
    old_mean, old_var = (
        zeros if value is None else torch.as_tensor(np.asarray(value, np.float64))
        for value in (running_mean, running_var)
    )
    out = torch.nn.functional.batch_norm(x, old_mean, old_var, gamma, beta, training, 0.0, eps)
    if not training:
        return out, old_mean, old_var
    axes = [axis for axis in range(x.ndim) if axis != 1]
    var, mean = torch.var_mean(x.detach(), axes, correction=0)
    kept = 1 - momentum
    return out, old_mean.lerp(mean, kept), old_var.lerp(var, kept)


def _inputs(
    rng: np.random.Generator, shape: tuple[int, ...], training: bool, **more: Any
) -> dict[str, Any]:
    channels = shape[1]
    return {
        "x": mixed(rng, *shape),
        "gamma": rng.uniform(0.5, 2, channels),
        "beta": mixed(rng, channels),
        "training": training,
        "running_mean": mixed(rng, channels),
        "running_var": rng.uniform(1.5, 3, channels),
        **more,
    }


def _cases(rng: np.random.Generator) -> list[Case]:
    first = _inputs(rng, (5, 3), True)
    for name in _STATE:
        del first[name]
    return [
        Case(_("training, three rows, two columns"), _inputs(rng, (3, 2), True)),
        Case(_("training, six rows, four columns"), _inputs(rng, (6, 4), True)),
        Case(_("training, the first batch of all"), first),
        Case(_("not training, five rows"), _inputs(rng, (5, 3), False)),
        Case(_("not training, three rows"), _inputs(rng, (3, 2), False)),
        Case(
            _("training, momentum = 0.7 and eps = 0.1"),
            _inputs(rng, (4, 5), True, momentum=0.7, eps=0.1),
        ),
        Case(_("inputs are left unchanged"), _inputs(rng, (4, 3), True), inputs_unchanged=True),
    ]


def _spatial_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case(_("training, two 2x2 maps"), _inputs(rng, (1, 2, 2, 2), True)),
        Case(_("training, two images, 3x2 maps"), _inputs(rng, (2, 3, 3, 2), True)),
        Case(_("not training, 3x4 maps"), _inputs(rng, (2, 2, 3, 4), False)),
        Case(_("not training, one image"), _inputs(rng, (1, 3, 2, 4), False)),
        Case(
            _("training, momentum = 0.7 and eps = 0.1"),
            _inputs(rng, (3, 2, 4, 3), True, momentum=0.7, eps=0.1),
        ),
        Case(
            _("inputs are left unchanged"), _inputs(rng, (2, 3, 3, 4), True), inputs_unchanged=True
        ),
    ]


def _arguments(inputs: Inputs) -> list[Any]:
    bn_param: dict[str, Any] = {"mode": "train" if inputs["training"] else "test"}
    for name in (*_STATE, "momentum", "eps"):
        if name in inputs:
            # A copy: the function is to move the running statistics, in place if it likes.
            bn_param[name] = np.copy(inputs[name]) if name in _STATE else inputs[name]
    return [inputs["x"], inputs["gamma"], inputs["beta"], bn_param]


_BATCHNORM = OptionsLayer(
    name="batchnorm",
    lesson=LESSON,
    inputs=("x", "gamma", "beta", "training", *_STATE, "momentum", "eps"),
    gradients=("x", "gamma", "beta"),
    output="out",
    upstream="dout",
    function=_batchnorm,
    cases=_cases,
    caches=(),
    inputs_from_cache=lambda cache: {},
    state=_STATE,
    arguments=_arguments,
    state_from_arguments=lambda arguments: arguments[3],
)
_SPATIAL = replace(_BATCHNORM, name="spatial_batchnorm", cases=_spatial_cases)


def _completed(inputs: Inputs) -> dict[str, Any]:
    """The inputs with their defaults, as the course's own mistakes want them."""
    zeros = np.zeros_like(inputs["gamma"])
    defaults = {"running_mean": zeros, "running_var": zeros}
    return {**defaults, "momentum": _MOMENTUM, "eps": _EPS, **inputs}


def _known(one: Misconception) -> Misconception:
    return replace(one, outputs=lambda inputs, right: one.outputs(_completed(inputs), right))


def _running(share: float | None, correction: int, inputs: Inputs, right: Outputs) -> Outputs:
    """Running statistics that keep this share of the old ones; None: what momentum leaves."""
    if not inputs["training"]:
        return right
    given = _completed(inputs)
    kept = 1 - given["momentum"] if share is None else share
    axes = tuple(axis for axis in range(given["x"].ndim) if axis != 1)
    mean, var = given["x"].mean(axis=axes), given["x"].var(axis=axes, ddof=correction)
    return {
        "running_mean": kept * given["running_mean"] + (1 - kept) * mean,
        "running_var": kept * given["running_var"] + (1 - kept) * var,
    }


def _unbiased(inputs: Inputs, right: Outputs) -> Outputs:
    return _running(_completed(inputs)["momentum"], 1, inputs, right)


_OTHER_STATE = {
    "biased variance in running_var",
    "momentum turned round",
    "running statistics replaced",
    "running statistics moved outside training",
    "running statistics not moved",
}
_RUNNING = (
    Misconception(
        "momentum turned round",
        _(
            "The old running statistics were multiplied by 1 - momentum. "
            "With momentum = 0.9, should a new batch change them by much or by little?"
        ),
        partial(_running, None, 0),
    ),
    Misconception(
        "unbiased variance in running_var",
        _(
            "running_var moved towards the variance divided by N - 1, as in PyTorch. "
            "By which variance was the batch itself divided, in CS231n's formula?"
        ),
        _unbiased,
    ),
    Misconception(
        "running statistics replaced",
        _("They are those of this batch alone. How much of the old ones should stay?"),
        partial(_running, 0.0, 0),
    ),
    Misconception(
        "running statistics not moved",
        _(
            "The running statistics came back as they were. "
            "Were the new ones stored in bn_param at the end?"
        ),
        lambda inputs, right: {name: _completed(inputs)[name] for name in _STATE},
    ),
)
_FORWARD = (
    *(_known(one) for one in normalisation.FORWARD.misconceptions if one.name not in _OTHER_STATE),
    *_RUNNING,
)
_BACKWARD = tuple(map(_known, normalisation.BACKWARD.misconceptions))


def _channels_mixed() -> OptionsLayer:
    """The maps reshaped to rows of C numbers without moving the channels last."""

    def mixed_up(x: Any, gamma: Any, beta: Any, training: bool, **options: Any) -> Any:
        rows = x.reshape(-1, x.shape[1])
        out, *state = _batchnorm(rows, gamma, beta, training, **options)
        return out.reshape(x.shape), *state

    return replace(_SPATIAL, function=mixed_up)


_MIXED_HINT = _(
    "The maps were reshaped to (-1, C) as they are, which mixes the channels up. "
    "Which axis must be moved to the end first, and back again afterwards?"
)


BATCHNORM = _BATCHNORM.exercises((3, 4), _FORWARD, _BACKWARD)
BATCHNORM_ALT = replace(_BATCHNORM, backward_suffix="_alt").backward_exercise(4, *_BACKWARD)
SPATIAL_BATCHNORM = _SPATIAL.exercises(
    (2, 2),
    (
        Misconception(
            "channels mixed up",
            _MIXED_HINT,
            lambda inputs, right: {"out": _channels_mixed().forward(inputs)},
        ),
        *_RUNNING,
    ),
    (
        Misconception(
            "channels mixed up",
            _MIXED_HINT,
            lambda inputs, right: {"dx": _channels_mixed().backward(inputs)["dx"]},
        ),
        Misconception(
            "upstream gradient forgotten",
            _("dout plays no part here, as if it were all ones. Where does the chain rule begin?"),
            lambda inputs, right: _SPATIAL.backward(
                {**inputs, "dout": np.ones_like(inputs["dout"])}
            ),
        ),
    ),
)
