"""What a report says of wrong values: which pattern, where, in which cases; and what it hides."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from convolution_submissions import solved as solved_convolution
from submissions import solved, verdict_on

from cs_utils.checks import check_exercise
from cs_utils.differences import Difference, compare
from cs_utils.exercises import find_exercise
from cs_utils.heat_maps import heat_maps, html_maps, text_maps
from cs_utils.reports import html_report, text_report
from cs_utils.verdicts import Verdict

RNG = np.random.default_rng(5)
MAPS = RNG.uniform(1, 2, (2, 3, 6, 5)) * RNG.choice([-1, 1], (2, 3, 6, 5))
SQUARE = RNG.uniform(1, 2, (4, 4))
X = np.array([[0.0, 1, -2, 3], [4, 0, -6, 7], [0, 0, 1, 2]])
Y = RNG.uniform(1, 2, X.shape)


def changed(array: np.ndarray, index: Any, by: float = 1.0) -> np.ndarray:
    copy = array.copy()
    copy[index] += by
    return copy


def border_wrong(array: np.ndarray) -> np.ndarray:
    copy = array + 1
    copy[..., 1:-1, 1:-1] = array[..., 1:-1, 1:-1]
    return copy


def found(received: np.ndarray, right: np.ndarray, name: str = "out", **inputs: Any) -> Difference:
    difference = compare(name, received, right, 1e-7, inputs, {name: right, "dw": SQUARE[:2] + 5})
    assert difference is not None
    return difference


PATTERNS: list[tuple[np.ndarray, np.ndarray, str]] = [
    (-MAPS, MAPS, "opposite sign"),
    (MAPS / 4, MAPS, "1/4 times the right ones"),
    (3 * SQUARE, SQUARE, "3 times the right ones"),
    (MAPS * np.pi, MAPS, "one and the same factor"),
    (MAPS + 0.37, MAPS, "off by one and the same number"),
    (np.maximum(MAPS, 0), MAPS, "0 where something negative belongs"),
    (np.abs(MAPS), MAPS, "negative came out positive"),
    (np.zeros_like(MAPS), MAPS, "All wrong values are 0"),
    (np.full_like(MAPS, 7), MAPS, "one and the same number"),
    (SQUARE.T, SQUARE, "transposed"),
    (MAPS[..., ::-1], MAPS, "The columns are in reverse order"),
    (MAPS[..., ::-1, ::-1], MAPS, "half a turn"),
    (np.roll(MAPS, 1, axis=2), MAPS, "one row too far"),
    (SQUARE.ravel()[::-1].reshape(4, 4), SQUARE, "half a turn"),
    (RNG.permutation(SQUARE.ravel()).reshape(4, 4), SQUARE, "in other places"),
    (MAPS + np.arange(3.0)[:, None, None], MAPS, "same all over each channel"),
    (MAPS * np.arange(1.0, 4)[:, None, None], MAPS, "Each channel is right but for a factor"),
    (SQUARE**2, SQUARE, "squares"),
    (SQUARE[:2] + 5, SQUARE[:2], "values of dw"),
    (border_wrong(MAPS), MAPS, "Only the border of the map"),
    (changed(MAPS, (..., slice(1, -1), slice(1, -1))), MAPS, "Only the inside of the map"),
    (changed(MAPS, (slice(None), 1)), MAPS, "in channel 1."),
    (changed(MAPS, 1), MAPS, "in the last image"),
    (changed(MAPS, (..., slice(1, None, 2))), MAPS, "every other column, from the second"),
    (changed(MAPS, (..., slice(0, None, 2), slice(None))), MAPS, "every other row, from the first"),
    (changed(MAPS, (..., slice(1, None))), MAPS, "all columns but the first"),
    (SQUARE + np.eye(4), SQUARE, "Only the diagonal is wrong"),
    (SQUARE + 1 - np.eye(4), SQUARE, "Only the diagonal is right"),
]


class TestPatterns:
    @pytest.mark.parametrize(("received", "right", "words"), PATTERNS)
    def test_named(self, received: np.ndarray, right: np.ndarray, words: str) -> None:
        patterns = found(received, right).patterns
        assert words in " ".join(patterns), patterns
        assert len(patterns) <= 2

    def test_a_factor_is_explained_by_the_batch(self) -> None:
        words = " ".join(found(np.array(20.0), np.array(5.0), "loss", y=np.zeros(4, int)).patterns)
        assert "4 times" in words and "the length of y" in words

    def test_one_wrong_number_says_nothing_of_factors(self) -> None:
        assert found(np.array(3.3), np.array(1.7), "loss").patterns == ()
        assert not any("factor" in one for one in found(changed(MAPS, (0, 0, 0, 0)), MAPS).patterns)

    def test_input_handed_back(self) -> None:
        assert "This is x itself" in found(X, Y, x=X).patterns[0]

    def test_where_an_input_is_zero(self) -> None:
        assert "Wrong just where x is 0." in found(Y + (X == 0), Y, x=X).patterns

    def test_noise_has_no_pattern(self) -> None:
        noise = MAPS + np.random.default_rng(1).normal(size=MAPS.shape)
        assert found(noise, MAPS).patterns == ()

    @pytest.mark.parametrize(
        ("received", "words"),
        [
            (MAPS.transpose(0, 1, 3, 2), "transposed: the numbers are right"),
            (MAPS[..., :-1], "1 column too few"),
            (np.pad(MAPS, ((0, 0), (0, 0), (1, 1), (1, 1))), "2 rows too many and 2 columns"),
            (np.pad(MAPS, ((0, 0), (0, 0), (1, 1), (1, 1))), "numbers are in its middle"),
            (MAPS.sum(axis=0), "summed over one axis too many, that of the images"),
            (MAPS.mean(axis=1), "averaged over the channels"),
            (MAPS[0], "One axis is lost"),
            (MAPS[None], "axis of length 1 too many"),
            (MAPS.reshape(2, -1), "only a reshape is missing"),
            (MAPS.sum(), "a single number"),
            (MAPS[:0], "is empty"),
        ],
    )
    def test_shapes(self, received: np.ndarray, words: str) -> None:
        difference = found(np.asarray(received), MAPS)
        assert difference.text.startswith(f"out has shape {received.shape}, it must have shape")
        assert words in " ".join(difference.patterns)

    def test_how_many_and_by_how_much(self) -> None:
        right = np.array([[1.0, 2], [3, 4]])
        assert found(right + np.array([[0, 0], [0, 2.0]]), right).text == (
            "1 of 4 values of out are wrong, at [1, 1], by up to 50 % of the largest right value"
        )


class Titles(HTMLParser):
    """Collects the texts that stand for a picture."""

    def __init__(self) -> None:
        super().__init__()
        self.labels: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.labels += [value or "" for name, value in attrs if name == "aria-label"]


class TestHeatMaps:
    def test_signs(self) -> None:
        right = np.array([[10.0, 0, 0], [0, 0, 0]])
        wrong = np.array([[10.0, 0.5, 5], [-0.5, -5, np.nan]])
        (one,), more = heat_maps(found(wrong, right))
        assert (one.signs, more) == (((".", "+", "++"), ("-", "--", "!")), 0)
        assert list(text_maps(found(wrong, right)))[1:] == ["    .  +  ++", "    -  -- !"]

    def test_only_maps_with_errors_are_shown(self) -> None:
        (one,), more = heat_maps(found(changed(MAPS, (1, 2, 0, 0)), MAPS))
        assert (one.title, more) == ("out: image 1, channel 2", 0)
        maps, more = heat_maps(found(MAPS + 1, MAPS))
        assert (len(maps), more) == (3, 3)

    def test_large_maps_are_cut(self) -> None:
        (one,), _more = heat_maps(found(np.ones((40, 3)), np.zeros((40, 3))))
        assert one.cut and len(one.signs) == 16

    def test_told_to_those_who_cannot_see_it(self) -> None:
        parser = Titles()
        parser.feed(html_maps(found(changed(MAPS, (1, 2, 3, 4)), MAPS)))
        assert "1 of 30 entries are wrong: [3, 4] ++" in parser.labels[0]

    def test_numbers_and_wrong_shapes_have_none(self) -> None:
        assert heat_maps(found(np.array(3.0), np.array(1.0))) == ([], 0)
        assert html_maps(found(MAPS[0], MAPS)) == ""


def conv(change: Callable[..., Any]) -> Verdict:
    right = solved_convolution()["conv_forward_naive"]

    def wrong(x: Any, w: Any, b: Any, stride: int = 1, padding: int = 0) -> Any:
        return change(right(x, w, b, stride, padding)[0], stride, padding), None

    exercise = find_exercise("conv_forward_naive")
    return check_exercise(exercise, solved_convolution(conv_forward_naive=wrong), 3)


class TestReports:
    def test_what_the_failing_cases_share(self) -> None:
        verdict = conv(lambda out, stride, padding: out + (stride > 1) * np.sin(out))
        assert verdict.pattern == "Only the cases with stride 1 are right."
        assert verdict.pattern in verdict.hints and verdict.pattern in text_report(verdict)
        assert conv(lambda out, stride, padding: out + np.sin(out)).pattern == ""

    @pytest.mark.parametrize("name", ["linear_backward", "softmax_backward"])
    def test_numeric_derivative_of_wrong_entries(self, name: str) -> None:
        right = solved()[name]

        def wrong(*args: Any) -> Any:
            result = right(*args)
            return (result[0] + 0.25, *result[1:]) if isinstance(result, tuple) else result + 0.25

        verdict = verdict_on(name, **{name: wrong})
        text = text_report(verdict)
        pairs = re.findall(r"yours (\S+), the numeric derivative (\S+)", text)
        assert pairs
        for yours, numeric in pairs:
            assert float(yours) - float(numeric) == pytest.approx(0.25, abs=1e-3)
        assert pairs[0][1] in html_report(verdict)

    def test_an_exception_shows_the_line_and_what_to_do(self) -> None:
        def linear_forward(x: Any, W: Any, b: Any) -> Any:
            return x @ W + b, None

        verdict = verdict_on("linear_forward", linear_forward=linear_forward)
        for report in (text_report(verdict), html_report(verdict, reveal=False)):
            assert "return x @ W + b, None" in report
            assert "columns of the left" in report
            assert "Traceback" not in report

    def test_numbers_are_a_click_away_and_never_shown_by_the_grader(self) -> None:
        def off(scores: Any) -> Any:
            p, cache = solved()["softmax_forward"](scores)
            return p + 0.123, cache

        verdict = verdict_on("softmax_forward", seed=77, softmax_forward=off)
        shown = html_report(verdict)
        assert shown.count("<details>") == 2 and "<details open" not in shown
        hidden = html_report(verdict, reveal=False) + text_report(verdict, reveal=False)
        hidden += verdict.reason
        failing = [one for one in verdict.results if one.differences]
        for result in failing:
            expected = result.differences[0].expected
            for number in (*expected[expected % 1 > 1e-3], *(expected + 0.123)):
                assert f"{number:.3f}" not in hidden
        right = np.array2string(failing[0].differences[0].expected, precision=4, separator=", ")
        assert right.splitlines()[0] in text_report(verdict)

    def test_complex_numbers_are_refused_in_words(self) -> None:
        verdict = verdict_on("relu_jacobian", relu_jacobian=lambda x: np.eye(len(x)) * 1j)
        assert "it is an array of complex128" in text_report(verdict)

    def test_in_place_hint(self) -> None:
        def relu_backward(dz: Any, cache: Any) -> Any:
            dz[cache <= 0] = 0
            return dz

        verdict = verdict_on("relu_backward", relu_backward=relu_backward)
        assert verdict.hints == ("Which line writes into dz (=, +=, *=)? Work on a copy there.",)
