"""The catalogue of known mistakes as a whole: how many there are of each layer, and how their
hints are written. The newer ones are met here as code, too."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from convolution_submissions import solved as solved_convolution
from submissions import solved

from cs_utils.checks import check_exercise
from cs_utils.exercises import find_exercise, lesson_exercises, lessons
from cs_utils.exercises.specification import Exercise

EXERCISES = [exercise for lesson in lessons() for exercise in lesson_exercises(lesson)]
LAYER = re.compile(r"_(forward|backward)(_|$)")
SENTENCE = re.compile(r"[^.?!]+[.?!](?=\s|$)")


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_every_exercise_knows_enough_mistakes(exercise: Exercise) -> None:
    names = [mistake.name for mistake in exercise.misconceptions]
    assert len(names) >= (6 if LAYER.search(exercise.name) else 3)
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_every_hint_is_short_and_asks(exercise: Exercise) -> None:
    for mistake in exercise.misconceptions:
        assert 1 <= len(SENTENCE.findall(mistake.hint)) <= 3, mistake.hint
        assert mistake.hint.endswith("?"), mistake.hint


RIGHT = solved() | solved_convolution()


def neuron(function: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    return lambda w, x: (function(w, x), None)


def matmul_overwritten(x: Any, w: Any) -> Any:
    y = np.zeros((len(x), w.shape[1]))
    for n, m, d in np.ndindex(*y.shape, len(w)):
        y[n, m] = x[n, d] * w[d, m]
    return y, (x, w)


def linear_with_many_biases(x: Any, W: Any, b: Any) -> Any:
    y = np.zeros(len(b))
    for m, d in np.ndindex(*W.shape):
        y[m] += W[m, d] * x[d] + b[m]
    return y, (x, W, b)


def conv1x1_overwritten(x: Any, w: Any, b: Any) -> Any:
    for c in range(x.shape[1]):
        out = x[:, c, None] * w[:, c, 0, 0, None, None]
    return out + b[:, None, None]


def grouped(
    x: Any, w: Any, b: Any, groups: int, stride: int = 1, padding: int = 0, **mistake: Any
) -> Any:
    """Groups by the plain layer, with a mistake: ``first`` filters, ``added`` or ``plain``."""
    options = (1, 0) if "plain" in mistake else (stride, padding)
    size, filters = w.shape[1], len(w) // groups
    parts = []
    for g in range(groups):
        own = slice(0, filters) if "first" in mistake else slice(g * filters, (g + 1) * filters)
        part, _cache = RIGHT["conv_forward_im2col"](
            x[:, g * size : (g + 1) * size], w[own], 0 * b[:filters], *options
        )
        parts.append(part + b[g * filters : (g + 1) * filters, None, None])
    return sum(parts) if "added" in mistake else np.concatenate(parts, axis=1)


def grouped_with(mistake: str) -> Callable[..., Any]:
    return lambda x, w, b, groups, stride=1, padding=0: grouped(
        x, w, b, groups, stride, padding, **{mistake: True}
    )


WRITTEN: list[tuple[str, Callable[..., Any], str]] = [
    (
        "neuron_forward",
        neuron(lambda w, x: 1 / 1 + np.exp(-(w[:2] @ x + w[2]))),
        "brackets left out",
    ),
    (
        "neuron_forward",
        neuron(lambda w, x: 1 / (1 + np.exp(-w[0] * x[0] + w[1] * x[1] + w[2]))),
        "minus on the first product only",
    ),
    (
        "neuron_forward",
        neuron(lambda w, x: 1 / (1 + np.exp(-w[:2] @ x)) + w[2]),
        "bias added behind the sigmoid",
    ),
    (
        "neuron_forward",
        neuron(lambda w, x: float(w[:2] @ x + w[2] > 0)),
        "a step instead of the sigmoid",
    ),
    ("jacobian_backward", lambda J, dz: (J * dz).sum(axis=0), "summed over the inputs"),
    ("jacobian_backward", lambda J, dz: (J * dz).mean(axis=1), "averaged over the outputs"),
    ("jacobian_backward", lambda J, dz: J.sum(axis=1) * dz.sum(), "dz summed first"),
    ("relu_forward", lambda x: (x[x > 0], x), "negative numbers dropped"),
    ("sigmoid_forward", lambda x: (1 / 1 + np.exp(-x), x), "brackets left out"),
    ("sigmoid_forward", lambda x: (np.exp(x) / np.exp(x).sum(), x), "softmax"),
    ("linear_forward", linear_with_many_biases, "bias in every product"),
    ("linear_forward", lambda x, W, b: (np.maximum(0, W @ x + b), x), "ReLU applied"),
    ("two_layer_forward", lambda x, W1, W2: (W2 @ (W1 @ x > 0), x), "mask passed on"),
    (
        "two_layer_forward",
        lambda x, W1, W2: (W2 @ (np.maximum(0, W1) @ x), x),
        "ReLU on the weights",
    ),
    ("matmul_forward", matmul_overwritten, "last product only"),
    ("matmul_forward", lambda x, w: ((x[:, :, None] * w).sum(axis=(0, 1)), x), "rows summed up"),
    ("affine_forward", lambda x, w, b: (x.reshape(len(x), -1) @ w.T + b, x), "w transposed"),
    (
        "affine_forward",
        lambda x, w, b: (x.reshape(len(x), -1) @ w + b[:, None], x),
        "a bias for each example",
    ),
    ("conv1x1_forward", conv1x1_overwritten, "last channel only"),
    (
        "conv1x1_forward",
        lambda x, w, b: (
            (x[:, None] * w[None, :, :, :, 0, None][..., 0, :, None]).mean(2) + b[:, None, None]
        ),
        "channels averaged",
    ),
    ("grouped_conv_forward", grouped_with("first"), "first group's filters for all"),
    ("grouped_conv_forward", grouped_with("added"), "groups added up"),
    ("grouped_conv_forward", grouped_with("plain"), "stride and padding not passed on"),
]


@pytest.mark.parametrize(("name", "wrong", "mistake"), WRITTEN)
@pytest.mark.parametrize("seed", [0, 2026])
def test_recognised(name: str, wrong: Callable[..., Any], mistake: str, seed: int) -> None:
    verdict = check_exercise(find_exercise(name), {**RIGHT, name: wrong}, seed)
    assert verdict.score < verdict.max_score
    assert verdict.misconception is not None, verdict.reason
    assert verdict.misconception.name == mistake
