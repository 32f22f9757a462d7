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
    lesson_functions,
    solved,
    verdict_on,
)
from submissions import asked, assert_full_marks, pack_cases

from cs_utils.checks import check_exercise
from cs_utils.exercises import find_exercise
from cs_utils.exercises.pooling.networks import function, module, slopes, weights
from cs_utils.exercises.specification import Exercise
from solutions import torch_seeing as right


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
        cases = asked(exercise, 0)[1]
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
            for case, expected in zip(*asked(exercise, seed)[1:], strict=True):
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
