"""Wrong code in the first half of lesson 4: told by its name, blamed where it belongs."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pooling_submissions import EXERCISES, NAMES, relinked, solved, unwritten, verdict_on
from submissions import assert_full_marks

from cs_utils import answers
from cs_utils.checks import check_exercise
from cs_utils.exercises import find_exercise, lent_parts
from cs_utils.exercises.pooling.steps import grow, python_steps
from cs_utils.exercises.specification import Exercise
from cs_utils.reports import text_report
from cs_utils.verdicts import Verdict

RIGHT = solved()
TIES = "ties in a window"


def kept(x: Any, kernel_size: int, stride: int) -> Any:
    """A right forward pass that keeps its arguments."""
    return RIGHT["max_pool_forward"](x, kernel_size, stride)[0], (x, kernel_size, stride)


def loops(route: Callable[[Any, Any], Any], assign: bool = False) -> Callable[..., Any]:
    """A backward function in loops. route: from a window and its gradient to what each entry
    gets; assign: `=` where `+=` belongs."""

    def backward(dout: Any, cache: Any) -> Any:
        x, k, stride = cache
        dx = np.zeros_like(x)
        for n, c, i, j in np.ndindex(dout.shape):
            place = n, c, slice(i * stride, i * stride + k), slice(j * stride, j * stride + k)
            gradient = route(x[place], dout[n, c, i, j])
            dx[place] = gradient if assign else dx[place] + gradient
        return dx

    return backward


def at(window: Any, index: int) -> Any:
    chosen = np.zeros(window.size)
    chosen[index] = 1
    return chosen.reshape(window.shape)


def to_the_first(window: Any, gradient: float) -> Any:
    return gradient * at(window, window.argmax())


def to_the_last(window: Any, gradient: float) -> Any:
    return gradient * at(window, window.size - 1 - window.ravel()[::-1].argmax())


def down_the_columns_first(window: Any, gradient: float) -> Any:
    return gradient * at(window.T, window.T.argmax()).T


def in_equal_shares(window: Any, gradient: float) -> Any:
    largest = window == window.max()
    return gradient * largest / largest.sum()


def whole_to_each(window: Any, gradient: float) -> Any:
    return gradient * (window == window.max())


def backward_verdict(backward: Callable[..., Any], seed: int = 0, fast: str = "") -> Verdict:
    functions = {f"max_pool_forward{fast}": kept, f"max_pool_backward{fast}": backward}
    return verdict_on(f"max_pool_backward{fast}", seed, **functions)


class TestTies:
    @pytest.mark.parametrize(
        "route", [to_the_first, to_the_last, down_the_columns_first, in_equal_shares]
    )
    @pytest.mark.parametrize("seed", [0, 3])
    def test_any_split_is_right(self, route: Callable[..., Any], seed: int) -> None:
        assert_full_marks(backward_verdict(loops(route), seed))

    @pytest.mark.parametrize("seed", [0, 3])
    def test_the_whole_gradient_to_each_fails_that_case_alone(self, seed: int) -> None:
        verdict = backward_verdict(loops(whole_to_each), seed)
        failed = [result.case.title for result in verdict.results if not result.passed]
        assert failed == [TIES]
        assert verdict.misconception is not None
        assert verdict.misconception.name == "the whole gradient to every tie"
        assert verdict.score >= 0.85 * verdict.max_score

    @pytest.mark.parametrize(
        "route",
        [
            lambda window, gradient: (
                2 * to_the_first(window, gradient) - to_the_last(window, gradient)
            ),
            lambda window, gradient: 0.5 * to_the_first(window, gradient),
            lambda window, gradient: np.full(window.shape, gradient / window.size),
        ],
    )
    def test_no_other_split_is(self, route: Callable[..., Any]) -> None:
        verdict = backward_verdict(loops(route))
        assert TIES in [result.case.title for result in verdict.results if not result.passed]

    def test_overlapping_windows_in_equal_shares(self) -> None:
        from cs_utils.exercises.pooling.max_pool import any_right_split

        x, dout = np.zeros((1, 1, 3, 3)), np.arange(1.0, 5).reshape(1, 1, 2, 2)
        inputs = {"x": x, "kernel_size": 2, "stride": 1, "dout": dout}
        shares = loops(in_equal_shares)(dout, (x, 2, 1))
        first = loops(to_the_first)(dout, (x, 2, 1))
        np.testing.assert_array_equal(any_right_split(inputs, {"dx": shares})["dx"], first)
        wrong = any_right_split(inputs, {"dx": 2 * shares})["dx"]
        np.testing.assert_array_equal(wrong, 2 * shares)


class TestLoops:
    @pytest.mark.parametrize("name", ["max_pool_forward_fast", "max_pool_backward_fast"])
    def test_the_loops_of_the_lesson_earn_half(self, name: str) -> None:
        slow = relinked({})
        slow["max_pool_forward_fast"] = slow["max_pool_forward"]
        slow["max_pool_backward_fast"] = slow["max_pool_backward"]
        verdict = check_exercise(find_exercise(name), slow, 0)
        assert verdict.score == verdict.max_score / 2
        assert verdict.misconception is not None, text_report(verdict)
        assert verdict.misconception.name == "a loop over positions"

    @pytest.mark.parametrize(
        "loop",
        [
            lambda x: [row.max() for row in x],
            lambda x: list(map(lambda row: row.max(), x)),
            lambda x: np.apply_along_axis(lambda row: row.max(), 1, x),
            lambda x: np.vectorize(abs)(x) if len(x) < 0 else np.vectorize(lambda v: v)(x),
            lambda x: [x[index] for index in np.ndindex(x.shape)],
            lambda x: sum(value for row in x for value in row),
        ],
    )
    def test_every_kind_of_loop_is_seen(self, loop: Callable[[Any], Any]) -> None:
        small, large = np.ones((4, 4)), np.ones((16, 16))
        assert grow(lambda: loop(small), lambda: loop(large))

    def test_whole_arrays_are_none(self) -> None:
        small, large = np.ones((8, 8)), np.ones((32, 32))
        assert not grow(
            lambda: np.pad(small, 1).mean(axis=0), lambda: np.pad(large, 1).mean(axis=0)
        )
        assert python_steps(lambda: None) == python_steps(lambda: None) > 0

    def test_a_tracer_is_put_back(self) -> None:
        import sys

        def own(frame: Any, event: str, argument: Any) -> None:
            return None

        before = sys.gettrace()
        sys.settrace(own)
        try:
            with pytest.raises(ZeroDivisionError):
                python_steps(lambda: 1 / 0)
            found = sys.gettrace()
        finally:
            sys.settrace(before)
        assert found is own


def from_zero(x: Any, kernel_size: int, stride: int) -> Any:
    out = np.zeros(RIGHT["max_pool_forward"](x, kernel_size, stride)[0].shape)
    for n, c, i, j in np.ndindex(out.shape):
        for a, b in np.ndindex(kernel_size, kernel_size):
            out[n, c, i, j] = max(out[n, c, i, j], x[n, c, i * stride + a, j * stride + b])
    return out, None


def exchanged(window: Any, gradient: float) -> Any:
    return to_the_first(window, gradient).T


def around(image: Any, distance: int) -> Any:
    moved = np.roll(image, -distance, axis=1)
    return np.corrcoef(image.ravel(), moved.ravel())[0, 1]


def empty_slice(image: Any, distance: int) -> Any:
    image = image.astype(float)
    return np.corrcoef(image[:, :-distance].ravel(), image[:, distance:].ravel())[0, 1]


def without_strides(layers: Any) -> Any:
    size, jump = 1, 1
    for kernel_size, stride in layers:
        size, jump = size + kernel_size - 1, jump * stride
    return size, jump


def own_stride(layers: Any) -> Any:
    size, jump = 1, 1
    for kernel_size, stride in layers:
        jump *= stride
        size += (kernel_size - 1) * jump
    return size, jump


WRITTEN: list[tuple[str, Callable[..., Any], str]] = [
    ("local_correlation", around, "around the edge"),
    ("receptive_field", without_strides, "strides left out of the size"),
    ("receptive_field", own_stride, "a layer's stride in its own field"),
    ("max_pool_forward", from_zero, "started from zero"),
    ("max_pool_forward", RIGHT["avg_pool_forward"], "mean"),
    ("avg_pool_forward", RIGHT["max_pool_forward"], "largest value"),
    (
        "global_avg_pool_forward",
        lambda x: (x.mean(axis=(2, 3), keepdims=True), x),
        "two axes of 1 kept",
    ),
    (
        "shift_invariance",
        lambda layer, x, shift: RIGHT["shift_invariance"](layer, x, -shift),
        "moved to the left",
    ),
]


@pytest.mark.parametrize(("name", "wrong", "mistake"), WRITTEN)
@pytest.mark.parametrize("seed", [0, 1])
def test_recognised(name: str, wrong: Callable[..., Any], mistake: str, seed: int) -> None:
    verdict = verdict_on(name, seed, **{name: wrong})
    assert verdict.score < verdict.max_score
    assert verdict.misconception is not None, verdict.reason
    assert verdict.misconception.name == mistake


@pytest.mark.parametrize(
    ("backward", "mistake"),
    [
        (loops(exchanged), "row and column exchanged"),
        (loops(to_the_first, assign=True), "whole windows overwrite each other"),
        (
            loops(lambda window, gradient: np.full(window.shape, gradient / window.size)),
            "shared by the whole window",
        ),
        (loops(lambda window, gradient: to_the_first(window, 1.0)), "upstream gradient forgotten"),
    ],
)
@pytest.mark.parametrize("fast", ["", "_fast"])
def test_wrong_max_backward(backward: Callable[..., Any], mistake: str, fast: str) -> None:
    verdict = backward_verdict(backward, 1, fast)
    assert verdict.score < 0.6 * verdict.max_score
    # With loops in the fast exercise two mistakes come together; then none may be named.
    if not fast:
        assert verdict.misconception is not None, text_report(verdict)
        assert verdict.misconception.name == mistake


def test_eight_bits_overflow() -> None:
    verdict = verdict_on(
        "local_correlation",
        local_correlation=lambda image, distance: RIGHT["local_correlation"](
            image * image, distance
        ),
    )
    assert verdict.score < verdict.max_score
    verdict = verdict_on("local_correlation", local_correlation=empty_slice)
    failed = [result.case.title for result in verdict.results if not result.passed]
    assert failed == ["distance 0: each pixel and itself"]


class TestBlame:
    @pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
    def test_unwritten(self, exercise: Exercise) -> None:
        for names in ((exercise.name,), NAMES):
            verdict = verdict_on(exercise.name, **unwritten(*names))
            assert (verdict.status, verdict.score) == (answers.NOT_WRITTEN, 0)

    @pytest.mark.parametrize("name", [e.name for e in EXERCISES if e.builds_on])
    def test_wrong_parts(self, name: str) -> None:
        exercise = find_exercise(name)
        lent = lent_parts(exercise)
        own = [part for part in exercise.builds_on if part not in lent]
        for broken in (unwritten(*own), dict.fromkeys(own, nonsense)):
            assert_full_marks(check_exercise(exercise, relinked(broken), 0))

    def test_what_earlier_lessons_taught_is_lent(self) -> None:
        lent = dict.fromkeys(lent_parts(find_exercise("ConvNet")), nonsense)
        assert "softmax_loss" in lent and "max_pool_forward_fast" not in lent
        verdict = check_exercise(find_exercise("ConvNet"), relinked(lent), 0)
        assert_full_marks(verdict)
        assert verdict.helped_by == ()

    def test_a_network_without_relu_is_told(self) -> None:
        functions = {"relu_forward": lambda x: (x, x), "relu_backward": lambda dout, cache: dout}
        source = relinked({})
        wrong = type("ConvNet", (source["ConvNet"],), {})

        def loss(self: Any, X: Any, y: Any = None) -> Any:
            own = source["ConvNet"].loss.__globals__
            before = {name: own[name] for name in functions}
            own.update(functions)
            try:
                return source["ConvNet"].loss(self, X, y)
            finally:
                own.update(before)

        wrong.loss = loss  # type: ignore[attr-defined]
        verdict = check_exercise(find_exercise("ConvNet"), source | {"ConvNet": wrong}, 0)
        assert verdict.misconception is not None, text_report(verdict)
        assert verdict.misconception.name == "ReLU left out"


def nonsense(*args: Any, **kwargs: Any) -> Any:
    return np.zeros(3), None
