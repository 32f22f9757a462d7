"""``max_pool_forward_naive(x, pool_param)`` and ``max_pool_backward_naive(dout, cache)``, with what
known mistakes make of them.

Ties: PyTorch's first maximum and an equal split among all of them are both right.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from cs_utils.closeness import close
from cs_utils.cs231n.layer import OptionsLayer
from cs_utils.cs231n.pooling import (
    LAYER,
    max_pool,
    split_evenly,
    whole_to_every_tie,
    windows,
)
from cs_utils.exercises.specification import AGAIN, Exercise, Inputs, Misconception, Outputs
from cs_utils.language import _

_TOLERANCE = 1e-7


def _with(inputs: Inputs, function: Callable[..., Any]) -> OptionsLayer:
    """The layer with a mistake in it, cut to as many windows as there should be."""
    rows, columns = LAYER.forward(inputs).shape[2:]

    def cut(x: Any, **options: Any) -> Any:
        return function(x, **options)[:, :, :rows, :columns]

    return replace(LAYER, function=cut)


def _steps_of_one(x: Any, pool_height: int, pool_width: int, stride: int) -> Any:
    return max_pool(x, pool_height, pool_width, 1)


def _window_of_stride(x: Any, pool_height: int, pool_width: int, stride: int) -> Any:
    """Windows that run over the edge are cut off there, as slices are."""
    import torch

    padded = torch.nn.functional.pad(x, (0, stride, 0, stride), value=-np.inf)
    return max_pool(padded, stride, stride, stride)


def _sides_exchanged(inputs: Inputs) -> Outputs | None:
    """Windows turned by a quarter; None where they don't fit into the map."""
    sides = {"pool_height": inputs["pool_width"], "pool_width": inputs["pool_height"]}
    height, width = inputs["x"].shape[2:]
    if sides["pool_height"] > height or sides["pool_width"] > width:
        return None
    return {"out": LAYER.forward({**inputs, **sides})}


def _average(x: Any, pool_height: int, pool_width: int, stride: int) -> Any:
    import torch

    return torch.nn.functional.avg_pool2d(x, (pool_height, pool_width), stride)


def _out(inputs: Inputs, function: Callable[..., Any]) -> Outputs:
    return {"out": _with(inputs, function).forward(inputs)}


def _dx(inputs: Inputs, function: Callable[..., Any]) -> Outputs | None:
    layer = _with(inputs, function)
    if layer.forward(inputs).shape != inputs["dout"].shape:
        return None
    return layer.backward(inputs)


def _overwritten(whole_window: bool, ties: bool, inputs: Inputs, right: Outputs) -> Outputs:
    """dx where the last window leaves nothing of the earlier ones: in the whole window, or in the
    entry of its maximum. ties: every one of several maxima gets the gradient."""
    dx = np.zeros_like(inputs["x"])
    stride, size = inputs["stride"], (inputs["pool_height"], inputs["pool_width"])
    for row, column in np.ndindex(inputs["dout"].shape[2:]):
        alone = np.zeros_like(inputs["dout"])
        alone[:, :, row, column] = inputs["dout"][:, :, row, column]
        here = {**inputs, "dout": alone}
        part = whole_to_every_tie(here) if ties else LAYER.backward(here)["dx"]
        covered = part != 0
        if whole_window:
            covered = np.zeros(dx.shape, dtype=bool)
            top, left = row * stride, column * stride
            covered[:, :, top : top + size[0], left : left + size[1]] = True
        dx = np.where(covered, part, dx)
    return {"dx": dx}


def _decoded_with_the_height(inputs: Inputs) -> Outputs | None:
    """dx where the flat place of a maximum is divided by the height of the window."""
    import torch

    size = inputs["pool_height"], inputs["pool_width"]
    x, dout = torch.tensor(inputs["x"]), inputs["dout"]
    flat = windows(x, inputs).argmax(2).reshape(dout.shape).numpy()
    dx = np.zeros_like(inputs["x"])
    for n, c, i, j in np.ndindex(dout.shape):
        row = i * inputs["stride"] + flat[n, c, i, j] // size[0]
        column = j * inputs["stride"] + flat[n, c, i, j] % size[0]
        if row >= dx.shape[2] or column >= dx.shape[3]:
            return None
        dx[n, c, row, column] += dout[n, c, i, j]
    return {"dx": dx}


