"""Every known mistake of lesson 2 loses points and is told by its name: as predicted, and as
real code."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matrix_wrong_layers import WRITTEN as WRONG_LAYERS
from matrix_wrong_training import WRITTEN as WRONG_TRAINING
from matrix_wrong_training import UngatedNet
from submissions import SEEDS, all_zeros, mistaken, solved, verdict_on

from cs_utils.exercises import lesson_exercises
from cs_utils.exercises.specification import Exercise
from cs_utils.reports import text_report

EXERCISES = lesson_exercises("02_matrix_backprop")
NAMES = [exercise.name for exercise in EXERCISES]

MISTAKES = [
    pytest.param(exercise, mistake, id=f"{exercise.name}: {mistake.name}")
    for exercise in EXERCISES
    for mistake in exercise.misconceptions
]


class TestMistakes:
    @pytest.mark.parametrize(("exercise", "mistake"), MISTAKES)
    @pytest.mark.parametrize("seed", SEEDS[-3:])
    def test_recognised_by_its_name(self, exercise: Exercise, mistake: Any, seed: int) -> None:
        verdict = mistaken(exercise, seed, mistake)
        assert verdict.score < verdict.max_score
        assert verdict.misconception is not None
        assert verdict.misconception.name == mistake.name
        assert mistake.hint in text_report(verdict)

    @pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
    @pytest.mark.parametrize("seed", SEEDS[-3:])
    def test_zeros_earn_nothing(self, exercise: Exercise, seed: int) -> None:
        assert all_zeros(exercise, seed).score == 0


@pytest.mark.parametrize(("name", "wrong", "mistake"), WRONG_LAYERS + WRONG_TRAINING)
@pytest.mark.parametrize("seed", [0, 1, 2026])
def test_recognised(name: str, wrong: Callable[..., Any], mistake: str, seed: int) -> None:
    verdict = verdict_on(name, seed, **{name: wrong})
    assert verdict.score < verdict.max_score
    assert verdict.misconception is not None, verdict.reason
    assert verdict.misconception.name == mistake


def minus_in_place(dy: Any, cache: Any) -> Any:
    x, w = cache
    dx, dw = dy @ w.T, x.T @ dy
    dy -= 1
    return dx, dw


def flattened_in_place(x: Any, w: Any, b: Any) -> Any:
    x.shape = len(x), -1
    return x @ w + b, (x, w, b)


def one_hot_in_place(scores: Any, y: Any) -> Any:
    scores -= scores.max(axis=1, keepdims=True)
    return solved()["softmax_loss"](scores, y)


def running_in_place(x: Any, gamma: Any, beta: Any, mean: Any, var: Any, *rest: Any) -> Any:
    out, cache, *moved = solved()["batchnorm_forward"](x, gamma, beta, mean, var, *rest)
    mean[:], var[:] = moved
    return out, cache, mean, var


def cached_in_place(dout: Any, cache: Any) -> Any:
    found = solved()["batchnorm_backward"](dout, cache)
    cache[0][:] *= dout
    return found


def momentum_in_place(w: Any, dw: Any, velocity: Any, learning_rate: Any, momentum: Any) -> Any:
    velocity *= momentum
    velocity += dw
    w -= learning_rate * velocity
    return w, velocity


def dropped_in_place(x: Any, p: Any, training: Any, rng: Any) -> Any:
    factors = (rng.random(x.shape) >= p) / (1 - p) if training else np.ones(x.shape)
    x *= factors
    return x, factors


def mask_in_place(dout: Any, cache: Any) -> Any:
    dout *= cache
    return dout


class LearningNet(UngatedNet):
    """Changes its weights while it should only tell their gradients."""

    def gate(self, dhidden: Any, hidden: Any) -> Any:
        return dhidden * (hidden > 0)

    def loss(self, X: Any, y: Any = None) -> Any:
        result = super().loss(X, y)
        if y is not None:
            self.w1 -= 0.1 * result[1]["w1"]
        return result


@pytest.mark.parametrize(
    ("name", "wrong", "changed"),
    [
        ("matmul_backward", minus_in_place, ("dy",)),
        ("affine_forward", flattened_in_place, ("x",)),
        ("softmax_loss", one_hot_in_place, ("scores",)),
        ("batchnorm_forward", running_in_place, ("running_mean", "running_var")),
        ("batchnorm_backward", cached_in_place, ("cache",)),
        ("dropout_forward", dropped_in_place, ("x",)),
        ("dropout_backward", mask_in_place, ("dout",)),
        ("sgd_momentum", momentum_in_place, ("w", "velocity")),
        ("TwoLayerNet", LearningNet, ("w1",)),
    ],
)
def test_changes_in_place_cost_one_case(
    name: str, wrong: Callable[..., Any], changed: tuple[str, ...]
) -> None:
    verdict = verdict_on(name, **{name: wrong})
    assert verdict.max_score * 0.8 < verdict.score < verdict.max_score
    assert verdict.results[-1].changed == changed
