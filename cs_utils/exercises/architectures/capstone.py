"""The exercise ``train_small_network``: a network of the student's own, judged by how many images
it gets right that it has never seen."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from cs_utils.datasets import fashion_mnist
from cs_utils.exercises.specification import (
    Case,
    Exercise,
    Functions,
    Inputs,
    Misconception,
    Outputs,
    WrongReturnError,
)
from cs_utils.language import _
from cs_utils.small_network import (
    BUDGET,
    CLASSES,
    SECONDS,
    SmallNetwork,
    as_tensor,
    moved,
    trained,
)

NAME = "train_small_network"
# Share of right answers, and the points that reaching it brings.
STEPS = ((0.50, 1.0), (0.60, 1.0), (0.70, 1.0), (0.76, 1.0), (0.79, 1.0), (0.81, 1.0), (0.83, 2.0))
# What a case holds that only the judge may see.
KEPT_BACK = ("labels", "shifts")

# Seconds that the clock may show for each of a processor that has other work, too.
_PATIENCE = 3
_SAMPLE = 500
_CLEARLY = 0.05


def capstone_cases(
    images: np.ndarray, labels: np.ndarray, rng: np.random.Generator, seed: int
) -> list[Case]:
    """A case for each step, all on the same images.

    images: (count, 28, 28), uint8; labels: (count,); seed: for the student's training.
    """
    seen, shifts = moved(images, rng)
    inputs = {"images": seen, "seed": seed, "labels": labels, "shifts": shifts}
    title = _("at least {share:.0%} of new images")
    return [
        Case(title.format(share=share), {**inputs, "at_least": share}, weight=points)
        for share, points in STEPS
    ]


def _cases(rng: np.random.Generator) -> list[Case]:
    """On the course's held-out images; the grader has others."""
    data = fashion_mnist()
    return capstone_cases(data.test_images, data.test_labels, rng, seed=0)


def _ask(functions: Functions, case: Case) -> Outputs:
    small = trained(functions[NAME], case.inputs["seed"])
    images = case.inputs["images"]
    key = images.tobytes()
    if key not in small.found:
        small.found[key] = _outputs(small, as_tensor(images))
    return small.found[key]


def _outputs(small: SmallNetwork, images: Any) -> Outputs:
    """The scores that count, and what tells a mistake: scores for some images scaled otherwise and
    for some that it learned from."""
    known = as_tensor(fashion_mnist().train_images)
    sample = images[:_SAMPLE]
    in_training = bool(small.module.training)
    biases = (one.numel() for one in small.module.parameters() if one.ndim == 1)
    return {
        "scores": small.scores(images),
        "parameters": small.parameters,
        "one_axis": sum(biases),
        "in_training": int(in_training),
        "standardised": small.scores((sample - known.mean()) / known.std()),
        "centred": small.scores(2 * sample - 1),
        "known": small.scores(_ends(known)),
    }


def _ends(values: Any) -> Any:
    """The first and the last of them."""
    return values[np.r_[:_SAMPLE, len(values) - _SAMPLE : len(values)]]


def _needed(inputs: Inputs) -> int:
    return math.ceil(inputs["at_least"] * len(inputs["labels"]))


def _oracle(inputs: Inputs) -> Outputs:
    return {"over": 0, "right": _needed(inputs)}


def _properties(inputs: Inputs, outputs: Outputs) -> Outputs:
    """How many answers are right, up to those needed; how far over the budget it is; and signs of
    known mistakes, 0 or 1."""
    labels = np.asarray(inputs["labels"])
    scores = _scores(outputs, "scores", len(labels))
    right = scores.argmax(axis=1) == labels
    parameters = int(np.asarray(outputs.get("parameters", 0)).reshape(-1)[0])
    weights = parameters - int(np.asarray(outputs.get("one_axis", 0)).reshape(-1)[0])
    return {
        "over": max(0, parameters - BUDGET),
        "right": min(int(right.sum()), _needed(inputs)),
        "biases alone are over": int(weights <= BUDGET < parameters),
        **_signs(inputs, outputs, scores, right),
    }


def _scores(outputs: Outputs, name: str, count: int) -> np.ndarray:
    found = np.asarray(outputs.get(name, 0))
    if found.shape != (count, CLASSES) or not np.isfinite(found).all():
        text = _("the network's scores must be finite numbers of shape {shape}")
        raise WrongReturnError(text.format(shape=(count, CLASSES)))
    return found