def _square_assumed(right: Outputs) -> Outputs | None:
    """As many columns as rows."""
    rows, columns = right["out"].shape[2:]
    return {"out": right["out"][..., :rows]} if columns >= rows else None


_FORWARD = (
    Misconception(
        "zero as the least maximum",
        _("Negative maxima became 0. From which number must the search for a maximum begin?"),
        lambda inputs, right: {"out": np.maximum(right["out"], 0)},
    ),
    Misconception(
        "average",
        _("These are the means of the windows. Which number of a window is wanted?"),
        lambda inputs, right: _out(inputs, _average),
    ),
    Misconception(
        "stride left out",
        _(
            "The windows are one pixel apart, whatever the stride. "
            "At which row begins the window of output row i?"
        ),
        lambda inputs, right: _out(inputs, _steps_of_one),
    ),
    Misconception(
        "window taken equal to the stride",
        _(
            "The windows are as large as the stride. "
            "Which two numbers in pool_param say how large they are?"
        ),
        lambda inputs, right: _out(inputs, _window_of_stride),
    ),
    Misconception(
        "height and width of the window exchanged",
        _("pool_height and pool_width have changed places. Which of them runs down the map?"),
        lambda inputs, right: _sides_exchanged(inputs),
    ),
    Misconception(
        "height and width of the output exchanged",
        _("The maps come out transposed. Which axis of out belongs to the height?"),
        lambda inputs, right: {"out": right["out"].swapaxes(2, 3)},
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

_OVERWRITTEN_HINT = _(
    "Where windows overlap only the last one has left its gradient: `=` where `+=` belongs. "
    "What does a pixel get that is the maximum of several windows?"
)

_BACKWARD = (
    Misconception(
        "whole gradient to every tie",
        _(
            "Only equal maxima go wrong: each of them got the whole gradient, so dx sums to more "
            "than dout. How much of the output does one of two equal maxima carry?"
        ),
        lambda inputs, right: {"dx": whole_to_every_tie(inputs)},
    ),
    *(
        Misconception(
            name + (_(", and every tie counts") if ties else ""),
            _OVERWRITTEN_HINT,
            partial(_overwritten, whole, ties),
        )
        for ties in (False, True)
        for name, whole in (
            ("windows overwrite each other", True),
            ("maxima overwrite each other", False),
        )
    ),
    Misconception(
        "stride left out",
        _(
            "The windows of the backward pass are one pixel apart, whatever the stride. "
            "At which row begins the window of output row i?"
        ),
        lambda inputs, right: _dx(inputs, _steps_of_one),
    ),
    Misconception(
        "window taken equal to the stride",
        _(
            "The windows of the backward pass are as large as the stride. "
            "Which two numbers in pool_param say how large they are?"
        ),
        lambda inputs, right: _dx(inputs, _window_of_stride),
    ),
    Misconception(
        "maximum decoded with the wrong side",
        _(
            "Windows that are not square go wrong: the flat index of the maximum was divided by "
            "the window's height. After how many entries does its next row begin?"
        ),
        lambda inputs, right: _decoded_with_the_height(inputs),
    ),
    Misconception(
        "gradient for the whole window",
        _("All entries of a window share the gradient. On which of them does the output depend?"),
        lambda inputs, right: _dx(inputs, _average),
    ),
    Misconception(
        "upstream gradient forgotten",
        _("dout plays no part here, as if it were all ones. Where does the chain rule begin?"),
        lambda inputs, right: LAYER.backward({**inputs, "dout": np.ones_like(inputs["dout"])}),
    ),
)


def _even_split_counts(inputs: Inputs, outputs: Outputs) -> Outputs:
    """The answer, as PyTorch's where it is an equal split."""
    found = dict(outputs)
    split = split_evenly(inputs)
    for name in ("dx", "dx" + AGAIN):
        own = found.get(name)
        if own is not None and own.shape == split.shape and close(own, split, _TOLERANCE).all():
            found[name] = LAYER.backward(inputs)["dx"].astype(own.dtype)
    return found


def _pair() -> tuple[Exercise, Exercise]:
    forward, backward = LAYER.exercises((3, 4), _FORWARD, _BACKWARD)
    return forward, replace(backward, properties=_even_split_counts)


MAX_POOL = _pair()
