"""The lecture's two-layer network f = W2 max(0, W1 x), chained from the layers before it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from cs_utils.exercises.layers import Layer
from cs_utils.exercises.specification import Case, Inputs, Misconception, Outputs
from cs_utils.exercises.vector_backprop.drawing import LESSON, matrix_between, mixed
from cs_utils.exercises.vector_backprop.elementwise import RELU
from cs_utils.language import _


def _two_layer(x: Any, W1: Any, W2: Any) -> Any:
    import torch

    return torch.mv(W2, torch.relu(torch.mv(W1, x)))


def _cases(rng: np.random.Generator) -> list[Case]:
    def inputs(d: int, h: int, c: int) -> dict[str, Any]:
        """Hidden values and scores of both signs, none near a kink."""
        x, hidden = mixed(rng, d), -mixed(rng, h)
        W1 = matrix_between(rng, x, hidden)
        W2 = matrix_between(rng, RELU.forward({"x": hidden}), mixed(rng, c))
        return {"x": x, "W1": W1, "W2": W2}

    printed = {
        "x": np.array([1.0, -2]),
        "W1": np.array([[1.0, 0], [0, 1], [3, 1]]),
        "W2": np.array([[1.0, 2, 1], [-1, 1, 3]]),
        "dscores": np.array([1.0, -1]),
    }
    return [
        Case(_("two inputs, three hidden, two scores"), printed, weight=0),
        Case(_("one of each"), inputs(1, 1, 1)),
        Case(_("two inputs, three hidden, four scores"), inputs(2, 3, 4)),
        Case(_("three of each"), inputs(3, 3, 3)),
        Case(_("five inputs, four hidden, two scores"), inputs(5, 4, 2)),
        Case(_("six inputs, eight hidden, three scores"), inputs(6, 8, 3)),
        Case(_("inputs are left unchanged"), inputs(3, 5, 2), inputs_unchanged=True),
    ]


def _cache_of_parts(inputs: Inputs, output: np.ndarray) -> Any:
    """The caches that the parts suggest, in the order of the parts."""
    hidden = _hidden(inputs)
    z = RELU.forward({"x": hidden})
    first = (inputs["x"], inputs["W1"], np.zeros(hidden.size))
    return first, hidden, (z, inputs["W2"], np.zeros(output.size))


def _hidden(inputs: Inputs) -> np.ndarray:
    return inputs["W1"] @ inputs["x"]


TWO_LAYER = Layer(
    name="two_layer",
    lesson=LESSON,
    inputs=("x", "W1", "W2"),
    gradients=("x", "W1", "W2"),
    output="scores",
    upstream="dscores",
    function=_two_layer,
    cases=_cases,
    caches=(
        _cache_of_parts,
        lambda inputs, output: (inputs["x"], inputs["W1"], inputs["W2"]),
        lambda inputs, output: (inputs["x"], inputs["W1"], inputs["W2"], _hidden(inputs)),
    ),
    inputs_from_cache=lambda cache: {"x": cache[0][0], "W1": cache[0][1], "W2": cache[2][1]},
)


def _variant(function: Callable[..., Any]) -> Layer:
    """The network with a mistake in it, told in PyTorch."""
    return replace(TWO_LAYER, function=function)


def _gate_forgotten(x: Any, W1: Any, W2: Any) -> Any:
    """The right scores, but the gradient goes through ReLU as if it were not there."""
    import torch

    hidden = torch.mv(W1, x)
    return torch.mv(W2, hidden + (torch.relu(hidden) - hidden).detach())


def _gate_of_gradient(x: Any, W1: Any, W2: Any) -> Any:
    """The right scores, but the sign of the gradient opens the gate."""
    import torch

    hidden = torch.mv(W1, x)
    passed = hidden + (torch.relu(hidden) - hidden).detach()
    passed.register_hook(torch.relu)
    return torch.mv(W2, passed)


def _no_relu(x: Any, W1: Any, W2: Any) -> Any:
    return W2 @ (W1 @ x)


def _relu_on_scores(x: Any, W1: Any, W2: Any) -> Any:
    return _no_relu(x, W1, W2).relu()


def _relu_twice(x: Any, W1: Any, W2: Any) -> Any:
    return _two_layer(x, W1, W2).relu()


def _relu_on_input(x: Any, W1: Any, W2: Any) -> Any:
    return _no_relu(x.relu(), W1, W2)


def _only_hidden(x: Any, W1: Any, W2: Any) -> Any:
    return (W1 @ x).relu()


def _mask_passed_on(x: Any, W1: Any, W2: Any) -> Any:
    return W2 @ (W1 @ x > 0).double()


def _relu_on_weights(x: Any, W1: Any, W2: Any) -> Any:
    return _no_relu(x, W1.relu(), W2)


def _scores_of(function: Callable[..., Any]) -> Callable[[Inputs, Outputs], Outputs]:
    return lambda inputs, right: {"scores": _variant(function).forward(inputs)}


def _stopped_at_hidden(inputs: Inputs) -> np.ndarray:
    """The gradient that arrives at W1 x."""
    identity = np.eye(inputs["W1"].shape[0])
    return TWO_LAYER.backward({**inputs, "x": _hidden(inputs), "W1": identity})["dx"]


FORWARD = TWO_LAYER.forward_exercise(
    2,
    Misconception(
        "ReLU left out",
        _(
            "This is W2 W1 x: two linear layers that one matrix could replace. "
            "What stands between them in the formula?"
        ),
        _scores_of(_no_relu),
    ),
    Misconception(
        "ReLU on the scores instead",
        _("ReLU was taken of the scores. In f = W2 max(0, W1 x), what stands inside max(0, ...)?"),
        _scores_of(_relu_on_scores),
    ),
    Misconception(
        "ReLU on the scores too",
        _("The negative scores were set to 0. How many max(0, ...) are there in the formula?"),
        _scores_of(_relu_twice),
    ),
    Misconception(
        "ReLU on the input",
        _("ReLU was taken of x. In f = W2 max(0, W1 x), what happens to x before max(0, ...)?"),
        _scores_of(_relu_on_input),
    ),
    Misconception(
        "second layer left out",
        _("These are the hidden values max(0, W1 x). Which step of the formula is still missing?"),
        _scores_of(_only_hidden),
    ),
    Misconception(
        "mask passed on",
        _(
            "The second layer was given ones and zeros, where W1 x is positive and where not. "
            "What does max(0, 3) let through: 1, or 3?"
        ),
        _scores_of(_mask_passed_on),
    ),
    Misconception(
        "ReLU on the weights",
        _(
            "ReLU was taken of the matrix W1. "
            "In f = W2 max(0, W1 x), which comes first: the product with x, or max(0, ...)?"
        ),
        _scores_of(_relu_on_weights),
    ),
    builds_on=("linear_forward", "relu_forward"),
)

BACKWARD = TWO_LAYER.backward_exercise(
    3,
    Misconception(
        "upstream gradient forgotten",
        _("dscores plays no part here, as if it were all ones. Where does the chain rule begin?"),
        lambda inputs, right: TWO_LAYER.backward(
            {**inputs, "dscores": np.ones_like(inputs["dscores"])}
        ),
    ),
    Misconception(
        "ReLU's gate left out",
        _(
            "dW2 is right; dW1 and dx went past ReLU as if it were not there. "
            "What does ReLU do with the gradient of a hidden value that was negative?"
        ),
        lambda inputs, right: _variant(_gate_forgotten).backward(inputs),
    ),
    Misconception(
        "gate set by the gradient",
        _(
            "The gate of ReLU was set by the sign of the gradient. "
            "Which numbers of the forward pass set it?"
        ),
        lambda inputs, right: _variant(_gate_of_gradient).backward(inputs),
    ),
    Misconception(
        "dW2 with values from before ReLU",
        _(
            "dW2 was made with W1 x. What did W2 multiply in the forward pass: "
            "the values before ReLU, or those after it?"
        ),
        lambda inputs, right: {"dW2": _variant(_no_relu).backward(inputs)["dW2"]},
    ),
    Misconception(
        "dx stopped at the hidden layer",
        _("dx is the gradient of the hidden values. Which layer lies between them and x?"),
        lambda inputs, right: {"dx": _stopped_at_hidden(inputs)},
    ),
    Misconception(
        "dW1 and dW2 exchanged",
        _("dW1 and dW2 have changed places. In which order must they be returned?"),
        lambda inputs, right: {"dW1": right["dW2"], "dW2": right["dW1"]},
    ),
    builds_on=("linear_forward", "linear_backward", "relu_forward", "relu_backward"),
)
