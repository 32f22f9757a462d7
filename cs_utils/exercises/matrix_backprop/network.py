"""The two-layer network on batches: affine - ReLU - affine - softmax loss, as a class."""

from collections.abc import Callable
from typing import Any

import numpy as np

from cs_utils.exercises.layers import describe, named
from cs_utils.exercises.matrix_backprop.drawing import LESSON, labels
from cs_utils.exercises.specification import (
    AGAIN,
    Case,
    Exercise,
    Functions,
    Inputs,
    Misconception,
    Outputs,
    WrongReturnError,
)
from cs_utils.exercises.vector_backprop.drawing import mixed
from cs_utils.language import _

PARAMETERS = ("w1", "b1", "w2", "b2")


def gradient(name: str) -> str:
    """How a report calls the gradient of a parameter."""
    return f"gradients['{name}']"


def _right_scores(X: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
    import torch

    linear = torch.nn.functional.linear
    return linear(torch.relu(linear(X.flatten(1), w1.T, b1)), w2.T, b2)


def _network(
    inputs: Inputs, scores_of: Callable[..., Any] = _right_scores, reduction: str = "mean"
) -> dict[str, np.ndarray]:
    """Scores, or loss and gradients where there are labels, by PyTorch.

    scores_of: the network in PyTorch; one with a mistake in it tells what that mistake gives.
    """
    import torch

    leaves = [torch.tensor(inputs[name], requires_grad=True) for name in PARAMETERS]
    scores = scores_of(torch.tensor(inputs["X"]), *leaves)
    if "y" not in inputs:
        return {"scores": scores.detach().numpy()}
    y = torch.tensor(inputs["y"], dtype=torch.int64)
    loss = torch.nn.functional.cross_entropy(scores, y, reduction=reduction)
    found = torch.autograd.grad(loss, leaves, materialize_grads=True)
    gradients = {gradient(name): g.numpy() for name, g in zip(PARAMETERS, found, strict=True)}
    return {"loss": loss.detach().numpy(), **gradients}


def _cases(rng: np.random.Generator) -> list[Case]:
    def inputs(hidden: int, classes: int, *shape: int, y: bool = True) -> dict[str, Any]:
        X = mixed(rng, *shape)
        size = X[0].size
        found = {
            "w1": mixed(rng, size, hidden) / np.sqrt(size),
            "b1": mixed(rng, hidden),
            "w2": mixed(rng, hidden, classes),
            "b2": mixed(rng, classes),
            "X": X,
        }
        return found | ({"y": labels(rng, shape[0], classes)} if y else {})

    printed = {
        "w1": np.array([[1.0, 0, -1], [0, 1, 1]]),
        "b1": np.array([0.0, 0, 1]),
        "w2": np.array([[1.0, -1], [0, 2], [1, 0]]),
        "b2": np.array([0.5, 0]),
        "X": np.array([[1.0, 2], [-1, 3]]),
    }
    return [
        Case(_("scores of two rows, small numbers"), printed, weight=0),
        Case(_("scores of one row"), inputs(4, 3, 1, 2, y=False)),
        Case(_("loss of one row"), inputs(6, 3, 1, 4)),
        Case(_("loss of five rows"), inputs(8, 4, 5, 3)),
        Case(_("as many inputs, hidden values and classes"), inputs(4, 4, 4, 4)),
        Case(_("scores of images of 28 x 28 pixels"), inputs(6, 5, 3, 28, 28, y=False)),
        Case(_("loss of images of 28 x 28 pixels"), inputs(7, 5, 4, 28, 28)),
        Case(_("inputs are left unchanged"), inputs(6, 3, 4, 2, 3), inputs_unchanged=True),
    ]


def _ask(functions: Functions, case: Case) -> Outputs:
    inputs = case.inputs
    net = functions["TwoLayerNet"](*(inputs[name] for name in PARAMETERS))
    if "y" not in inputs:
        return {"scores": net.loss(inputs["X"])}
    found = _loss(net, inputs)
    if not case.inputs_unchanged:
        return found
    first = {name: np.array(value) for name, value in found.items()}
    return first | {name + AGAIN: value for name, value in _loss(net, inputs).items()}


def _loss(net: Any, inputs: Inputs) -> dict[str, Any]:
    """The student's loss and gradients. Raises WrongReturnError where they are no such pair."""
    result = net.loss(inputs["X"], inputs["y"])
    loss, gradients = named(result, ("loss", "gradients"), "TwoLayerNet.loss").values()
    if not isinstance(gradients, dict):
        text = _("gradients must be a dict with the keys {keys}; it is {what}.")
        keys = ", ".join(PARAMETERS)
        raise WrongReturnError(text.format(keys=keys, what=describe(gradients)))
    known = {gradient(name): gradients[name] for name in PARAMETERS if name in gradients}
    return {"loss": loss, **known}


def _no_relu(X: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
    return (X.flatten(1) @ w1 + b1) @ w2 + b2


def _relu_on_scores(X: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
    return _right_scores(X, w1, b1, w2, b2).relu()


def _gate_forgotten(X: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
    """The right scores, but the gradient goes through ReLU as if it were not there."""
    hidden = X.flatten(1) @ w1 + b1
    return (hidden + (hidden.relu() - hidden).detach()) @ w2 + b2


def _gate_of_gradient(X: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
    """The right scores, but the sign of the gradient opens the gate."""
    hidden = X.flatten(1) @ w1 + b1
    passed = hidden + (hidden.relu() - hidden).detach()
    if passed.requires_grad:
        passed.register_hook(lambda dz: dz.relu())
    return passed @ w2 + b2


def _no_first_bias(X: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
    return _right_scores(X, w1, 0 * b1, w2, b2)


def _before_relu(X: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
    """The right scores, but w2 meets the hidden values from before ReLU on the way back."""
    wrong = _no_relu(X, w1, b1, w2, b2)
    return wrong + (_right_scores(X, w1, b1, w2, b2) - wrong).detach()


def _probabilities(inputs: Inputs, right: Outputs) -> Outputs:
    import torch

    if "y" in inputs:
        return right
    return {"scores": torch.softmax(torch.tensor(right["scores"]), 1).numpy()}


def _exchanged(inputs: Inputs, right: Outputs, one: str, other: str) -> Outputs:
    if "y" not in inputs:
        return right
    return {gradient(one): right[gradient(other)], gradient(other): right[gradient(one)]}


TWO_LAYER_NET = Exercise(
    name="TwoLayerNet",
    lesson=LESSON,
    points=5,
    cases=_cases,
    answer=_ask,
    oracle=_network,
    builds_on=("affine_forward", "affine_backward", "softmax_loss"),
    misconceptions=(
        Misconception(
            "ReLU left out",
            _(
                "There is no ReLU between the layers, so one matrix could replace both. "
                "What stands between them in f = W2 max(0, W1 x)?"
            ),
            lambda inputs, right: _network(inputs, _no_relu),
        ),
        Misconception(
            "ReLU on the scores too",
            _(
                "The negative scores were set to 0. "
                "How many max(0, ...) are there in f = W2 max(0, W1 x)?"
            ),
            lambda inputs, right: _network(inputs, _relu_on_scores),
        ),
        Misconception(
            "probabilities for scores",
            _(
                "Without labels these are softmax's probabilities. "
                "What comes out of the second affine layer, before any softmax?"
            ),
            _probabilities,
        ),
        Misconception(
            "first bias left out",
            _("b1 plays no part here. What is the first layer's output when X is all zeros?"),
            lambda inputs, right: _network(inputs, _no_first_bias),
        ),
        Misconception(
            "ReLU's gate left out",
            _(
                "The gradients of w1 and b1 went past ReLU as if it were not there. "
                "What does ReLU do with the gradient of a hidden value that was negative?"
            ),
            lambda inputs, right: _network(inputs, _gate_forgotten),
        ),
        Misconception(
            "gate set by the gradient",
            _(
                "The gate of ReLU was set by the sign of the gradient. "
                "Which numbers of the forward pass set it?"
            ),
            lambda inputs, right: _network(inputs, _gate_of_gradient),
        ),
        Misconception(
            "w2's gradient with values from before ReLU",
            _(
                "The gradient of w2 was made with the hidden values before ReLU. "
                "What did w2 multiply in the forward pass?"
            ),
            lambda inputs, right: (
                {gradient("w2"): _network(inputs, _before_relu)[gradient("w2")]}
                if "y" in inputs
                else right
            ),
        ),
        Misconception(
            "sum over the batch",
            _(
                "Loss and gradients are those of a sum over the batch. "
                "What makes a sum of N losses a mean?"
            ),
            lambda inputs, right: _network(inputs, reduction="sum"),
        ),
        Misconception(
            "weights' gradients exchanged",
            _(
                "The gradients of w1 and w2 have changed places. "
                "Which layer does backprop meet first, and under which key does it belong?"
            ),
            lambda inputs, right: _exchanged(inputs, right, "w1", "w2"),
        ),
        Misconception(
            "biases' gradients exchanged",
            _(
                "The gradients of b1 and b2 have changed places. "
                "Which layer does backprop meet first, and under which key does it belong?"
            ),
            lambda inputs, right: _exchanged(inputs, right, "b1", "b2"),
        ),
    ),
)
