"""ImageNet's measure: ``top_k_accuracy``."""

from collections.abc import Callable
from typing import Any

import numpy as np

from cs_utils.exercises.architectures.networks import LESSON
from cs_utils.exercises.specification import (
    Case,
    Exercise,
    Functions,
    Inputs,
    Misconception,
    Outputs,
)
from cs_utils.language import _

REFUSED = "ValueError raised"


def _fits(inputs: Inputs) -> bool:
    return 1 <= inputs["k"] <= inputs["scores"].shape[1]


def _accuracy(inputs: Inputs) -> Outputs:
    """By PyTorch's stable sort; else that k is refused."""
    import torch

    if not _fits(inputs):
        return {REFUSED: True}
    scores = torch.from_numpy(np.asarray(inputs["scores"], dtype=np.float64))
    labels = torch.from_numpy(np.asarray(inputs["labels"], dtype=np.int64))
    order = torch.sort(scores, dim=1, descending=True, stable=True).indices
    right = (order[:, : inputs["k"]] == labels[:, None]).any(dim=1)
    return {"accuracy": float(right.double().mean()), REFUSED: False}


def _ask(functions: Functions, case: Case) -> Outputs:
    try:
        accuracy = functions["top_k_accuracy"](*case.inputs.values())
    except ValueError:
        return {REFUSED: True}
    return {"accuracy": accuracy, REFUSED: False}


def _ranked(rng: np.random.Generator, n: int, classes: int, ranks: Any) -> dict[str, Any]:
    """Scores in which the label of each image has a known rank, 0 for the highest score."""
    scores = rng.permuted(np.tile(np.arange(float(classes)), (n, 1)), axis=1)
    scores += rng.uniform(-0.4, 0.4, scores.shape) - classes / 2
    order = np.argsort(-scores, axis=1)
    return {"scores": scores, "labels": order[np.arange(n), ranks]}


def _cases(rng: np.random.Generator) -> list[Case]:
    printed = {
        "scores": np.array([[0.1, 0.5, 0.4], [0.3, 0.3, 0.4], [0.2, 0.7, 0.1], [0.6, 0.1, 0.3]]),
        "labels": np.array([1, 0, 2, 2]),
        "k": 2,
    }
    first = _ranked(rng, 7, 4, np.array([0, 0, 1, 2, 3, 0, 1]))
    many = int(rng.integers(11, 17))
    last = _ranked(rng, many, 12, rng.permutation(np.arange(many) % 12))
    spread = _ranked(rng, 20, 9, rng.permutation(np.arange(20) % 9))
    return [
        Case(_("four images, three classes, k = 2"), printed, weight=0),
        Case(_("k = 1"), {**first, "k": 1}),
        Case(_("k = 3"), {**first, "k": 3}),
        Case(_("top 5 of 12 classes"), {**last, "k": 5}),
        Case(_("k as large as the number of classes"), {**first, "k": 4}),
        Case(_("equal scores: the class with the lower number comes first"), _tied(rng)),
        Case(_("k is larger than the number of classes"), {**first, "k": int(rng.integers(5, 9))}),
        Case(_("k is 0"), {**first, "k": 0}, weight=0.5),
        Case(_("the inputs are left unchanged"), {**spread, "k": 4}, inputs_unchanged=True),
    ]


def _tied(rng: np.random.Generator) -> dict[str, Any]:
    """Scores of few different values, so that many are equal; some rows hold one value alone."""
    scores = rng.integers(0, 3, size=(24, 6)) / 4
    scores[::6] = 0.5
    labels = rng.permutation(np.arange(24) % 6)
    return {"scores": scores, "labels": labels, "k": int(rng.integers(2, 4))}


def _in(order: Callable[[np.ndarray], np.ndarray]) -> Callable[[Inputs, Outputs], Outputs]:
    """What comes out where the classes are put in another order; k that is refused stays so."""

    def outputs(inputs: Inputs, right: Outputs) -> Outputs:
        if not _fits(inputs):
            return right
        top = order(np.asarray(inputs["scores"]))[:, : inputs["k"]]
        return {"accuracy": np.mean((top == inputs["labels"][:, None]).any(axis=1))}

    return outputs


def _share(inputs: Inputs) -> float:
    """The accuracy with k cut to what there is: what slices make of it without a word."""
    k = min(max(inputs["k"], 0), inputs["scores"].shape[1])
    return _accuracy({**inputs, "k": k}).get("accuracy", 0.0) if k else 0.0


