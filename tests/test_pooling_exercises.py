"""The first half of lesson 4: its table, right answers of any style, and the known mistakes."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from pooling_submissions import (
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
LAYERS = re.compile("pool_(forward|backward)")


class TestTable:
    def test_order_and_points(self) -> None:
        assert {one.name: one.points for one in EXERCISES} == {
            "local_correlation": 2,
            "receptive_field": 3,
            "max_pool_forward": 3,
            "max_pool_backward": 4,
            "avg_pool_forward": 2,
            "avg_pool_backward": 3,
            "global_avg_pool_forward": 1,
            "global_avg_pool_backward": 2,
            "max_pool_forward_fast": 3,
            "max_pool_backward_fast": 4,
            "shift_invariance": 2,
            "ConvNet": 6,
        }

    @pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
    def test_cases(self, exercise: Exercise) -> None:
        cases = exercise.draw_cases(7)
        weighted = [case for case in cases if case.weight]
        assert 6 <= len(weighted) <= 10
        assert cases[0].weight == 0 and len(weighted) == len(cases) - 1
        assert len({case.title for case in cases}) == len(cases)
        arrays = any(isinstance(one, np.ndarray) for one in cases[1].inputs.values())
        assert [case.inputs_unchanged for case in cases] == [False] * (len(cases) - 1) + [arrays]
        for case in cases:
            if "smaller_side" not in case.inputs:
                maps = [v for v in case.inputs.values() if np.ndim(v) == 4]
                assert all(max(array.shape[2:]) <= 7 for array in maps), case.title

    @pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
    def test_the_seed_decides_the_cases(self, exercise: Exercise) -> None:
        first, same, other = (pack_cases(exercise, seed) for seed in (3, 3, 4))
        assert first == same
        assert all(one != two for one, two in zip(first[1:], other[1:], strict=True))

    @pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
    def test_hints(self, exercise: Exercise) -> None:
        names = [mistake.name for mistake in exercise.misconceptions]
        least = 6 if LAYERS.search(exercise.name) or exercise.name == "ConvNet" else 3
        assert len(names) >= least and len(set(names)) == len(names)
        for mistake in exercise.misconceptions:
            sentences = re.findall(r"[^.?!]+[.?!](?=\s|$)", mistake.hint)
            assert 1 <= len(sentences) <= 3, mistake.hint
            assert mistake.hint.endswith("?"), mistake.hint


class TestRightAnswers:
    @pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
    @pytest.mark.parametrize("seed", SEEDS)
    def test_references(self, exercise: Exercise, seed: int) -> None:
        verdict = check_exercise(exercise, solved(), seed)
        assert_full_marks(verdict)
        assert not verdict.helped_by

    @pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
    def test_lesson(self, exercise: Exercise) -> None:
        verdict = check_exercise(exercise, dict(lesson_functions()), 5)
        assert_full_marks(verdict)
        assert not verdict.helped_by

    @pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
    def test_references_agree_with_the_oracle(self, exercise: Exercise) -> None:
        functions = solved()
        for seed in range(5):
            for case in exercise.draw_cases(seed):
                returned = exercise.answer(functions, case)
                for name, right in exercise.oracle(case.inputs).items():
                    np.testing.assert_allclose(returned[name], right, rtol=1e-10, atol=1e-10)


def in_lists(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: np.asarray(function(*args)).tolist()


def forward_in_float32(x: Any, kernel_size: int, stride: int) -> Any:
    out, cache = NUMPY["max_pool_forward"](x, kernel_size, stride)
    print("out:", out.shape)
    return torch.tensor(out.astype(np.float32)), {"cache": cache}


def backward_in_float32(dout: Any, cache: Any) -> Any:
    return (NUMPY["max_pool_backward"](dout, cache["cache"]).astype(np.float32),)


def forward_by_windows(x: Any, kernel_size: int, stride: int) -> Any:
    windows = np.lib.stride_tricks.sliding_window_view(x, (kernel_size, kernel_size), (2, 3))
    windows = windows[:, :, ::stride, ::stride]
    places = windows.reshape(*windows.shape[:4], -1).argmax(axis=4)
    return windows.max(axis=(4, 5)), (x.shape, places, kernel_size, stride)


def backward_by_indices(dout: Any, cache: Any) -> Any:
    shape, places, kernel_size, stride = cache
    dx = np.zeros(shape)
    n, c, i, j = np.indices(dout.shape, sparse=True)
    rows, columns = i * stride + places // kernel_size, j * stride + places % kernel_size
    np.add.at(dx, (n, c, rows, columns), dout)
    return dx


NUMPY = solved()
OTHER_STYLES: list[tuple[str, dict[str, Callable[..., Any]]]] = [
    ("receptive_field", {"receptive_field": lambda x: list(NUMPY["receptive_field"](x))}),
    ("local_correlation", {"local_correlation": in_lists(NUMPY["local_correlation"])}),
    ("shift_invariance", {"shift_invariance": in_lists(NUMPY["shift_invariance"])}),
    (
        "max_pool_backward",
        {"max_pool_forward": forward_in_float32, "max_pool_backward": backward_in_float32},
    ),
    ("max_pool_forward_fast", {"max_pool_forward_fast": forward_by_windows}),
    (
        "max_pool_backward_fast",
        {
            "max_pool_forward_fast": forward_by_windows,
            "max_pool_backward_fast": backward_by_indices,
        },
    ),
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
