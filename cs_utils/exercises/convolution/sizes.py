"""How many windows fit along an axis: the layer's output size."""

from typing import Any

import numpy as np

from cs_utils.exercises.convolution.drawing import LESSON
from cs_utils.exercises.specification import (
    Case,
    Exercise,
    Functions,
    Inputs,
    Misconception,
    Outputs,
)
from cs_utils.language import _

REFUSED = "ValueError raised"


def _fits(inputs: Inputs) -> bool:
    room = inputs["n"] - inputs["kernel_size"] + 2 * inputs.get("padding", 0)
    return room >= 0 and room % inputs.get("stride", 1) == 0


def _size(inputs: Inputs) -> Outputs:
    """The size that PyTorch's layer gives, where all pixels are used; else that it is refused."""
    import torch

    if not _fits(inputs):
        return {REFUSED: True}
    options = {name: inputs[name] for name in ("stride", "padding") if name in inputs}
    signal, kernel = torch.empty(1, 1, inputs["n"]), torch.empty(1, 1, inputs["kernel_size"])
    return {"size": torch.nn.functional.conv1d(signal, kernel, **options).shape[-1]}


def _ask_size(functions: Functions, case: Case) -> Outputs:
    try:
        size = functions["conv_output_size"](*case.inputs.values())
    except ValueError:
        return {REFUSED: True}
    return {"size": size, REFUSED: False}


def _size_cases(rng: np.random.Generator) -> list[Case]:
    def inputs(stride: int, padding: int, left_over: int = 0) -> dict[str, int]:
        """Numbers that fit, but for the pixels left over."""
        kernel_size = int(rng.integers(4, 9))
        n = kernel_size + stride * int(rng.integers(10, 20)) + left_over
        return {"n": n - 2 * padding, "kernel_size": kernel_size, "stride": stride} | (
            {"padding": padding} if padding else {}
        )

    slide = {"n": 7, "kernel_size": 3, "stride": 3}
    side, too_small = int(rng.integers(4, 200)), int(rng.integers(2, 200))
    stride = int(rng.integers(3, 6))
    return [
        Case(
            _("the slide's 7x7 input, 3x3 filter, stride 3: it does not fit"),
            slide,
            weight=0,
            refusal=True,
        ),
        Case(_("stride 1, no padding"), inputs(1, 0)),
        Case(_("a 1x1 kernel, stride 2"), {"n": 2 * side + 1, "kernel_size": 1, "stride": 2}),
        Case(_("padding 2"), inputs(1, 2)),
        Case(_("stride 3, padding 1"), inputs(3, 1)),
        Case(_("a kernel as large as the input"), {"n": side, "kernel_size": side, "stride": 2}),
        Case(
            _("it does not fit"),
            inputs(stride, 0, left_over=int(rng.integers(1, stride))),
            refusal=True,
        ),
        Case(
            _("it does not fit with its padding"),
            inputs(stride, 1, left_over=stride - 1),
            refusal=True,
        ),
        Case(
            _("the kernel is larger than the padded input"),
            {"n": too_small, "kernel_size": too_small + 3, "stride": 1, "padding": 1},
            refusal=True,
        ),
    ]


def _by_formula(inputs: Inputs, round_with: Any = np.floor, padding: int = 2) -> Outputs:
    """(N - F + padding P) / S + 1 without a check that it fits, rounded if need be."""
    room = inputs["n"] - inputs["kernel_size"] + padding * inputs.get("padding", 0)
    return {"size": round_with(room / inputs.get("stride", 1)) + 1, REFUSED: False}


def _kernel_not_compared(inputs: Inputs, right: Outputs) -> Outputs:
    """Only what is left over is refused, not a kernel larger than the input."""
    room = inputs["n"] - inputs["kernel_size"] + 2 * inputs.get("padding", 0)
    return _by_formula(inputs) if room % inputs.get("stride", 1) == 0 else right


def _refused_only_if_larger(inputs: Inputs, right: Outputs) -> Outputs:
    room = inputs["n"] - inputs["kernel_size"] + 2 * inputs.get("padding", 0)
    return _by_formula(inputs) if room >= 0 else right


def _refused_as_counted(inputs: Inputs, padding: int) -> Outputs:
    """The formula with another factor at the padding; what then does not fit is refused."""
    room = inputs["n"] - inputs["kernel_size"] + padding * inputs.get("padding", 0)
    if room < 0 or room % inputs.get("stride", 1):
        return {REFUSED: True}
    return _by_formula(inputs, padding=padding)


def _one_less(inputs: Inputs, right: Outputs) -> Outputs:
    return {"size": right["size"] - 1} if "size" in right else right


CONV_OUTPUT_SIZE = Exercise(
    name="conv_output_size",
    lesson=LESSON,
    points=2,
    cases=_size_cases,
    answer=_ask_size,
    oracle=_size,
    stand_ins=(
        lambda n, kernel_size, stride=1, padding=0: _size_or_error(
            {"n": n, "kernel_size": kernel_size, "stride": stride, "padding": padding}
        ),
    ),
    misconceptions=(
        Misconception(
            "rounded down",
            _(
                "Where it does not fit you round down, as PyTorch does, and pixels at the border "
                "are never looked at. What does the exercise ask for in that case?"
            ),
            lambda inputs, right: _by_formula(inputs),
        ),
        Misconception(
            "a fraction returned",
            _("7, 3 and stride 3 give 2.33 here. Can a filter be applied 2.33 times?"),
            lambda inputs, right: _by_formula(inputs, round_with=float),
        ),
        Misconception(
            "a larger kernel accepted",
            _(
                "Only a kernel larger than its padded input goes wrong. "
                "How many places are there for it?"
            ),
            _kernel_not_compared,
        ),
        Misconception(
            "only a larger kernel refused",
            _(
                "A kernel that is too large is refused, but what is left over at the border is "
                "not. When is (N - F + 2P) / S a whole number?"
            ),
            _refused_only_if_larger,
        ),
        Misconception(
            "padding counted once",
            _("Only cases with padding go wrong. On how many sides does the border come?"),
            lambda inputs, right: _refused_as_counted(inputs, 1),
        ),
        Misconception(
            "padding left out",
            _("Only cases with padding go wrong: it plays no part. Where is P in the formula?"),
            lambda inputs, right: _refused_as_counted(inputs, 0),
        ),
        Misconception(
            "first place not counted",
            _(
                "Every size is one too small: (N - F) / S counts the steps. "
                "How many places does a filter visit with one step?"
            ),
            _one_less,
        ),
    ),
)


def _size_or_error(inputs: Inputs) -> int:
    outputs = _size(inputs)
    if REFUSED in outputs:
        raise ValueError(_("these sizes do not fit: {sizes}").format(sizes=dict(inputs)))
    return int(outputs["size"])
