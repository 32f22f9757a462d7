"""One step of gradient descent with momentum."""

from typing import Any

import numpy as np

from cs_utils.exercises.matrix_backprop.drawing import LESSON
from cs_utils.exercises.matrix_backprop.steps import ask_steps, gradients, run
from cs_utils.exercises.specification import Case, Exercise, Inputs, Misconception, Outputs
from cs_utils.exercises.vector_backprop.drawing import mixed
from cs_utils.language import _


def _sgd(inputs: Inputs, **options: Any) -> dict[str, np.ndarray]:
    """w and velocity by torch.optim.SGD."""
    # PyTorch keeps no velocity at momentum 0; this is as good as 0.
    given = {"lr": inputs["learning_rate"], "momentum": inputs["momentum"] or 1e-300}
    w, state = run("SGD", inputs, {"momentum_buffer": inputs["velocity"]}, given | options)
    return {"w": w, "velocity": state["momentum_buffer"].numpy()}


def _sgd_cases(rng: np.random.Generator) -> list[Case]:
    def inputs(rate: float, momentum: float, *shape: int, steps: int = 0) -> dict[str, Any]:
        dw: Any = [mixed(rng, *shape) for _step in range(steps)] if steps else mixed(rng, *shape)
        velocity = mixed(rng, *shape)
        return {
            "w": mixed(rng, *shape),
            "dw": dw,
            "velocity": velocity,
            "learning_rate": rate,
            "momentum": momentum,
        }

    printed = {
        "w": np.array([1.0, 2]),
        "dw": np.array([0.5, -1]),
        "velocity": np.array([1.0, 1]),
        "learning_rate": 0.1,
        "momentum": 0.9,
    }
    from_rest = inputs(0.2, 0.9, 3)
    from_rest["velocity"] = np.zeros(3)
    return [
        Case(_("two weights"), printed, weight=0),
        Case(_("one weight"), inputs(0.1, 0.9, 1)),
        Case(_("the first step, from rest"), from_rest),
        Case(_("a matrix of weights"), inputs(0.05, float(rng.uniform(0.4, 0.7)), 3, 4)),
        Case(_("momentum 0"), inputs(0.3, 0.0, 5)),
        Case(_("ten steps"), inputs(0.1, 0.8, 2, 3, steps=10)),
        Case(_("inputs are left unchanged"), inputs(0.1, 0.9, 4), inputs_unchanged=True),
    ]


def _velocity_in_steps(inputs: Inputs) -> Outputs:
    """The velocity that holds the learning rate and is added to w."""
    rate = inputs["learning_rate"]
    found = _sgd({**inputs, "velocity": -inputs["velocity"] / rate})
    return {"w": found["w"], "velocity": -rate * found["velocity"]}


def _by_old_velocity(inputs: Inputs) -> np.ndarray:
    """w where each step follows the velocity of the step before."""
    earlier = _sgd({**inputs, "dw": gradients(inputs)[:-1]})["w"]
    return earlier - inputs["learning_rate"] * inputs["velocity"]


SGD_MOMENTUM = Exercise(
    name="sgd_momentum",
    lesson=LESSON,
    points=1,
    cases=_sgd_cases,
    answer=ask_steps("sgd_momentum", ["velocity"], ["learning_rate", "momentum"]),
    oracle=_sgd,
    misconceptions=(
        Misconception(
            "step uphill",
            _("w went the wrong way. Does the loss fall along the gradient or against it?"),
            lambda inputs, right: {"w": 2 * inputs["w"] - right["w"]},
        ),
        Misconception(
            "sign of the momentum",
            _(
                "The old velocity was subtracted. "
                "Does a rolling ball keep its direction, or turn back at each step?"
            ),
            lambda inputs, right: _sgd(inputs, momentum=-inputs["momentum"]),
        ),
        Misconception(
            "velocity that holds the learning rate",
            _(
                "This is another form of momentum: velocity holds the learning rate and its sign. "
                "What does PyTorch add to momentum * velocity, and when does it multiply by the "
                "learning rate?"
            ),
            lambda inputs, right: _velocity_in_steps(inputs),
        ),
        Misconception(
            "gradient damped",
            _(
                "dw was multiplied by 1 - momentum, as in a running mean. "
                "Which factor has dw in PyTorch's velocity?"
            ),
            lambda inputs, right: _sgd(inputs, dampening=inputs["momentum"]),
        ),
        Misconception(
            "Nesterov's momentum",
            _(
                "This is Nesterov's form: w moved by dw plus momentum times the new velocity. "
                "Which one direction does plain momentum follow?"
            ),
            lambda inputs, right: _sgd(inputs, nesterov=True),
        ),
        Misconception(
            "velocity not used",
            _(
                "w moved by the gradient alone, as without momentum. "
                "What is the velocity for, once it is computed?"
            ),
            lambda inputs, right: {"w": _sgd({**inputs, "momentum": 0.0})["w"]},
        ),
        Misconception(
            "the old velocity used",
            _(
                "w moved by the velocity of the step before. "
                "Which is computed first, the new velocity or the new w?"
            ),
            lambda inputs, right: {"w": _by_old_velocity(inputs)},
        ),
        Misconception(
            "velocity not handed on",
            _(
                "velocity came back as it was given. "
                "What does the next step need to know of this one?"
            ),
            lambda inputs, right: {"velocity": inputs["velocity"]},
        ),
        Misconception(
            "learning rate left out",
            _("w moved by the whole velocity. What does the learning rate multiply?"),
            lambda inputs, right: {"w": _sgd(inputs, lr=1.0)["w"]},
        ),
    ),
)
