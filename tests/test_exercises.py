"""The exercises of the first lesson: right answers pass in full, every known mistake is told."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cs_utils import answers
from cs_utils.answers import Answer, Problem, plain_array
from cs_utils.checks import check_exercise
from cs_utils.exchange import pack
from cs_utils.exercises import find_exercise, lesson_exercises
from cs_utils.exercises.specification import AGAIN, Case, Exercise, Outputs
from cs_utils.reports import html_report, text_report
from cs_utils.verdicts import CORRECT, Verdict, judge
from solutions import numpy_layers

EXERCISES = lesson_exercises("01_vector_backprop")
NAMES = [exercise.name for exercise in EXERCISES]
MISTAKES = [
    pytest.param(exercise, mistake, id=f"{exercise.name}: {mistake.name}")
    for exercise in EXERCISES
    for mistake in exercise.misconceptions
]
SEEDS = [0, 1, 2, 3, 4, 2026]


def solved(**changes: Callable[..., Any]) -> dict[str, Any]:
    """The reference answers as a student's namespace, with some functions exchanged.

    Run from their own text, so that an exchanged function is used by those that build on it.
    """
    namespace: dict[str, Any] = {}
    exec(Path(numpy_layers.__file__).read_text(), namespace)
    namespace.update(changes)
    return namespace


def verdict_on(name: str, seed: int = 0, **changes: Callable[..., Any]) -> Verdict:
    return check_exercise(find_exercise(name), solved(**changes), seed)


def assert_full_marks(verdict: Verdict) -> None:
    assert verdict.status == CORRECT, text_report(verdict)
    assert verdict.score == verdict.max_score


def pack_cases(exercise: Exercise, seed: int) -> list[bytes]:
    return [pack(dict(case.inputs)) for case in exercise.draw_cases(seed)]


def unwritten(*args: Any, **kwargs: Any) -> Any:
    raise NotImplementedError


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


def submission(
    exercise: Exercise, cases: list[Case], wrong: Callable[[Case, Outputs], Any]
) -> Verdict:
    """The verdict on answers made by ``wrong``; None stands for an exception."""
    expected = [exercise.oracle(case.inputs) for case in cases]
    given = []
    for case, right in zip(cases, expected, strict=True):
        outputs = wrong(case, right)
        if outputs is None:
            given.append(Answer(problem=Problem(answers.RAISED, "ValueError")))
            continue
        arrays = {name: plain_array(value, name) for name, value in outputs.items()}
        again = {name + AGAIN: value for name, value in arrays.items()}
        given.append(Answer(arrays | again if case.inputs_unchanged else arrays))
    return judge(exercise, cases, given, expected)


class TestMistakes:
    @pytest.mark.parametrize(("exercise", "mistake"), MISTAKES)
    @pytest.mark.parametrize("seed", SEEDS)
    def test_recognised_by_its_name(self, exercise: Exercise, mistake: Any, seed: int) -> None:
        def wrong(case: Case, right: Outputs) -> Outputs | None:
            with np.errstate(all="ignore"):
                predicted = mistake.outputs(case.inputs, right)
            return None if predicted is None else {**right, **predicted}

        verdict = submission(exercise, exercise.draw_cases(seed), wrong)
        assert verdict.score < verdict.max_score
        assert verdict.misconception is not None
        assert verdict.misconception.name == mistake.name
        assert mistake.hint in text_report(verdict)

    @pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
    @pytest.mark.parametrize("seed", SEEDS)
    def test_zeros_earn_nothing(self, exercise: Exercise, seed: int) -> None:
        def zeros(case: Case, right: Outputs) -> Outputs:
            return {name: np.zeros_like(value) for name, value in right.items()}

        assert submission(exercise, exercise.draw_cases(seed), zeros).score == 0

    @pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
    @pytest.mark.parametrize("seed", SEEDS)
    def test_giving_back_an_input_earns_next_to_nothing(
        self, exercise: Exercise, seed: int
    ) -> None:
        cases = exercise.draw_cases(seed)
        inputs = [name for name, value in cases[0].inputs.items() if not callable(value)]
        for handed_back in inputs:

            def echo(case: Case, right: Outputs, name: str = handed_back) -> Outputs:
                return dict.fromkeys(right, case.inputs.get(name, 0.0))

            verdict = submission(exercise, cases, echo)
            assert verdict.score <= verdict.max_score / 5, handed_back


class TestBlame:
    """A mistake costs points where it was made and nowhere else."""

    def test_unwritten(self) -> None:
        for exercise in EXERCISES:
            verdict = verdict_on(exercise.name, **{exercise.name: unwritten})
            assert (verdict.status, verdict.score) == (answers.NOT_WRITTEN, 0), exercise.name
            assert "not written yet" in text_report(verdict)

    def test_everything_unwritten(self) -> None:
        namespace = dict.fromkeys(NAMES, unwritten)
        for exercise in EXERCISES:
            verdict = check_exercise(exercise, namespace, 0)
            assert (verdict.status, verdict.score) == (answers.NOT_WRITTEN, 0), exercise.name

    @pytest.mark.parametrize(
        "name", [e.name for e in EXERCISES if e.builds_on and e.name != "two_layer_backward"]
    )
    @pytest.mark.parametrize("broken", [unwritten, lambda *args: (np.zeros(3), None)])
    def test_wrong_parts(self, name: str, broken: Callable[..., Any]) -> None:
        exercise = find_exercise(name)
        for part in exercise.builds_on:
            verdict = verdict_on(name, **{part: broken})
            assert_full_marks(verdict)
            assert part in verdict.helped_by

    @pytest.mark.parametrize("part", find_exercise("two_layer_backward").builds_on)
    def test_wrong_parts_of_the_two_layer_backward(self, part: str) -> None:
        assert_full_marks(verdict_on("two_layer_backward", **{part: unwritten}))

    @pytest.mark.parametrize("part", ["relu_forward", "linear_forward"])
    def test_own_cache_and_a_wrong_part(self, part: str) -> None:
        namespace = solved(**{part: lambda *args: (np.zeros(3), None)})
        chained = namespace["two_layer_forward"]
        backward = namespace["two_layer_backward"]

        def forward_in_a_box(*args: Any) -> Any:
            scores, cache = chained(*args)
            return scores, {"box": cache}

        namespace["two_layer_forward"] = forward_in_a_box
        namespace["two_layer_backward"] = lambda dscores, cache: backward(dscores, cache["box"])
        verdict = check_exercise(find_exercise("two_layer_backward"), namespace, 0)
        assert_full_marks(verdict)
        assert "two_layer_forward" not in verdict.helped_by

    def test_a_wrong_backward_is_not_excused(self) -> None:
        verdict = verdict_on("relu_backward", relu_backward=lambda dz, cache: dz)
        assert verdict.score == 0 and verdict.helped_by == ()
        assert verdict.misconception is not None
        assert verdict.misconception.name == "nothing blocked"

    def test_namespace_is_left_as_it_was(self) -> None:
        namespace = solved(relu_forward=unwritten)
        before = dict(namespace)
        check_exercise(find_exercise("two_layer_backward"), namespace, 0)
        assert namespace == before


def spoils_first(name: str, argument: int) -> Callable[..., Any]:
    """The right function, which afterwards changes one of its arguments in place."""
    right = solved()[name]

    def function(*args: Any) -> Any:
        result = right(*args)
        if isinstance(args[argument], np.ndarray):
            args[argument][...] = 0
        return result

    return function


class TestInPlace:
    @pytest.mark.parametrize(
        ("name", "argument", "told"),
        [
            ("numerical_gradient", 1, "x"),
            ("numerical_jacobian", 1, "x"),
            ("relu_jacobian", 0, "x"),
            ("jacobian_backward", 0, "jacobian"),
            ("jacobian_backward", 1, "dz"),
            ("relu_backward", 0, "dz"),
            ("softmax_backward", 0, "dp"),
            ("perceptron_update", 0, "w"),
            ("adaline_update", 0, "w"),
        ],
    )
    def test_changed_argument(self, name: str, argument: int, told: str) -> None:
        verdict = verdict_on(name, **{name: spoils_first(name, argument)})
        assert 0 < verdict.score < verdict.max_score
        failing = [result for result in verdict.results if not result.passed]
        assert [result.changed for result in failing] == [(told,)]
        assert f"{told} was changed in place" in text_report(verdict)

    def test_changed_cache(self) -> None:
        def backward(dy: Any, cache: Any) -> Any:
            cache *= 1 - cache
            return dy * cache

        verdict = verdict_on("sigmoid_backward", sigmoid_backward=backward)
        assert 0 < verdict.score < verdict.max_score
        assert "cache was changed in place" in text_report(verdict)


class TestInWords:
    @pytest.mark.parametrize(
        ("name", "wrong", "words"),
        [
            ("relu_forward", lambda x: np.maximum(0, x), "must return the pair (z, cache)"),
            ("relu_forward", lambda x: None, "it returned None"),
            ("relu_jacobian", lambda x: None, "it is None"),
            ("relu_jacobian", lambda x: "J", "it is str"),
            ("linear_backward", lambda dy, cache: dy, "must return 3 values, (dx, dW, db)"),
            ("linear_backward", lambda dy, cache: (dy, dy), "it returned a tuple of 2"),
            ("softmax_forward", lambda scores: 1 / 0, "ZeroDivisionError"),
            ("adaline_update", lambda w: w, "TypeError"),
        ],
    )
    def test_what_is_wrong(self, name: str, wrong: Any, words: str) -> None:
        verdict = verdict_on(name, **{name: wrong})
        assert verdict.score == 0
        assert words in text_report(verdict)
        assert words in verdict.reason
        assert "<div" in html_report(verdict)

    def test_missing_function(self) -> None:
        verdict = check_exercise(find_exercise("relu_jacobian"), {}, 0)
        assert verdict.status == answers.MISSING
        assert "relu_jacobian" in text_report(verdict)


def test_import_costs_neither_torch_nor_matplotlib() -> None:
    code = "import sys, cs_utils; print([m for m in ('torch', 'matplotlib') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
