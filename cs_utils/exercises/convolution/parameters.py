"""How many weights: of a fully connected and of a convolution layer."""

from typing import Any

import numpy as np

from cs_utils.exercises.convolution.drawing import LESSON
from cs_utils.exercises.matrix_backprop.drawing import asks
from cs_utils.exercises.specification import Case, Exercise, Inputs, Misconception
from cs_utils.language import _


def _parameters(layer: Any) -> dict[str, int]:
    """The number of a module's parameters; on the meta device none of them takes memory."""
    return {"parameters": sum(parameter.numel() for parameter in layer.parameters())}


def _fully_connected(inputs: Inputs) -> dict[str, int]:
    import torch

    size = int(np.prod(inputs["input_shape"]))
    linear = torch.nn.Linear(size, inputs["outputs"], inputs["bias"], device="meta")
    return _parameters(linear)


def _fully_connected_cases(rng: np.random.Generator) -> list[Case]:
    def inputs(channels: int, bias: bool) -> dict[str, Any]:
        height, width = (int(n) for n in rng.choice(np.arange(20, 300), 2, replace=False))
        shape = (channels, height, width)
        return {"input_shape": shape, "outputs": int(rng.integers(5, 1000)), "bias": bias}

    printed = {"input_shape": (3, 32, 32), "outputs": 10, "bias": True}
    return [
        Case(_("32x32x3 numbers, 10 outputs"), printed, weight=0),
        Case(_("a grey picture"), inputs(1, True)),
        Case(_("a grey picture, no bias"), inputs(1, False)),
        Case(_("a colour picture"), inputs(3, True)),
        Case(_("a colour picture, no bias"), inputs(3, False)),
        Case(_("many channels"), inputs(int(rng.integers(16, 100)), True)),
    ]


FULLY_CONNECTED_PARAMETERS = Exercise(
    name="fully_connected_parameters",
    lesson=LESSON,
    points=1,
    cases=_fully_connected_cases,
    answer=asks("fully_connected_parameters", "parameters"),
    oracle=_fully_connected,
    misconceptions=(
        Misconception(
            "bias forgotten",
            _("These are the weights alone. What else does each output have?"),
            lambda inputs, right: _fully_connected({**inputs, "bias": False}),
        ),
        Misconception(
            "always with bias",
            _("Only bias=False goes wrong. Which parameters does it leave out?"),
            lambda inputs, right: _fully_connected({**inputs, "bias": True}),
        ),
        Misconception(
            "one bias for all",
            _("There is one bias too few for each further output. Do the outputs share theirs?"),
            lambda inputs, right: {
                "parameters": _fully_connected({**inputs, "bias": False})["parameters"]
                + bool(inputs["bias"])
            },
        ),
        Misconception(
            "a bias for every input",
            _("One bias was counted for each input. What is a bias added to?"),
            lambda inputs, right: {
                "parameters": _fully_connected({**inputs, "bias": False})["parameters"]
                + int(np.prod(inputs["input_shape"])) * bool(inputs["bias"])
            },
        ),
        Misconception(
            "channels forgotten",
            _("Only one channel was counted. How many numbers does a picture of C channels hold?"),
            lambda inputs, right: _fully_connected(
                {**inputs, "input_shape": inputs["input_shape"][1:]}
            ),
        ),
    ),
)


def _convolution(inputs: Inputs) -> dict[str, int]:
    import torch

    layer = torch.nn.Conv2d(
        inputs["in_channels"],
        inputs["out_channels"],
        inputs["kernel_size"],
        bias=inputs["bias"],
        device="meta",
    )
    return _parameters(layer)


def _convolution_cases(rng: np.random.Generator) -> list[Case]:
    def inputs(kernel_size: Any, bias: bool, in_channels: int = 0) -> dict[str, Any]:
        channels = [int(n) for n in rng.choice(np.arange(4, 200), 2, replace=False)]
        return {
            "in_channels": in_channels or channels[0],
            "out_channels": channels[1],
            "kernel_size": kernel_size,
            "bias": bias,
        }

    printed = {"in_channels": 3, "out_channels": 10, "kernel_size": 5, "bias": True}
    return [
        Case(_("the slide's 10 5x5 filters on 3 channels"), printed, weight=0),
        Case(_("a grey picture, 3x3"), inputs(3, True, in_channels=1)),
        Case(_("a 7x7 kernel"), inputs(7, True)),
        Case(_("a 5x5 kernel, no bias"), inputs(5, False)),
        Case(_("a 1x1 kernel"), inputs(1, True)),
        Case(_("a kernel of (3, 5)"), inputs((3, 5), True)),
        Case(_("a kernel of (7, 1), no bias"), inputs((7, 1), False)),
    ]


def _square(kernel_size: Any) -> int:
    return kernel_size if np.ndim(kernel_size) == 0 else kernel_size[0]


CONV_PARAMETERS = Exercise(
    name="conv_parameters",
    lesson=LESSON,
    points=1,
    cases=_convolution_cases,
    answer=asks("conv_parameters", "parameters"),
    oracle=_convolution,
    misconceptions=(
        Misconception(
            "bias forgotten",
            _("These are the weights alone. What is the + 1 in the lecture's 5*5*3 + 1?"),
            lambda inputs, right: _convolution({**inputs, "bias": False}),
        ),
        Misconception(
            "always with bias",
            _("Only bias=False goes wrong. Which parameters does it leave out?"),
            lambda inputs, right: _convolution({**inputs, "bias": True}),
        ),
        Misconception(
            "one bias for all",
            _("Only one bias was counted. Do the filters share theirs?"),
            lambda inputs, right: {
                "parameters": _convolution({**inputs, "bias": False})["parameters"]
                + bool(inputs["bias"])
            },
        ),
        Misconception(
            "a bias for every channel of a filter",
            _("Too many biases: one for each channel of each filter. What is a bias added to?"),
            lambda inputs, right: {
                "parameters": _convolution({**inputs, "bias": False})["parameters"]
                + inputs["in_channels"] * inputs["out_channels"] * bool(inputs["bias"])
            },
        ),
        Misconception(
            "depth forgotten",
            _(
                "The filters have a depth of 1 here. "
                "Which slide says how far they extend through the input?"
            ),
            lambda inputs, right: _convolution({**inputs, "in_channels": 1}),
        ),
        Misconception(
            "only one side of the kernel",
            _("A kernel of size 5 was counted as 5 numbers. How many has a 5x5 filter?"),
            lambda inputs, right: {
                "parameters": inputs["out_channels"]
                * (inputs["in_channels"] * _square(inputs["kernel_size"]) + bool(inputs["bias"]))
            },
        ),
        Misconception(
            "always a square kernel",
            _(
                "Only kernels that are not square go wrong. "
                "What are the two numbers of kernel_size?"
            ),
            lambda inputs, right: _convolution(
                {**inputs, "kernel_size": _square(inputs["kernel_size"])}
            ),
        ),
    ),
)
