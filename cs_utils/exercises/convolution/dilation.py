"""Bonus exercise: the dilated convolution layer."""

from typing import Any

import numpy as np

from cs_utils.exercises.convolution.drawing import layer_inputs
from cs_utils.exercises.convolution.options import (
    BIAS_FORGOTTEN,
    OPTIONS_FORGOTTEN,
    bonus,
    torch_layer,
)
from cs_utils.exercises.specification import Case, Inputs, Misconception, Outputs
from cs_utils.language import _


def _dilated_cases(rng: np.random.Generator) -> list[Case]:
    def inputs(
        x: Any, filters: int, kernel: tuple[int, int], dilation: int, **more: int
    ) -> dict[str, Any]:
        return {**layer_inputs(rng, x, filters, kernel), "dilation": dilation, **more}

    printed = {
        "x": np.arange(1.0, 17).reshape(1, 1, 4, 4),
        "w": np.array([[[[1.0, 2], [3, 4]]]]),
        "b": np.zeros(1),
        "dilation": 2,
    }
    unchanged = inputs((2, 2, 5, 6), 3, (2, 3), 2, stride=1, padding=1)
    return [
        Case(_("the numbers 1 to 16, a 2x2 kernel, dilation 2"), printed, weight=0),
        Case(_("dilation 1: the plain layer"), inputs((1, 2, 3, 4), 2, (2, 2), 1)),
        Case(_("dilation 2"), inputs((2, 2, 5, 6), 3, (3, 3), 2)),
        Case(_("dilation 3, a 2x3 kernel"), inputs((1, 3, 5, 7), 2, (2, 3), 3)),
        Case(_("dilation 2, padding 2"), inputs((2, 1, 4, 5), 2, (3, 3), 2, stride=1, padding=2)),
        Case(_("dilation 2, stride 3"), inputs((2, 2, 6, 7), 2, (2, 1), 2, stride=3, padding=0)),
        Case(_("inputs are left unchanged"), unchanged, inputs_unchanged=True),
    ]


DILATED_CONV_FORWARD = bonus(
    "dilated_conv_forward",
    2,
    _dilated_cases,
    torch_layer,
    BIAS_FORGOTTEN,
    Misconception(
        "dilation left out",
        _("This is the plain layer. How far apart lie two entries of a dilated kernel?"),
        lambda inputs, right: {"out": torch_layer(inputs, dilation=1)},
    ),
    Misconception(
        "kernel's entries repeated",
        _(
            "Every entry of the kernel was repeated. "
            "What stands between the entries of a dilated kernel?"
        ),
        lambda inputs, right: _entries_repeated(inputs),
    ),
    Misconception(
        "dilation as stride",
        _(
            "The windows moved by the dilation too. "
            "What does the dilation spread: the kernel, or the places it is put at?"
        ),
        lambda inputs, right: {
            "out": torch_layer(inputs, stride=inputs["dilation"] * inputs.get("stride", 1))
        },
    ),
    Misconception(
        "one pixel too far apart",
        _(
            "The kernel's entries have `dilation` zeros between them. "
            "How many pixels further does the next entry lie with dilation 1, the plain layer?"
        ),
        lambda inputs, right: _further_apart(inputs),
    ),
    Misconception(
        "rows spread, columns not",
        _(
            "The kernel was spread along its height alone. "
            "How far apart do two neighbours in the same row of the kernel lie?"
        ),
        lambda inputs, right: {"out": torch_layer(inputs, dilation=(inputs["dilation"], 1))},
    ),
    OPTIONS_FORGOTTEN,
    builds_on=("conv_forward_im2col", "zero_pad", "conv_output_size"),
)


def _entries_repeated(inputs: Inputs) -> Outputs | None:
    """The kernel enlarged like a picture; None where it is then larger than the padded map."""
    times, border = inputs["dilation"], 2 * inputs.get("padding", 0)
    w = inputs["w"].repeat(times, axis=2).repeat(times, axis=3)
    sizes = zip(w.shape[2:], inputs["x"].shape[2:], strict=True)
    fits = all(k <= n + border for k, n in sizes)
    return {"out": torch_layer(inputs, dilation=1, w=w)} if fits else None


def _further_apart(inputs: Inputs) -> Outputs | None:
    """The kernel with one more pixel in each gap; None where it then does not fit."""
    dilation, border = inputs["dilation"] + 1, 2 * inputs.get("padding", 0)
    sizes = zip(inputs["w"].shape[2:], inputs["x"].shape[2:], strict=True)
    fits = all(dilation * (k - 1) + 1 <= n + border for k, n in sizes)
    return {"out": torch_layer(inputs, dilation=dilation)} if fits else None
