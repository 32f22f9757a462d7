"""Learning before backprop: one step of the Mark I Perceptron and of Adaline."""

from collections.abc import Callable
from typing import Any

import numpy as np

from cs_utils.exercises.specification import Case, Exercise, Inputs, Misconception, Outputs
from cs_utils.exercises.vector_backprop.drawing import LESSON, matrix_between, mixed
from cs_utils.language import _

_ARGUMENTS = ("w", "x", "target", "learning_rate")


def _perceptron_loss(w: Any, x: Any, target: float) -> Any:
    """The loss whose gradient step is the perceptron's rule; y counts as a constant."""
    answer = (w.detach() @ x > 0).double()
    return -(target - answer) * (w @ x)


def _adaline_loss(w: Any, x: Any, target: float) -> Any:
    return 0.5 * (target - w @ x) ** 2


def _gradient_step(loss: Callable[..., Any], inputs: Inputs) -> np.ndarray:
    """The weights after one step down the loss's gradient, by autograd."""
    import torch

    w = torch.tensor(inputs["w"], requires_grad=True)
    value = loss(w, torch.tensor(inputs["x"]), inputs["target"])
    slope = torch.autograd.grad(value, w)[0]
    return (w.detach() - inputs["learning_rate"] * slope).numpy()


def _error(inputs: Inputs, right: Outputs) -> float:
    """What the right step multiplied x by, learning rate aside."""
    x = inputs["x"]
    return float((right["w"] - inputs["w"]) @ x / (x @ x) / inputs["learning_rate"])


def _with_error(inputs: Inputs, error: float) -> Outputs:
    return {"w": inputs["w"] + inputs["learning_rate"] * error * inputs["x"]}


def _signal(inputs: Inputs) -> float:
    return float(inputs["w"] @ inputs["x"])


def _example(
    rng: np.random.Generator, n: int, signal: float, target: float, rate: float
) -> dict[str, Any]:
    """n random weights and inputs, the last input 1 for the bias, with w.x equal to ``signal``."""
    x = np.append(mixed(rng, n - 1), 1.0)
    w = matrix_between(rng, x, np.array([signal]))[0]
    return {"w": w, "x": x, "target": target, "learning_rate": rate}


def _drawing(rng: np.random.Generator, target: float) -> dict[str, Any]:
    """400 black and white pixels and the bias's 1; black ones have weights that sum to -1."""
    x = np.append(rng.permutation(np.arange(400) % 4 == 0) * 1.0, 1.0)
    w = matrix_between(rng, x, np.array([-1.0]))[0]
    return {"w": w, "x": x, "target": target, "learning_rate": 0.1}


def _perceptron_cases(rng: np.random.Generator) -> list[Case]:
    printed = _printed(target=1)
    on_the_line = {
        "w": np.array([2.0, -1, 1]) * rng.integers(1, 4),
        "x": np.array([1.0, 3, 1]),
        "target": 1,
        "learning_rate": 0.5,
    }
    unchanged = _example(rng, 4, rng.uniform(0.5, 1.5), 0, 0.3)
    return [
        Case(_("three small numbers"), printed, weight=0),
        Case(_("1 wanted, 0 given"), _example(rng, 3, -rng.uniform(0.5, 1.5), 1, 0.1)),
        Case(_("0 wanted, 1 given"), _example(rng, 3, rng.uniform(0.5, 1.5), 0, 0.2)),
        Case(_("w.x is exactly 0, 1 wanted"), on_the_line),
        Case(_("0 wanted, 0 given"), _example(rng, 5, -rng.uniform(0.5, 1.5), 0, 0.5)),
        Case(_("a drawing of 20 x 20 pixels"), _drawing(rng, 1)),
        Case(_("inputs are left unchanged"), unchanged, inputs_unchanged=True),
    ]


def _printed(target: float) -> dict[str, Any]:
    w, x = np.array([0.5, -1, 0.25]), np.array([1.0, 2, 1])
    return {"w": w, "x": x, "target": target, "learning_rate": 0.1}


def _update(
    name: str,
    cases: Callable[[np.random.Generator], list[Case]],
    loss: Callable[..., Any],
    *misconceptions: Misconception,
) -> Exercise:
    return Exercise(
        name=name,
        lesson=LESSON,
        points=1,
        cases=cases,
        answer=lambda functions, case: {
            "w": functions[name](*(case.inputs[argument] for argument in _ARGUMENTS))
        },
        oracle=lambda inputs: {"w": _gradient_step(loss, inputs)},
        misconceptions=misconceptions,
    )


