"""The exercises ``residual_forward`` and ``residual_backward``, and people's mistakes in them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from cs_utils.exercises.architectures.residual import RESIDUAL, batchnorm, branch, variant
from cs_utils.exercises.specification import Inputs, Misconception, Outputs
from cs_utils.language import _

_Prediction = Callable[[Inputs, Outputs], Outputs | None]


def _out(function: Callable[..., Any]) -> _Prediction:
    """What the block with this mistake puts out."""
    return lambda inputs, right: variant(function).results(inputs)


def _gradients(function: Callable[..., Any]) -> _Prediction:
    """The gradients of a block whose graph has this mistake in it."""
    return lambda inputs, right: variant(function).backward(inputs)


def _valued(right: Any, wrong: Any) -> Any:
    """The right value, with the gradient of the wrong one."""
    return wrong + (right - wrong).detach()


def _skip_twice(x: Any, *weights: Any) -> Any:
    return (branch(x, *weights) + 2 * x).relu()


def _no_inner_relu(x: Any, w1: Any, g1: Any, b1: Any, w2: Any, g2: Any, b2: Any) -> Any:
    return (batchnorm(batchnorm(x @ w1, g1, b1) @ w2, g2, b2) + x).relu()


def _no_first_norm(x: Any, w1: Any, g1: Any, b1: Any, w2: Any, g2: Any, b2: Any) -> Any:
    return (batchnorm((x @ w1).relu() @ w2, g2, b2) + x).relu()


def _no_second_norm(x: Any, w1: Any, g1: Any, b1: Any, w2: Any, g2: Any, b2: Any) -> Any:
    return (batchnorm(x @ w1, g1, b1).relu() @ w2 + x).relu()


def _sum_normalised(x: Any, w1: Any, g1: Any, b1: Any, w2: Any, g2: Any, b2: Any) -> Any:
    return batchnorm(batchnorm(x @ w1, g1, b1).relu() @ w2 + x, g2, b2).relu()


def _one_batchnorm_for_both(inputs: Inputs, right: Outputs) -> Outputs | None:
    if inputs["gamma1"].shape != inputs["gamma2"].shape:
        return None
    first = {"gamma2": inputs["gamma1"], "beta2": inputs["beta1"]}
    return RESIDUAL.results({**inputs, **first})


FORWARD = RESIDUAL.forward_exercise(
    3,
    Misconception(
        "skip connection forgotten",
        _("This is F(x) alone, behind the last ReLU. What does H(x) = F(x) + x add to it?"),
        _out(lambda x, *weights: branch(x, *weights).relu()),
    ),
    Misconception(
        "no ReLU on the sum",
        _("The sum has negative entries. What stands behind the plus in the picture of the block?"),
        _out(lambda x, *weights: branch(x, *weights) + x),
    ),
    Misconception(
        "ReLU before the addition",
        _(
            "ReLU came before x was added, so F can only push upwards. "
            "On which side of the plus does the last ReLU stand?"
        ),
        _out(lambda x, *weights: branch(x, *weights).relu() + x),
    ),
    Misconception(
        "ReLU before and after the addition",
        _(
            "F(x) went through a ReLU of its own before x was added. "
            "What can F take away from x then?"
        ),
        _out(lambda x, *weights: (branch(x, *weights).relu() + x).relu()),
    ),
    Misconception(
        "x added twice",
        _("x was added twice. How many ways lead past F?"),
        _out(_skip_twice),
    ),
    Misconception(
        "no ReLU inside F",
        _(
            "Between the two layers of F there is no ReLU. "
            "What would two matrices in a row be, without one?"
        ),
        _out(_no_inner_relu),
    ),
    Misconception(
        "first batchnorm forgotten",
        _("The first layer is not normalised. What stands between x w1 and its ReLU?"),
        _out(_no_first_norm),
    ),
    Misconception(
        "second batchnorm forgotten",
        _("The second layer is not normalised. What stands between hidden w2 and the plus?"),
        _out(_no_second_norm),
    ),
    Misconception(
        "the sum normalised",
        _(
            "x was added before the second batchnorm, so it does not come through unchanged. "
            "What would H(x) be for F = 0?"
        ),
        _out(_sum_normalised),
    ),
    Misconception(
        "gamma1 and beta1 used twice",
        _("Both batchnorms used gamma1 and beta1. Which ones belong to the second?"),
        _one_batchnorm_for_both,
    ),
    builds_on=("batchnorm_forward",),
)


def _right(x: Any, *weights: Any) -> Any:
    return (branch(x, *weights) + x).relu()


def _no_skip(x: Any, *weights: Any) -> Any:
    return _valued(_right(x, *weights), (branch(x, *weights) + x.detach()).relu())


def _skip_alone(x: Any, *weights: Any) -> Any:
    """dx comes past F only; the weights' gradients are right."""
    return (branch(x.detach(), *weights) + x).relu()


def _twice(x: Any, *weights: Any) -> Any:
    total = branch(x, *weights) + 2 * x
    return _valued(_right(x, *weights), total * ((total - x) > 0))


