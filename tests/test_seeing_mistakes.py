"""Wrong code on looking into a network: told by its name, and what is left behind costs little."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from seeing_submissions import EXERCISES, NAMES, verdict_on
from submissions import all_zeros, mistaken, unwritten

from autograder.judging.verdict import show_run_with_pytorch
from cs_utils import answers
from cs_utils.exercises.specification import Exercise, Misconception
from cs_utils.reports import text_report
from solutions import torch_seeing as right

CROSS_ENTROPY = torch.nn.functional.cross_entropy
MISTAKES = [
    pytest.param(exercise, mistake, id=f"{exercise.name}: {mistake.name}")
    for exercise in EXERCISES
    for mistake in exercise.misconceptions
]


class TestPredictedMistakes:
    @pytest.mark.parametrize(("exercise", "mistake"), MISTAKES)
    def test_recognised_by_its_name(self, exercise: Exercise, mistake: Misconception) -> None:
        verdict = mistaken(exercise, 0, mistake)
        assert verdict.score < verdict.max_score
        assert verdict.misconception is not None, verdict.reason
        assert verdict.misconception.name == mistake.name
        assert mistake.hint in text_report(verdict)

    @pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
    def test_zeros_earn_nothing(self, exercise: Exercise) -> None:
        assert all_zeros(exercise, 0).score == 0


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


def test_a_graded_notebook_shows_the_courses_cells_as_they_ran_with_pytorch() -> None:
    def notebook(output: str) -> Any:
        marks = [
            {"grade_id": "network", "locked": True},
            {"grade_id": "saliency_map", "solution": True},
            {"grade_id": "receptive_field", "solution": True},
        ]
        cells = [
            new_code_cell(
                "x", metadata={"nbgrader": one}, outputs=[new_output("stream", text=output)]
            )
            for one in marks
        ]
        return new_notebook(cells=[*cells, new_markdown_cell("text")])

    shown = notebook("without PyTorch")
    show_run_with_pytorch(shown, notebook("with PyTorch"))
    texts = [cell.outputs[0].text for cell in shown.cells[:3]]
    assert texts == ["with PyTorch", "with PyTorch", "without PyTorch"]
