"""``softmax_loss(x, y)`` and ``svm_loss(x, y)``: the mean loss and its gradient."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from cs_utils.cs231n.layer import LESSON
from cs_utils.exercises.matrix_backprop.drawing import asks, labels
from cs_utils.exercises.matrix_backprop.losses import SOFTMAX_LOSS as _COURSES
from cs_utils.exercises.specification import Case, Exercise, Inputs, Misconception, Outputs
from cs_utils.exercises.vector_backprop.drawing import LARGEST_EXPONENT, mixed
from cs_utils.language import _


def _loses_nothing(inputs: Inputs) -> bool:
    """Whether the right class keeps a probability above 0: CS231n's own old softmax_loss, which
    it handed out, takes the log of that probability."""
    own = np.take_along_axis(inputs["scores"], inputs["y"][:, None], 1)[:, 0]
    return bool((inputs["scores"].max(axis=1) - own < LARGEST_EXPONENT).all())


SOFTMAX_LOSS = replace(
    _COURSES,
    lesson=LESSON,
    cases=lambda rng: [case for case in _COURSES.cases(rng) if _loses_nothing(case.inputs)],
    misconceptions=tuple(
        one for one in _COURSES.misconceptions if one.name != "log of a probability that is 0"
    ),
)


def _svm(inputs: Inputs, margin: float = 1.0) -> dict[str, np.ndarray]:
    """Loss and gradient by PyTorch, whose loss is a mean over the classes, too."""
    import torch

    x = torch.tensor(np.asarray(inputs["x"], np.float64), requires_grad=True)
    y = torch.tensor(np.asarray(inputs["y"], np.int64))
    loss = torch.nn.functional.multi_margin_loss(x, y, margin=margin) * x.shape[1]
    gradient = torch.autograd.grad(loss, x)[0]
    return {"loss": loss.detach().numpy(), "dx": gradient.numpy()}


def _cases(rng: np.random.Generator) -> list[Case]:
    def inputs(n: int, classes: int) -> dict[str, Any]:
        return {"x": mixed(rng, n, classes), "y": labels(rng, n, classes)}

    right_by_far = inputs(3, 4)
    right_by_far["x"][np.arange(3), right_by_far["y"]] += 10
    printed = {"x": np.array([[1.0, 2.5, 3], [0, 0.5, 0.25]]), "y": np.array([1, 0])}
    return [
        Case(_("two rows of three scores"), printed, weight=0),
        Case(_("one row, two classes"), inputs(1, 2)),
        Case(_("three rows, three classes"), inputs(3, 3)),
        Case(_("five rows, four classes"), inputs(5, 4)),
        Case(_("every row right by far"), right_by_far),
        Case(_("twelve rows, ten classes"), inputs(12, 10)),
        Case(_("inputs are left unchanged"), inputs(4, 3), inputs_unchanged=True),
    ]


def _own_class(inputs: Inputs) -> np.ndarray:
    """1 at the right class of each row."""
    return (np.arange(inputs["x"].shape[1]) == inputs["y"][:, None]) * 1.0


def _rows(inputs: Inputs) -> int:
    return len(inputs["y"])


def _counted_own(inputs: Inputs, right: Outputs) -> Outputs:
    """The right class's own margin of 1 left in the sum."""
    return {"loss": right["loss"] + 1}


def _changed(
    loss: Callable[[Inputs, Outputs], Any], dx: Callable[[Inputs, Outputs], Any]
) -> Callable[[Inputs, Outputs], Outputs]:
    return lambda inputs, right: {"loss": loss(inputs, right), "dx": dx(inputs, right)}


def _same(name: str) -> Callable[[Inputs, Outputs], Any]:
    return lambda inputs, right: right[name]


SVM_LOSS = Exercise(
    name="svm_loss",
    lesson=LESSON,
    points=3,
    cases=_cases,
    answer=asks("svm_loss", "loss", "dx"),
    oracle=_svm,
    value=lambda inputs: float(_svm(inputs)["loss"]),
    misconceptions=(
        Misconception(
            "gradient not divided by N",
            _(
                "The loss is a mean over the batch, but dx is that of the sum. "
                "What does the 1/N of the loss do to its gradient?"
            ),
            _changed(_same("loss"), lambda inputs, right: right["dx"] * _rows(inputs)),
        ),
        Misconception(
            "sum over the batch",
            _("These are the sums over the batch. What makes a sum of N losses a mean?"),
            _changed(
                lambda inputs, right: right["loss"] * _rows(inputs),
                lambda inputs, right: right["dx"] * _rows(inputs),
            ),
        ),
        Misconception(
            "right class counted",
            _("The loss is too large by 1. What is the margin of the right class with itself?"),
            _counted_own,
        ),
        Misconception(
            "margin forgotten",
            _("The margin of 1 plays no part. By how much must the right score lead?"),
            lambda inputs, right: _svm(inputs, margin=1e-300),
        ),
        Misconception(
            "gradient of the right class forgotten",
            _(
                "In dx the right class has 0. "
                "In how many of the margins that count does its score take part?"
            ),
            _changed(_same("loss"), lambda inputs, right: right["dx"] * (1 - _own_class(inputs))),
        ),
        Misconception(
            "right class counted once",
            _(
                "In dx the right class has -1, however many margins are violated. "
                "In how many of them does its score take part?"
            ),
            _changed(
                _same("loss"),
                lambda inputs, right: (
                    np.maximum(right["dx"], 0) - _own_class(inputs) / _rows(inputs)
                ),
            ),
        ),
    ),
)
