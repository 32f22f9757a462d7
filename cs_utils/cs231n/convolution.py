"""``conv_forward_naive(x, w, b, conv_param)`` and ``conv_backward_naive(dout, cache)``."""

from typing import Any

import numpy as np

from cs_utils.cs231n.layer import LESSON, OptionsLayer
from cs_utils.exercises.convolution import layer_mistakes
from cs_utils.exercises.convolution.layer import (
    NAIVE,
    convolution,
    from_arguments,
    layer_cases,
)
from cs_utils.exercises.specification import Inputs, Misconception
from cs_utils.language import _


def _arguments(inputs: Inputs) -> list[Any]:
    options = {"stride": inputs["stride"], "pad": inputs["padding"]}
    return [inputs["x"], inputs["w"], inputs["b"], options]


def _from_arguments(x: Any, w: Any, b: Any, conv_param: Any) -> dict[str, Any]:
    options = {"stride": conv_param["stride"], "padding": conv_param["pad"]}
    return {"x": x, "w": w, "b": b, **options}


_CONV = OptionsLayer(
    name="conv",
    suffix="_naive",
    lesson=LESSON,
    inputs=NAIVE.inputs,
    gradients=NAIVE.gradients,
    output="out",
    upstream="dout",
    function=convolution,
    cases=layer_cases,
    caches=(lambda inputs, output: tuple(_arguments(inputs)),),
    inputs_from_cache=lambda cache: from_arguments((*cache[:3], *_options(cache[3]))),
    arguments=_arguments,
    inputs_from_arguments=_from_arguments,
)


def _options(conv_param: dict[str, int]) -> tuple[int, int]:
    return conv_param["stride"], conv_param["pad"]


_PADDING_ONE = Misconception(
    "padding taken to be 1",
    _(
        "The images were padded by 1, whatever the case asks for. "
        "From where does the function know the padding?"
    ),
    lambda inputs, right: {"out": NAIVE.forward({**inputs, "padding": 1})},
)
_TRANSPOSED_OUTPUT = Misconception(
    "height and width of the output exchanged",
    _("The maps come out transposed. Which axis of out belongs to the height?"),
    lambda inputs, right: {"out": right["out"].swapaxes(2, 3)},
)


def _dx_with_padding_one(inputs: Inputs) -> np.ndarray:
    """dx where one row and column are cut off all around, whatever the padding was."""
    border = ((0, 0), (0, 0), (inputs["padding"],) * 2, (inputs["padding"],) * 2)
    padded = {**inputs, "x": np.pad(inputs["x"], border), "padding": 0}
    return NAIVE.backward(padded)["dx"][:, :, 1:-1, 1:-1]


_CUT_ONE = Misconception(
    "padding taken to be 1",
    _(
        "dx was cut by one row and column on every side, whatever the padding. "
        "From where does the function know the padding?"
    ),
    lambda inputs, right: {"dx": _dx_with_padding_one(inputs)},
)

CONV = _CONV.exercises(
    (4, 6),
    (*layer_mistakes.FORWARD, _PADDING_ONE, _TRANSPOSED_OUTPUT),
    (*layer_mistakes.BACKWARD, _CUT_ONE),
)
