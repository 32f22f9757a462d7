"""The pooling layers in PyTorch, their cases, and what mistakes in laying the windows make of
them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from cs_utils.exercises.layers import Layer
from cs_utils.exercises.pooling.drawing import LESSON
from cs_utils.exercises.specification import Case, Inputs, Misconception, Outputs
from cs_utils.exercises.vector_backprop.drawing import mixed
from cs_utils.language import _

_PRINTED = np.array([[1.0, 3, -2, 1], [2, -2, 5, 4], [0, -4, -3, -1], [-2, -6, -5, -7]])[None, None]


def max_pooling(x: Any, kernel_size: int, stride: int) -> Any:
    """The layer on tensors."""
    import torch

    return torch.nn.functional.max_pool2d(x, kernel_size, stride)


def avg_pooling(x: Any, kernel_size: int, stride: int) -> Any:
    """The layer on tensors."""
    import torch

    return torch.nn.functional.avg_pool2d(x, kernel_size, stride)


def pooling_cases(rng: np.random.Generator) -> list[Case]:
    """Forward cases of both layers, smallest first; every map is 7x7 or less."""

    def case(title: str, *shape: int, k: int, stride: int) -> Case:
        return Case(title, {"x": mixed(rng, *shape), "kernel_size": k, "stride": stride})

    negative = {"x": -np.abs(mixed(rng, 1, 2, 4, 6)), "kernel_size": 2, "stride": 2}
    # More windows than the others have: a layer may go another way about many.
    unchanged = case(_("inputs are left unchanged"), 2, 3, 7, 7, k=3, stride=1)
    return [
        Case(_("the worked example"), {"x": _PRINTED, "kernel_size": 2, "stride": 2}, weight=0),
        case(_("one 4x4 map, 2x2 windows, stride 2"), 1, 1, 4, 4, k=2, stride=2),
        case(_("two images of three channels, 4x6 maps"), 2, 3, 4, 6, k=2, stride=2),
        Case(_("all values negative"), negative),
        case(_("AlexNet's overlapping windows: 3x3, stride 2"), 2, 2, 7, 5, k=3, stride=2),
        case(_("3x3 windows, stride 1, on a 3x5 map"), 1, 2, 3, 5, k=3, stride=1),
        case(_("2x2 windows, stride 3, on a 5x7 map"), 2, 1, 5, 7, k=2, stride=3),
        case(_("3x3 windows, stride 2, that do not fit on 6x4"), 1, 3, 6, 4, k=3, stride=2),
        replace(unchanged, inputs_unchanged=True),
    ]


def cases_with_ties(rng: np.random.Generator) -> list[Case]:
    """Those of both layers, and one whose windows hold their largest value two times or more."""
    *cases, last = pooling_cases(rng)
    x = mixed(rng, 1, 2, 4, 6)
    windows = x.reshape(2, 2, 2, 3, 2).swapaxes(2, 3).reshape(12, 4)
    largest = 1 + np.abs(windows).max(axis=1)
    for window, value in zip(windows, largest, strict=True):
        window[rng.permutation(4)[:2]] = value
    windows[0], windows[5] = 0, rng.uniform(1, 2)
    x = windows.reshape(2, 2, 3, 2, 2).swapaxes(2, 3).reshape(x.shape)
    ties = Case(_("ties in a window"), {"x": x, "kernel_size": 2, "stride": 2})
    return [*cases, ties, last]


def arguments(inputs: Inputs, output: np.ndarray) -> tuple[Any, ...]:
    """All arguments of the forward function as its cache."""
    return inputs["x"], inputs["kernel_size"], inputs["stride"]


def _dictionary(inputs: Inputs, output: np.ndarray) -> dict[str, Any]:
    return dict(zip(("x", "kernel_size", "stride"), arguments(inputs, output), strict=True))


def _from_arguments(cache: Any) -> dict[str, Any]:
    return dict(zip(("x", "kernel_size", "stride"), cache, strict=True))


MAX = Layer(
    name="max_pool",
    lesson=LESSON,
    inputs=("x", "kernel_size", "stride"),
    gradients=("x",),
    output="out",
    upstream="dout",
    function=max_pooling,
    cases=cases_with_ties,
    caches=(
        arguments,
        _dictionary,
        lambda inputs, output: (inputs["x"], output, *arguments(inputs, output)[1:]),
        lambda inputs, output: (*arguments(inputs, output), output),
    ),
    inputs_from_cache=_from_arguments,
)
MAX_FAST = replace(MAX, suffix="_fast")
AVG = replace(
    MAX,
    name="avg_pool",
    function=avg_pooling,
    cases=pooling_cases,
    caches=(
        arguments,
        _dictionary,
        lambda inputs, output: (inputs["x"].shape, *arguments(inputs, output)[1:]),
    ),
)


def _with_options(layer: Layer, inputs: Inputs, **options: int) -> np.ndarray | None:
    """The output for another window or stride; None where that window is larger than the map."""
    changed = {**inputs, **options}
    if changed["kernel_size"] > min(inputs["x"].shape[2:]):
        return None
    return layer.forward(changed)


def _output(found: np.ndarray | None) -> Outputs | None:
    return None if found is None else {"out": found}


def _square_assumed(right: Outputs) -> Outputs | None:
    """As many columns as rows; refused where windows would have to leave the map."""
    height, width = right["out"].shape[2:]
    return {"out": right["out"][..., :height]} if width >= height else None


def _rounded_up(layer: Layer, inputs: Inputs) -> Outputs:
    def ceil(x: Any, kernel_size: int, stride: int) -> Any:
        import torch

        if layer.name == "avg_pool":
            return torch.nn.functional.avg_pool2d(x, kernel_size, stride, ceil_mode=True)
        return torch.nn.functional.max_pool2d(x, kernel_size, stride, ceil_mode=True)

    return {"out": replace(layer, function=ceil).forward(inputs)}


def _one_pixel_apart(layer: Layer, inputs: Inputs, right: Outputs) -> Outputs:
    height, width = right["out"].shape[2:]
    return {"out": layer.forward({**inputs, "stride": 1})[:, :, :height, :width]}


def window_mistakes(layer: Layer) -> tuple[Misconception, ...]:
    """Mistakes of a forward function in where its windows lie, whatever it makes of each."""
    return (
        Misconception(
            "windows side by side",
            _(
                "The windows lie side by side, as if the stride were the kernel size. "
                "At which row does the window of output row i begin?"
            ),
            lambda inputs, right: {
                "out": layer.forward({**inputs, "stride": inputs["kernel_size"]})
            },
        ),
        Misconception(
            "windows as large as the stride",
            _(
                "Each window is as large as the stride. "
                "Which of the two numbers says how much a window holds, which how far it moves?"
            ),
            lambda inputs, right: _output(
                _with_options(layer, inputs, kernel_size=inputs["stride"])
            ),
        ),
        Misconception(
            "stride left out",
            _("The output is that of stride 1. Which windows does a larger stride jump over?"),
            lambda inputs, right: _output(_with_options(layer, inputs, stride=1)),
        ),
        Misconception(
            "windows one pixel apart",
            _(
                "The output has the right size, but its windows are only one pixel apart. "
                "At which row does the window of output row i begin?"
            ),
            lambda inputs, right: _one_pixel_apart(layer, inputs, right),
        ),
        Misconception(
            "rounded up",
            _(
                "Where windows do not fit, one more sticks out over the edge. "
                "Does the lesson round (H - k) / S up or down?"
            ),
            lambda inputs, right: _rounded_up(layer, inputs),
        ),
        Misconception(
            "output one too small",
            _(
                "The last row and the last column are missing: (H - k) / S counts the steps. "
                "How many places does a window visit with one step?"
            ),
            lambda inputs, right: {"out": right["out"][:, :, :-1, :-1]},
        ),
        Misconception(
            "square assumed",
            _(
                "There are as many columns as rows, whatever the width. "
                "Which of the numbers belong to the width of the map?"
            ),
            lambda inputs, right: _square_assumed(right),
        ),
    )


def window_by_window(layer: Layer, inputs: Inputs, right: Outputs) -> Outputs:
    """dx where the last window over a pixel leaves nothing of the earlier ones."""
    dx = np.zeros_like(inputs["x"])
    for row, column in np.ndindex(inputs["dout"].shape[2:]):
        dout, reach = np.zeros_like(inputs["dout"]), np.zeros_like(inputs["dout"])
        dout[:, :, row, column] = inputs["dout"][:, :, row, column]
        reach[:, :, row, column] = 1
        part = layer.backward({**inputs, "dout": dout})["dx"]
        covered = AVG.backward({**inputs, "dout": reach})["dx"] > 0
        dx = np.where(covered, part, dx)
    return {"dx": dx}


def entry_by_entry(layer: Layer, inputs: Inputs, right: Outputs) -> Outputs:
    """The same, but windows write only to those pixels that they have a gradient for."""
    dx = np.zeros_like(inputs["x"])
    for row, column in np.ndindex(inputs["dout"].shape[2:]):
        dout = np.zeros_like(inputs["dout"])
        dout[:, :, row, column] = inputs["dout"][:, :, row, column]
        part = layer.backward({**inputs, "dout": dout})["dx"]
        dx = np.where(part != 0, part, dx)
    return {"dx": dx}


def gradient_of(function: Callable[..., Any], inputs: Inputs) -> np.ndarray:
    """dx of a layer with a mistake in it, told in PyTorch, by autograd."""
    return replace(MAX, function=function).backward(inputs)["dx"]
