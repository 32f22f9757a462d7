"""The matrix product y = x w."""

from typing import Any

import numpy as np

from cs_utils.exercises.layers import Layer
from cs_utils.exercises.matrix_backprop.drawing import LESSON
from cs_utils.exercises.specification import Case, Inputs, Misconception, Outputs
from cs_utils.exercises.vector_backprop.drawing import mixed
from cs_utils.language import _

SLIDE = {
    "x": np.array([[2.0, 1, -3], [-3, 4, 2]]),
    "w": np.array([[3.0, 2, 1, -1], [2, 1, 3, 2], [3, 2, 1, -2]]),
    "dy": np.array([[2.0, 3, -3, 9], [-8, 1, 4, 6]]),
}


def _matmul(x: Any, w: Any) -> Any:
    return x @ w


def _cases(rng: np.random.Generator) -> list[Case]:
    def inputs(n: int, d: int, m: int) -> dict[str, Any]:
        return {"x": mixed(rng, n, d), "w": mixed(rng, d, m)}

    return [
        Case(_("the lecture's x and w"), SLIDE, weight=0),
        Case(_("one row, two inputs, three outputs"), inputs(1, 2, 3)),
        Case(_("two rows, two inputs, two outputs"), inputs(2, 2, 2)),
        Case(_("four rows, three inputs, two outputs"), inputs(4, 3, 2)),
        Case(_("three rows, one input, four outputs"), inputs(3, 1, 4)),
        Case(_("five rows, six inputs, seven outputs"), inputs(5, 6, 7)),
        Case(_("inputs are left unchanged"), inputs(3, 2, 5), inputs_unchanged=True),
    ]


MATMUL = Layer(
    name="matmul",
    lesson=LESSON,
    inputs=("x", "w"),
    gradients=("x", "w"),
    output="y",
    upstream="dy",
    function=_matmul,
    cases=_cases,
    caches=(
        lambda inputs, output: (inputs["x"], inputs["w"]),
        lambda inputs, output: {"x": inputs["x"], "w": inputs["w"]},
        lambda inputs, output: (inputs["w"], inputs["x"]),
    ),
    inputs_from_cache=lambda cache: {"x": cache[0], "w": cache[1]},
)


def _product(left: np.ndarray, right: np.ndarray) -> np.ndarray | None:
    """A product by PyTorch; None where NumPy refuses it with an error."""
    fits = left.shape[-1] == right.shape[0]
    return MATMUL.forward({"x": left, "w": right}) if fits else None


def _if_refused(name: str, value: np.ndarray | None) -> Outputs | None:
    return None if value is None else {name: value}


def _entry_by_entry(inputs: Inputs) -> np.ndarray | None:
    """x * w, where NumPy can broadcast them."""
    try:
        return inputs["x"] * inputs["w"]
    except ValueError:
        return None


FORWARD = MATMUL.forward_exercise(
    1,
    Misconception(
        "w transposed",
        _(
            "This is x times the transpose of w, which fits only where w is square. "
            "In y[n, m], which index of w must meet the d of x[n, d]?"
        ),
        lambda inputs, right: _if_refused("y", _product(inputs["x"], inputs["w"].T)),
    ),
    Misconception(
        "factors exchanged",
        _(
            "This is w x instead of x w. "
            "Each row of x is an example: on which side of w must the rows stand?"
        ),
        lambda inputs, right: _if_refused("y", _product(inputs["w"], inputs["x"])),
    ),
    Misconception(
        "entry by entry",
        _(
            "`*` multiplies entry by entry. "
            "What does the formula of y[n, m] do with the products over d?"
        ),
        lambda inputs, right: _if_refused("y", _entry_by_entry(inputs)),
    ),
    Misconception(
        "result transposed",
        _("y came out as (M, N). Which shape must it have when a row of x gives a row of y?"),
        lambda inputs, right: {"y": right["y"].T},
    ),
    Misconception(
        "last product only",
        _(
            "y[n, m] holds the product of the last d alone; the others were overwritten. "
            "Which operator adds to what is there already?"
        ),
        lambda inputs, right: {"y": inputs["x"][:, -1:] * inputs["w"][-1:]},
    ),
    Misconception(
        "averaged over d",
        _(
            "This is the mean of the products over d. "
            "Does the formula of y[n, m] divide by the number of its terms?"
        ),
        lambda inputs, right: {"y": right["y"] / inputs["w"].shape[0]},
    ),
    Misconception(
        "rows summed up",
        _(
            "The rows of y were added into a single one. "
            "Which index is summed over in y[n, m], and does n belong to it?"
        ),
        lambda inputs, right: {"y": right["y"].sum(axis=0)},
    ),
)

BACKWARD = MATMUL.backward_exercise(
    2,
    Misconception(
        "upstream gradient forgotten",
        _("dy plays no part here, as if it were all ones. What does the chain rule do with dy?"),
        lambda inputs, right: MATMUL.backward({**inputs, "dy": np.ones_like(inputs["dy"])}),
    ),
    Misconception(
        "w not transposed in dx",
        _(
            "dx is dy w here, which fits only where w is square. "
            "dy is (N, M) and dx must be (N, D): what shape must stand between them?"
        ),
        lambda inputs, right: _if_refused("dx", _product(inputs["dy"], inputs["w"])),
    ),
    Misconception(
        "x not transposed in dw",
        _(
            "dw is x dy here, which fits only by luck. "
            "dw must be (D, M) and the sum runs over the examples: which axis of x is theirs?"
        ),
        lambda inputs, right: _if_refused("dw", _product(inputs["x"], inputs["dy"])),
    ),
    Misconception(
        "dw transposed",
        _("dw came out as (M, D). Which shape does a gradient always have?"),
        lambda inputs, right: {"dw": right["dw"].T},
    ),
    Misconception(
        "dx transposed",
        _("dx came out as (D, N). Which shape does a gradient always have?"),
        lambda inputs, right: {"dx": right["dx"].T},
    ),
    Misconception(
        "dx and dw exchanged",
        _("dx and dw have changed places. In which order must they be returned?"),
        lambda inputs, right: {"dx": right["dw"], "dw": right["dx"]},
    ),
    Misconception(
        "dw averaged over the batch",
        _(
            "dw was divided by N. The mean over the batch, if there is one, belongs to the loss. "
            "Is there any 1/N in y = x w?"
        ),
        lambda inputs, right: {"dw": right["dw"] / len(inputs["x"])},
    ),
)
