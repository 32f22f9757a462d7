"""``affine_forward/backward`` and ``relu_forward/backward``: the same in both courses, but that
CS231n's ReLU works on arrays of any shape."""

from typing import Any

import numpy as np

from cs_utils.cs231n.layer import LESSON, OptionsLayer
from cs_utils.exercises.matrix_backprop import affine
from cs_utils.exercises.specification import Case, Misconception
from cs_utils.exercises.vector_backprop.drawing import mixed
from cs_utils.language import _


def _relu_cases(rng: np.random.Generator) -> list[Case]:
    with_zero = mixed(rng, 3, 4)
    with_zero[1, 2] = 0
    return [
        Case(_("two rows of two numbers"), {"x": mixed(rng, 2, 2)}),
        Case(_("a zero among them"), {"x": with_zero}),
        Case(_("two small images"), {"x": mixed(rng, 2, 3, 4, 2)}),
        Case(_("numbers of both signs, up to 10000"), {"x": 5e3 * mixed(rng, 5, 3)}),
        Case(_("inputs are left unchanged"), {"x": mixed(rng, 4, 3)}, inputs_unchanged=True),
    ]


def _relu(x: Any) -> Any:
    import torch

    return torch.relu(x)


_RELU = OptionsLayer(
    name="relu",
    lesson=LESSON,
    inputs=("x",),
    gradients=("x",),
    output="out",
    upstream="dout",
    function=_relu,
    cases=_relu_cases,
    caches=(lambda inputs, output: inputs["x"],),
    inputs_from_cache=lambda cache: {"x": cache},
    inputs_from_arguments=lambda x: {"x": x},
)

RELU = _RELU.exercises(
    (1, 2),
    (
        Misconception(
            "identity",
            _("Negative numbers came through. What is max(0, x) for them?"),
            lambda inputs, right: {"out": inputs["x"]},
        ),
        Misconception(
            "absolute value",
            _("This is the absolute value. What is max(0, x) for a negative x?"),
            lambda inputs, right: {"out": np.abs(inputs["x"])},
        ),
    ),
    (
        Misconception(
            "nothing blocked",
            _("dx is dout as it came. What does ReLU do with the gradient of a negative x?"),
            lambda inputs, right: {"dx": inputs["dout"]},
        ),
        Misconception(
            "open at zero",
            _("Only x = 0 goes wrong: is that number passed on by max(0, x) or blocked?"),
            lambda inputs, right: {"dx": inputs["dout"] * (inputs["x"] >= 0)},
        ),
        Misconception(
            "gate set by the gradient",
            _("The negative gradients were set to 0. Whose sign decides, that of dout or of x?"),
            lambda inputs, right: {"dx": np.maximum(inputs["dout"], 0)},
        ),
        Misconception(
            "upstream gradient forgotten",
            _("This is the local gradient alone. What does the chain rule multiply it by?"),
            lambda inputs, right: {"dx": (inputs["x"] > 0) * 1.0},
        ),
    ),
)

AFFINE = (affine.FORWARD, affine.BACKWARD)
