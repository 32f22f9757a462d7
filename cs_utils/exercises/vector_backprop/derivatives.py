"""Numeric derivatives: the gradient of a scalar, the Jacobian of a vector."""

from collections.abc import Callable
from typing import Any

import numpy as np

from cs_utils.exercises.specification import (
    Case,
    Exercise,
    Functions,
    Inputs,
    Misconception,
    Outputs,
)
from cs_utils.exercises.vector_backprop.drawing import LESSON, mixed
from cs_utils.language import _
from cs_utils.trial_functions import TrialFunction

_DEFAULT_STEP = 1e-5


def _gradient(f: TrialFunction, x: Any) -> np.ndarray:
    """The gradient by autograd, of the shape of x."""
    import torch

    point = torch.tensor(np.asarray(x, dtype=np.float64), requires_grad=True)
    return torch.autograd.grad(f(point), point)[0].numpy()


def _jacobian(f: TrialFunction, x: Any) -> np.ndarray:
    """The Jacobian by autograd in the lecture's layout (N, M), the transpose of PyTorch's."""
    import torch

    point = torch.tensor(np.asarray(x, dtype=np.float64))
    return torch.autograd.functional.jacobian(f, point).numpy().T.copy()


def _step(inputs: Inputs) -> float:
    return inputs.get("h", _DEFAULT_STEP)


def _is_integer(inputs: Inputs) -> bool:
    return np.asarray(inputs["x"]).dtype.kind == "i"


def _one_sided(
    derivative: Callable[[TrialFunction, Any], np.ndarray], inputs: Inputs, sign: int
) -> np.ndarray:
    """What one-sided differences give: the mean of the slopes at the two ends of each step."""
    x = np.asarray(inputs["x"], dtype=np.float64)
    start = derivative(inputs["f"], x)
    end = np.zeros_like(start)
    for index in np.ndindex(x.shape):
        moved = x.copy()
        moved[index] += sign * _step(inputs)
        end[index] = derivative(inputs["f"], moved)[index]
    return (start + end) / 2


def _not_put_back(
    derivative: Callable[[TrialFunction, Any], np.ndarray], inputs: Inputs
) -> np.ndarray:
    """Slopes where every entry already done is still one step too low."""
    x = np.array(inputs["x"], dtype=np.float64)
    found = np.zeros_like(derivative(inputs["f"], x))
    for index in np.ndindex(x.shape):
        found[index] = derivative(inputs["f"], x)[index]
        x[index] -= _step(inputs)
    return found


def _steps_cut_off(inputs: Inputs, right: Outputs) -> Outputs | None:
    """x[i] = x[i] + h in an integer array moves by 0 or by a whole 1 (exact for a quadratic)."""
    if not _is_integer(inputs):
        return right
    middle = inputs["x"] - np.sign(inputs["x"]) / 2
    return {"gradient": _gradient(inputs["f"], middle) / (2 * _step(inputs))}


def _quadratic(rng: np.random.Generator, *shape: int) -> TrialFunction:
    a, b = rng.uniform(1, 2, shape), mixed(rng, *shape)
    return TrialFunction("quadratic", {"a": a, "b": b, "c": float(rng.uniform(1, 3))})


def _cubic(rng: np.random.Generator, *shape: int) -> TrialFunction:
    return TrialFunction("cubic", {"a": rng.uniform(1, 2, shape), "b": mixed(rng, *shape)})


def _square_of_sum(rng: np.random.Generator, *shape: int) -> TrialFunction:
    a, b = rng.uniform(1, 2, shape), mixed(rng, *shape)
    return TrialFunction("square_of_sum", {"a": a, "b": b})


def _gradient_cases(rng: np.random.Generator) -> list[Case]:
    square = TrialFunction("quadratic", {"a": 1.0, "b": 0.0, "c": 0.0})
    number = float(rng.uniform(1, 2))
    whole = rng.permutation([-3, -1, 1, 2])
    return [
        Case(_("x squared at x = 3"), {"f": square, "x": 3.0}, weight=0),
        Case(_("x is one number"), {"f": _quadratic(rng), "x": number}),
        Case(_("a vector of four"), {"f": _square_of_sum(rng, 4), "x": mixed(rng, 4)}),
        Case(_("an array of shape (2, 3)"), {"f": _cubic(rng, 2, 3), "x": mixed(rng, 2, 3)}),
        Case(_("an array of integers"), {"f": _quadratic(rng, 4), "x": whole}),
        Case(_("a large step, h = 0.01"), {"f": _quadratic(rng, 3), "x": mixed(rng, 3), "h": 0.01}),
        Case(
            _("x is left unchanged"),
            {"f": _square_of_sum(rng, 5), "x": mixed(rng, 5)},
            inputs_unchanged=True,
        ),
    ]


def _ask(name: str, output: str) -> Callable[[Functions, Case], Outputs]:
    return lambda functions, case: {output: functions[name](*case.inputs.values())}


