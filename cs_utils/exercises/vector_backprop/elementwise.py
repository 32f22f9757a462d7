"""Elementwise layers: ReLU and sigmoid."""

from typing import Any

import numpy as np

from cs_utils.exercises.layers import Layer
from cs_utils.exercises.specification import Case, Misconception, Outputs
from cs_utils.exercises.vector_backprop.drawing import LARGEST_EXPONENT, LESSON, mixed
from cs_utils.language import _


def _relu(x: Any) -> Any:
    import torch

    return torch.relu(x)


def _relu_cases(rng: np.random.Generator) -> list[Case]:
    slide = {"x": np.array([1.0, -2, 3, -1]), "dz": np.array([4.0, -1, 5, 9])}
    with_zero = {
        "x": np.array([0.0, *mixed(rng, 4)]),
        "dz": np.array([rng.uniform(0.3, 2), *mixed(rng, 4)]),
    }
    return [
        Case(_("the lecture's four numbers"), slide, weight=0),
        Case(_("two numbers, one negative"), {"x": mixed(rng, 2)}),
        Case(_("a zero among them"), with_zero),
        Case(_("seven random numbers"), {"x": mixed(rng, 7)}),
        Case(_("large numbers"), {"x": 1e4 * mixed(rng, 4)}),
        Case(_("inputs are left unchanged"), {"x": mixed(rng, 5)}, inputs_unchanged=True),
    ]


RELU = Layer(
    name="relu",
    lesson=LESSON,
    inputs=("x",),
    gradients=("x",),
    output="z",
    upstream="dz",
    function=_relu,
    cases=_relu_cases,
    caches=(
        lambda inputs, output: inputs["x"],
        lambda inputs, output: output,
        lambda inputs, output: output > 0,
        lambda inputs, output: (inputs["x"],),
    ),
    inputs_from_cache=lambda cache: {"x": cache},
)

RELU_FORWARD = RELU.forward_exercise(
    1,
    Misconception(
        "absolute value",
        _("This is the absolute value of x. What does max(0, x) give for x = -2?"),
        lambda inputs, right: {"z": np.abs(inputs["x"])},
    ),
    Misconception(
        "minimum taken",
        _("This keeps the negative numbers. Which of 0 and x does max(0, x) pick for x = 3?"),
        lambda inputs, right: {"z": inputs["x"] - right["z"]},
    ),
    Misconception(
        "mask returned",
        _(
            "This says where x is positive, which is the slope. "
            "What value should stand there, if not 1?"
        ),
        lambda inputs, right: {"z": np.sign(right["z"])},
    ),
    Misconception(
        "leaky",
        _(
            "A little of the negative numbers leaks through, as in the leaky ReLU. "
            "What does max(0, x) leave of them?"
        ),
        lambda inputs, right: {"z": right["z"] + 0.01 * (inputs["x"] - right["z"])},
    ),
    Misconception(
        "one maximum for all",
        _("This is the largest number alone. Is the maximum taken along x, or for each entry?"),
        lambda inputs, right: {"z": right["z"].max()},
    ),
    Misconception(
        "negative numbers dropped",
        _(
            "Only the positive numbers are left, so z is shorter than x. "
            "What should stand at the place of a negative number?"
        ),
        lambda inputs, right: {"z": inputs["x"][inputs["x"] > 0]},
    ),
)

RELU_BACKWARD = RELU.backward_exercise(
    2,
    Misconception(
        "upstream gradient forgotten",
        _("This is the local gradient alone. What does the chain rule do with dz?"),
        lambda inputs, right: {"dx": (inputs["x"] > 0) * 1.0},
    ),
    Misconception(
        "nothing blocked",
        _("All of dz came through. Which entries of x had no say in z, and so none in the loss?"),
        lambda inputs, right: {"dx": inputs["dz"]},
    ),
    Misconception(
        "gate set by the gradient",
        _(
            "The negative entries of dz were blocked. "
            "What opens the gate: the sign of dz, or that of the x from the forward pass?"
        ),
        lambda inputs, right: {"dx": RELU.forward({"x": inputs["dz"]})},
    ),
    Misconception(
        "gate the wrong way round",
        _("The gate is open where x is negative. Where does ReLU let x through?"),
        lambda inputs, right: {"dx": inputs["dz"] - right["dx"]},
    ),
    Misconception(
        "multiplied by x",
        _("dz was multiplied by max(0, x). What is the slope of ReLU where x is positive?"),
        lambda inputs, right: {"dx": right["dx"] * inputs["x"]},
    ),
    Misconception(
        "open at zero",
        _(
            "Only x = 0 goes wrong. There is no slope at a kink, and the course takes 0. "
            "Which comparison leaves zero out?"
        ),
        lambda inputs, right: {"dx": np.where(inputs["x"] == 0, inputs["dz"], right["dx"])},
    ),
)


def _sigmoid(x: Any) -> Any:
    import torch

    return torch.sigmoid(x)


def _logit(y: np.ndarray) -> np.ndarray:
    import torch

    return torch.logit(torch.as_tensor(y)).numpy()


