"""Max pooling with CS231n's signature: the layer in PyTorch, its cases, and its ties.

Ties: PyTorch's first maximum and an equal split among all of them are both right.
"""

from typing import Any

import numpy as np

from cs_utils.cs231n.layer import LESSON, OptionsLayer
from cs_utils.exercises.specification import (
    Case,
    Inputs,
)
from cs_utils.exercises.vector_backprop.drawing import mixed
from cs_utils.language import _


def max_pool(x: Any, pool_height: int, pool_width: int, stride: int) -> Any:
    import torch

    return torch.nn.functional.max_pool2d(x, (pool_height, pool_width), stride)


def windows(x: Any, inputs: Inputs) -> Any:
    """The entries of every window, (N, C, kH kW, oH oW)."""
    import torch

    size = inputs["pool_height"], inputs["pool_width"]
    columns = torch.nn.functional.unfold(x.flatten(0, 1)[:, None], size, stride=inputs["stride"])
    return columns.unflatten(0, x.shape[:2])


def split_evenly(inputs: Inputs) -> np.ndarray:
    """dx where equal maxima share the gradient, as PyTorch's amax has it."""
    import torch

    x = torch.tensor(inputs["x"], requires_grad=True)
    out = windows(x, inputs).amax(2)
    upstream = torch.tensor(inputs["dout"]).reshape(out.shape)
    return torch.autograd.grad(out, x, upstream)[0].numpy()


def whole_to_every_tie(inputs: Inputs) -> np.ndarray:
    """dx where each of several equal maxima gets the whole gradient."""
    import torch

    x = torch.tensor(inputs["x"])
    columns = windows(x, inputs)
    upstream = torch.tensor(inputs["dout"]).flatten(2)[:, :, None]
    parts = (columns == columns.amax(2, keepdim=True)) * upstream
    size = inputs["pool_height"], inputs["pool_width"]
    dx = torch.nn.functional.fold(parts.flatten(0, 1), x.shape[2:], size, stride=inputs["stride"])
    return dx.reshape(x.shape).numpy()


def _case(
    title: str, x: np.ndarray, size: tuple[int, int], stride: int, unchanged: bool = False
) -> Case:
    options = {"pool_height": size[0], "pool_width": size[1], "stride": stride}
    return Case(title, {"x": x, **options}, inputs_unchanged=unchanged)


def _cases(rng: np.random.Generator) -> list[Case]:
    def ties() -> np.ndarray:
        """Several equal maxima in the windows, as after ReLU."""
        x = np.maximum(mixed(rng, 1, 2, 4, 4), 0)
        x[..., :2, :2], x[..., 2:, 2:] = rng.uniform(1, 2), 0
        return x

    one_window = mixed(rng, 1, 1, 3, 2)
    one_window[0, 0, 1, 1] = rng.uniform(3, 4)
    return [
        _case(_("one 3x2 window"), one_window, (3, 2), 1),
        _case(_("one 4x4 map, 2x2 windows, stride 2"), mixed(rng, 1, 1, 4, 4), (2, 2), 2),
        _case(_("nothing but negative numbers"), -rng.uniform(1, 2, (1, 2, 4, 4)), (2, 2), 2),
        _case(_("a 6x4 map, 2x2 windows, stride 2"), mixed(rng, 2, 3, 6, 4), (2, 2), 2),
        _case(_("2x3 windows on a 4x7 map, stride 2"), mixed(rng, 2, 2, 4, 7), (2, 3), 2),
        _case(_("overlapping 3x3 windows, stride 2"), mixed(rng, 2, 2, 7, 5), (3, 3), 2),
        _case(_("overlapping 3x2 windows, stride 1"), mixed(rng, 1, 3, 5, 4), (3, 2), 1),
        _case(_("windows apart: 2x2, stride 3"), mixed(rng, 2, 1, 5, 5), (2, 2), 3),
        _case(_("equal maxima"), ties(), (2, 2), 2),
        _case(_("inputs are left unchanged"), mixed(rng, 2, 2, 4, 6), (2, 2), 2, unchanged=True),
    ]


def _arguments(inputs: Inputs) -> list[Any]:
    return [inputs["x"], {name: inputs[name] for name in ("pool_height", "pool_width", "stride")}]


LAYER = OptionsLayer(
    name="max_pool",
    suffix="_naive",
    lesson=LESSON,
    inputs=("x", "pool_height", "pool_width", "stride"),
    gradients=("x",),
    output="out",
    upstream="dout",
    function=max_pool,
    cases=_cases,
    caches=(lambda inputs, output: tuple(_arguments(inputs)),),
    inputs_from_cache=lambda cache: {"x": cache[0], **cache[1]},
    arguments=_arguments,
    inputs_from_arguments=lambda x, pool_param: {"x": x, **pool_param},
)
