"""The affine layer on a batch of examples of any shape."""

from typing import Any

import numpy as np

from cs_utils.exercises.layers import Layer
from cs_utils.exercises.matrix_backprop.drawing import LESSON
from cs_utils.exercises.specification import Case, Inputs, Misconception, Outputs
from cs_utils.exercises.vector_backprop.drawing import mixed
from cs_utils.language import _


def _affine(x: Any, w: Any, b: Any) -> Any:
    import torch

    return torch.nn.functional.linear(x.flatten(1), w.T, b)


def _cases(rng: np.random.Generator) -> list[Case]:
    def inputs(outputs: int, *shape: int) -> dict[str, Any]:
        x = mixed(rng, *shape)
        return {"x": x, "w": mixed(rng, x[0].size, outputs), "b": mixed(rng, outputs)}

    printed = {
        "x": np.array([[1.0, 2], [3, 4], [-1, 0]]),
        "w": np.array([[1.0, 0, -1], [2, 1, 0]]),
        "b": np.array([0.5, -0.5, 1]),
        "dout": np.array([[1.0, -1, 0], [2, 0, 1], [0, 1, -2]]),
    }
    return [
        Case(_("three rows of small numbers"), printed, weight=0),
        Case(_("one row, two inputs, three outputs"), inputs(3, 1, 2)),
        Case(_("three rows, as many inputs and outputs"), inputs(3, 3, 3)),
        Case(_("five rows, four inputs, two outputs"), inputs(2, 5, 4)),
        Case(_("grey images of 2 x 3 pixels"), inputs(4, 3, 2, 3)),
        Case(_("colour images of 3 x 2 x 4 numbers"), inputs(5, 2, 3, 2, 4)),
        Case(_("inputs are left unchanged"), inputs(3, 4, 2, 2), inputs_unchanged=True),
    ]


AFFINE = Layer(
    name="affine",
    lesson=LESSON,
    inputs=("x", "w", "b"),
    gradients=("x", "w", "b"),
    output="out",
    upstream="dout",
    function=_affine,
    cases=_cases,
    caches=(
        lambda inputs, output: (inputs["x"], inputs["w"], inputs["b"]),
        lambda inputs, output: (inputs["x"], inputs["w"]),
        lambda inputs, output: {"x": inputs["x"], "w": inputs["w"], "b": inputs["b"]},
    ),
    inputs_from_cache=lambda cache: {"x": cache[0], "w": cache[1], "b": cache[2]},
)


def _flat(x: np.ndarray) -> np.ndarray:
    return x.reshape(len(x), -1)


def _first_axis_fastest(x: np.ndarray) -> np.ndarray:
    """The examples flattened in Fortran's order."""
    return np.stack([example.ravel(order="F") for example in x])


FORWARD = AFFINE.forward_exercise(
    1,
    Misconception(
        "bias forgotten",
        _("This is x w alone. What is out when x is all zeros?"),
        lambda inputs, right: {"out": right["out"] - inputs["b"]},
    ),
    Misconception(
        "bias subtracted",
        _("The bias was subtracted. Which sign has b in x w + b?"),
        lambda inputs, right: {"out": right["out"] - 2 * inputs["b"]},
    ),
    Misconception(
        "flattened in another order",
        _(
            "Only images go wrong: their numbers were lined up with the first axis fastest. "
            "In which order does x.reshape(N, -1) read an image?"
        ),
        lambda inputs, right: {
            "out": AFFINE.forward({**inputs, "x": _first_axis_fastest(inputs["x"])})
        },
    ),
    Misconception(
        "batch not kept apart",
        _(
            "Only images go wrong: x was reshaped so that examples got mixed up. "
            "Which axis of x must stay as it is when the others are flattened?"
        ),
        lambda inputs, right: {"out": AFFINE.forward({**inputs, "x": _mixed_up(inputs["x"])})},
    ),
    Misconception(
        "averaged over the batch",
        _("out has one row, a mean. How many rows come out for N examples?"),
        lambda inputs, right: {"out": right["out"].mean(axis=0)},
    ),
    Misconception(
        "w transposed",
        _(
            "This is the product with the transpose of w, which fits only where w is square. "
            "w has the shape (D, M): which of its axes must meet the D numbers of an example?"
        ),
        lambda inputs, right: _transposed(inputs),
    ),
    Misconception(
        "a bias for each example",
        _(
            "b was laid out as a column, and each example got a number of its own; that fits only "
            "where N is M. Does b belong to the examples, or to the outputs?"
        ),
        lambda inputs, right: _bias_by_example(inputs, right),
    ),
)


