"""The residual block in NumPy and the search for alike images: references, styles, mistakes."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from submissions import assert_full_marks, mistaken, pack_cases

from cs_utils import answers, earlier
from cs_utils.checks import check_exercise
from cs_utils.exercises import find_exercise, lent_parts, stand_in_rounds
from cs_utils.gradients import numeric_gradient
from cs_utils.reports import text_report
from cs_utils.verdicts import Verdict
from solutions import numpy_residual

NAMES = ("residual_forward", "residual_backward", "nearest_neighbours")
SOURCE = Path(numpy_residual.__file__).read_text()
MISTAKES = [
    pytest.param(name, mistake, id=f"{name}: {mistake.name}")
    for name in NAMES
    for mistake in find_exercise(name).misconceptions
]
WEIGHTS = ("dw1", "dgamma1", "dbeta1", "dw2", "dgamma2", "dbeta2")


def handed_in(*changes: tuple[str, str]) -> dict[str, Any]:
    """The references as a notebook's namespace, each change made where its text stands."""
    source = SOURCE
    for old, new in changes:
        assert old in source, old
        source = source.replace(old, new)
    namespace: dict[str, Any] = {}
    exec(compile(source, "hand_in", "exec"), namespace)
    return namespace


def verdict_on(name: str, *changes: tuple[str, str], seed: int = 0, **functions: Any) -> Verdict:
    return check_exercise(find_exercise(name), handed_in(*changes) | functions, seed)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", [0, 2026])
def test_references_get_full_marks_without_help(name: str, seed: int) -> None:
    verdict = verdict_on(name, seed=seed)
    assert_full_marks(verdict)
    assert not verdict.helped_by