PERCEPTRON_UPDATE = _update(
    "perceptron_update",
    _perceptron_cases,
    _perceptron_loss,
    Misconception(
        "sign",
        _(
            "The weights moved the wrong way. "
            "When 1 was wanted and 0 given, should w.x grow or fall?"
        ),
        lambda inputs, right: {"w": 2 * inputs["w"] - right["w"]},
    ),
    Misconception(
        "threshold left out",
        _(
            "The error was taken from w.x itself, as Adaline does. "
            "What does the perceptron answer, and so what is its error?"
        ),
        lambda inputs, right: _with_error(inputs, inputs["target"] - _signal(inputs)),
    ),
    Misconception(
        "learning rate left out",
        _("The weights moved too far. What does the learning rate a multiply in the rule?"),
        lambda inputs, right: {
            "w": inputs["w"] + (right["w"] - inputs["w"]) / inputs["learning_rate"]
        },
    ),
    Misconception(
        "answer 1 at zero",
        _(
            "Only w.x = 0 goes wrong. The rule says: 1 where w.x > 0. "
            "What is the answer on the line itself?"
        ),
        lambda inputs, right: (
            _with_error(inputs, inputs["target"] - 1) if _signal(inputs) == 0 else right
        ),
    ),
    Misconception(
        "answers -1 and 1",
        _(
            "The answer was taken as -1 where w.x is not positive. "
            "Which two values can the Mark I's answer y and its target have?"
        ),
        lambda inputs, right: (
            right if _signal(inputs) > 0 else _with_error(inputs, inputs["target"] + 1)
        ),
    ),
    Misconception(
        "input left out",
        _(
            "Every weight moved by the same amount. "
            "Which weights had a part in the mistake when an input was large, or 0?"
        ),
        lambda inputs, right: {"w": inputs["w"] + inputs["learning_rate"] * _error(inputs, right)},
    ),
    Misconception(
        "change alone",
        _("This is the change of the weights. What are the new weights, then?"),
        lambda inputs, right: {"w": right["w"] - inputs["w"]},
    ),
)


def _adaline_cases(rng: np.random.Generator) -> list[Case]:
    unchanged = _example(rng, 4, rng.uniform(0.3, 0.8), -1, 0.15)
    return [
        Case(_("three small numbers"), _printed(target=1), weight=0),
        Case(_("one weight, no bias"), _single(rng)),
        Case(_("1 wanted, a negative sum"), _example(rng, 3, -rng.uniform(0.3, 0.8), 1, 0.1)),
        Case(_("-1 wanted, a positive sum"), _example(rng, 4, rng.uniform(0.3, 0.8), -1, 0.2)),
        Case(_("the right sign, but too little"), _example(rng, 5, rng.uniform(0.3, 0.6), 1, 0.3)),
        Case(_("the right sign, but too much"), _example(rng, 5, -rng.uniform(1.5, 3), -1, 0.05)),
        Case(_("inputs are left unchanged"), unchanged, inputs_unchanged=True),
    ]


def _single(rng: np.random.Generator) -> dict[str, Any]:
    w, x = rng.uniform(1.5, 3, size=1), mixed(rng, 1)
    return {"w": w, "x": x, "target": 1, "learning_rate": 0.1}


ADALINE_UPDATE = _update(
    "adaline_update",
    _adaline_cases,
    _adaline_loss,
    Misconception(
        "sign",
        _("The weights moved the wrong way. When w.x is below the target, should it grow or fall?"),
        lambda inputs, right: {"w": 2 * inputs["w"] - right["w"]},
    ),
    Misconception(
        "threshold of the perceptron",
        _(
            "The error was taken from the sign of w.x, as in a perceptron. "
            "Widrow and Hoff measure it before the threshold: what do they compare with d?"
        ),
        lambda inputs, right: _with_error(inputs, inputs["target"] - np.sign(_signal(inputs))),
    ),
    Misconception(
        "factor 2",
        _(
            "The step is twice the right one, as from the loss (d - w.x)^2. "
            "Is there a 2 in the rule of the lecture?"
        ),
        lambda inputs, right: {"w": 2 * right["w"] - inputs["w"]},
    ),
    Misconception(
        "learning rate left out",
        _("The weights moved too far. What does the learning rate a multiply in the rule?"),
        lambda inputs, right: {
            "w": inputs["w"] + (right["w"] - inputs["w"]) / inputs["learning_rate"]
        },
    ),
    Misconception(
        "input left out",
        _("Every weight moved by the same amount. What is the slope of w.x by one weight?"),
        lambda inputs, right: {"w": inputs["w"] + inputs["learning_rate"] * _error(inputs, right)},
    ),
    Misconception(
        "change alone",
        _("This is the change of the weights. What are the new weights, then?"),
        lambda inputs, right: {"w": right["w"] - inputs["w"]},
    ),
)
