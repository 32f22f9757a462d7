"""One sigmoid neuron, node by node: 1 / (1 + exp(-(w0 x0 + w1 x1 + w2)))."""

from typing import Any

import numpy as np

from cs_utils.exercises.layers import Layer
from cs_utils.exercises.specification import Case, Inputs, Misconception
from cs_utils.exercises.vector_backprop.drawing import LESSON, mixed
from cs_utils.language import _


def _neuron(w: Any, x: Any) -> Any:
    import torch

    return torch.sigmoid(torch.dot(w, torch.cat([x, torch.ones(1, dtype=x.dtype)])))


def _cases(rng: np.random.Generator) -> list[Case]:
    def inputs(total: float) -> dict[str, Any]:
        """Random inputs whose weighted sum is ``total``."""
        w, x = mixed(rng, 3), mixed(rng, 2)
        w[2] = total - w[:2] @ x
        return {"w": w, "x": x}

    slide = {"w": np.array([2.0, -3, -3]), "x": np.array([-1.0, -2]), "dout": 1.0}
    return [
        Case(_("the lecture's worked example"), slide, weight=0),
        Case(_("a positive sum"), inputs(rng.uniform(0.3, 0.8))),
        Case(_("a negative sum"), inputs(-rng.uniform(0.3, 0.8))),
        Case(_("a large positive sum"), inputs(rng.uniform(1.5, 2.5))),
        Case(_("a large negative sum"), inputs(-rng.uniform(1.5, 2.5))),
        Case(_("inputs are left unchanged"), inputs(rng.uniform(0.8, 1.5)), inputs_unchanged=True),
    ]


NEURON = Layer(
    name="neuron",
    lesson=LESSON,
    inputs=("w", "x"),
    gradients=("w", "x"),
    output="out",
    upstream="dout",
    function=_neuron,
    cases=_cases,
    caches=(
        lambda inputs, output: (inputs["w"], inputs["x"], output),
        lambda inputs, output: (inputs["w"], inputs["x"]),
        lambda inputs, output: {"w": inputs["w"], "x": inputs["x"], "out": output},
    ),
    inputs_from_cache=lambda cache: {"w": cache[0], "x": cache[1]},
)


def _weighed(inputs: Inputs, *factors: float) -> np.ndarray:
    """The output where each weight is multiplied by a factor of its own."""
    return NEURON.forward({"w": inputs["w"] * factors, "x": inputs["x"]})


def _without_bias(inputs: Inputs) -> np.ndarray:
    return _weighed(inputs, 1, 1, 0)


FORWARD = NEURON.forward_exercise(
    1,
    Misconception(
        "bias forgotten",
        _("The sum stops after w1 x1. Which weight has no input of its own?"),
        lambda inputs, right: {"out": _without_bias(inputs)},
    ),
    Misconception(
        "sign of the exponent",
        _(
            "This is 1 - out: the sign in the exponent is the other one. "
            "Should out be near 1 for a large positive sum, or near 0?"
        ),
        lambda inputs, right: {"out": 1 - right["out"]},
    ),
    Misconception(
        "sigmoid left out",
        _("This is the weighted sum itself. Which nodes of the graph come after the sum?"),
        lambda inputs, right: {"out": np.log(right["out"] / (1 - right["out"]))},
    ),
    Misconception(
        "the +1 node left out",
        _(
            "This is 1 / exp(-sum), which grows beyond 1. "
            "Which node stands between exp and 1 / x in the graph?"
        ),
        lambda inputs, right: {"out": right["out"] / (1 - right["out"])},
    ),
    Misconception(
        "brackets left out",
        _(
            "This is 1 + exp(-sum): in `1 / 1 + ...` the division comes first. "
            "What must stand in brackets for the whole sum to be divided by?"
        ),
        lambda inputs, right: {"out": 1 / right["out"]},
    ),
    Misconception(
        "minus on the first product only",
        _(
            "Only w0 x0 has its sign turned round in the exponent. "
            "In exp(-(w0 x0 + w1 x1 + w2)), which terms does the minus reach?"
        ),
        lambda inputs, right: {"out": _weighed(inputs, 1, -1, -1)},
    ),
    Misconception(
        "bias added behind the sigmoid",
        _(
            "w2 was added to the sigmoid's result, which then leaves the range from 0 to 1. "
            "At which node of the graph does w2 join?"
        ),
        lambda inputs, right: {"out": _without_bias(inputs) + inputs["w"][2]},
    ),
    Misconception(
        "a step instead of the sigmoid",
        _(
            "This is 0 or 1 and nothing between, as the perceptron answers. "
            "How large is out where the sum is only a little above 0?"
        ),
        lambda inputs, right: {"out": np.round(right["out"])},
    ),
)

BACKWARD = NEURON.backward_exercise(
    2,
    Misconception(
        "upstream gradient forgotten",
        _("This is right only where dout is 1. What does the chain rule do with dout?"),
        lambda inputs, right: {
            "dw": right["dw"] / inputs["dout"],
            "dx": right["dx"] / inputs["dout"],
        },
    ),
    Misconception(
        "sigmoid's slope forgotten",
        _(
            "dout went straight to the sum. "
            "Which nodes lie between out and the sum, and what does each multiply the gradient by?"
        ),
        lambda inputs, right: {
            "dw": inputs["dout"] * np.array([*inputs["x"], 1.0]),
            "dx": inputs["dout"] * inputs["w"][:2],
        },
    ),
    Misconception(
        "half of sigmoid's slope",
        _(
            "The gradient was multiplied by out alone. "
            "Sigmoid is flat at both ends: what must the slope be where out is 1?"
        ),
        lambda inputs, right: {
            "dw": right["dw"] / (1 - NEURON.forward(inputs)),
            "dx": right["dx"] / (1 - NEURON.forward(inputs)),
        },
    ),
    Misconception(
        "sign of the exponent",
        _(
            "All signs are turned round. The minus in exp(-s) has a partner in the slope of 1 / x. "
            "Have you met both on the way back?"
        ),
        lambda inputs, right: {"dw": -right["dw"], "dx": -right["dx"]},
    ),
    Misconception(
        "w and x exchanged",
        _(
            "w0 got what belongs to x0. "
            "In the product w0 x0, what is the slope by w0: w0 itself, or the other factor?"
        ),
        lambda inputs, right: {
            "dw": np.array([*right["dx"], right["dw"][2]]),
            "dx": right["dw"][:2],
        },
    ),
    Misconception(
        "no gradient for the bias",
        _("w2's gradient is 0 here. How much does the sum grow when w2 grows by 1?"),
        lambda inputs, right: {"dw": right["dw"] * [1, 1, 0]},
    ),
    Misconception(
        "bias left out of dw",
        _("dw has two entries. How many weights does the neuron have, with the bias?"),
        lambda inputs, right: {"dw": right["dw"][:2]},
    ),
)
