"""The exercises of lesson 3: their table, right answers of any style, and the known mistakes."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.sparse
import torch
from convolution_submissions import (
    EXERCISES,
    NAMES,
    SEEDS,
    lesson_functions,
    solved,
    verdict_on,
)
from submissions import all_zeros, assert_full_marks, mistaken, pack_cases

from cs_utils.checks import check_exercise
from cs_utils.exercises.specification import Exercise
from cs_utils.reports import text_report

MISTAKES = [
    pytest.param(exercise, mistake, id=f"{exercise.name}: {mistake.name}")
    for exercise in EXERCISES
    for mistake in exercise.misconceptions
]


class TestTable:
    def test_order_and_points(self) -> None:
        points = [1, 2, 2, 1, 2, 1, 1, 4, 6, 4, 4, 3, 4, 4, 3, 5, 1, 2, 2, 3, 2, 3]
        assert [exercise.points for exercise in EXERCISES] == points
        assert len(NAMES) == 22 and sum(points) == 60
        assert [e.name for e in EXERCISES if e.library == "torch"] == [
            "conv_forward_torch",
            "Conv2dFunction",
        ]

    @pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
    def test_cases(self, exercise: Exercise) -> None:
        cases = exercise.draw_cases(7)
        weighted = [case for case in cases if case.weight]
        assert 5 <= len(weighted) <= 8
        assert cases[0].weight == 0 and len(weighted) == len(cases) - 1
        counts = not any(isinstance(one, np.ndarray) for one in cases[0].inputs.values())
        assert [case.inputs_unchanged for case in cases].count(True) == (0 if counts else 1)
        assert cases[-1].inputs_unchanged != counts
        assert len({case.title for case in cases}) == len(cases)
        for case in cases:
            maps = [v for v in case.inputs.values() if isinstance(v, np.ndarray) and v.ndim == 4]
            assert all(max(array.shape[2:]) <= 7 for array in maps), case.title

    @pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
    def test_the_seed_decides_the_cases(self, exercise: Exercise) -> None:
        first, same, other = (pack_cases(exercise, seed) for seed in (3, 3, 4))
        assert first == same
        assert all(one != two for one, two in zip(first[1:], other[1:], strict=True))

    @pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
    def test_hints(self, exercise: Exercise) -> None:
        names = [mistake.name for mistake in exercise.misconceptions]
        layer = exercise.name.startswith(("conv_forward", "conv_backward", "Conv2d"))
        assert len(names) >= (6 if layer else 3) and len(set(names)) == len(names)
        for mistake in exercise.misconceptions:
            sentences = re.findall(r"[^.?!]+[.?!](?=\s|$)", mistake.hint)
            assert 1 <= len(sentences) <= 3, mistake.hint
            assert mistake.hint.endswith("?"), mistake.hint


class TestRightAnswers:
    @pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
    @pytest.mark.parametrize("seed", SEEDS)
    def test_references(self, exercise: Exercise, seed: int) -> None:
        verdict = check_exercise(exercise, solved(exercise.library), seed)
        assert_full_marks(verdict)
        assert not verdict.helped_by

    @pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
    def test_lesson(self, exercise: Exercise) -> None:
        verdict = check_exercise(exercise, dict(lesson_functions()), 5)
        assert_full_marks(verdict)
        assert not verdict.helped_by

    @pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
    def test_references_agree_with_the_oracle(self, exercise: Exercise) -> None:
        functions = solved(exercise.library)
        for seed in range(10):
            for case in exercise.draw_cases(seed):
                returned = exercise.answer(functions, case)
                for name, right in exercise.oracle(case.inputs).items():
                    np.testing.assert_allclose(returned[name], right, rtol=1e-10, atol=1e-10)


def in_lists(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: np.asarray(function(*args)).tolist()


def in_single_precision(function: Callable[..., Any]) -> Callable[..., Any]:
    def rounded(value: Any) -> Any:
        if isinstance(value, tuple):
            return [rounded(one) for one in value]
        return np.asarray(value, dtype=np.float32)

    return lambda *args: rounded(function(*args))


def loud(function: Callable[..., Any]) -> Callable[..., Any]:
    def called(*args: Any) -> Any:
        print("shapes:", *(getattr(argument, "shape", argument) for argument in args))
        return function(*args)

    return called


def with_a_box(function: Callable[..., Any]) -> Callable[..., Any]:
    """A forward function that keeps its cache in a dictionary."""

    def forward(*args: Any) -> Any:
        out, cache = function(*args)
        return out.astype(np.float32), {"box": cache, "shape": out.shape}

    return forward


NUMPY = solved()
OTHER_STYLES: list[tuple[str, dict[str, Callable[..., Any]]]] = [
    ("filter2d", {"filter2d": in_lists(NUMPY["filter2d"])}),
    ("convolve2d", {"convolve2d": in_single_precision(NUMPY["convolve2d"])}),
    ("image_to_tensor", {"image_to_tensor": lambda i: torch.tensor(NUMPY["image_to_tensor"](i))}),
    ("conv_output_size", {"conv_output_size": lambda *a: float(NUMPY["conv_output_size"](*a))}),
    ("zero_pad", {"zero_pad": lambda x, p: np.pad(x, [(0, 0), (0, 0), (p, p), (p, p)])}),
    ("im2col", {"im2col": loud(NUMPY["im2col"])}),
    ("col2im", {"col2im": in_single_precision(NUMPY["col2im"])}),
    (
        "conv_backward_naive",
        {
            "conv_forward_naive": with_a_box(NUMPY["conv_forward_naive"]),
            "conv_backward_naive": lambda dout, cache: in_single_precision(
                NUMPY["conv_backward_naive"]
            )(dout, cache["box"]),
        },
    ),
    ("conv_matrix", {"conv_matrix": lambda *a: NUMPY["conv_matrix"](*a).toarray()}),
    ("conv_matrix", {"conv_matrix": lambda *a: scipy.sparse.lil_array(NUMPY["conv_matrix"](*a))}),
    ("conv_matrix", {"conv_matrix": lambda *a: NUMPY["conv_matrix"](*a).todense()}),
]


@pytest.mark.parametrize(("name", "functions"), OTHER_STYLES)
def test_other_styles_get_full_marks(name: str, functions: dict[str, Callable[..., Any]]) -> None:
    verdict = verdict_on(name, **functions)
    assert_full_marks(verdict)
    assert not verdict.helped_by


class TestPredictedMistakes:
    @pytest.mark.parametrize(("exercise", "mistake"), MISTAKES)
    def test_recognised_by_its_name(self, exercise: Exercise, mistake: Any) -> None:
        for seed in SEEDS:
            verdict = mistaken(exercise, seed, mistake)
            assert verdict.score < verdict.max_score
            assert verdict.misconception is not None
            assert verdict.misconception.name == mistake.name
            assert mistake.hint in text_report(verdict)

    @pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
    def test_zeros_earn_nothing(self, exercise: Exercise) -> None:
        assert all_zeros(exercise, 0).score == 0
