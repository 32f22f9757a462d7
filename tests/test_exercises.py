"""The exercises of the first lesson: their table, their cases, and right answers of any style."""

import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from submissions import EXERCISES, NAMES, SEEDS, assert_full_marks, pack_cases, solved, verdict_on

from cs_utils.checks import check_exercise
from cs_utils.exercises.specification import Exercise


class TestTable:
    def test_order_and_points(self) -> None:
        assert NAMES == [
            "numerical_gradient",
            "neuron_forward",
            "neuron_backward",
            "numerical_jacobian",
            "relu_jacobian",
            "jacobian_backward",
            "relu_forward",
            "relu_backward",
            "sigmoid_forward",
            "sigmoid_backward",
            "softmax_forward",
            "softmax_backward",
            "linear_forward",
            "linear_backward",
            "cross_entropy_forward",
            "cross_entropy_backward",
            "two_layer_forward",
            "two_layer_backward",
            "perceptron_update",
            "adaline_update",
        ]
        assert sum(exercise.points for exercise in EXERCISES) == 34

    @pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
    def test_cases(self, exercise: Exercise) -> None:
        cases = exercise.draw_cases(7)
        weighted = [case for case in cases if case.weight]
        assert 5 <= len(weighted) <= 8
        assert cases[0].weight == 0 and len(weighted) == len(cases) - 1
        assert [case.inputs_unchanged for case in cases].count(True) == 1
        assert cases[-1].inputs_unchanged
        assert len({case.title for case in cases}) == len(cases)

    @pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
    def test_the_seed_decides_the_cases(self, exercise: Exercise) -> None:
        first, same, other = (pack_cases(exercise, seed) for seed in (3, 3, 4))
        assert first == same
        # The printed numbers stay; every case that counts is fresh.
        assert all(one != two for one, two in zip(first[1:], other[1:], strict=True))

    @pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
    def test_hints(self, exercise: Exercise) -> None:
        names = [mistake.name for mistake in exercise.misconceptions]
        assert len(names) >= 3 and len(set(names)) == len(names)
        for mistake in exercise.misconceptions:
            sentences = re.findall(r"[^.?!]+[.?!](?=\s|$)", mistake.hint)
            assert 1 <= len(sentences) <= 3, mistake.hint
            assert mistake.hint.endswith("?"), mistake.hint


class TestRightAnswers:
    @pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
    @pytest.mark.parametrize("seed", SEEDS)
    def test_reference_gets_full_marks(self, exercise: Exercise, seed: int) -> None:
        verdict = check_exercise(exercise, solved(), seed)
        assert_full_marks(verdict)
        assert not verdict.helped_by

    @pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
    @settings(max_examples=20, deadline=None)
    @given(seed=st.integers(0, 2**63 - 1))
    def test_oracle_agrees_with_reference(self, exercise: Exercise, seed: int) -> None:
        # Central differences are rounded: their error is that of f divided by the step.
        tolerance = 1e-8 if exercise.name.startswith("numerical") else 1e-10
        for case in exercise.draw_cases(seed):
            returned = exercise.answer(solved(), case)
            for name, right in exercise.oracle(case.inputs).items():
                scale = np.abs(right).max() or 1.0
                np.testing.assert_allclose(returned[name], right, rtol=0, atol=tolerance * scale)

    @pytest.mark.parametrize("name", NAMES)
    def test_float32_results(self, name: str) -> None:
        def rounded(value: Any) -> Any:
            if isinstance(value, tuple):
                return tuple(rounded(one) for one in value)
            return np.asarray(value, dtype=np.float32)

        right = solved()[name]
        if name.endswith("_forward"):
            changed = lambda *args: (rounded(right(*args)[0]), right(*args)[1])  # noqa: E731
        else:
            changed = lambda *args: rounded(right(*args))  # noqa: E731
        assert_full_marks(verdict_on(name, **{name: changed}))


def gradient_with_loop(f: Any, x: Any, h: float = 1e-5) -> Any:
    if np.isscalar(x):
        return (f(x + h) - f(x - h)) / 2 / h
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        above, below = x.astype(float), x.astype(float)
        above[index] += h
        below[index] -= h
        gradient[index] = (f(above) - f(below)) / (above[index] - below[index])
    return gradient


def neuron_with_floats(w: Any, x: Any) -> Any:
    total = 0.0
    for weight, value in zip(w, [*x, 1], strict=True):
        total = total + weight * value
    out = 1.0 / (1.0 + np.e**-total)
    return float(out), {"w": list(w), "x": list(x), "exp": np.e**-total}


def neuron_backward_by_nodes(dout: Any, cache: Any) -> Any:
    denominator = 1 + cache["exp"]
    dsum = dout * (-1 / denominator**2) * cache["exp"] * -1
    (w0, w1, _w2), (x0, x1) = cache["w"], cache["x"]
    return [dsum * x0, dsum * x1, dsum], [dsum * w0, dsum * w1]


