"""The mean cross-entropy loss of a batch, with its gradient."""

from typing import Any

import numpy as np

from cs_utils.exercises.matrix_backprop.drawing import LESSON, asks, labels
from cs_utils.exercises.specification import Case, Exercise, Inputs, Misconception, Outputs
from cs_utils.exercises.vector_backprop.drawing import LARGEST_EXPONENT, far_apart, mixed
from cs_utils.language import _


def _loss(inputs: Inputs, reduction: str = "mean") -> dict[str, np.ndarray]:
    """Loss and gradient of the scores, by PyTorch."""
    import torch

    scores = torch.tensor(np.asarray(inputs["scores"], np.float64), requires_grad=True)
    y = torch.tensor(np.asarray(inputs["y"], np.int64))
    loss = torch.nn.functional.cross_entropy(scores, y, reduction=reduction)
    gradient = torch.autograd.grad(loss, scores)[0]
    return {"loss": loss.detach().numpy(), "dscores": gradient.numpy()}


def _cases(rng: np.random.Generator) -> list[Case]:
    def inputs(n: int, classes: int) -> dict[str, Any]:
        return {"scores": mixed(rng, n, classes), "y": labels(rng, n, classes)}

    printed = {"scores": np.array([[1.0, 2, 3], [0, 0, 0]]), "y": np.array([2, 0])}
    large = {"scores": np.stack([far_apart(rng), far_apart(rng)]), "y": np.array([1, 3])}
    unlikely = {"scores": np.stack([far_apart(rng), mixed(rng, 4)]), "y": np.array([2, 0])}
    levels = {"scores": mixed(rng, 3, 4) + np.array([[1e4], [-1e4], [0]]), "y": labels(rng, 3, 4)}
    return [
        Case(_("two rows of three scores"), printed, weight=0),
        Case(_("one row, two classes"), inputs(1, 2)),
        Case(_("three rows, three classes"), inputs(3, 3)),
        Case(_("five rows, four classes"), inputs(5, 4)),
        Case(_("scores as large as 10000"), large),
        Case(_("a right class with the score -10000"), unlikely),
        Case(_("one row near 10000, one near -10000"), levels),
        Case(_("twelve rows, ten classes"), inputs(12, 10)),
        Case(_("inputs are left unchanged"), inputs(4, 3), inputs_unchanged=True),
    ]


def _one_hot(inputs: Inputs) -> np.ndarray:
    return (np.arange(inputs["scores"].shape[1]) == inputs["y"][:, None]) * 1.0


def _rows(inputs: Inputs) -> int:
    return len(inputs["y"])


def _probabilities(inputs: Inputs, right: Outputs) -> np.ndarray:
    return right["dscores"] * _rows(inputs) + _one_hot(inputs)


def _overflown(inputs: Inputs, right: Outputs) -> Outputs:
    """exp() of the scores as they are: infinite, or 0 in all of a row."""
    if np.abs(inputs["scores"]).max() <= LARGEST_EXPONENT:
        return right
    largest = inputs["scores"].max(axis=1, keepdims=True)
    p = np.where(inputs["scores"] > LARGEST_EXPONENT, np.nan, 0.0)
    p = np.where(largest > LARGEST_EXPONENT, p, _probabilities(inputs, right))
    p = np.where(largest < -LARGEST_EXPONENT, np.nan, p)
    return {"dscores": (p - _one_hot(inputs)) / _rows(inputs)}


def _one_maximum(inputs: Inputs, right: Outputs) -> Outputs:
    """The largest score of the batch subtracted from all rows: far lower rows are lost."""
    lost = inputs["scores"].max() - inputs["scores"].max(axis=1) > LARGEST_EXPONENT
    return {"dscores": np.where(lost[:, None], np.nan, right["dscores"])}


def _log_of_zero(inputs: Inputs, right: Outputs) -> Outputs:
    """An infinite loss where the right class's probability is rounded to 0."""
    own = np.take_along_axis(inputs["scores"], inputs["y"][:, None], 1)[:, 0]
    too_low = inputs["scores"].max(axis=1) - own > LARGEST_EXPONENT
    return {"loss": np.inf} if too_low.any() else right


