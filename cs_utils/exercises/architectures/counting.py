"""Counting weights and operations: ``stack_parameters`` and ``conv_ops``."""

from typing import Any

import numpy as np

from cs_utils.exercises.architectures.networks import LESSON
from cs_utils.exercises.matrix_backprop.drawing import asks
from cs_utils.exercises.specification import Case, Exercise, Inputs, Misconception, Outputs
from cs_utils.language import _


def _stack(inputs: Inputs) -> dict[str, int]:
    """The parameters of PyTorch's layers, which on the meta device take no memory."""
    import torch

    channels, bias = inputs["channels"], inputs.get("bias", False)
    layers = [
        torch.nn.Conv2d(channels, channels, size, bias=bias, device="meta")
        for size in inputs["kernel_sizes"]
    ]
    return {"parameters": sum(one.numel() for layer in layers for one in layer.parameters())}


def _stack_cases(rng: np.random.Generator) -> list[Case]:
    channels, more, others, wide = (int(n) for n in rng.choice(np.arange(5, 600), 4, replace=False))
    return [
        Case(_("the lecture's one 7x7"), {"kernel_sizes": (7,), "channels": 1}, weight=0),
        Case(_("one layer"), {"kernel_sizes": (int(rng.integers(2, 9)),), "channels": channels}),
        Case(_("three layers of 3x3"), {"kernel_sizes": (3, 3, 3), "channels": more}),
        Case(_("kernels of two sizes"), {"kernel_sizes": (5, 1, 1, 3), "channels": others}),
        Case(
            _("with biases"),
            {"kernel_sizes": (3, 7), "channels": wide, "bias": True},
        ),
        Case(_("one channel, with biases"), {"kernel_sizes": (3, 3), "channels": 1, "bias": True}),
    ]


def _stacked(inputs: Inputs, **changed: Any) -> Outputs:
    return _stack({**inputs, **changed})


def _one_bias_a_layer(inputs: Inputs, right: Outputs) -> Outputs:
    weights = _stacked(inputs, bias=False)["parameters"]
    return {"parameters": weights + len(inputs["kernel_sizes"]) * inputs.get("bias", False)}


STACK_PARAMETERS = Exercise(
    name="stack_parameters",
    lesson=LESSON,
    points=1,
    cases=_stack_cases,
    answer=asks("stack_parameters", "parameters"),
    oracle=_stack,
    misconceptions=(
        Misconception(
            "always with biases",
            _("Biases are counted where bias is False. What does 27 C^2 count?"),
            lambda inputs, right: _stacked(inputs, bias=True),
        ),
        Misconception(
            "never with biases",
            _("Only bias=True goes wrong. How many biases has a layer with C outputs?"),
            lambda inputs, right: _stacked(inputs, bias=False),
        ),
        Misconception(
            "one bias a layer",
            _("One bias was counted for each layer. Do the C filters share theirs?"),
            _one_bias_a_layer,
        ),
        Misconception(
            "one input channel",
            _(
                "Each filter was counted as if it saw one channel. "
                "How deep is a filter on an input of C channels?"
            ),
            lambda inputs, right: {
                "parameters": sum(
                    inputs["channels"] * (size**2 + inputs.get("bias", False))
                    for size in inputs["kernel_sizes"]
                )
            },
        ),
        Misconception(
            "only the first layer",
            _("Only the first layer was counted. How many layers are in the stack?"),
            lambda inputs, right: _stacked(inputs, kernel_sizes=inputs["kernel_sizes"][:1]),
        ),
        Misconception(
            "the first kernel for all",
            _("Only kernels of different sizes go wrong. Which size has each layer?"),
            lambda inputs, right: _stacked(
                inputs, kernel_sizes=(inputs["kernel_sizes"][0],) * len(inputs["kernel_sizes"])
            ),
        ),
        Misconception(
            "one side of the kernel",
            _("A kernel of size 3 was counted as 3 numbers. How many has a 3x3 filter?"),
            lambda inputs, right: {
                "parameters": sum(
                    inputs["channels"] * (inputs["channels"] * size + inputs.get("bias", False))
                    for size in inputs["kernel_sizes"]
                )
            },
        ),
    ),
)

_SIZES = ("height", "width", "out_channels", "kernel_size", "in_channels")


def _operations(inputs: Inputs) -> dict[str, int]:
    """By PyTorch's own counter, which takes a multiplication and an addition for two."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    height, width, filters, size, channels = (inputs[name] for name in _SIZES)
    x = torch.empty(1, channels, height + size - 1, width + size - 1, device="meta")
    w = torch.empty(filters, channels, size, size, device="meta")
    with FlopCounterMode(display=False) as counter:
        torch.nn.functional.conv2d(x, w)
    return {"operations": counter.get_total_flops() // 2}


def _operation_cases(rng: np.random.Generator) -> list[Case]:
    def inputs(size: int) -> dict[str, int]:
        height, width, filters, channels = rng.choice(np.arange(6, 200), 4, replace=False)
        values = (height, width, filters, size, channels)
        return {name: int(value) for name, value in zip(_SIZES, values, strict=True)}

    slide = dict(zip(_SIZES, (28, 28, 128, 1, 256), strict=True))
    return [
        Case(_("the slide's [1x1 conv, 128]"), slide, weight=0),
        Case(_("a 1x1 convolution"), inputs(1)),
        Case(_("a 3x3 convolution"), inputs(3)),
        Case(_("an 11x11 convolution"), inputs(11)),
    ]


def _counted(*left_out: str, **changed: int) -> Any:
    """The product without some of its factors, or with others."""

    def outputs(inputs: Inputs, right: Outputs) -> Outputs:
        factors = {**inputs, "kernel_size": inputs["kernel_size"] ** 2, **changed}
        kept = [value for name, value in factors.items() if name not in left_out]
        return {"operations": int(np.prod(kept, dtype=np.int64))}

    return outputs


CONV_OPS = Exercise(
    name="conv_ops",
    lesson=LESSON,
    points=1,
    cases=_operation_cases,
    answer=asks("conv_ops", "operations"),
    oracle=_operations,
    misconceptions=(
        Misconception(
            "additions counted, too",
            _("You count multiplications and additions. Which of them does the slide count?"),
            lambda inputs, right: {"operations": 2 * right["operations"]},
        ),
        Misconception(
            "parameters instead of operations",
            _("These are the layer's weights. How often is each of them used?"),
            _counted("height", "width"),
        ),
        Misconception(
            "input channels forgotten",
            _("The depth of the filters is missing. What is the 256 in the slide's product?"),
            _counted("in_channels"),
        ),
        Misconception(
            "only one side of the kernel",
            _("A 3x3 kernel was counted as 3. How many products does one window need?"),
            lambda inputs, right: {"operations": right["operations"] // inputs["kernel_size"]},
        ),
        Misconception(
            "one output map",
            _("One output map was counted. How many filters slide over the input?"),
            _counted("out_channels"),
        ),
        Misconception(
            "a bias counted as an operation",
            _(
                "You add one for each output's bias. "
                "The slide counts multiplications: does a bias need one?"
            ),
            lambda inputs, right: {
                "operations": right["operations"]
                + inputs["height"] * inputs["width"] * inputs["out_channels"]
            },
        ),
    ),
)