NUMERICAL_GRADIENT = Exercise(
    name="numerical_gradient",
    lesson=LESSON,
    points=2,
    cases=_gradient_cases,
    answer=_ask("numerical_gradient", "gradient"),
    oracle=lambda inputs: {"gradient": _gradient(inputs["f"], inputs["x"])},
    misconceptions=(
        Misconception(
            "forward difference",
            _(
                "This is the slope between x and x + h: one side only. "
                "Its error shrinks like h, the central one's like h squared. "
                "Where should the second point lie, so that x is in the middle?"
            ),
            lambda inputs, right: {"gradient": _one_sided(_gradient, inputs, 1)},
        ),
        Misconception(
            "backward difference",
            _(
                "This is the slope between x - h and x: one side only. "
                "Where should the first point lie, so that x is in the middle?"
            ),
            lambda inputs, right: {"gradient": _one_sided(_gradient, inputs, -1)},
        ),
        Misconception(
            "divided by h",
            _(
                "This is twice the right gradient. "
                "How far apart are the two points, x + h and x - h?"
            ),
            lambda inputs, right: {"gradient": 2 * right["gradient"]},
        ),
        Misconception(
            "not divided by the step",
            _("This is the difference of two values of f. What turns a difference into a slope?"),
            lambda inputs, right: {"gradient": 2 * _step(inputs) * right["gradient"]},
        ),
        Misconception(
            "all entries moved at once",
            _(
                "All entries of x were moved together, so their slopes were added up. "
                "Which entries stay where they are while you measure the slope of one?"
            ),
            lambda inputs, right: {"gradient": np.sum(right["gradient"])},
        ),
        Misconception(
            "entry not put back",
            _(
                "Nearly right: each entry was measured while earlier ones were still moved. "
                "What must happen to an entry before you go on to the next?"
            ),
            lambda inputs, right: {"gradient": _not_put_back(_gradient, inputs)},
        ),
        Misconception(
            "step lost in an integer array",
            _(
                "Only integer arrays go wrong: 3 + 0.00001 does not fit into one. "
                "What type should the array have that you move the entries of?"
            ),
            _steps_cut_off,
        ),
        Misconception(
            "gradient stored in an integer array",
            _(
                "Only integer arrays go wrong: the digits behind the point were cut off. "
                "What type does an array made like x have?"
            ),
            lambda inputs, right: (
                {"gradient": np.trunc(right["gradient"])} if _is_integer(inputs) else right
            ),
        ),
    ),
)


def _squares(rng: np.random.Generator, n: int, m: int) -> TrialFunction:
    return TrialFunction("squares", {"A": mixed(rng, m, n), "b": mixed(rng, m)})


def _products(rng: np.random.Generator, n: int, m: int) -> TrialFunction:
    A, B = mixed(rng, m, n), mixed(rng, m, n)
    # With c it is no even function, which would forgive a sign in front of x.
    return TrialFunction("products", {"A": A, "B": B, "c": mixed(rng, m)})


def _jacobian_cases(rng: np.random.Generator) -> list[Case]:
    square = TrialFunction("squares", {"A": np.eye(3), "b": np.zeros(3)})
    whole = rng.permutation([-2, 1, 3])
    return [
        Case(_("x squared at 1, 2, 3"), {"f": square, "x": np.array([1.0, 2, 3])}, weight=0),
        Case(_("one number in, two out"), {"f": _squares(rng, 1, 2), "x": mixed(rng, 1)}),
        Case(_("three numbers in, one out"), {"f": _squares(rng, 3, 1), "x": mixed(rng, 3)}),
        Case(_("two numbers in, four out"), {"f": _products(rng, 2, 4), "x": mixed(rng, 2)}),
        Case(_("an array of integers"), {"f": _squares(rng, 3, 2), "x": whole}),
        Case(
            _("a large step, h = 0.01"),
            {"f": _squares(rng, 3, 3), "x": mixed(rng, 3), "h": 0.01},
        ),
        Case(
            _("x is left unchanged"),
            {"f": _products(rng, 4, 3), "x": mixed(rng, 4)},
            inputs_unchanged=True,
        ),
    ]


NUMERICAL_JACOBIAN = Exercise(
    name="numerical_jacobian",
    lesson=LESSON,
    points=2,
    cases=_jacobian_cases,
    answer=_ask("numerical_jacobian", "J"),
    oracle=lambda inputs: {"J": _jacobian(inputs["f"], inputs["x"])},
    misconceptions=(
        Misconception(
            "transposed",
            _(
                "This is the transpose: PyTorch's layout, with a row for each output. "
                "In the lecture, which of n and m numbers the rows of J[n, m]?"
            ),
            lambda inputs, right: {"J": right["J"].T},
        ),
        Misconception(
            "forward difference",
            _(
                "These are slopes between x and x + h: one side only. "
                "Where should the second point lie, so that x is in the middle?"
            ),
            lambda inputs, right: {"J": _one_sided(_jacobian, inputs, 1)},
        ),
        Misconception(
            "divided by h",
            _(
                "This is twice the right Jacobian. "
                "How far apart are the two points, x + h and x - h?"
            ),
            lambda inputs, right: {"J": 2 * right["J"]},
        ),
        Misconception(
            "outputs added up",
            _(
                "Here the slopes of all outputs are added up, one number for each input. "
                "How many numbers does f give back, and where does the slope of each one go?"
            ),
            lambda inputs, right: {"J": right["J"].sum(axis=1)},
        ),
        Misconception(
            "all entries moved at once",
            _(
                "All entries of x were moved together, so every row holds the sum of all rows. "
                "Which entries stay where they are while you measure row n?"
            ),
            lambda inputs, right: {"J": np.tile(right["J"].sum(axis=0), (right["J"].shape[0], 1))},
        ),
        Misconception(
            "entry not put back",
            _(
                "Nearly right: each row was measured while earlier entries were still moved. "
                "What must happen to an entry before you go on to the next?"
            ),
            lambda inputs, right: {"J": _not_put_back(_jacobian, inputs)},
        ),
    ),
)