def _no_last_mask(x: Any, *weights: Any) -> Any:
    return _valued(_right(x, *weights), branch(x, *weights) + x)


def _skip_unmasked(x: Any, *weights: Any) -> Any:
    inside = (branch(x, *weights) + x.detach()).relu()
    return _valued(_right(x, *weights), inside + x)


def _mask_of_branch(x: Any, *weights: Any) -> Any:
    found = branch(x, *weights)
    return _valued((found + x).relu(), (found + x) * (found > 0))


def _no_inner_mask(x: Any, w1: Any, g1: Any, b1: Any, w2: Any, g2: Any, b2: Any) -> Any:
    first = batchnorm(x @ w1, g1, b1)
    hidden = _valued(first.relu(), first)
    return (batchnorm(hidden @ w2, g2, b2) + x).relu()


def _mask_before_norm(x: Any, w1: Any, g1: Any, b1: Any, w2: Any, g2: Any, b2: Any) -> Any:
    before = x @ w1
    first = batchnorm(before, g1, b1)
    hidden = _valued(first.relu(), first * (before > 0))
    return (batchnorm(hidden @ w2, g2, b2) + x).relu()


def _exchanged(*pairs: tuple[str, str]) -> _Prediction:
    def prediction(inputs: Inputs, right: Outputs) -> Outputs:
        return {
            name: right[other] for one, two in pairs for name, other in ((one, two), (two, one))
        }

    return prediction


BACKWARD = RESIDUAL.backward_exercise(
    5,
    Misconception(
        "gradient of the skip forgotten",
        _(
            "dx has come through F alone. x reaches the sum on a second way: "
            "what gradient comes back on that one?"
        ),
        lambda inputs, right: {"dx": variant(_no_skip).backward(inputs)["dx"]},
    ),
    Misconception(
        "gradient of F forgotten",
        _(
            "dx has come past F alone. x goes into w1 too: "
            "how do the gradients of two ways from one x join?"
        ),
        lambda inputs, right: {"dx": variant(_skip_alone).backward(inputs)["dx"]},
    ),
    Misconception(
        "gradient of the skip added twice",
        _("The gradient of the skip stands in dx twice. How often was x added to F(x)?"),
        lambda inputs, right: {"dx": variant(_twice).backward(inputs)["dx"]},
    ),
    Misconception(
        "mask of the sum forgotten",
        _(
            "The gradient went past the last ReLU as if it were not there. "
            "What does ReLU do with the gradient where the sum was negative?"
        ),
        _gradients(_no_last_mask),
    ),
    Misconception(
        "skip past the last ReLU",
        _(
            "Through F the gradient is right, but on the skip it went past the last ReLU. "
            "Does the plus stand before that ReLU or behind it?"
        ),
        lambda inputs, right: {"dx": variant(_skip_unmasked).backward(inputs)["dx"]},
    ),
    Misconception(
        "mask of F for that of the sum",
        _(
            "The last ReLU's gradient was cut off where F(x) was negative. "
            "Which numbers went into that ReLU?"
        ),
        _gradients(_mask_of_branch),
    ),
    Misconception(
        "mask inside F forgotten",
        _(
            "Inside F the gradient went past the ReLU. "
            "What does it do with the gradient of a hidden value that is 0?"
        ),
        lambda inputs, right: {"dw1": variant(_no_inner_mask).backward(inputs)["dw1"]},
    ),
    Misconception(
        "mask from before the batchnorm",
        _(
            "The mask inside F was taken from x w1. "
            "Does ReLU see these numbers or what the batchnorm made of them?"
        ),
        lambda inputs, right: {"dw1": variant(_mask_before_norm).backward(inputs)["dw1"]},
    ),
    Misconception(
        "upstream gradient forgotten",
        _("dout plays no part here, as if it were all ones. Where does the chain rule begin?"),
        lambda inputs, right: RESIDUAL.backward({**inputs, "dout": np.ones_like(inputs["dout"])}),
    ),
    Misconception(
        "mean over the batch",
        _(
            "dw1 and dw2 are divided by the number of rows. That is the loss's business, and dout "
            "knows of it already: how do the gradients of all rows join in one weight?"
        ),
        lambda inputs, right: {name: right[name] / len(inputs["x"]) for name in ("dw1", "dw2")},
    ),
    Misconception(
        "layers exchanged",
        _(
            "The gradients of the two layers have changed places. "
            "Which layer does backprop meet first, and where does its gradient stand in the list?"
        ),
        _exchanged(("dw1", "dw2"), ("dgamma1", "dgamma2"), ("dbeta1", "dbeta2")),
    ),
    Misconception(
        "gammas and betas exchanged",
        _(
            "dgamma and dbeta have changed places. In which order does batchnorm_backward "
            "return them?"
        ),
        _exchanged(("dgamma1", "dbeta1"), ("dgamma2", "dbeta2")),
    ),
    builds_on=("batchnorm_forward", "batchnorm_backward"),
)