def _higher(inputs: Inputs) -> np.ndarray:
    """For each image, how many classes score more than the right one, and how many as much."""
    scores = np.asarray(inputs["scores"])
    own = scores[np.arange(len(scores)), inputs["labels"]][:, None]
    return np.stack([(scores > own).sum(axis=1), (scores >= own).sum(axis=1)])


def _by_count(place: int) -> Callable[[Inputs, Outputs], Outputs]:
    """Ties that all count as right (0), or all as wrong (1)."""

    def outputs(inputs: Inputs, right: Outputs) -> Outputs:
        if not _fits(inputs):
            return right
        return {"accuracy": np.mean(_higher(inputs)[place] < inputs["k"] + place)}

    return outputs


def _scaled(factor: Callable[[Inputs], float]) -> Callable[[Inputs, Outputs], Outputs]:
    return lambda inputs, right: (
        {"accuracy": right["accuracy"] * factor(inputs)} if "accuracy" in right else right
    )


TOP_K_ACCURACY = Exercise(
    name="top_k_accuracy",
    lesson=LESSON,
    points=2,
    cases=_cases,
    answer=_ask,
    oracle=_accuracy,
    misconceptions=(
        Misconception(
            "the k lowest scores",
            _("The k lowest scores were taken. In which direction does argsort sort?"),
            _in(lambda scores: np.argsort(scores, axis=1, kind="stable")),
        ),
        Misconception(
            "always the best class alone",
            _("Only the best class counts in your result, whatever k is. What is k for?"),
            _in(lambda scores: np.argsort(-scores, axis=1, kind="stable")[:, :1]),
        ),
        Misconception(
            "one class too many",
            _("The k + 1 best classes were taken. Where does a slice [:k] end?"),
            lambda inputs, right: (
                _accuracy({**inputs, "k": min(inputs["k"] + 1, inputs["scores"].shape[1])})
                if _fits(inputs)
                else right
            ),
        ),
        Misconception(
            "of equal scores the last first",
            _(
                "Only equal scores go wrong: the class with the higher number comes first. "
                "What does reversing argsort do to ties, and what would argsort of -scores do?"
            ),
            _in(lambda scores: np.argsort(scores, axis=1, kind="stable")[:, ::-1]),
        ),
        Misconception(
            "all ties right",
            _(
                "Only equal scores go wrong: all of them count as right, so a network that "
                "gives every class the same score has 100 %. Which of them is first?"
            ),
            _by_count(0),
        ),
        Misconception(
            "all ties wrong",
            _("Only equal scores go wrong: none of them counts as right. Which one is first?"),
            _by_count(1),
        ),
        Misconception(
            "k not compared with the number of classes",
            _(
                "A k that is too large or too small is not refused: a slice takes what there is "
                "without a word. What must be raised instead?"
            ),
            lambda inputs, right: (
                right if _fits(inputs) else {"accuracy": _share(inputs), REFUSED: False}
            ),
        ),
        Misconception(
            "too large a k alone not refused",
            _("Only a k larger than the number of classes is not refused. What must be raised?"),
            lambda inputs, right: (
                {"accuracy": _share(inputs), REFUSED: False}
                if inputs["k"] > inputs["scores"].shape[1]
                else right
            ),
        ),
        Misconception(
            "k = 0 not refused",
            _("Only k = 0 is not refused. Can the right class be among no classes at all?"),
            lambda inputs, right: (
                {"accuracy": _share(inputs), REFUSED: False} if inputs["k"] < 1 else right
            ),
        ),
        Misconception(
            "a count instead of a share",
            _("This is the number of right images. What is it a share of?"),
            _scaled(lambda inputs: len(inputs["labels"])),
        ),
        Misconception(
            "percent",
            _("This is a percentage. From 0 to what does the accuracy go here?"),
            _scaled(lambda inputs: 100),
        ),
        Misconception(
            "the error instead of the accuracy",
            _("This is the error. How does the accuracy follow from it?"),
            lambda inputs, right: (
                {"accuracy": 1 - right["accuracy"]} if "accuracy" in right else right
            ),
        ),
        Misconception(
            "divided by k",
            _("The share is divided by k. How many right answers can one image have?"),
            _scaled(lambda inputs: 1 / inputs["k"]),
        ),
    ),
)
