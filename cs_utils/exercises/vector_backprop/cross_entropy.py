"""The cross-entropy loss of scores and the right class's label."""

from typing import Any

import numpy as np

from cs_utils.exercises.layers import Layer
from cs_utils.exercises.specification import Case, Inputs, Misconception, Outputs
from cs_utils.exercises.vector_backprop.drawing import LARGEST_EXPONENT, LESSON, far_apart, mixed
from cs_utils.exercises.vector_backprop.softmax import SOFTMAX
from cs_utils.language import _


def _cross_entropy(scores: Any, label: int) -> Any:
    import torch

    return torch.nn.functional.cross_entropy(scores, torch.tensor(int(label)))


def _cases(rng: np.random.Generator) -> list[Case]:
    def inputs(classes: int, label: int) -> dict[str, Any]:
        return {"scores": mixed(rng, classes), "label": label}

    some = int(rng.integers(1, 5))
    printed = {"scores": np.array([1.0, 2, 3]), "label": 0, "dloss": 1.0}
    return [
        Case(_("the scores 1, 2, 3 and the label 0"), printed, weight=0),
        Case(_("two classes"), inputs(2, 1)),
        Case(_("the first of four classes"), inputs(4, 0)),
        Case(_("scores as large as 10000"), {"scores": far_apart(rng), "label": 1}),
        Case(_("a right class with the score -10000"), {"scores": far_apart(rng), "label": 2}),
        Case(_("ten classes"), inputs(10, 4 + some)),
        Case(_("inputs are left unchanged"), inputs(5, some), inputs_unchanged=True),
    ]


CROSS_ENTROPY = Layer(
    name="cross_entropy",
    lesson=LESSON,
    inputs=("scores", "label"),
    gradients=("scores",),
    output="loss",
    upstream="dloss",
    function=_cross_entropy,
    cases=_cases,
    caches=(
        lambda inputs, output: (inputs["scores"], inputs["label"]),
        lambda inputs, output: (SOFTMAX.forward(inputs), inputs["label"]),
        lambda inputs, output: {"scores": inputs["scores"], "label": inputs["label"]},
        lambda inputs, output: {"p": SOFTMAX.forward(inputs), "label": inputs["label"]},
    ),
    inputs_from_cache=lambda cache: {"scores": cache[0], "label": cache[1]},
)


def _own_score(inputs: Inputs) -> float:
    return inputs["scores"][inputs["label"]]


def _one_hot(inputs: Inputs) -> np.ndarray:
    return (np.arange(inputs["scores"].size) == inputs["label"]) * 1.0


def _overflown_loss(inputs: Inputs, right: Outputs) -> Outputs:
    if inputs["scores"].max() <= LARGEST_EXPONENT:
        return right
    return {"loss": np.nan if _own_score(inputs) > LARGEST_EXPONENT else np.inf}


def _all_classes(inputs: Inputs) -> float:
    losses = [CROSS_ENTROPY.forward({**inputs, "label": k}) for k in range(inputs["scores"].size)]
    return float(np.sum(losses))


FORWARD = CROSS_ENTROPY.forward_exercise(
    2,
    Misconception(
        "maximum not subtracted",
        _(
            "exp(10000) is infinite, so the loss is lost. "
            "It stays the same when one number is subtracted from all scores: which one helps?"
        ),
        _overflown_loss,
    ),
    Misconception(
        "log of the sum overflows",
        _(
            "The sum of the exponentials is infinite for large scores. "
            "It stays the same when one number is subtracted from all scores: which one helps?"
        ),
        lambda inputs, right: (
            {"loss": np.inf} if inputs["scores"].max() > LARGEST_EXPONENT else right
        ),
    ),
    Misconception(
        "log of a probability that is 0",
        _(
            "A tiny probability was rounded to 0, and log(0) is infinite. "
            "How does log(a / b) split, so that the log of an exponential need not be taken?"
        ),
        lambda inputs, right: {
            "loss": np.where(right["loss"] > LARGEST_EXPONENT, np.inf, right["loss"])
        },
    ),
    Misconception(
        "sign",
        _(
            "This is the log of the probability, which is negative. "
            "Should the loss be large or small for a likely class?"
        ),
        lambda inputs, right: {"loss": -right["loss"]},
    ),
    Misconception(
        "probability instead of its log",
        _(
            "This is the probability of the right class. "
            "What does the loss take of it, to be 0 for p = 1 and grow without limit for p = 0?"
        ),
        lambda inputs, right: {"loss": np.exp(-right["loss"])},
    ),
    Misconception(
        "score alone",
        _("This is minus the right class's score. Where do the other classes' scores come in?"),
        lambda inputs, right: {"loss": -_own_score(inputs)},
    ),
    Misconception(
        "all classes counted",
        _("The losses of all classes were added up. Which class's probability matters?"),
        lambda inputs, right: {"loss": _all_classes(inputs)},
    ),
    Misconception(
        "labels counted from 1",
        _("This is the loss of the class before. Does the course count classes from 0 or from 1?"),
        lambda inputs, right: {
            "loss": CROSS_ENTROPY.forward(
                {**inputs, "label": (inputs["label"] - 1) % inputs["scores"].size}
            )
        },
    ),
)

BACKWARD = CROSS_ENTROPY.backward_exercise(
    2,
    Misconception(
        "one-hot not subtracted",
        _(
            "These are the probabilities. They push every score down, the right one too. "
            "In what does the right class differ in the loss?"
        ),
        lambda inputs, right: {"dscores": inputs["dloss"] * SOFTMAX.forward(inputs)},
    ),
    Misconception(
        "upstream gradient forgotten",
        _("This is right only where dloss is 1. What does the chain rule do with dloss?"),
        lambda inputs, right: {"dscores": right["dscores"] / inputs["dloss"]},
    ),
    Misconception(
        "one-hot subtracted after the upstream gradient",
        _(
            "The 1 was subtracted after multiplying by dloss. "
            "Which parts of the local gradient does dloss multiply?"
        ),
        lambda inputs, right: {
            "dscores": inputs["dloss"] * SOFTMAX.forward(inputs) - _one_hot(inputs)
        },
    ),
    Misconception(
        "sign",
        _("The sign is turned round. Does the loss grow or fall when the right score grows?"),
        lambda inputs, right: {"dscores": -right["dscores"]},
    ),
    Misconception(
        "divided by the number of classes",
        _(
            "The gradient was divided by the number of classes. "
            "Is there a mean over classes in the loss?"
        ),
        lambda inputs, right: {"dscores": right["dscores"] / inputs["scores"].size},
    ),
    Misconception(
        "only the right class",
        _(
            "Only the right class got a gradient. "
            "What happens to the loss when a wrong class's score grows?"
        ),
        lambda inputs, right: {"dscores": right["dscores"] * _one_hot(inputs)},
    ),
)
