"""The convolution layer in PyTorch, its cases, and what known mistakes make of it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from cs_utils.exercises.convolution.drawing import LESSON, layer_inputs
from cs_utils.exercises.layers import Layer
from cs_utils.exercises.specification import Case, Inputs
from cs_utils.language import _

_Shape = tuple[int, int, int, int]


def convolution(x: Any, w: Any, b: Any, stride: int = 1, padding: int = 0) -> Any:
    """The layer on tensors."""
    import torch

    return torch.nn.functional.conv2d(x, w, b, stride, padding)


def _slide() -> dict[str, Any]:
    """The lecture's padded example: 5x5 numbers, a 3x3 kernel, padding 1."""
    image = [[2, 2, 3, 3, 3], [0, 1, 3, 0, 3], [2, 3, 0, 1, 3], [3, 3, 2, 1, 2], [3, 3, 0, 2, 3]]
    kernel = [[2, 0, 1], [1, 0, 0], [0, 1, 1]]
    return {
        "x": np.array(image, dtype=np.float64)[None, None],
        "w": np.array(kernel, dtype=np.float64)[None, None],
        "b": np.zeros(1),
        "stride": 1,
        "padding": 1,
    }


def layer_cases(rng: np.random.Generator) -> list[Case]:
    """Forward cases of the layer, smallest first; every map is 7x7 or less."""

    def case(title: str, x: _Shape, filters: int, kernel: tuple[int, int], **options: int) -> Case:
        return Case(title, layer_inputs(rng, x, filters, kernel, **options))

    unchanged = case(_("inputs are left unchanged"), (2, 3, 6, 5), 4, (3, 3), stride=1, padding=1)
    return [
        Case(_("the lecture's padded example"), _slide(), weight=0),
        case(_("one 4x4 map, one 3x3 filter"), (1, 1, 4, 4), 1, (3, 3), stride=1, padding=0),
        case(
            _("two channels, three filters, padding 1"),
            (2, 2, 5, 4),
            3,
            (3, 3),
            stride=1,
            padding=1,
        ),
        case(_("a 2x3 kernel on a 5x6 map"), (2, 4, 5, 6), 2, (2, 3), stride=1, padding=0),
        case(_("stride 2 on a 7x5 map"), (2, 3, 7, 5), 2, (3, 3), stride=2, padding=0),
        case(_("stride 3, padding 1, on a 4x7 map"), (1, 2, 4, 7), 3, (3, 3), stride=3, padding=1),
        case(_("stride 3, a 2x2 kernel, padding 3"), (2, 5, 2, 5), 2, (2, 2), stride=3, padding=3),
        case(_("a kernel as large as the map"), (3, 2, 4, 3), 4, (4, 3), stride=1, padding=0),
        replace(unchanged, inputs_unchanged=True),
    ]


def _dictionary(inputs: Inputs, output: np.ndarray) -> dict[str, Any]:
    x, w, b, stride, padding = arguments(inputs, output)
    return {"x": x, "w": w, "b": b, "stride": stride, "padding": padding}


def arguments(inputs: Inputs, output: np.ndarray) -> tuple[Any, ...]:
    """All arguments of the forward function as its cache."""
    options = inputs.get("stride", 1), inputs.get("padding", 0)
    return inputs["x"], inputs["w"], inputs["b"], *options


def from_arguments(cache: Any) -> dict[str, Any]:
    """The way back from ``arguments``, or from a cache that begins with them."""
    return dict(zip(("x", "w", "b", "stride", "padding"), cache, strict=False))


NAIVE = Layer(
    name="conv",
    suffix="_naive",
    lesson=LESSON,
    inputs=("x", "w", "b", "stride", "padding"),
    gradients=("x", "w", "b"),
    output="out",
    upstream="dout",
    function=convolution,
    cases=layer_cases,
    caches=(
        arguments,
        _dictionary,
        lambda inputs, output: (
            *arguments(inputs, output)[:3],
            {"stride": inputs.get("stride", 1), "pad": inputs.get("padding", 0)},
        ),
    ),
    inputs_from_cache=from_arguments,
)


def output_of(function: Callable[..., Any], inputs: Inputs) -> np.ndarray:
    """The output of the layer with a mistake in it, told in PyTorch."""
    return replace(NAIVE, function=function).forward(inputs)


def gradients_of(function: Callable[..., Any], inputs: Inputs) -> dict[str, np.ndarray]:
    """The gradients of that layer, by autograd."""
    return replace(NAIVE, function=function).backward(inputs)


def turned_round(x: Any, w: Any, b: Any, stride: int, padding: int) -> Any:
    """A true convolution: every kernel is turned round."""
    return convolution(x, w.flip(2, 3), b, stride, padding)


def steps_of_one(x: Any, w: Any, b: Any, stride: int, padding: int) -> Any:
    """The right number of windows, but each only one pixel further than the last."""
    right, close = convolution(x, w, b, stride, padding), convolution(x, w, b, 1, padding)
    return close[:, :, : right.shape[2], : right.shape[3]]


def axes_of_w_mixed_up(x: Any, w: Any, b: Any, stride: int, padding: int) -> Any:
    """The weights flattened channels last, though the columns have them first."""
    return convolution(x, w.movedim(1, 3).reshape(w.shape), b, stride, padding)
