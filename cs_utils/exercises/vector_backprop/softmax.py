"""Softmax: scores to probabilities."""

from typing import Any

import numpy as np

from cs_utils.exercises.layers import Layer
from cs_utils.exercises.specification import Case, Inputs, Misconception, Outputs
from cs_utils.exercises.vector_backprop.drawing import LARGEST_EXPONENT, LESSON, far_apart, mixed
from cs_utils.language import _


def _softmax(scores: Any) -> Any:
    import torch

    return torch.softmax(scores, 0)


def _log(p: np.ndarray) -> np.ndarray:
    import torch

    return torch.log(torch.as_tensor(p)).numpy()


def _cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case(_("the scores 1, 2, 3"), {"scores": np.array([1.0, 2, 3])}, weight=0),
        Case(_("two scores"), {"scores": mixed(rng, 2)}),
        Case(_("four scores"), {"scores": mixed(rng, 4)}),
        Case(_("scores as large as 10000"), {"scores": far_apart(rng)}),
        Case(_("ten scores"), {"scores": mixed(rng, 10)}),
        Case(_("inputs are left unchanged"), {"scores": mixed(rng, 5)}, inputs_unchanged=True),
    ]


SOFTMAX = Layer(
    name="softmax",
    lesson=LESSON,
    inputs=("scores",),
    gradients=("scores",),
    output="p",
    upstream="dp",
    function=_softmax,
    cases=_cases,
    caches=(
        lambda inputs, output: output,
        lambda inputs, output: inputs["scores"],
        lambda inputs, output: (inputs["scores"], output),
        lambda inputs, output: (output,),
    ),
    inputs_from_cache=lambda cache: {"scores": _log(cache)},
)


def _overflown(inputs: Inputs, right: Outputs) -> Outputs:
    """Infinite exponentials: nan where divided by themselves, 0 beside them."""
    too_large = inputs["scores"] > LARGEST_EXPONENT
    return {"p": np.where(too_large, np.nan, 0.0)} if too_large.any() else right


FORWARD = SOFTMAX.forward_exercise(
    2,
    Misconception(
        "maximum not subtracted",
        _(
            "exp(10000) is infinite, and infinite / infinite is not a number. "
            "p stays the same when one number is subtracted from all scores: which one helps here?"
        ),
        _overflown,
    ),
    Misconception(
        "not divided by the sum",
        _("These are the exponentials alone. What must probabilities add up to?"),
        lambda inputs, right: {"p": np.exp(inputs["scores"])},
    ),
    Misconception(
        "maximum subtracted, not divided by the sum",
        _(
            "These are the exponentials after subtracting the maximum; the largest is 1. "
            "What must probabilities add up to?"
        ),
        lambda inputs, right: {"p": right["p"] / right["p"].max()},
    ),
    Misconception(
        "sigmoid of each score",
        _(
            "Each score was treated alone, as by a sigmoid. "
            "When one probability grows, what must the others do?"
        ),
        lambda inputs, right: {"p": 1 / (1 + np.exp(-inputs["scores"]))},
    ),
    Misconception(
        "scores divided by their sum",
        _(
            "The scores themselves were divided by their sum. "
            "Negative scores make negative probabilities: what makes them all positive first?"
        ),
        lambda inputs, right: {"p": inputs["scores"] / inputs["scores"].sum()},
    ),
    Misconception(
        "all or nothing",
        _("Only the largest score got any probability. What makes softmax soft?"),
        lambda inputs, right: {"p": (inputs["scores"] == inputs["scores"].max()) * 1.0},
    ),
)

BACKWARD = SOFTMAX.backward_exercise(
    2,
    Misconception(
        "treated elementwise",
        _(
            "This is dp times p (1 - p): the diagonal of the Jacobian alone. "
            "Does p[0] change when scores[1] does?"
        ),
        lambda inputs, right: {"dscores": inputs["dp"] * _slopes(inputs)},
    ),
    Misconception(
        "only the diagonal part diag(p)",
        _(
            "This is p dp. The Jacobian is diag(p) - p pT: "
            "what number does pT dp give, and what is it multiplied by?"
        ),
        lambda inputs, right: {"dscores": inputs["dp"] * SOFTMAX.forward(inputs)},
    ),
    Misconception(
        "upstream gradient forgotten",
        _("This is p (1 - p), with no dp in it. What does the chain rule do with dp?"),
        lambda inputs, right: {"dscores": _slopes(inputs)},
    ),
    Misconception(
        "dp summed without p",
        _(
            "The sum of dp was taken without weights. "
            "In pT dp, what is each entry of dp multiplied by before it is added?"
        ),
        lambda inputs, right: {
            "dscores": SOFTMAX.forward(inputs) * (inputs["dp"] - inputs["dp"].sum())
        },
    ),
    Misconception(
        "outer factor p forgotten",
        _(
            "This is dp minus one number. "
            "Both parts of diag(p) - p pT begin with a p: where has it gone?"
        ),
        lambda inputs, right: {"dscores": right["dscores"] / SOFTMAX.forward(inputs)},
    ),
    Misconception(
        "sign",
        _("The sign is turned round. Does p[0] grow or fall when scores[0] grows?"),
        lambda inputs, right: {"dscores": -right["dscores"]},
    ),
)


def _slopes(inputs: Inputs) -> np.ndarray:
    """The slope of every probability by its own score."""
    p = SOFTMAX.forward(inputs)
    return p * (1 - p)
