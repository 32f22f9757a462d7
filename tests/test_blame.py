"""A mistake costs points where it was made, is told in words, and nothing may change in place."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from submissions import EXERCISES, NAMES, assert_full_marks, solved, unwritten, verdict_on

from cs_utils import answers
from cs_utils.checks import check_exercise
from cs_utils.exercises import find_exercise
from cs_utils.reports import html_report, text_report


class TestBlame:
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
