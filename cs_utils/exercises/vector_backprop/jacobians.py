"""The explicit way: a Jacobian that is written down, and the product with it."""

from typing import Any

import numpy as np

from cs_utils.exercises.specification import Case, Exercise, Inputs, Misconception, Outputs
from cs_utils.exercises.vector_backprop.drawing import LESSON, mixed
from cs_utils.language import _


def _relu_slopes(x: np.ndarray) -> np.ndarray:
    """The Jacobian of ReLU by autograd; it is diagonal, so PyTorch's layout is the lecture's."""
    import torch

    return torch.autograd.functional.jacobian(torch.relu, torch.tensor(x)).numpy()


def _relu_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case(_("the lecture's four numbers"), {"x": np.array([1.0, -2, 3, -1])}, weight=0),
        Case(_("one number"), {"x": rng.uniform(1.5, 3, size=1)}),
        Case(_("two numbers, one negative"), {"x": mixed(rng, 2)}),
        Case(_("a zero among them"), {"x": np.array([0.0, *mixed(rng, 4)])}),
        Case(_("seven random numbers"), {"x": mixed(rng, 7)}),
        Case(_("x is left unchanged"), {"x": mixed(rng, 5)}, inputs_unchanged=True),
    ]


RELU_JACOBIAN = Exercise(
    name="relu_jacobian",
    lesson=LESSON,
    points=1,
    cases=_relu_cases,
    answer=lambda functions, case: {"J": functions["relu_jacobian"](case.inputs["x"])},
    oracle=lambda inputs: {"J": _relu_slopes(inputs["x"])},
    misconceptions=(
        Misconception(
            "diagonal alone",
            _(
                "These are the right slopes, but only the diagonal of the Jacobian. "
                "With N inputs and N outputs, how many pairs of them are there?"
            ),
            lambda inputs, right: {"J": right["J"].diagonal()},
        ),
        Misconception(
            "outputs on the diagonal",
            _(
                "The diagonal holds ReLU's outputs. "
                "How much does z change when a positive x grows by a little?"
            ),
            lambda inputs, right: {"J": right["J"] * inputs["x"]},
        ),
        Misconception(
            "every row filled",
            _(
                "Every row holds all the slopes. "
                "Does z[0] change when x[1] does? What is J[1, 0] then?"
            ),
            lambda inputs, right: {"J": np.tile(right["J"].diagonal(), (inputs["x"].size, 1))},
        ),
        Misconception(
            "identity",
            _(
                "This is the identity, as if ReLU let everything through. "
                "What is its slope where x is negative?"
            ),
            lambda inputs, right: {"J": np.eye(inputs["x"].size)},
        ),
        Misconception(
            "slope 1 at zero",
            _(
                "Only x = 0 goes wrong. There is no slope at a kink, and the course takes 0. "
                "Which comparison leaves zero out?"
            ),
            lambda inputs, right: {"J": np.where(np.diag(inputs["x"] == 0), 1.0, right["J"])},
        ),
    ),
)


def _product(inputs: Inputs) -> np.ndarray:
    """The gradient by autograd through the linear map whose Jacobian this is."""
    import torch

    jacobian, upstream = torch.tensor(inputs["jacobian"]), torch.tensor(inputs["dz"])
    x = torch.zeros(jacobian.shape[0], dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad(x @ jacobian, x, upstream)[0].numpy()


def _transposed(inputs: Inputs, right: Outputs) -> Outputs | None:
    """The product with the transpose, which NumPy refuses, with an error, unless J is square."""
    rows, columns = inputs["jacobian"].shape
    return {"dx": inputs["dz"] @ inputs["jacobian"]} if rows == columns else None


def _diagonal_alone(inputs: Inputs, right: Outputs) -> Outputs | None:
    """Refused like the transpose where the diagonal is shorter than dz."""
    diagonal, upstream = inputs["jacobian"].diagonal(), inputs["dz"]
    return {"dx": diagonal * upstream} if diagonal.size == upstream.size else None


def _product_cases(rng: np.random.Generator) -> list[Case]:
    def inputs(n: int, m: int) -> dict[str, Any]:
        return {"jacobian": mixed(rng, n, m), "dz": mixed(rng, m)}

    slide = {"jacobian": np.diag([1.0, 0, 1, 0]), "dz": np.array([4.0, -1, 5, 9])}
    return [
        Case(_("the lecture's four numbers"), slide, weight=0),
        Case(_("one number"), inputs(1, 1)),
        Case(_("two inputs, two outputs"), inputs(2, 2)),
        Case(_("two inputs, three outputs"), inputs(2, 3)),
        Case(_("four inputs, three outputs"), inputs(4, 3)),
        Case(_("five inputs, five outputs"), inputs(5, 5)),
        Case(_("inputs are left unchanged"), inputs(3, 6), inputs_unchanged=True),
    ]


JACOBIAN_BACKWARD = Exercise(
    name="jacobian_backward",
    lesson=LESSON,
    points=1,
    cases=_product_cases,
    answer=lambda functions, case: {
        "dx": functions["jacobian_backward"](case.inputs["jacobian"], case.inputs["dz"])
    },
    oracle=lambda inputs: {"dx": _product(inputs)},
    misconceptions=(
        Misconception(
            "transposed Jacobian",
            _(
                "This is the product with the transpose. "
                "In J[n, m], which index must be summed over to leave one number for each input?"
            ),
            _transposed,
        ),
        Misconception(
            "upstream gradient forgotten",
            _(
                "These are the sums of J's rows: dz plays no part. "
                "By how much does each output's slope count in the loss?"
            ),
            lambda inputs, right: {"dx": inputs["jacobian"].sum(axis=1)},
        ),
        Misconception(
            "not summed",
            _(
                "Every slope has its factor, but the products still stand side by side. "
                "x[n] reaches the loss through all outputs: how do the ways join?"
            ),
            lambda inputs, right: {"dx": inputs["jacobian"] * inputs["dz"]},
        ),
        Misconception(
            "diagonal alone",
            _(
                "Only the diagonal of J was used. That is enough for ReLU, but not for any layer. "
                "What do the other entries say?"
            ),
            _diagonal_alone,
        ),
        Misconception(
            "summed over the inputs",
            _(
                "The products were summed over the inputs, and one number is left for each output. "
                "dx has one for each input: which axis of J must go?"
            ),
            lambda inputs, right: {"dx": (inputs["jacobian"] * inputs["dz"]).sum(axis=0)},
        ),
        Misconception(
            "averaged over the outputs",
            _(
                "The ways through the outputs were averaged. "
                "When x[n] moves and two outputs follow, do their shares in the loss add up?"
            ),
            lambda inputs, right: {"dx": right["dx"] / inputs["dz"].size},
        ),
        Misconception(
            "dz summed first",
            _(
                "The sum of dz was multiplied by the sums of J's rows. "
                "Which entry of dz belongs to the slope J[n, m], and must they meet before the sum?"
            ),
            lambda inputs, right: {"dx": inputs["jacobian"].sum(axis=1) * inputs["dz"].sum()},
        ),
    ),
)
