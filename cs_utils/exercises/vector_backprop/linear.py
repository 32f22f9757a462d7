"""The linear layer on one vector, y = W x + b."""

from typing import Any

import numpy as np

from cs_utils.exercises.layers import Layer
from cs_utils.exercises.specification import Case, Inputs, Misconception, Outputs
from cs_utils.exercises.vector_backprop.drawing import LESSON, mixed
from cs_utils.language import _


def _linear(x: Any, W: Any, b: Any) -> Any:
    import torch

    return torch.mv(W, x) + b


def _cases(rng: np.random.Generator) -> list[Case]:
    def inputs(d: int, m: int) -> dict[str, Any]:
        return {"x": mixed(rng, d), "W": mixed(rng, m, d), "b": mixed(rng, m)}

    printed = {
        "x": np.array([1.0, 2, 3]),
        "W": np.array([[1.0, 0, -1], [2, 1, 0]]),
        "b": np.array([0.5, -0.5]),
        "dy": np.array([1.0, -2]),
    }
    return [
        Case(_("three inputs, two outputs, small numbers"), printed, weight=0),
        Case(_("one input, one output"), inputs(1, 1)),
        Case(_("two inputs, three outputs"), inputs(2, 3)),
        Case(_("three inputs, three outputs"), inputs(3, 3)),
        Case(_("five inputs, two outputs"), inputs(5, 2)),
        Case(_("four inputs, seven outputs"), inputs(4, 7)),
        Case(_("inputs are left unchanged"), inputs(4, 3), inputs_unchanged=True),
    ]


LINEAR = Layer(
    name="linear",
    lesson=LESSON,
    inputs=("x", "W", "b"),
    gradients=("x", "W", "b"),
    output="y",
    upstream="dy",
    function=_linear,
    cases=_cases,
    caches=(
        lambda inputs, output: (inputs["x"], inputs["W"], inputs["b"]),
        lambda inputs, output: (inputs["x"], inputs["W"]),
        lambda inputs, output: (inputs["W"], inputs["x"]),
        lambda inputs, output: {"x": inputs["x"], "W": inputs["W"], "b": inputs["b"]},
    ),
    inputs_from_cache=lambda cache: {"x": cache[0], "W": cache[1], "b": cache[2]},
)


def _untransposed(inputs: Inputs) -> Outputs | None:
    """dx as W dy; None where W is not square, as NumPy refuses that with an error."""
    rows, columns = inputs["W"].shape
    if rows != columns:
        return None
    return {"dx": LINEAR.forward({**inputs, "x": inputs["dy"]}) - inputs["b"]}


def _transposed(inputs: Inputs) -> Outputs | None:
    """The product with W's transpose; None as above."""
    rows, columns = inputs["W"].shape
    return {"y": LINEAR.forward({**inputs, "W": inputs["W"].T})} if rows == columns else None


FORWARD = LINEAR.forward_exercise(
    1,
    Misconception(
        "bias forgotten",
        _("This is W x alone. What is y when x is all zeros?"),
        lambda inputs, right: {"y": right["y"] - inputs["b"]},
    ),
    Misconception(
        "transposed product",
        _(
            "This is the product with W's transpose, or with x on the left. "
            "W has the shape (M, D): which of the two must meet x?"
        ),
        lambda inputs, right: _transposed(inputs),
    ),
    Misconception(
        "bias subtracted",
        _("The bias was subtracted. Which sign has b in the formula?"),
        lambda inputs, right: {"y": right["y"] - 2 * inputs["b"]},
    ),
    Misconception(
        "products not summed",
        _(
            "`*` multiplies entry by entry, and the products still stand side by side. "
            "What does a matrix product do with a row of them?"
        ),
        lambda inputs, right: {"y": inputs["W"] * inputs["x"] + inputs["b"][:, None]},
    ),
    Misconception(
        "bias in every product",
        _(
            "The bias was added to every product of the sum. "
            "How often does b[m] stand in the formula of y[m]?"
        ),
        lambda inputs, right: {"y": right["y"] + (inputs["x"].size - 1) * inputs["b"]},
    ),
    Misconception(
        "last product only",
        _(
            "y[m] holds the product with the last entry of x alone; the others were overwritten. "
            "Which operator adds to what is there already?"
        ),
        lambda inputs, right: {"y": inputs["W"][:, -1] * inputs["x"][-1] + inputs["b"]},
    ),
    Misconception(
        "ReLU applied",
        _(
            "The negative numbers were set to 0. "
            "Is ReLU a part of the linear layer, or a layer of its own?"
        ),
        lambda inputs, right: {"y": np.maximum(right["y"], 0)},
    ),
)

BACKWARD = LINEAR.backward_exercise(
    3,
    Misconception(
        "upstream gradient forgotten",
        _("dy plays no part here, as if it were all ones. What does the chain rule do with dy?"),
        lambda inputs, right: LINEAR.backward({**inputs, "dy": np.ones_like(inputs["b"])}),
    ),
    Misconception(
        "W not transposed in dx",
        _(
            "dx is W dy here. W has the shape (M, D) and dy has M entries: "
            "which product gives D entries whatever M and D are?"
        ),
        lambda inputs, right: _untransposed(inputs),
    ),
    Misconception(
        "dW transposed",
        _(
            "dW is transposed. A gradient has the shape of what it belongs to: "
            "does dW[m, d] go with dy[m] or with dy[d]?"
        ),
        lambda inputs, right: {"dW": right["dW"].T},
    ),
    Misconception(
        "dW without dy",
        _(
            "Every row of dW is x itself. "
            "How much does output m count in the loss, and where does that enter row m?"
        ),
        lambda inputs, right: {"dW": np.tile(inputs["x"], (inputs["b"].size, 1))},
    ),
    Misconception(
        "db all ones",
        _("db is all ones: the local gradient. What does the chain rule multiply it by?"),
        lambda inputs, right: {"db": np.ones_like(right["db"])},
    ),
    Misconception(
        "db summed up",
        _(
            "db is one number, the sum of dy. There is only one vector here, no batch. "
            "How many outputs does one b[m] reach?"
        ),
        lambda inputs, right: {"db": right["db"].sum()},
    ),
    Misconception(
        "db with two axes",
        _("db holds the right numbers in a matrix of one row. Which shape has b?"),
        lambda inputs, right: {"db": right["db"][None]},
    ),
)