def _softmax(x: np.ndarray) -> Outputs | None:
    """Softmax of x; None where exp overflows, which only some ways of writing it survive."""
    import torch

    if np.abs(x).max() > LARGEST_EXPONENT:
        return None
    return {"y": torch.softmax(torch.as_tensor(x), dim=0).numpy()}


def _sigmoid_cases(rng: np.random.Generator) -> list[Case]:
    far = rng.permutation([1e4, -1e4, *mixed(rng, 3)])
    return [
        Case(_("0, 2 and -2"), {"x": np.array([0.0, 2, -2])}, weight=0),
        Case(_("one number"), {"x": rng.uniform(0.5, 1.5, size=1)}),
        Case(_("two numbers, one negative"), {"x": mixed(rng, 2)}),
        Case(_("numbers as large as 10000"), {"x": far}),
        Case(_("seven random numbers"), {"x": mixed(rng, 7)}),
        Case(_("inputs are left unchanged"), {"x": mixed(rng, 5)}, inputs_unchanged=True),
    ]


SIGMOID = Layer(
    name="sigmoid",
    lesson=LESSON,
    inputs=("x",),
    gradients=("x",),
    output="y",
    upstream="dy",
    function=_sigmoid,
    cases=_sigmoid_cases,
    caches=(
        lambda inputs, output: output,
        lambda inputs, output: inputs["x"],
        lambda inputs, output: (inputs["x"], output),
        lambda inputs, output: (output,),
    ),
    inputs_from_cache=lambda cache: {"x": _logit(cache)},
)

SIGMOID_FORWARD = SIGMOID.forward_exercise(
    1,
    Misconception(
        "sign of the exponent",
        _(
            "This is 1 - y: the sign in the exponent is the other one. "
            "Should y be near 1 for a large positive x, or near 0?"
        ),
        lambda inputs, right: {"y": 1 - right["y"]},
    ),
    Misconception(
        "overflow",
        _(
            "exp(10000) is infinite, and infinite / infinite is not a number. "
            "Can you write sigmoid so that exp is only taken of what is not positive?"
        ),
        lambda inputs, right: {"y": np.where(inputs["x"] > LARGEST_EXPONENT, np.nan, right["y"])},
    ),
    Misconception(
        "tanh",
        _("This is tanh, which runs from -1 to 1. Between which values does sigmoid run?"),
        lambda inputs, right: {"y": np.tanh(inputs["x"])},
    ),
    Misconception(
        "the +1 left out",
        _("This is 1 / exp(-x), which grows beyond 1. What is added to exp(-x) in the formula?"),
        lambda inputs, right: {"y": np.exp(inputs["x"])},
    ),
    Misconception(
        "brackets left out",
        _(
            "This is 1 + exp(-x): in `1 / 1 + ...` the division comes first. "
            "What must stand in brackets for the whole sum to be divided by?"
        ),
        lambda inputs, right: {"y": 1 / right["y"]},
    ),
    Misconception(
        "slope returned",
        _(
            "This is y (1 - y), the slope of the sigmoid, which falls again for large x. "
            "Which of the two does the forward pass return?"
        ),
        lambda inputs, right: {"y": right["y"] * (1 - right["y"])},
    ),
    Misconception(
        "softmax",
        _(
            "The numbers add up to 1: this is softmax. "
            "Does the sigmoid of one entry depend on the other entries?"
        ),
        lambda inputs, right: _softmax(inputs["x"]),
    ),
)

SIGMOID_BACKWARD = SIGMOID.backward_exercise(
    2,
    Misconception(
        "upstream gradient forgotten",
        _("This is the local gradient alone. What does the chain rule do with dy?"),
        lambda inputs, right: {"dx": right["dx"] / inputs["dy"]},
    ),
    Misconception(
        "slope written with x",
        _(
            "This is dy times x (1 - x). "
            "The slope is s (1 - s): is s the input of sigmoid, or its output?"
        ),
        lambda inputs, right: {"dx": inputs["dy"] * inputs["x"] * (1 - inputs["x"])},
    ),
    Misconception(
        "half of the slope",
        _(
            "dy was multiplied by y alone. "
            "Sigmoid is flat at both ends: what must the slope be where y is 1?"
        ),
        lambda inputs, right: {"dx": inputs["dy"] * SIGMOID.forward(inputs)},
    ),
    Misconception(
        "only the factor 1 - y",
        _(
            "dy was multiplied by 1 - y alone. "
            "Sigmoid is flat at both ends: what must the slope be where y is 0?"
        ),
        lambda inputs, right: {"dx": inputs["dy"] * (1 - SIGMOID.forward(inputs))},
    ),
    Misconception(
        "sigmoid applied twice",
        _(
            "Sigmoid was taken once more of what was already its output. "
            "What does your cache hold, x or y?"
        ),
        lambda inputs, right: SIGMOID.backward({**inputs, "x": SIGMOID.forward(inputs)}),
    ),
    Misconception(
        "sign",
        _("The sign is turned round. Does y grow or fall when x grows?"),
        lambda inputs, right: {"dx": -right["dx"]},
    ),
)
