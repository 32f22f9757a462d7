"""Lesson 4's first half: its cells solved, its pictures, training and times."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from lesson_cells import Shown, assert_alive, points_of, run_notebook
from rooms import solved as solved_notebook

from cs_utils import plots, pooling_times, training
from cs_utils.demonstrations import Note
from cs_utils.exercises import lesson_exercises
from cs_utils.kernel_side import GRADING
from cs_utils.pooling_times import Size
from cs_utils.training import Training
from solutions import numpy_pooling as right

LESSON = "04_pooling"
TINY = (Size(1, 2, 6, 2, 2), Size(2, 2, 9, 3, 2))
MAP = np.array([[1, 3, -2, 1], [2, -2, 5, 4], [0, -4, -3, -1], [-2, -6, -5, -7]])


def unwritten(*_arguments: Any, **_options: Any) -> Any:
    raise NotImplementedError


def raising(*_arguments: Any, **_options: Any) -> Any:
    raise ZeroDivisionError("division by zero")


def returning_none(*_arguments: Any, **_options: Any) -> Any:
    return None


def of_wrong_shape(*_arguments: Any, **_options: Any) -> Any:
    return np.zeros((2, 7)), None


def lesson_plots(replacement: Callable[..., Any] | None = None) -> dict[str, Callable[[], Any]]:
    """Every plot of a student's function, with right functions or the replacement for them all."""

    def own(function: Callable[..., Any]) -> Callable[..., Any]:
        return replacement or function

    largest = own(right.max_pool_forward), own(right.max_pool_backward)
    mean = own(right.avg_pool_forward), own(right.avg_pool_backward)
    x = np.random.default_rng(0).normal(size=(1, 1, 8, 12))
    stacks = {"two": [(3, 1), (3, 2)], "one": [(5, 1)]}
    return {
        "local_correlations": lambda: plots.local_correlations(own(right.local_correlation)),
        "field_growth": lambda: plots.field_growth(own(right.receptive_field), stacks, 4),
        "field_of_gradient": lambda: plots.field_of_gradient(
            own(right.receptive_field), stacks, side=15
        ),
        "pooling_example": lambda: plots.pooling_example(largest[0], mean[0], MAP),
        "pooling_routes": lambda: plots.pooling_routes(largest, mean, MAP, [[10, 20], [30, 40]]),
        "pooled_pictures": lambda: plots.pooled_pictures(
            largest[0], mean[0], {"ramp": np.arange(96.0).reshape(8, 12)}
        ),
        "shift_invariances": lambda: plots.shift_invariances(
            own(right.shift_invariance), {"itself": lambda x: x}, x, 3
        ),
    }


PLOTS = tuple(lesson_plots(unwritten))


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Shown]:
    return run_notebook(solved_notebook(LESSON), tmp_path_factory.mktemp("solved"))


def test_every_solved_cell_earns_its_points(solved: dict[str, Shown]) -> None:
    assert points_of(solved) == {one.name: one.points for one in lesson_exercises(LESSON)}


def test_solved_every_picture_and_claim_is_there(solved: dict[str, Shown]) -> None:
    assert_alive(solved, claim_tables=13)


def test_what_does_not_hold_is_shown(solved: dict[str, Shown]) -> None:
    rows = solved["all-claims"].text.splitlines()
    refuted = [row.split("  ")[0] for row in rows if row.endswith("  no")]
    assert refuted == ["... grass", "and lose no information", "... of a dark line"]


def test_the_network_reads_digits(solved: dict[str, Shown]) -> None:
    assert "It was stopped" not in solved["training"].caption
    share = solved["training"].caption.split("; ")[1].split("%")[0]
    assert float(share) >= 96


def test_what_the_text_says_is_what_the_pictures_show(solved: dict[str, Shown]) -> None:
    off = solved["strided"].caption.split("4: ")[1].rstrip(".").split("; ")
    cat, grass, stripes = (
        [float(one) for one in part.split(" ", 1)[1].split(", ")] for part in off
    )
    assert cat[1] < 10 < 15 < grass[1] and stripes[1] > 100
    pooled = solved["pooled"].caption
    for part in pooled.split("square): ")[1].rstrip(".").split("; "):
        stride, largest, mean = (float(one.split()[-1]) for one in part.split(", "))
        assert mean < stride < largest
    for fact in solved["field-of-gradient"].caption.rstrip(".").split("; "):
        size, seen = fact.split("your size ")[1].split(",")[0], fact.split("covers ")[1].split()[0]
        half = int(fact.split("middle ")[1].split()[0])
        assert size == seen and half < int(size)


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_tells_what_it_shows(name: str) -> None:
    picture = lesson_plots()[name]()
    assert isinstance(picture, plots.Picture), picture
    assert "<img alt='" in picture._repr_html_()
    assert len(picture.alt) > 40 and "nan" not in repr(picture)
    for axes in picture.figure.axes:
        if axes.axison and axes.get_xticks().size:
            assert axes.get_xlabel() or axes.get_ylabel()


