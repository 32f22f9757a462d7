"""Bonus exercise: the transposed convolution, ``transposed_conv_forward``."""

from typing import Any

import numpy as np

from cs_utils.exercises.convolution.drawing import layer_inputs
from cs_utils.exercises.convolution.options import BIAS_FORGOTTEN, bonus, torch_layer
from cs_utils.exercises.specification import Case, Inputs, Misconception, Outputs
from cs_utils.language import _


def _transposed(inputs: Inputs, **changes: Any) -> np.ndarray:
    return torch_layer(inputs, "conv_transpose2d", **changes)


def _transposed_cases(rng: np.random.Generator) -> list[Case]:
    def inputs(x: Any, filters: int, kernel: tuple[int, int], **options: int) -> dict[str, Any]:
        drawn = layer_inputs(rng, x, filters, kernel)
        return {**drawn, "w": drawn["w"].swapaxes(0, 1).copy(), **options}

    printed = {
        "x": np.array([[[[1.0, 2], [3, 4]]]]),
        "w": np.array([[[[1.0, 10], [100, 1000]]]]),
        "b": np.zeros(1),
    }
    unchanged = inputs((2, 3, 3, 2), 2, (3, 2), stride=2, padding=1)
    return [
        Case(_("four pixels, a 2x2 kernel of powers of ten"), printed, weight=0),
        Case(_("one pixel"), inputs((1, 1, 1, 1), 1, (3, 2))),
        Case(_("two channels, three filters"), inputs((2, 2, 3, 2), 3, (2, 2))),
        Case(_("stride 2, overlapping"), inputs((2, 3, 2, 3), 2, (3, 3), stride=2)),
        Case(_("stride 3, with gaps"), inputs((1, 2, 2, 2), 3, (2, 2), stride=3)),
        Case(_("stride 2, padding 1"), inputs((2, 2, 3, 2), 1, (3, 3), stride=2, padding=1)),
        Case(_("inputs are left unchanged"), unchanged, inputs_unchanged=True),
    ]


def _padding_added(inputs: Inputs) -> Outputs:
    """The padding around the result in place of cut off from it."""
    border = (inputs.get("padding", 0),) * 2
    out = _transposed(inputs, padding=0, b=np.zeros_like(inputs["b"]))
    out = np.pad(out, ((0, 0), (0, 0), border, border))
    return {"out": out + inputs["b"][:, None, None]}


def _last_pixel_left(inputs: Inputs) -> Outputs:
    """Every pixel's kernel laid over the earlier ones."""
    stride, padding = inputs.get("stride", 1), inputs.get("padding", 0)
    no_bias = np.zeros_like(inputs["b"])
    out = np.zeros_like(_transposed(inputs))
    for row, column in np.ndindex(inputs["x"].shape[2:]):
        x = np.zeros_like(inputs["x"])
        x[:, :, row, column] = inputs["x"][:, :, row, column]
        options = {"b": no_bias, "stride": stride, "padding": padding}
        part = _transposed(inputs, x=x, **options)
        reach = _transposed(inputs, x=(x != 0) * 1.0, w=np.ones_like(inputs["w"]), **options)
        out = np.where(reach > 0, part, out)
    return {"out": out + inputs["b"][:, None, None]}


TRANSPOSED_CONV_FORWARD = bonus(
    "transposed_conv_forward",
    3,
    _transposed_cases,
    _transposed,
    BIAS_FORGOTTEN,
    Misconception(
        "kernel turned round",
        _(
            "Every kernel was turned round. "
            "Which of its entries lands at the top left of a pixel's patch?"
        ),
        lambda inputs, right: {"out": _transposed(inputs, w=inputs["w"][:, :, ::-1, ::-1])},
    ),
    Misconception(
        "stride left out",
        _("The patches lie one pixel apart. What does a stride of 2 do to the output's size?"),
        lambda inputs, right: _steps_of_one(inputs),
    ),
    Misconception(
        "padding left on",
        _("The output still has the border. What does padding do in the layer run backwards?"),
        lambda inputs, right: {"out": _transposed(inputs, padding=0)},
    ),
    Misconception(
        "padding added",
        _(
            "A border of zeros was added to the output. "
            "The plain layer adds it to its input: what does the reverse do?"
        ),
        lambda inputs, right: _padding_added(inputs),
    ),
    Misconception(
        "patches overwrite each other",
        _(
            "Where patches overlap only the last one is left: `=` where `+=` belongs. "
            "What does an output pixel get that several pixels reach?"
        ),
        lambda inputs, right: _last_pixel_left(inputs),
    ),
    builds_on=("col2im", "conv_output_size"),
)


def _steps_of_one(inputs: Inputs) -> Outputs | None:
    """The patches one pixel apart; None where the padding then leaves nothing."""
    sizes = zip(inputs["x"].shape[2:], inputs["w"].shape[2:], strict=True)
    some_left = all(n + k - 1 > 2 * inputs.get("padding", 0) for n, k in sizes)
    return {"out": _transposed(inputs, stride=1)} if some_left else None