def _transposed(inputs: Inputs) -> Outputs | None:
    """x w.T + b; None where NumPy refuses it with an error."""
    rows, columns = inputs["w"].shape
    return {"out": AFFINE.forward({**inputs, "w": inputs["w"].T})} if rows == columns else None


def _bias_by_example(inputs: Inputs, right: Outputs) -> Outputs | None:
    """The bias as a column; None where NumPy refuses it with an error."""
    examples, outputs = right["out"].shape
    if examples not in (1, outputs):
        return None
    bias = inputs["b"]
    return {"out": right["out"] - bias + bias[:, None]}


def _mixed_up(x: np.ndarray) -> np.ndarray:
    """reshape(D, N).T for images, which reads the numbers of an example off several of them."""
    return x.reshape(-1, len(x)).T if x.ndim > 2 else x


def _untransposed(inputs: Inputs) -> Outputs | None:
    """dx as dout w; None where NumPy refuses it with an error."""
    rows, columns = inputs["w"].shape
    if rows != columns:
        return None
    return {"dx": AFFINE.backward({**inputs, "w": inputs["w"].T})["dx"]}


BACKWARD = AFFINE.backward_exercise(
    3,
    Misconception(
        "upstream gradient forgotten",
        _("dout plays no part here, as if it were all ones. What does the chain rule do with it?"),
        lambda inputs, right: AFFINE.backward({**inputs, "dout": np.ones_like(inputs["dout"])}),
    ),
    Misconception(
        "dx left flattened",
        _(
            "dx holds the right numbers as (N, D), but x was an image. "
            "Which shape does a gradient always have?"
        ),
        lambda inputs, right: {"dx": _flat(right["dx"])},
    ),
    Misconception(
        "w not transposed in dx",
        _(
            "dx is dout w here, which fits only where w is square. "
            "Which product gives (N, D) whatever D and M are?"
        ),
        lambda inputs, right: _untransposed(inputs),
    ),
    Misconception(
        "dw transposed",
        _("dw came out as (M, D). Which shape does a gradient always have?"),
        lambda inputs, right: {"dw": right["dw"].T},
    ),
    Misconception(
        "db not summed",
        _(
            "db is dout itself, a row for each example. "
            "One b reaches all rows of the batch: how do their gradients join?"
        ),
        lambda inputs, right: {"db": inputs["dout"]},
    ),
    Misconception(
        "db averaged over the batch",
        _(
            "db is the mean over the batch. The 1/N, if there is one, is in the loss already. "
            "Is there any 1/N in x w + b?"
        ),
        lambda inputs, right: {"db": right["db"] / len(inputs["x"])},
    ),
    Misconception(
        "db with two axes",
        _("db holds the right numbers in a matrix of one row, (1, M). Which shape has b?"),
        lambda inputs, right: {"db": right["db"][None]},
    ),
    Misconception(
        "db summed over the wrong axis",
        _(
            "db has a number for each example: the sum over the outputs. "
            "Which axis of dout is the batch's?"
        ),
        lambda inputs, right: {"db": inputs["dout"].sum(axis=1)},
    ),
    Misconception(
        "db all ones",
        _("db counts the examples: dout plays no part in it. What does the chain rule do with it?"),
        lambda inputs, right: {"db": np.full_like(right["db"], len(inputs["x"]))},
    ),
)
