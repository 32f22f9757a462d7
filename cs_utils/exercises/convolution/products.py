"""The convolution layer as one matrix product: ``conv_forward_im2col`` and its backward."""

from dataclasses import replace
from typing import Any

import numpy as np

from cs_utils.exercises.convolution import layer_mistakes
from cs_utils.exercises.convolution.columns import unfold
from cs_utils.exercises.convolution.layer import (
    NAIVE,
    arguments,
    axes_of_w_mixed_up,
    gradients_of,
    output_of,
)
from cs_utils.exercises.specification import Inputs, Misconception, Outputs
from cs_utils.language import _


def _columns(inputs: Inputs) -> np.ndarray:
    options = inputs.get("stride", 1), inputs.get("padding", 0)
    return unfold(inputs["x"], inputs["w"].shape[2:], *options)


def _with_columns(inputs: Inputs, output: np.ndarray) -> tuple[Any, ...]:
    return *arguments(inputs, output), _columns(inputs)


def _dictionary(inputs: Inputs, output: np.ndarray) -> dict[str, Any]:
    names = ("x", "w", "b", "stride", "padding", "columns")
    return dict(zip(names, _with_columns(inputs, output), strict=True)) | {
        "x_shape": inputs["x"].shape
    }


PRODUCT = replace(
    NAIVE,
    suffix="_im2col",
    caches=(
        _with_columns,
        arguments,
        lambda inputs, output: (_columns(inputs), *arguments(inputs, output)),
        lambda inputs, output: (
            inputs["x"].shape,
            inputs["w"],
            _columns(inputs),
            inputs.get("stride", 1),
            inputs.get("padding", 0),
        ),
        _dictionary,
    ),
)


def _axes_exchanged(array: np.ndarray) -> np.ndarray:
    """The numbers of (F, N, H, W) read as (N, F, H, W)."""
    return np.ascontiguousarray(array.swapaxes(0, 1)).reshape(array.shape)


def _dout_reshaped(inputs: Inputs) -> Outputs:
    """dw and dx where dout was reshaped to (F, N outH outW) with its axes left as they were."""
    dout = inputs["dout"]
    N, F, *size = dout.shape
    mixed_up = dout.reshape(F, N, *size).swapaxes(0, 1)
    gradients = NAIVE.backward({**inputs, "dout": mixed_up})
    return {"dx": gradients["dx"], "dw": gradients["dw"]}


FORWARD = PRODUCT.forward_exercise(
    3,
    *layer_mistakes.FORWARD,
    Misconception(
        "images and filters mixed up",
        _(
            "The numbers are right, but images and filters are mixed up: the product had the "
            "filters first, and reshape keeps the order. Which axes must be moved?"
        ),
        lambda inputs, right: {"out": _axes_exchanged(right["out"])},
    ),
    Misconception(
        "weights in another order than the columns",
        _(
            "The weights were laid out with the channels last, the columns have them first. "
            "In which order does im2col read a window?"
        ),
        lambda inputs, right: {"out": output_of(axes_of_w_mixed_up, inputs)},
    ),
    builds_on=("im2col", "zero_pad", "conv_output_size"),
)

BACKWARD = PRODUCT.backward_exercise(
    4,
    *layer_mistakes.BACKWARD,
    Misconception(
        "dout reshaped without moving axes",
        _(
            "dout was reshaped to one row for each filter while its first axis counted the "
            "images. Which axes must be moved before?"
        ),
        lambda inputs, right: _dout_reshaped(inputs),
    ),
    Misconception(
        "weights in another order than the columns",
        _(
            "In dx the weights were laid out with the channels last, the columns have them first. "
            "In which order does im2col read a window?"
        ),
        lambda inputs, right: {"dx": gradients_of(axes_of_w_mixed_up, inputs)["dx"]},
    ),
    Misconception(
        "dw of the first image",
        _("dw is that of the first image alone. Where does every other image go?"),
        lambda inputs, right: _of_first_image(inputs),
    ),
    builds_on=("im2col", "col2im", "zero_pad", "conv_output_size"),
)


def _of_first_image(inputs: Inputs) -> Outputs:
    first = {"x": inputs["x"][:1], "dout": inputs["dout"][:1]}
    return {"dw": NAIVE.backward({**inputs, **first})["dw"]}
