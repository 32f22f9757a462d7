"""Answers to the last task of the course, made up: scores of which a given share is right, and what
known mistakes make of them."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.judging.verdict import cases_and_references
from cs_utils.answers import Answer, plain_array
from cs_utils.datasets import fashion_mnist
from cs_utils.exercises import find_exercise
from cs_utils.exercises.architectures.capstone import NAME
from cs_utils.verdicts import Verdict, judge

EXERCISE = find_exercise(NAME)


def synthetic(share: float, seed: int = 3, **changes: Any) -> Verdict:
    """The verdict on scores of which this share is right, with some outputs exchanged."""
    cases, expected = cases_and_references(NAME, seed, "cpu")
    rng = np.random.default_rng(0)
    labels = cases[0].inputs["labels"]
    known = np.concatenate(
        [fashion_mnist().train_labels[place] for place in (slice(500), slice(-500, None))]
    )
    outputs = {
        "scores": scores_for(labels, share, rng),
        "parameters": 1000,
        "one_axis": 10,
        "in_training": 0,
        "standardised": scores_for(labels[:500], share, rng),
        "centred": scores_for(labels[:500], share, rng),
        "known": scores_for(known, share, rng),
        **changes,
    }
    answer = Answer({name: plain_array(value, name) for name, value in outputs.items()})
    return judge(EXERCISE, cases, [answer] * len(cases), expected)


def scores_for(labels: np.ndarray, share: float, rng: Any) -> np.ndarray:
    """Scores that are right for about this share of the labels, anywhere."""
    wrong = rng.permutation(len(labels)) >= round(share * len(labels))
    said = np.where(wrong, (labels + rng.integers(1, 10, len(labels))) % 10, labels)
    scores = rng.normal(size=(len(labels), 10)) - 5
    scores[np.arange(len(labels)), said] = 5
    return scores


def _labels() -> tuple[np.ndarray, np.ndarray]:
    inputs = cases_and_references(NAME, 3, "cpu")[0][0].inputs
    return inputs["labels"], np.abs(inputs["shifts"]).sum(axis=1)


def known_mistakes() -> Iterator[tuple[str, dict[str, Any]]]:
    """Names of mistakes, and the outputs that they change."""
    rng = np.random.default_rng(1)
    labels, distance = _labels()
    known = np.concatenate(
        [fashion_mnist().train_labels[:500], fashion_mnist().train_labels[-500:]]
    )
    softened = np.exp(scores_for(labels, 0.7, rng))
    yield "softmax before the loss", {"scores": softened / softened.sum(axis=1, keepdims=True)}
    yield "normalised while training only", {"standardised": scores_for(labels[:500], 0.85, rng)}
    yield "left in training mode", {"in_training": 1}
    yield "always the same answer", {"scores": np.eye(10)[np.full(2000, 3)] * 2}
    few = np.concatenate([scores_for(known[:500], 1, rng), scores_for(known[500:], 0.7, rng)])
    yield "trained on a few images", {"known": few}
    by_distance = np.where(
        (distance <= 1)[:, None], scores_for(labels, 0.95, rng), scores_for(labels, 0.6, rng)
    )
    yield "moved images not learned", {"scores": by_distance}
    yield "learned by heart", {"known": scores_for(known, 0.99, rng)}