def _signs(
    inputs: Inputs, outputs: Outputs, scores: np.ndarray, right: np.ndarray
) -> dict[str, int]:
    labels = np.asarray(inputs["labels"])
    sample = labels[:_SAMPLE]
    rescaled = max(
        _share(_scores(outputs, name, len(sample)), sample) for name in ("standardised", "centred")
    )
    known_labels = _ends(fashion_mnist().train_labels)
    known = _scores(outputs, "known", len(known_labels)).argmax(axis=1) == known_labels
    first, last = known[:_SAMPLE].mean(), known[_SAMPLE:].mean()
    distance = np.abs(inputs["shifts"]).sum(axis=1)
    near, far = right[distance <= 1].mean(), right[distance >= 3].mean()
    sums = scores.sum(axis=1)
    answers = np.bincount(scores.argmax(axis=1), minlength=CLASSES)
    signs = {
        "one answer": answers.max() > 0.9 * len(labels),
        "probabilities": (scores >= 0).all() and np.allclose(sums, 1, atol=1e-3),
        "better when rescaled": rescaled > right[:_SAMPLE].mean() + _CLEARLY,
        "in training": bool(np.any(outputs.get("in_training", 0))),
        "first images better": first > last + _CLEARLY,
        "worse when moved": near > far + 2 * _CLEARLY,
        "knows by heart": known.mean() > right[distance <= 1].mean() + 2 * _CLEARLY,
    }
    return {name: int(bool(sign)) for name, sign in signs.items()}


def _share(scores: np.ndarray, labels: np.ndarray) -> float:
    return float(np.mean(scores.argmax(axis=1) == labels))


def _in_words(inputs: Inputs, name: str, received: np.ndarray, right: Any) -> str | None:
    found = int(np.asarray(received).reshape(-1)[0])
    if name == "over":
        text = _("the network holds {count:,} parameters, biases included; {budget:,} are allowed")
        return text.format(count=BUDGET + found, budget=BUDGET)
    text = _("{right:,} of {count:,} are right, {share:.1%}; {needed:,} are needed here")
    count = len(inputs["labels"])
    return text.format(right=found, count=count, share=found / count, needed=int(right))


def _sign(name: str, text: str, sign: str) -> Misconception:
    return Misconception(name, text, lambda inputs, right: {sign: 1})


_MISTAKES: Sequence[Misconception] = (
    _sign(
        "biases not counted",
        _(
            "Without the numbers of biases and batchnorms it would be within the budget. "
            "Which of a network's numbers are learned?"
        ),
        "biases alone are over",
    ),
    _sign(
        "always the same answer",
        _(
            "Nearly every image gets the same answer: it has not learned. "
            "Does the loss fall while it trains, and is the learning rate very large or very small?"
        ),
        "one answer",
    ),
    _sign(
        "normalised while training only",
        _(
            "It does better when the images are shifted and scaled first, as yours seem to have "
            "been in training. Where must that happen, so that new images get it too?"
        ),
        "better when rescaled",
    ),
    _sign(
        "softmax before the loss",
        _(
            "The outputs are probabilities, and cross_entropy takes softmax itself. "
            "What does a softmax of numbers between 0 and 1 look like, and its gradient?"
        ),
        "probabilities",
    ),
    _sign(
        "left in training mode",
        _(
            "The network came back in training mode, where dropout drops and batchnorm uses the "
            "batch that it is given. What does eval() do before new images are shown?"
        ),
        "in training",
    ),
    _sign(
        "trained on a few images",
        _(
            "It knows the first training images much better than the last ones. "
            "Do all 10,000 go into your batches, in a new order every epoch?"
        ),
        "first images better",
    ),
    _sign(
        "moved images not learned",
        _(
            "Images in the middle are often right, moved ones much less often. "
            "What could the training images go through before the network sees them?"
        ),
        "worse when moved",
    ),
    _sign(
        "learned by heart",
        _(
            "It gets far more of its training images right than new ones. "
            "What could keep it from learning them by heart?"
        ),
        "knows by heart",
    ),
)

TRAIN_SMALL_NETWORK = Exercise(
    name=NAME,
    lesson="05_architectures",
    points=sum(points for _share_right, points in STEPS),
    cases=_cases,
    answer=_ask,
    oracle=_oracle,
    misconceptions=tuple(_MISTAKES),
    library="torch",
    properties=_properties,
    in_words=_in_words,
    kept_back=KEPT_BACK,
    seconds=_PATIENCE * SECONDS,
)