@pytest.mark.parametrize("name", PLOTS)
def test_an_unwritten_function_is_named(name: str) -> None:
    note = lesson_plots(unwritten)[name]()
    assert str(note) == "not written yet: this comes alive once unwritten works"


@pytest.mark.parametrize("name", PLOTS)
@pytest.mark.parametrize("wrong", [raising, returning_none, of_wrong_shape])
def test_a_wrong_function_gives_a_sentence(name: str, wrong: Callable[..., Any]) -> None:
    note = lesson_plots(wrong)[name]()
    assert isinstance(note, Note), note
    assert "not right yet" in str(note) and "Traceback" not in str(note)


def test_routes_are_measured_not_assumed() -> None:
    alt = lesson_plots()["pooling_routes"]().alt
    assert "[[0.0, 10.0, 0.0, 0.0], [0.0, 0.0, 20.0, 0.0], [30.0, 0.0, 0.0, 40.0]" in alt
    swapped = plots.pooling_routes(
        (right.avg_pool_forward, right.avg_pool_backward),
        (right.max_pool_forward, right.max_pool_backward),
        MAP,
        [[10, 20], [30, 40]],
    )
    assert "max pooling [[2.5, 2.5, 5.0, 5.0]" in swapped.alt


def test_a_stride_of_one_loses_nothing() -> None:
    picture = np.random.default_rng(0).uniform(0, 255, (9, 12))
    found = plots.strided_photos({"noise": picture}, strides=(1, 2))
    _title, first, second = found.caption.split(": ")[1].rstrip(".").replace(",", "").split()
    assert first == "0.0" and float(second) > 30


def test_times_of_every_way() -> None:
    fast = right.max_pool_forward, right.max_pool_backward
    picture = plots.pooling_speed(fast, fast, TINY)
    assert isinstance(picture, plots.Picture), picture
    assert "your loops" in picture.caption and "without loops" in picture.caption
    assert "PyTorch" in picture.caption and "times (at " in picture.caption


@pytest.mark.parametrize("wrong", [unwritten, raising, returning_none, of_wrong_shape])
def test_a_way_that_does_not_work_stops_no_other(wrong: Callable[..., Any]) -> None:
    fast = right.max_pool_forward, right.max_pool_backward
    picture = plots.pooling_speed((wrong, wrong), fast, TINY)
    assert isinstance(picture, plots.Picture), picture
    assert "your loops: not" in picture.caption and "without loops " in picture.caption


def test_a_way_with_other_numbers_is_not_timed() -> None:
    times = pooling_times.measure({"own": (right.avg_pool_forward, right.avg_pool_backward)}, TINY)
    assert "own" not in times.seconds
    assert times.problems[0].startswith("own: not right yet: avg_pool_forward gives other numbers")


def test_while_grading_nothing_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(GRADING, "1")
    shown = plots.pooling_speed((raising, raising), (raising, raising))
    assert isinstance(shown, Note) and "graded" in str(shown)


def test_without_pytorch_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    pairs = (raising, raising), (raising, raising)
    for shown in (plots.pooling_speed(*pairs), plots.field_of_gradient(right.receptive_field, {})):
        assert isinstance(shown, Note) and "PyTorch" in str(shown)


class TestPytorchsSteps:
    def test_momentum_and_a_falling_rate(self) -> None:
        step = training.with_pytorch_sgd(0.5, 0.9, steps=2)()
        w, gradient, velocity = np.array([1.0, -2]), np.array([0.5, 1.0]), np.zeros(2)
        expected = w.copy()
        for rate in (0.5, 0.25, 0.0, 0.0):
            w = step("w", w, gradient).copy()
            velocity = 0.9 * velocity + gradient
            expected = expected - rate * velocity
            np.testing.assert_allclose(w, expected)

    def test_each_training_starts_anew(self) -> None:
        optimiser = training.with_pytorch_sgd(0.5)
        first, second = optimiser(), optimiser()
        for step in (first, second):
            assert step("w", np.array([1.0]), np.array([1.0])) == 0.5


def test_the_picture_of_learned_filters() -> None:
    rng = np.random.default_rng(0)
    weights = {"w1": rng.normal(size=(3, 1, 5, 5)), "b1": np.array([0.0, 1, -1e9])}
    one = np.ones(1)
    trained = Training(right.ConvNet, weights, weights, one, one, one, 1.0)
    picture = plots.filters_and_maps(trained, rng.uniform(size=(1, 9, 8)))
    assert isinstance(picture, plots.Picture)
    assert picture.caption.rstrip(".").endswith(" 0%")
    note = Note("not written yet")
    assert plots.filters_and_maps(note, np.zeros((1, 4, 4))) is note
