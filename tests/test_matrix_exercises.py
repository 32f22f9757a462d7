"""The exercises of lesson 2: their table, their cases, and right answers of any style."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from matrix_styles import OTHER_STYLES
from submissions import SEEDS, assert_full_marks, pack_cases, solved, unwritten, verdict_on

from cs_utils import answers
from cs_utils.checks import check, check_exercise
from cs_utils.exchange import pack, unpack
from cs_utils.exercises import find_exercise, lesson_exercises
from cs_utils.exercises.specification import Exercise
from cs_utils.verdicts import with_properties
from solutions import numpy_layers

EXERCISES = lesson_exercises("02_matrix_backprop")
NAMES = [exercise.name for exercise in EXERCISES]
RANDOM = ("dropout_forward", "dropout_backward", "kaiming_init", "xavier_init")
WITHOUT_ARRAYS = ("jacobian_bytes", "kaiming_init", "xavier_init")

sizes = st.integers(1, 6)
seeds = st.integers(0, 2**32)


class TestTable:
    def test_order_and_points(self) -> None:
        assert [(exercise.name, exercise.points) for exercise in EXERCISES] == [
            ("matmul_forward", 1),
            ("matmul_backward", 2),
            ("matmul_jacobian_x", 2),
            ("jacobian_bytes", 1),
            ("affine_forward", 1),
            ("affine_backward", 3),
            ("unbroadcast", 2),
            ("softmax_loss", 3),
            ("batchnorm_forward", 3),
            ("batchnorm_backward", 4),
            ("dropout_forward", 2),
            ("dropout_backward", 1),
            ("sgd_momentum", 1),
            ("adam", 2),
            ("kaiming_init", 1),
            ("xavier_init", 1),
            ("TwoLayerNet", 5),
            ("einsum_backward", 4),
        ]

    @pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
    def test_cases(self, exercise: Exercise) -> None:
        cases = exercise.draw_cases(7)
        weighted = [case for case in cases if case.weight]
        assert 5 <= len(weighted) <= 8
        assert cases[0].weight == 0 and len(weighted) == len(cases) - 1
        assert cases[-1].inputs_unchanged == (exercise.name not in WITHOUT_ARRAYS)
        assert not any(case.inputs_unchanged for case in cases[:-1])
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
    @settings(max_examples=10, deadline=None)
    @given(seed=st.integers(0, 2**63 - 1))
    def test_oracle_agrees_with_reference(self, exercise: Exercise, seed: int) -> None:
        # Of weights drawn at random the standard deviation is only about the right one.
        tolerance = exercise.tolerance if exercise.name in RANDOM else 1e-10
        for case in exercise.draw_cases(seed):
            returned = answers.Answer(exercise.answer(solved(), case))
            returned = with_properties(exercise, case, returned).outputs
            for name, right in exercise.oracle(case.inputs).items():
                scale = np.abs(right).max() or 1.0
                np.testing.assert_allclose(returned[name], right, rtol=0, atol=tolerance * scale)

    @pytest.mark.parametrize(("name", "functions"), OTHER_STYLES)
    @pytest.mark.parametrize("seed", SEEDS[:3])
    def test_other_styles_get_full_marks(
        self, name: str, functions: dict[str, Callable[..., Any]], seed: int
    ) -> None:
        verdict = verdict_on(name, seed, **functions)
        assert_full_marks(verdict)
        assert not verdict.helped_by

    @pytest.mark.parametrize("name", [name for name in NAMES if name != "TwoLayerNet"])
    def test_float32_results(self, name: str) -> None:
        def rounded(value: Any) -> Any:
            if isinstance(value, tuple | list):
                return type(value)(rounded(one) for one in value)
            is_array = isinstance(value, np.ndarray | float) and name != "jacobian_bytes"
            return np.asarray(value, dtype=np.float32) if is_array else value

        right = solved()[name]
        assert_full_marks(verdict_on(name, **{name: lambda *args: rounded(right(*args))}))

    @pytest.mark.parametrize("name", RANDOM)
    def test_chance_costs_nothing(self, name: str) -> None:
        exercise = find_exercise(name)
        for seed in range(100, 125):
            assert_full_marks(check_exercise(exercise, solved(), seed))


class TestAnyShape:
    """The references against autograd on shapes that hypothesis picks."""

    @settings(max_examples=50, deadline=None)
    @given(shape=st.lists(sizes, min_size=2, max_size=4), outputs=sizes, seed=seeds)
    def test_affine(self, shape: list[int], outputs: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        x, b = rng.normal(size=shape), rng.normal(size=outputs)
        w, dout = rng.normal(size=(x[0].size, outputs)), rng.normal(size=(len(x), outputs))
        out, cache = numpy_layers.affine_forward(x, w, b)
        leaves = [torch.tensor(one, requires_grad=True) for one in (x, w, b)]
        right = leaves[0].flatten(1) @ leaves[1] + leaves[2]
        np.testing.assert_allclose(out, right.detach(), atol=1e-12)
        gradients = torch.autograd.grad(right, leaves, torch.tensor(dout))
        for ours, theirs in zip(numpy_layers.affine_backward(dout, cache), gradients, strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-11)

    @settings(max_examples=100, deadline=None)
    @given(shape=st.lists(sizes, max_size=4), data=st.data(), seed=seeds)
    def test_unbroadcast(self, shape: list[int], data: Any, seed: int) -> None:
        stretched = data.draw(st.lists(st.booleans(), min_size=len(shape), max_size=len(shape)))
        front = data.draw(st.lists(sizes, max_size=2))
        small = tuple(1 if one else size for one, size in zip(stretched, shape, strict=True))
        grad = np.random.default_rng(seed).normal(size=(*front, *shape))
        leaf = torch.zeros(small, dtype=torch.float64, requires_grad=True)
        right = torch.autograd.grad(leaf.expand(grad.shape), leaf, torch.tensor(grad))[0]
        ours = numpy_layers.unbroadcast(grad, small)
        assert ours.shape == small
        np.testing.assert_allclose(ours, right, atol=1e-12)

    @settings(max_examples=50, deadline=None)
    @given(n=sizes, classes=sizes, scale=st.sampled_from([1.0, 100.0, 1e4]), seed=seeds)
    def test_softmax_loss(self, n: int, classes: int, scale: float, seed: int) -> None:
        rng = np.random.default_rng(seed)
        scores, y = scale * rng.normal(size=(n, classes)), rng.integers(classes, size=n)
        leaf = torch.tensor(scores, requires_grad=True)
        right = torch.nn.functional.cross_entropy(leaf, torch.tensor(y))
        right.backward()
        loss, dscores = numpy_layers.softmax_loss(scores, y)
        np.testing.assert_allclose(loss, right.item(), rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(dscores, leaf.grad, atol=1e-12)

    @settings(max_examples=50, deadline=None)
    @given(n=st.integers(2, 6), d=sizes, training=st.booleans(), seed=seeds)
    def test_batchnorm_is_the_module(self, n: int, d: int, training: bool, seed: int) -> None:
        rng = np.random.default_rng(seed)
        module = torch.nn.BatchNorm1d(d, dtype=torch.float64).train(training)
        mean, var = np.zeros(d), np.ones(d)
        gamma, beta = np.ones(d), np.zeros(d)
        for _step in range(3):
            x = rng.normal(size=(n, d))
            right = module(torch.tensor(x)).detach()
            out, _cache, mean, var = numpy_layers.batchnorm_forward(
                x, gamma, beta, mean, var, training
            )
            np.testing.assert_allclose(out, right, atol=1e-10)
        np.testing.assert_allclose(mean, module.running_mean, atol=1e-12)
        np.testing.assert_allclose(var, module.running_var, atol=1e-12)

    @settings(max_examples=100, deadline=None)
    @given(data=st.data(), seed=seeds)
    def test_einsum(self, data: Any, seed: int) -> None:
        rng = np.random.default_rng(seed)
        indices = st.lists(st.sampled_from("abcde"), unique=True, max_size=4)
        of_x, of_w = data.draw(indices), data.draw(indices)
        union = sorted({*of_x, *of_w})
        subset = st.lists(st.sampled_from(union), unique=True) if union else st.just([])
        out = data.draw(subset)
        subscripts = f"{''.join(of_x)},{''.join(of_w)}->{''.join(out)}"
        length = {index: 2 + number for number, index in enumerate("abcde")}
        x, w, dout = (
            rng.normal(size=[length[index] for index in one]) for one in (of_x, of_w, out)
        )
        x, w, dout = np.asarray(x), np.asarray(w), np.asarray(dout)
        leaves = [torch.tensor(x, requires_grad=True), torch.tensor(w, requires_grad=True)]
        result = torch.einsum(subscripts, *leaves)
        right = torch.autograd.grad(result, leaves, torch.tensor(dout))
        for ours, theirs in zip(
            numpy_layers.einsum_backward(subscripts, dout, x, w), right, strict=True
        ):
            np.testing.assert_allclose(ours, theirs, atol=1e-10)

    def test_float32_stays(self) -> None:
        rng = np.random.default_rng(0)
        x, w, b = (rng.normal(size=s).astype(np.float32) for s in ((3, 4), (4, 5), (5,)))
        out, cache = numpy_layers.affine_forward(x, w, b)
        found = [out, *numpy_layers.affine_backward(out, cache)]
        found += numpy_layers.softmax_loss(out, np.array([0, 1, 2]))
        found.append(numpy_layers.dropout_forward(x, 0.5, True, rng)[0])
        found += numpy_layers.adam(w, w, w, np.abs(w), 3)
        assert {np.asarray(one).dtype for one in found} == {np.dtype(np.float32)}


class TestClass:
    def test_check_takes_a_class(self) -> None:
        namespace = solved()
        assert check(namespace["TwoLayerNet"]) == 5

    def test_parts_of_its_own_module_are_replaced(self) -> None:
        namespace = solved(softmax_loss=unwritten)
        points = check(namespace["TwoLayerNet"])
        assert points == 5 and "softmax_loss" in points.verdict.helped_by
        with pytest.raises(NotImplementedError):
            namespace["softmax_loss"]()

    def test_decorated_method(self) -> None:
        namespace = solved(softmax_loss=unwritten)
        net = namespace["TwoLayerNet"]
        net.__init__ = torch.no_grad()(net.__init__)
        assert check(net) == 5

    def test_unwritten(self) -> None:
        text = (
            "class TwoLayerNet:\n"
            "    def __init__(self, w1, b1, w2, b2):\n"
            "        raise NotImplementedError\n"
        )
        namespace: dict[str, Any] = {}
        exec(text, namespace)
        points = check(namespace["TwoLayerNet"])
        assert points == 0 and points.verdict.status == answers.NOT_WRITTEN


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("matmul_backward", "matmul_forward"),
        ("affine_backward", "affine_forward"),
        ("batchnorm_backward", "batchnorm_forward"),
        ("dropout_backward", "dropout_forward"),
        ("TwoLayerNet", "affine_forward"),
        ("TwoLayerNet", "affine_backward"),
    ],
)
def test_an_unwritten_part_costs_nothing(name: str, part: str) -> None:
    verdict = verdict_on(name, **{part: unwritten})
    assert_full_marks(verdict)
    assert part in verdict.helped_by


def test_a_generator_travels_as_a_seed() -> None:
    packed = pack({"rng": np.random.default_rng(5)})
    first, second = (unpack(packed)["rng"].random(3) for _time in range(2))
    np.testing.assert_array_equal(first, second)
    other = unpack(pack({"rng": np.random.default_rng(6)}))["rng"].random(3)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    "returned",
    [None, 0.0, "no", np.zeros(3), np.zeros((0, 5)), (None, None), (np.zeros((2, 2)), None)],
)
@pytest.mark.parametrize("name", RANDOM)
def test_random_results_of_any_kind_are_judged(name: str, returned: Any) -> None:
    verdict = verdict_on(name, **{name: lambda *args: returned})
    assert verdict.score == 0 and verdict.reason