def _columns_for_all(inputs: Inputs, right: Outputs) -> np.ndarray:
    """1 subtracted in all rows, in every column that is some row's right class."""
    somewhere = _one_hot(inputs).max(axis=0)
    return (_probabilities(inputs, right) - somewhere) / _rows(inputs)


def _softmax_down(inputs: Inputs) -> Outputs:
    """Softmax along the batch instead of the classes."""
    import torch

    logs = torch.log_softmax(torch.tensor(inputs["scores"]), 0).numpy()
    own = np.take_along_axis(logs, inputs["y"][:, None], 1)
    return {"loss": -own.mean(), "dscores": (np.exp(logs) - _one_hot(inputs)) / _rows(inputs)}


SOFTMAX_LOSS = Exercise(
    name="softmax_loss",
    lesson=LESSON,
    points=3,
    cases=_cases,
    answer=asks("softmax_loss", "loss", "dscores"),
    oracle=_loss,
    stand_ins=(lambda scores, y: tuple(_loss({"scores": scores, "y": y}).values()),),
    value=lambda inputs: float(_loss(inputs)["loss"]),
    misconceptions=(
        Misconception(
            "gradient not divided by N",
            _(
                "The loss is a mean over the batch, but dscores is that of the sum. "
                "What does the 1/N of the loss do to its gradient?"
            ),
            lambda inputs, right: {
                "loss": right["loss"],
                "dscores": right["dscores"] * _rows(inputs),
            },
        ),
        Misconception(
            "sum over the batch",
            _("These are the sums over the batch. What makes a sum of N losses a mean?"),
            lambda inputs, right: _loss(inputs, "sum"),
        ),
        Misconception(
            "loss not divided by N",
            _(
                "dscores is that of a mean, but the loss is a sum over the batch. "
                "What makes a sum of N losses a mean?"
            ),
            lambda inputs, right: {
                "loss": right["loss"] * _rows(inputs),
                "dscores": right["dscores"],
            },
        ),
        Misconception(
            "divided by the number of classes too",
            _(
                "The mean was taken over rows and classes alike. "
                "How many losses are there in a batch of N rows with C classes?"
            ),
            lambda inputs, right: {
                "dscores": right["dscores"] / inputs["scores"].shape[1],
            },
        ),
        Misconception(
            "maximum not subtracted",
            _(
                "exp(10000) is infinite, and exp(-10000) is 0. "
                "The loss stays the same when one number is subtracted from a row: "
                "which one keeps exp in reach?"
            ),
            _overflown,
        ),
        Misconception(
            "one maximum for the whole batch",
            _(
                "A row far below the others was lost, as all its exponentials are 0. "
                "Which maximum suits that row?"
            ),
            _one_maximum,
        ),
        Misconception(
            "log of a probability that is 0",
            _(
                "A tiny probability was rounded to 0, and log(0) is infinite. "
                "How does log(a / b) split, so that the log of an exponential need not be taken?"
            ),
            _log_of_zero,
        ),
        Misconception(
            "one-hot not subtracted",
            _(
                "dscores holds the probabilities over N: they push every score down, "
                "the right one too. In what does the right class differ in the loss?"
            ),
            lambda inputs, right: {"dscores": _probabilities(inputs, right) / _rows(inputs)},
        ),
        Misconception(
            "1 subtracted in whole columns",
            _(
                "The 1 was subtracted in every row of a column, as by dscores[:, y] -= 1. "
                "Which single entry of each row is the right class's?"
            ),
            lambda inputs, right: {"dscores": _columns_for_all(inputs, right)},
        ),
        Misconception(
            "softmax along the batch",
            _(
                "Here the probabilities of a column add up to 1, over the examples. "
                "Over which axis of (N, C) should they?"
            ),
            lambda inputs, right: _softmax_down(inputs),
        ),
        Misconception(
            "sign of the loss",
            _("The loss is negative. Should it be large or small for a likely class?"),
            lambda inputs, right: {"loss": -right["loss"]},
        ),
        Misconception(
            "sign of the gradient",
            _("dscores points the other way. Does the loss grow when the right score does?"),
            lambda inputs, right: {"dscores": -right["dscores"]},
        ),
    ),
)