@pytest.mark.parametrize("name", NAMES)
def test_references_agree_with_the_oracle(name: str) -> None:
    exercise = find_exercise(name)
    for seed in (0, 3):
        for case in exercise.draw_cases(seed):
            returned = exercise.answer(handed_in(), case)
            for output, right in exercise.oracle(case.inputs).items():
                np.testing.assert_allclose(returned[output], right, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("name", NAMES)
def test_cases(name: str) -> None:
    cases = find_exercise(name).draw_cases(7)
    assert cases[0].weight == 0 and cases[-1].inputs_unchanged
    assert len({case.title for case in cases}) == len(cases)
    first, same, other = (pack_cases(find_exercise(name), seed) for seed in (3, 3, 4))
    assert first == same
    assert all(one != two for one, two in zip(first[1:], other[1:], strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_hints(name: str) -> None:
    mistakes = find_exercise(name).misconceptions
    assert len(mistakes) >= 6 and len({one.name for one in mistakes}) == len(mistakes)
    for mistake in mistakes:
        assert 1 <= len(re.findall(r"[.?!](?=\s|$)", mistake.hint)) <= 3
        assert mistake.hint.endswith("?")


@pytest.mark.parametrize(("name", "mistake"), MISTAKES)
def test_a_known_mistake_gets_its_own_hint(name: str, mistake: Any) -> None:
    exercise = find_exercise(name)
    verdict = mistaken(exercise, 5, mistake)
    assert verdict.score < verdict.max_score
    assert verdict.misconception is not None
    assert verdict.misconception.name == mistake.name
    assert mistake.hint in text_report(verdict)


WRONG_CODE = [
    ("residual_forward", ("second + x", "second"), "skip connection forgotten"),
    ("residual_forward", ("out = np.maximum(0, second + x)", "out = second + x"), "no ReLU on"),
    (
        "residual_forward",
        ("np.maximum(0, second + x)", "np.maximum(0, second) + x"),
        "ReLU before the addition",
    ),
    ("residual_forward", ("np.maximum(0, first)", "first"), "no ReLU inside F"),
    ("residual_backward", ("dbefore @ w1.T + dsum", "dbefore @ w1.T"), "gradient of the skip"),
    ("residual_backward", ("@ w1.T + dsum", "@ w1.T + 2 * dsum"), "skip added twice"),
    ("residual_backward", ("dbefore @ w1.T + dsum", "dsum"), "gradient of F forgotten"),
    ("residual_backward", ("dout * (out > 0)", "dout"), "mask of the sum forgotten"),
    ("residual_backward", ("@ w1.T + dsum", "@ w1.T + dout"), "skip past the last ReLU"),
    ("residual_backward", (" * (hidden > 0)", ""), "mask inside F forgotten"),
    ("residual_backward", (" * (hidden > 0)", " * (x @ w1 > 0)"), "mask from before"),
    ("nearest_neighbours", (".astype(float)", ""), "bytes that wrap around"),
    ("nearest_neighbours", ("**2", ""), ""),
]


@pytest.mark.parametrize(("name", "change", "mistake"), WRONG_CODE)
def test_wrong_code_is_told_by_its_mistake(
    name: str, change: tuple[str, str], mistake: str
) -> None:
    verdict = verdict_on(name, change)
    assert verdict.score < verdict.max_score and not verdict.helped_by
    found = verdict.misconception.name if verdict.misconception else ""
    assert mistake in found


@pytest.mark.parametrize(
    ("name", "change", "what"),
    [
        ("residual_forward", ("second + x)", "np.add(second, x, out=x))"), "x was changed"),
        ("residual_backward", ("dout * (out > 0)", "np.multiply(dout, out > 0, out=dout)"), "dout"),
    ],
)
def test_a_change_in_place_costs_its_case(name: str, change: tuple[str, str], what: str) -> None:
    verdict = verdict_on(name, change)
    assert 0 < verdict.score < verdict.max_score
    assert what in text_report(verdict)


def test_a_cache_of_any_kind_will_do() -> None:
    right = handed_in()

    def forward(*inputs: Any) -> Any:
        out, cache = right["residual_forward"](*inputs)
        return out.astype(np.float32), {"all": cache}

    def backward(dout: Any, cache: Any) -> Any:
        return [one.astype(np.float32) for one in right["residual_backward"](dout, cache["all"])]

    functions = {"residual_forward": forward, "residual_backward": backward}
    for name in functions:
        assert_full_marks(verdict_on(name, **functions))


def test_a_wrong_forward_costs_nothing_in_the_backward() -> None:
    def wrong(*_inputs: Any) -> Any:
        raise ZeroDivisionError

    verdict = verdict_on("residual_backward", residual_forward=wrong)
    assert_full_marks(verdict)
    assert verdict.helped_by == ("residual_forward",)


def test_gradients_are_those_of_the_numbers() -> None:
    case = find_exercise("residual_backward").draw_cases(3)[2]
    inputs = {name: np.array(value) for name, value in case.inputs.items()}
    dout = inputs.pop("dout")
    found = numpy_residual.residual_backward(
        dout, numpy_residual.residual_forward(*inputs.values())[1]
    )
    for name, gradient in zip(inputs, found, strict=True):

        def loss(value: Any, name: str = name) -> float:
            changed = {**inputs, name: value}
            return float((numpy_residual.residual_forward(*changed.values())[0] * dout).sum())

        np.testing.assert_allclose(gradient, numeric_gradient(loss, inputs[name]), atol=1e-6)


class TestEarlierFunctions:
    def test_they_are_lent_and_not_blamed(self) -> None:
        backward = find_exercise("residual_backward")
        assert lent_parts(backward) == {"batchnorm_forward": 0, "batchnorm_backward": 0}
        assert stand_in_rounds(backward) == [{"residual_forward": n} for n in range(2)]
        assert lent_parts(find_exercise("batchnorm_backward")) == {}

    def test_they_are_what_the_lesson_taught(self) -> None:
        x, ones, zeros = np.array([[1.0, 2], [3, 6]]), np.ones(2), np.zeros(2)
        out, cache, mean, _var = earlier.batchnorm_forward(x, ones, zeros, zeros, ones, True)
        np.testing.assert_allclose(out, [[-1, -1], [1, 1]], atol=1e-4)
        np.testing.assert_allclose(mean, [0.2, 0.4])
        dx, _dgamma, dbeta = earlier.batchnorm_backward(np.ones((2, 2)), cache)
        np.testing.assert_allclose(dx, 0, atol=1e-12)
        np.testing.assert_allclose(dbeta, 2)

    @pytest.mark.parametrize("name", ["no_such_function", "jacobian_bytes", "__path__"])
    def test_nothing_else_is_lent(self, name: str) -> None:
        with pytest.raises(AttributeError, match=name):
            getattr(earlier, name)


def test_an_unwritten_function_is_no_error() -> None:
    def unwritten(*_inputs: Any) -> Any:
        raise NotImplementedError

    for name in NAMES:
        verdict = verdict_on(name, **{name: unwritten})
        assert (verdict.status, verdict.score) == (answers.NOT_WRITTEN, 0)


def test_nearest_of_a_query_among_the_features() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(40, 6))
    search: Callable[..., Any] = numpy_residual.nearest_neighbours
    assert search(features, features[7], 1).tolist() == [7]
    distances = np.linalg.norm(features - features[7], axis=1)
    assert (np.diff(distances[search(features, features[7], 40)]) >= 0).all()
