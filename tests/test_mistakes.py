"""Every known mistake loses points and is told by its name: as predicted, and as real code."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from submissions import EXERCISES, NAMES, SEEDS, all_zeros, asked, mistaken, submission, verdict_on

from cs_utils.exercises.specification import Case, Exercise, Outputs
from cs_utils.reports import text_report
from solutions import numpy_vectors

MISTAKES = [
    pytest.param(exercise, mistake, id=f"{exercise.name}: {mistake.name}")
    for exercise in EXERCISES
    for mistake in exercise.misconceptions
]


class TestMistakes:
    @pytest.mark.parametrize(("exercise", "mistake"), MISTAKES)
    @pytest.mark.parametrize("seed", SEEDS)
    def test_recognised_by_its_name(self, exercise: Exercise, mistake: Any, seed: int) -> None:
        verdict = mistaken(exercise, seed, mistake)
        assert verdict.score < verdict.max_score
        assert verdict.misconception is not None
        assert verdict.misconception.name == mistake.name
        assert mistake.hint in text_report(verdict)

    @pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
    @pytest.mark.parametrize("seed", SEEDS)
    def test_zeros_earn_nothing(self, exercise: Exercise, seed: int) -> None:
        assert all_zeros(exercise, seed).score == 0

    @pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
    @pytest.mark.parametrize("seed", SEEDS)
    def test_giving_back_an_input_earns_next_to_nothing(
        self, exercise: Exercise, seed: int
    ) -> None:
        first = asked(exercise, seed)[1][0]
        inputs = [name for name, value in first.inputs.items() if not callable(value)]
        for handed_back in inputs:

            def echo(case: Case, right: Outputs, name: str = handed_back) -> Outputs:
                return dict.fromkeys(right, case.inputs.get(name, 0.0))

            verdict = submission(exercise, seed, echo)
            assert verdict.score <= verdict.max_score / 5, handed_back


def forward_difference(f: Any, x: Any, h: float = 1e-5) -> Any:
    x = np.asarray(x, dtype=float)
    gradient = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        moved = x.copy()
        moved[index] += h
        gradient[index] = (f(moved) - f(x)) / h
    return gradient


def all_at_once(f: Any, x: Any, h: float = 1e-5) -> Any:
    return (f(x + h) - f(x - h)) / (2 * h)


def step_in_the_same_type(f: Any, x: Any, h: float = 1e-5) -> Any:
    x = np.array(x)
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        old = x[index]
        x[index] = old + h
        above = f(x)
        x[index] = old - h
        gradient[index] = (above - f(x)) / (2 * h)
        x[index] = old
    return gradient


def gradient_in_the_same_type(f: Any, x: Any, h: float = 1e-5) -> Any:
    gradient = np.zeros_like(x)
    for index in np.ndindex(np.shape(x)):
        step = np.zeros(np.shape(x))
        step[index] = h
        gradient[index] = (f(x + step) - f(x - step)) / (2 * h)
    return gradient


def never_put_back(f: Any, x: Any, h: float = 1e-5) -> Any:
    x = np.array(x, dtype=float)
    gradient = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        x[index] += h
        above = f(x)
        x[index] -= 2 * h
        gradient[index] = (above - f(x)) / (2 * h)
    return gradient


def jacobian_rows_by_output(f: Any, x: Any, h: float = 1e-5) -> Any:
    return numpy_vectors.numerical_jacobian(f, x, h).T


def jacobian_forward_difference(f: Any, x: Any, h: float = 1e-5) -> Any:
    return np.array([(f(x + step) - f(x)) / h for step in h * np.eye(x.size)])


def never_put_back_jacobian(f: Any, x: Any, h: float = 1e-5) -> Any:
    x, rows = x.astype(float), []
    for n in range(x.size):
        x[n] += h
        above = f(x)
        x[n] -= 2 * h
        rows.append((above - f(x)) / (2 * h))
    return np.array(rows)


def plain_softmax(scores: Any) -> Any:
    p = np.exp(scores) / np.sum(np.exp(scores))
    return p, p


def unnormalised_softmax(scores: Any) -> Any:
    p = np.exp(scores - np.max(scores))
    return p, p


def plain_cross_entropy(scores: Any, label: Any) -> Any:
    return -np.log(plain_softmax(scores)[0][label]), (scores, label)


def log_of_the_sum(scores: Any, label: Any) -> Any:
    return np.log(np.sum(np.exp(scores))) - scores[label], (scores, label)


def log_of_softmax(scores: Any, label: Any) -> Any:
    return -np.log(numpy_vectors.softmax_forward(scores)[0][label]), (scores, label)


def exploding_sigmoid(x: Any) -> Any:
    y = np.exp(x) / (1 + np.exp(x))
    return y, y


def ungated(dscores: Any, cache: Any) -> Any:
    (x, W1, _b1), hidden, (_z, W2, _b2) = cache
    dz = W2.T @ dscores
    return W1.T @ dz, np.outer(dz, x), np.outer(dscores, np.maximum(0, hidden))


def gated_by_gradient(dscores: Any, cache: Any) -> Any:
    (x, W1, _b1), hidden, (_z, W2, _b2) = cache
    dz = np.maximum(0, W2.T @ dscores)
    return W1.T @ dz, np.outer(dz, x), np.outer(dscores, np.maximum(0, hidden))


def adaline_for_perceptron(w: Any, x: Any, target: Any, learning_rate: Any) -> Any:
    return w + learning_rate * (target - w @ x) * x


def one_at_zero(w: Any, x: Any, target: Any, learning_rate: Any) -> Any:
    return w + learning_rate * (target - (w @ x >= 0)) * x


def answers_of_both_signs(w: Any, x: Any, target: Any, learning_rate: Any) -> Any:
    return w + learning_rate * (target - (1 if w @ x > 0 else -1)) * x


def perceptron_for_adaline(w: Any, x: Any, target: Any, learning_rate: Any) -> Any:
    return w + learning_rate * (target - np.sign(w @ x)) * x


WRITTEN: list[tuple[str, Callable[..., Any], str]] = [
    ("numerical_gradient", forward_difference, "forward difference"),
    ("numerical_gradient", all_at_once, "all entries moved at once"),
    ("numerical_gradient", step_in_the_same_type, "step lost in an integer array"),
    ("numerical_gradient", gradient_in_the_same_type, "gradient stored in an integer array"),
    ("numerical_gradient", never_put_back, "entry not put back"),
    ("numerical_jacobian", jacobian_rows_by_output, "transposed"),
    ("numerical_jacobian", jacobian_forward_difference, "forward difference"),
    ("numerical_jacobian", never_put_back_jacobian, "entry not put back"),
    ("relu_jacobian", lambda x: (x > 0) * 1.0, "diagonal alone"),
    ("relu_jacobian", lambda x: np.diag(x >= 0) * 1.0, "slope 1 at zero"),
    ("jacobian_backward", lambda jacobian, dz: jacobian.T @ dz, "transposed Jacobian"),
    ("jacobian_backward", lambda jacobian, dz: np.diag(jacobian) * dz, "diagonal alone"),
    ("relu_forward", lambda x: (np.max([0, *x]), x), "one maximum for all"),
    ("relu_backward", lambda dz, cache: dz * (cache >= 0), "open at zero"),
    ("relu_backward", lambda dz, cache: np.maximum(0, dz), "gate set by the gradient"),
    ("sigmoid_forward", exploding_sigmoid, "overflow"),
    ("sigmoid_forward", lambda x: (1 / (1 + np.exp(x)), x), "sign of the exponent"),
    ("softmax_forward", plain_softmax, "maximum not subtracted"),
    ("softmax_forward", unnormalised_softmax, "maximum subtracted, not divided by the sum"),
    ("softmax_backward", lambda dp, p: dp * p * (1 - p), "treated elementwise"),
    ("softmax_backward", lambda dp, p: p * (dp - dp.sum()), "dp summed without p"),
    ("linear_forward", lambda x, W, b: (W.T @ x + b, x), "transposed product"),
    ("linear_forward", lambda x, W, b: (W @ x, x), "bias forgotten"),
    (
        "linear_backward",
        lambda dy, cache: (cache[1].T @ dy, np.outer(cache[0], dy), dy),
        "dW transposed",
    ),
    ("cross_entropy_forward", plain_cross_entropy, "maximum not subtracted"),
    ("cross_entropy_forward", log_of_the_sum, "log of the sum overflows"),
    ("cross_entropy_forward", log_of_softmax, "log of a probability that is 0"),
    ("two_layer_forward", lambda x, W1, W2: (W2 @ W1 @ x, x), "ReLU left out"),
    ("two_layer_backward", ungated, "ReLU's gate left out"),
    ("two_layer_backward", gated_by_gradient, "gate set by the gradient"),
    ("perceptron_update", adaline_for_perceptron, "threshold left out"),
    ("perceptron_update", one_at_zero, "answer 1 at zero"),
    ("perceptron_update", answers_of_both_signs, "answers -1 and 1"),
    ("adaline_update", perceptron_for_adaline, "threshold of the perceptron"),
]


@pytest.mark.parametrize(("name", "wrong", "mistake"), WRITTEN)
@pytest.mark.parametrize("seed", [0, 1, 2026])
def test_recognised(name: str, wrong: Callable[..., Any], mistake: str, seed: int) -> None:
    verdict = verdict_on(name, seed, **{name: wrong})
    assert verdict.score < verdict.max_score
    assert verdict.misconception is not None, verdict.reason
    assert verdict.misconception.name == mistake
