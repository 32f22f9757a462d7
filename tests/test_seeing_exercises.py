"""The exercises on looking into a network: right answers of any style, and the known mistakes."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from seeing_submissions import (
    EXERCISES,
    NAMES,
    cases_and_answers,
    lesson_functions,
    solved,
    verdict_on,
)
from submissions import assert_full_marks, pack_cases, unwritten

from cs_utils import answers
from cs_utils.answers import Answer, plain_array
from cs_utils.checks import check_exercise
from cs_utils.exercises import find_exercise
from cs_utils.exercises.pooling.networks import function, module, slopes, weights
from cs_utils.exercises.specification import Exercise, Misconception
from cs_utils.reports import text_report
from cs_utils.verdicts import judge
from solutions import torch_seeing as right

CROSS_ENTROPY = torch.nn.functional.cross_entropy
MISTAKES = [
    pytest.param(exercise, mistake, id=f"{exercise.name}: {mistake.name}")
    for exercise in EXERCISES
    for mistake in exercise.misconceptions
]


class TestTable:
    def test_order_and_points(self) -> None:
        assert {one.name: one.points for one in EXERCISES} == {
            "strongest_units": 2,
            "occlusion_map": 3,
            "saliency_map": 3,
            "maximise_activation": 4,
        }

    @pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
    def test_cases(self, exercise: Exercise) -> None:
        cases, _right = cases_and_answers(exercise.name, 0)
        assert cases[0].weight == 0 and len([case for case in cases if case.weight]) == 6
        assert [case.inputs_unchanged for case in cases] == [False] * 6 + [True]
        assert len({case.title for case in cases}) == 7
        assert sum("layer" in case.inputs for case in cases) == (exercise.name in NAMES[1:])

    @pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
    def test_the_seed_decides_the_cases(self, exercise: Exercise) -> None:
        first, same, other = (pack_cases(exercise, seed) for seed in (3, 3, 4))
        assert first == same
        assert all(one != two for one, two in zip(first[1:], other[1:], strict=True))

    @pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
    def test_hints(self, exercise: Exercise) -> None:
        names = [mistake.name for mistake in exercise.misconceptions]
        assert len(names) >= 5 and len(set(names)) == len(names)
        for mistake in exercise.misconceptions:
            sentences = re.findall(r"[^.?!]+[.?!](?=\s|$)", mistake.hint)
            assert 1 <= len(sentences) <= 3 and mistake.hint.endswith("?"), mistake.hint


def test_slopes_are_the_derivatives() -> None:
    rng = np.random.default_rng(0)
    inputs = weights(rng, 4, 4, 5, 3) | {"image": rng.normal(size=(3, 4, 5))}
    network = function(inputs)
    x = torch.tensor(inputs["image"], requires_grad=True)
    (gradient,) = torch.autograd.grad(network(x[None])[0, 1], x)
    found = slopes(lambda x: network(x)[:, 1], inputs["image"])
    np.testing.assert_allclose(found, gradient.numpy(), rtol=1e-12, atol=1e-12)
    places = np.array([[3, 1], [0, 4]])
    some = slopes(lambda x: network(x)[:, 1], inputs["image"], places)
    np.testing.assert_allclose(some, found[:, [3, 0], [1, 4]], rtol=1e-12)


@pytest.mark.parametrize("batchnorm", ["eval", "train", "train on a batch"])
def test_both_forms_of_a_network_agree(batchnorm: str) -> None:
    rng = np.random.default_rng(1)
    inputs = weights(rng, 4, 4, 5, 3)
    x = torch.tensor(rng.normal(size=(3, 3, 4, 5)))
    expected = function(inputs, batchnorm)(x)
    network = module(inputs).train(batchnorm != "eval")
    parts = x.split(1) if batchnorm == "train" else [x]
    found = torch.cat([network(part) for part in parts])
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)


class TestRightAnswers:
    @pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
    @pytest.mark.parametrize("seed", [0, 1, 2026])
    def test_references(self, exercise: Exercise, seed: int) -> None:
        assert_full_marks(check_exercise(exercise, solved(), seed))

    @pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
    def test_lesson(self, exercise: Exercise) -> None:
        assert_full_marks(check_exercise(exercise, lesson_functions(), 5))

    @pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
    def test_references_agree_with_the_oracle(self, exercise: Exercise) -> None:
        for seed in (0, 6, 7):
            for case, expected in zip(*cases_and_answers(exercise.name, seed), strict=True):
                returned = exercise.answer(solved(), case)
                for name, value in expected.items():
                    np.testing.assert_allclose(returned[name], value, rtol=1e-9, atol=1e-9)


def in_lists(maps: Any, channel: int, count: int) -> Any:
    return [tuple(row) for row in right.strongest_units(maps, channel, count).tolist()]


def in_loops(maps: Any, channel: int, count: int) -> Any:
    found = []
    for number, picture in enumerate(maps.numpy()):
        row, column = np.unravel_index(picture[channel].argmax(), picture[channel].shape)
        found.append((-picture[channel].max(), number, row, column))
    return np.array([place for _value, *place in sorted(found)[:count]])


def in_one_batch(model: Any, image: Any, label: int, size: int, stride: int, fill: float) -> Any:
    model.eval()
    rows, columns = ((side - size) // stride + 1 for side in image.shape[1:])
    batch = image.detach().repeat(rows * columns, 1, 1, 1)
    for number, one in enumerate(batch):
        top, left = number // columns * stride, number % columns * stride
        one[:, top : top + size, left : left + size] = fill
    scores = model(batch).detach()
    shares = torch.exp(scores - scores.logsumexp(dim=1, keepdim=True))
    return shares[:, label].reshape(rows, columns).numpy()


def by_backward(model: Any, image: Any, label: int) -> Any:
    model.eval()
    picture = image.clone().detach()[None].requires_grad_()
    model(picture)[0][label].backward()
    model.zero_grad()
    return picture.grad[0].abs().max(dim=0).values.float()


def without_parameters(model: Any, image: Any, label: int) -> Any:
    was_training = model.training
    model.train(False)
    flags = [parameter.requires_grad for parameter in model.parameters()]
    model.requires_grad_(False)
    picture = image.clone().requires_grad_()
    model(picture.unsqueeze(0))[:, label].sum().backward()
    for parameter, flag in zip(model.parameters(), flags, strict=True):
        parameter.requires_grad_(flag)
    model.train(was_training)
    return np.abs(picture.grad.numpy()).max(axis=0)


def by_optimiser(
    model: Any, image: Any, channel: int, steps: int, learning_rate: float, regularise: Any
) -> Any:
    model.eval()
    x = image.detach().clone().requires_grad_()
    optimiser = torch.optim.SGD([x], lr=learning_rate, maximize=True)
    for _step in range(steps):
        optimiser.zero_grad()
        model(x[None])[:, channel].sum().backward()
        x.grad /= max(float(x.grad.norm()), 1e-12)
        optimiser.step()
        x.data = regularise(x.data)
    for parameter in model.parameters():
        parameter.grad = None
    return x


OTHER_STYLES: list[tuple[str, Callable[..., Any]]] = [
    ("strongest_units", in_lists),
    ("strongest_units", in_loops),
    ("occlusion_map", in_one_batch),
    ("saliency_map", by_backward),
    ("saliency_map", without_parameters),
    ("maximise_activation", by_optimiser),
]


@pytest.mark.parametrize(("name", "written"), OTHER_STYLES)
def test_other_styles_get_full_marks(name: str, written: Callable[..., Any]) -> None:
    assert_full_marks(verdict_on(name, written))


class TestPredictedMistakes:
    @pytest.mark.parametrize(("exercise", "mistake"), MISTAKES)
    def test_recognised_by_its_name(self, exercise: Exercise, mistake: Misconception) -> None:
        for seed in (0, 1):
            cases, expected = cases_and_answers(exercise.name, seed)
            given = []
            for case, value in zip(cases, expected, strict=True):
                wrong = {**value, **(mistake.outputs(case.inputs, value) or {})}
                given.append(Answer({name: plain_array(one, name) for name, one in wrong.items()}))
            left = [{k: v for k, v in c.inputs.items() if isinstance(v, np.ndarray)} for c in cases]
            given = [Answer(a.outputs, inputs=i) for a, i in zip(given, left, strict=True)]
            verdict = judge(exercise, cases, given, expected)
            assert verdict.score < verdict.max_score
            assert verdict.misconception is not None, verdict.reason
            assert verdict.misconception.name == mistake.name
            assert mistake.hint in text_report(verdict)

    @pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
    def test_zeros_earn_nothing(self, exercise: Exercise) -> None:
        cases, expected = cases_and_answers(exercise.name, 0)
        given = [
            Answer({name: np.zeros_like(value) for name, value in one.items()}) for one in expected
        ]
        assert judge(exercise, cases, given, expected).score == 0


def saliency(
    mode: bool = False,
    reduce: Callable[[Any], Any] = lambda gradient: gradient.abs().amax(0),
    target: Callable[[Any, int], Any] = lambda scores, label: scores[0, label],
    on_the_image_itself: bool = False,
) -> Callable[..., Any]:
    """A saliency map with some of the usual mistakes."""

    def saliency_map(model: Any, image: Any, label: int) -> Any:
        model.train(mode)
        picture = image if on_the_image_itself else image.clone()
        picture.requires_grad_()
        target(model(picture[None]), label).backward()
        for parameter in model.parameters():
            parameter.grad = None
        return reduce(picture.grad)

    return saliency_map


def stuck(
    model: Any, image: Any, label: int, size: int, stride: int, fill: float = 0.5
) -> torch.Tensor:
    """The patch is never taken off again."""
    model.eval()
    hidden, rows = image.clone(), []
    for top in range(0, image.shape[1] - size + 1, stride):
        row = []
        for left in range(0, image.shape[2] - size + 1, stride):
            hidden[:, top : top + size, left : left + size] = fill
            row.append(model(hidden[None]).softmax(1)[0, label].detach())
        rows.append(torch.stack(row))
    return torch.stack(rows)


def one_place_short(
    model: Any, image: Any, label: int, size: int, stride: int, fill: float = 0.5
) -> Any:
    found = right.occlusion_map(model, image, label, size, stride, fill)
    rows, columns = (len(range(0, side - size, stride)) for side in image.shape[1:])
    return found[:rows, :columns]


def climbing(
    sign: float = 1,
    fresh: bool = True,
    guard: float = 1e-12,
    mode: bool = False,
    after: bool = True,
) -> Callable[..., Any]:
    """Gradient ascent with some of the usual mistakes."""

    def maximise_activation(
        model: Any, image: Any, channel: int, steps: int, rate: float, regularise: Any
    ) -> Any:
        model.train(mode).requires_grad_(False)
        x = image.clone().requires_grad_()
        for _step in range(steps):
            if fresh:
                x.grad = None
            model(x[None])[0, channel].mean().backward()
            with torch.no_grad():
                moved = x + sign * rate * x.grad / (x.grad.norm() + guard)
                x.data = regularise(moved) if after else moved
        return x

    return maximise_activation


WRITTEN: list[tuple[str, Callable[..., Any], str]] = [
    (
        "strongest_units",
        lambda maps, channel, count: right.strongest_units(maps, channel, count)[:, [0, 2, 1]],
        "rows and columns swapped",
    ),
    ("saliency_map", saliency(mode=True), "model in train mode"),
    ("saliency_map", saliency(reduce=lambda g: g.amax(0)), "absolute value forgotten"),
    ("saliency_map", saliency(reduce=lambda g: g.abs().sum(0)), "sum over the channels"),
    (
        "saliency_map",
        saliency(reduce=lambda g: g.abs().amax(0) / g.abs().max()),
        "scaled to 1",
    ),
    (
        "saliency_map",
        saliency(target=lambda s, label: CROSS_ENTROPY(s, torch.tensor([label]))),
        "loss in place of the score",
    ),
    ("saliency_map", saliency(on_the_image_itself=True), "gradients pile up over calls"),
    ("occlusion_map", stuck, "patch not restored"),
    ("occlusion_map", one_place_short, "last place left out"),
    ("maximise_activation", climbing(sign=-1), "descent in place of ascent"),
    ("maximise_activation", climbing(fresh=False), "gradients pile up over the steps"),
    ("maximise_activation", climbing(guard=0), "divided by 0"),
    ("maximise_activation", climbing(mode=True), "model in train mode"),
    ("maximise_activation", climbing(after=False), "not regularised"),
]


@pytest.mark.parametrize(("name", "wrong", "mistake"), WRITTEN)
def test_recognised(name: str, wrong: Callable[..., Any], mistake: str) -> None:
    verdict = verdict_on(name, wrong)
    assert verdict.score < verdict.max_score
    assert verdict.misconception is not None, text_report(verdict)
    assert verdict.misconception.name == mistake


def leaving_gradients(model: Any, image: Any, label: int) -> Any:
    model.eval()
    picture = image.clone().requires_grad_()
    model(picture[None])[0, label].backward()
    return picture.grad.abs().amax(0)


def training_the_model(model: Any, image: Any, *rest: Any) -> Any:
    found = right.occlusion_map(model, image, *rest)
    model.train()(image[None])
    return found


def covering_the_image(model: Any, image: Any, *rest: Any) -> Any:
    found = right.occlusion_map(model, image, *rest)
    image[:, :1, :1] = 0.5
    return found


LEFT_BEHIND = [
    ("saliency_map", leaving_gradients, "parameters hold gradients now"),
    ("occlusion_map", training_the_model, "running_mean"),
    ("occlusion_map", covering_the_image, "image"),
]


@pytest.mark.parametrize(("name", "careless", "told"), LEFT_BEHIND)
def test_what_is_left_behind_costs_one_case(
    name: str, careless: Callable[..., Any], told: str
) -> None:
    verdict = verdict_on(name, careless)
    assert verdict.score == round(verdict.max_score * 5 / 6, 2)
    assert told in text_report(verdict)


@pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
def test_unwritten(exercise: Exercise) -> None:
    verdict = verdict_on(exercise.name, unwritten)
    assert (verdict.status, verdict.score) == (answers.NOT_WRITTEN, 0)


def test_a_map_of_another_shape_is_told() -> None:
    verdict = verdict_on("saliency_map", lambda model, image, label: image)
    assert verdict.score == 0 and "must have shape" in text_report(verdict)
    verdict = verdict_on("strongest_units", lambda maps, channel, count: [(0, 1)] * count)
    assert "(image, row, column)" in text_report(verdict)


def test_the_activation_rises_step_by_step() -> None:
    """What the lesson promises, on a network of the exercise's kind."""
    exercise = find_exercise("maximise_activation")
    case = exercise.draw_cases(0)[3]
    network = function(case.inputs)
    image, means = torch.tensor(case.inputs["image"]), []
    for _step in range(5):
        channel = case.inputs["channel"]
        means.append(float(network(image[None])[0, channel].mean()))
        image = right.maximise_activation(
            module(case.inputs), image, channel, 1, 0.05, lambda image: image
        )
    assert means == sorted(means) and means[-1] > means[0]
