"""A convolutional network on batches: conv - ReLU - max pooling - affine - softmax loss."""

from collections.abc import Callable
from typing import Any

import numpy as np

from cs_utils.exercises.layers import describe, named
from cs_utils.exercises.matrix_backprop.drawing import labels
from cs_utils.exercises.matrix_backprop.network import PARAMETERS, gradient
from cs_utils.exercises.pooling.drawing import LESSON
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


def _conv(X: Any, w1: Any, b1: Any) -> Any:
    import torch

    return torch.nn.functional.conv2d(X, w1, b1, padding="same")


def _pool(maps: Any) -> Any:
    import torch

    return torch.nn.functional.max_pool2d(maps, 2)


def _affine(pooled: Any, w2: Any, b2: Any) -> Any:
    import torch

    return torch.nn.functional.linear(pooled.flatten(1), w2.T, b2)


def _right_scores(X: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
    return _affine(_pool(_conv(X, w1, b1).relu()), w2, b2)


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
    def inputs(filters: int, k: int, classes: int, *shape: int, y: bool = True) -> dict[str, Any]:
        channels, height, width = shape[1:]
        features = filters * (height // 2) * (width // 2)
        found = {
            "w1": mixed(rng, filters, channels, k, k) / (k * np.sqrt(channels)),
            "b1": mixed(rng, filters) / 2,
            "w2": mixed(rng, features, classes) / np.sqrt(features),
            "b2": mixed(rng, classes),
            "X": mixed(rng, *shape),
        }
        return found | ({"y": labels(rng, shape[0], classes)} if y else {})

    printed = {
        "w1": np.array([[[[1.0]]], [[[-1.0]]]]),
        "b1": np.array([0.0, 1]),
        "w2": np.array([[1.0, 0], [0, 2]]),
        "b2": np.array([0.5, 0]),
        "X": np.array([[[[1.0, 2], [-3, 0]]]]),
    }
    return [
        Case(_("scores of one 2x2 image, 1x1 filters"), printed, weight=0),
        Case(_("scores of one image, 3x3 filters"), inputs(2, 3, 3, 1, 1, 4, 4, y=False)),
        Case(_("loss of one image"), inputs(3, 3, 3, 1, 1, 4, 4)),
        Case(_("loss of four images of two channels"), inputs(3, 3, 4, 4, 2, 4, 6)),
        Case(_("scores of 5x7 maps, 5x5 filters"), inputs(2, 5, 3, 2, 3, 5, 7, y=False)),
        Case(_("loss of 5x7 maps, 5x5 filters"), inputs(4, 5, 3, 3, 1, 5, 7)),
        Case(_("as many images, filters and classes"), inputs(3, 3, 3, 3, 3, 4, 4)),
        Case(_("inputs are left unchanged"), inputs(2, 3, 4, 4, 1, 6, 4), inputs_unchanged=True),
    ]


def _ask(functions: Functions, case: Case) -> Outputs:
    inputs = case.inputs
    net = functions["ConvNet"](*(inputs[name] for name in PARAMETERS))
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
    loss, gradients = named(result, ("loss", "gradients"), "ConvNet.loss").values()
    if not isinstance(gradients, dict):
        text = _("gradients must be a dict with the keys {keys}; it is {what}.")
        keys = ", ".join(PARAMETERS)
        raise WrongReturnError(text.format(keys=keys, what=describe(gradients)))
    known = {gradient(name): gradients[name] for name in PARAMETERS if name in gradients}
    return {"loss": loss, **known}


def _no_relu(X: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
    return _affine(_pool(_conv(X, w1, b1)), w2, b2)


def _averages(X: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
    import torch

    return _affine(torch.nn.functional.avg_pool2d(_conv(X, w1, b1).relu(), 2), w2, b2)


def _no_first_bias(X: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
    return _right_scores(X, w1, 0 * b1, w2, b2)


def _relu_on_scores(X: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
    return _right_scores(X, w1, b1, w2, b2).relu()


def _channels_last(X: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
    return _affine(_pool(_conv(X, w1, b1).relu()).movedim(1, 3), w2, b2)


def _gate_forgotten(X: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
    """The right scores, but the gradient goes through ReLU as if it were not there."""
    maps = _conv(X, w1, b1)
    passed = maps + (maps.relu() - maps).detach()
    return _affine(_pool(passed), w2, b2)


def _gate_of_gradient(X: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
    """The right scores, but the sign of the gradient opens the gate."""
    maps = _conv(X, w1, b1)
    passed = maps + (maps.relu() - maps).detach()
    if passed.requires_grad:
        passed.register_hook(lambda dmaps: dmaps.relu())
    return _affine(_pool(passed), w2, b2)


def _backward_of_averages(X: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
    """The right scores, but pooling's gradient is shared by its whole windows."""
    import torch

    features = _conv(X, w1, b1).relu()
    averages = torch.nn.functional.avg_pool2d(features, 2)
    return _affine(averages + (_pool(features) - averages).detach(), w2, b2)


def _probabilities(inputs: Inputs, right: Outputs) -> Outputs:
    import torch

    if "y" in inputs:
        return right
    return {"scores": torch.softmax(torch.tensor(right["scores"]), 1).numpy()}


def _exchanged(inputs: Inputs, right: Outputs, one: str, other: str) -> Outputs:
    if "y" not in inputs:
        return right
    return {gradient(one): right[gradient(other)], gradient(other): right[gradient(one)]}


CONV_NET = Exercise(
    name="ConvNet",
    lesson=LESSON,
    points=6,
    cases=_cases,
    answer=_ask,
    oracle=_network,
    builds_on=(
        "max_pool_forward_fast",
        "max_pool_backward_fast",
        "max_pool_forward",
        "max_pool_backward",
        "relu_forward",
        "relu_backward",
        "affine_forward",
        "affine_backward",
        "softmax_loss",
        "conv_forward_im2col",
        "conv_backward_im2col",
    ),
    misconceptions=(
        Misconception(
            "ReLU left out",
            _(
                "There is no ReLU behind the convolution. "
                "What stands between it and the pooling in conv - ReLU - pool?"
            ),
            lambda inputs, right: _network(inputs, _no_relu),
        ),
        Misconception(
            "average pooling",
            _("The maps were pooled by their means. Which kind of pooling does this network use?"),
            lambda inputs, right: _network(inputs, _averages),
        ),
        Misconception(
            "ReLU on the scores too",
            _("The negative scores were set to 0. How many ReLUs are there in the network?"),
            lambda inputs, right: _network(inputs, _relu_on_scores),
        ),
        Misconception(
            "first bias left out",
            _("b1 plays no part here. What do the maps hold when X is all zeros?"),
            lambda inputs, right: _network(inputs, _no_first_bias),
        ),
        Misconception(
            "channels flattened last",
            _(
                "The pooled maps were laid out with the channels last before they met w2. "
                "In which order does a plain reshape of (N, F, H, W) lay them out?"
            ),
            lambda inputs, right: _network(inputs, _channels_last),
        ),
        Misconception(
            "probabilities for scores",
            _(
                "Without labels these are softmax's probabilities. "
                "What comes out of the affine layer, before any softmax?"
            ),
            _probabilities,
        ),
        Misconception(
            "ReLU's gate left out",
            _(
                "The gradients of w1 and b1 went past ReLU as if it were not there. "
                "What does ReLU do with the gradient of a value that was negative?"
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
            "pooling's gradient shared by whole windows",
            _(
                "Backwards the pooling was taken for average pooling. "
                "Which entry of a window did the forward pass keep?"
            ),
            lambda inputs, right: _network(inputs, _backward_of_averages),
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