def relu_with_loop(x: Any) -> Any:
    return [value if value > 0 else 0 for value in x], {"open": [value > 0 for value in x]}


def linear_with_loops(x: Any, W: Any, b: Any) -> Any:
    y = [sum(W[m, d] * x[d] for d in range(len(x))) + b[m] for m in range(len(b))]
    return np.array(y), {"x": x, "W": W}


def linear_backward_einsum(dy: Any, cache: Any) -> Any:
    dx = np.einsum("md,m->d", cache["W"], dy)
    return [dx, np.einsum("m,d->md", dy, cache["x"]), np.array(dy)]


def softmax_with_logs(scores: Any) -> Any:
    p = np.exp(scores - np.logaddexp.reduce(scores))
    return p, (scores.copy(), p)


def softmax_backward_explicit(dp: Any, cache: Any) -> Any:
    _scores, p = cache
    return (np.diag(p) - np.outer(p, p)) @ dp


def cross_entropy_with_logs(scores: Any, label: Any) -> Any:
    logs = scores - np.logaddexp.reduce(scores)
    return -logs[label], (logs, label)


def cross_entropy_backward_from_logs(dloss: Any, cache: Any) -> Any:
    logs, label = cache
    return dloss * (np.exp(logs) - np.eye(len(logs))[label])


def two_layer_alone(x: Any, W1: Any, W2: Any) -> Any:
    z = (W1 @ x).clip(0)
    return W2 @ z, (x, z, W1, W2)


def two_layer_backward_alone(dscores: Any, cache: Any) -> Any:
    x, z, W1, W2 = cache
    dz = (dscores @ W2) * (z > 0)
    return dz @ W1, dz[:, None] * x, dscores[:, None] * z


def sigmoid_naive(x: Any) -> Any:
    print("overflow warnings and prints cost nothing")
    return 1 / (1 + np.exp(-x)), x


def sigmoid_backward_naive(dy: Any, cache: Any) -> Any:
    y, _cache = sigmoid_naive(cache)
    return (dy * y * (1 - y),)


def perceptron_with_loop(w: Any, x: Any, target: Any, learning_rate: Any) -> Any:
    y = 1 if sum(a * b for a, b in zip(w, x, strict=True)) > 0 else 0
    return [a + learning_rate * (target - y) * b for a, b in zip(w, x, strict=True)]


OTHER_STYLES: dict[str, dict[str, Callable[..., Any]]] = {
    "numerical_gradient": {"numerical_gradient": gradient_with_loop},
    "neuron_forward": {"neuron_forward": neuron_with_floats},
    "neuron_backward": {
        "neuron_forward": neuron_with_floats,
        "neuron_backward": neuron_backward_by_nodes,
    },
    "relu_jacobian": {"relu_jacobian": lambda x: np.eye(len(x)) * np.heaviside(x, 0)},
    "jacobian_backward": {
        "jacobian_backward": lambda jacobian, dz: [sum(row * dz) for row in jacobian]
    },
    "relu_forward": {"relu_forward": relu_with_loop},
    "relu_backward": {
        "relu_forward": relu_with_loop,
        "relu_backward": lambda dz, cache: np.where(cache["open"], dz, 0),
    },
    "sigmoid_forward": {"sigmoid_forward": sigmoid_naive},
    "sigmoid_backward": {
        "sigmoid_forward": sigmoid_naive,
        "sigmoid_backward": sigmoid_backward_naive,
    },
    "softmax_forward": {"softmax_forward": softmax_with_logs},
    "softmax_backward": {
        "softmax_forward": softmax_with_logs,
        "softmax_backward": softmax_backward_explicit,
    },
    "linear_forward": {"linear_forward": linear_with_loops},
    "linear_backward": {
        "linear_forward": linear_with_loops,
        "linear_backward": linear_backward_einsum,
    },
    "cross_entropy_forward": {"cross_entropy_forward": cross_entropy_with_logs},
    "cross_entropy_backward": {
        "cross_entropy_forward": cross_entropy_with_logs,
        "cross_entropy_backward": cross_entropy_backward_from_logs,
    },
    "two_layer_forward": {"two_layer_forward": two_layer_alone},
    "two_layer_backward": {
        "two_layer_forward": two_layer_alone,
        "two_layer_backward": two_layer_backward_alone,
    },
    "perceptron_update": {"perceptron_update": perceptron_with_loop},
}


@pytest.mark.parametrize("name", OTHER_STYLES)
@pytest.mark.parametrize("seed", SEEDS[:3])
def test_other_styles_get_full_marks(name: str, seed: int) -> None:
    verdict = verdict_on(name, seed, **OTHER_STYLES[name])
    assert_full_marks(verdict)
    assert not verdict.helped_by


def test_import_costs_neither_torch_nor_matplotlib() -> None:
    code = "import sys, cs_utils; print([m for m in ('torch', 'matplotlib') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
