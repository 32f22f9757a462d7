"""Lesson 5's cells, solved and unsolved, its tables and pictures up to GoogLeNet, and LeNet-5.

Nothing is trained in the cells here: what trains is tried on little data by itself.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from lesson_cells import run_cells
from torch import nn

from cs_utils import capstone, degradation, module_training, plots
from cs_utils.claim_table import ClaimTable
from cs_utils.datasets import Images, mnist
from cs_utils.demonstrations import Note
from cs_utils.exercises import lesson_exercises
from cs_utils.exercises.architectures import capstone as exercises_capstone
from cs_utils.kernel_side import GRADING
from cs_utils.layer_tables import HtmlTable, layer_table, lecture_table
from cs_utils.module_training import distorted, train_module
from cs_utils.training import Training
from solutions.architectures import AlexNet, LeNet5

LESSON = "05_architectures"
EXERCISES = lesson_exercises(LESSON)
UNTRAINED = "not trained here"


@pytest.fixture(scope="module")
def without_training() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for module, name in (
            (module_training, "train_module"),
            (degradation, "train_depths"),
            (capstone, "train"),
        ):
            patch.setattr(module, name, lambda *_arguments, **_options: Note(UNTRAINED))
        patch.setattr(exercises_capstone, "trained", untrained)
        yield


def untrained(*_arguments: Any, **_options: Any) -> Any:
    raise NotImplementedError


@pytest.fixture(scope="module")
def solved(without_training: None) -> dict[str, Any]:
    return run_cells(LESSON, solved=True)


@pytest.fixture(scope="module")
def unsolved(without_training: None) -> dict[str, Any]:
    return run_cells(LESSON, solved=False)


def test_every_solved_network_earns_its_points(solved: dict[str, Any]) -> None:
    for exercise in EXERCISES:
        if exercise.name != "train_small_network":  # it is trained for a minute
            assert solved[f"check-{exercise.name}"] == exercise.points


def test_solved_every_claim_is_computed(solved: dict[str, Any]) -> None:
    tables = {name: repr(value) for name, value in solved.items() if isinstance(value, ClaimTable)}
    assert len(tables) >= 9
    for name, table in tables.items():
        lines = [line for line in table.splitlines() if UNTRAINED not in line]
        assert not any("another number" in line for line in lines), name


def test_the_errata_are_shown(solved: dict[str, Any]) -> None:
    refuted = [
        line.split("  ")[0]
        for name in ("alexnet-claims", "ops-claims", "googlenet-claims")
        for line in repr(solved[name]).splitlines()
        if line.endswith("  no")
    ]
    assert refuted == [
        "places of conv1 at 224 pixels",
        "with dimension reduction, in millions",
        "parameters without auxiliary outputs, in millions",
        "AlexNet has 12 times as many",
        "parameters of the first convolution (the paper: 2.7K)",
    ]


@pytest.mark.parametrize("name", ["lenet-table", "alexnet-table", "vgg-table", "lecture-table"])
def test_tables_of_solved_networks_are_right_in_every_row(
    solved: dict[str, Any], name: str
) -> None:
    table = solved[name]
    assert isinstance(table, HtmlTable) and "  no" not in repr(table)
    assert table._repr_html_().count("<strong style='color:#0b6e4f'>yes</strong>") >= 7


def test_every_picture_has_alt_text(solved: dict[str, Any]) -> None:
    pictures = [value for value in solved.values() if isinstance(value, plots.Picture)]
    assert len(pictures) >= 8
    assert all(len(picture.alt) > 60 for picture in pictures)


def test_unsolved_every_cell_runs(unsolved: dict[str, Any]) -> None:
    checks = [value for name, value in unsolved.items() if name.startswith("check-")]
    assert len(checks) == len(EXERCISES) and not any(checks)
    assert all("not written yet" in str(points) for points in checks)
    waiting = "not written yet: this comes alive once LeNet5 works"
    assert repr(unsolved["lenet-table"]) == waiting
    assert "GoogLeNet is not written yet" in repr(unsolved["googlenet-claims"])
    assert isinstance(unsolved["lenet-volumes"], plots.Picture)


@pytest.mark.parametrize("show", [layer_table, plots.weights_and_work])
def test_what_cannot_be_shown_is_said_in_a_sentence(show: Callable[..., Any]) -> None:
    class VGG16(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(4, 8, 3)

        def forward(self, x: Any) -> Any:
            return self.conv(x)

    found = show(VGG16)
    assert isinstance(found, Note) and "VGG16 ends with RuntimeError" in found.text


def test_a_table_of_another_network_says_no_and_why() -> None:
    class GoogLeNet(nn.Module):
        def __init__(self, num_classes: int = 1000) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 64, 7, 2, 3)

        def forward(self, x: Any) -> Any:
            return self.conv(x).relu().mean((2, 3))

    assert repr(lecture_table(GoogLeNet)).count("  no") == 17
    assert "ReLU" not in repr(layer_table(GoogLeNet))
    assert "pool1 is missing" in repr(layer_table(GoogLeNet))


def test_weights_and_work_lie_at_different_ends() -> None:
    caption = plots.weights_and_work(AlexNet, groups=2).caption
    assert "60,965,224 parameters, 4% of them in convolutions" in caption
    assert "724,406,816 multiplications for one image, 92% of them in convolutions" in caption


@pytest.fixture(scope="module")
def some_digits() -> Images:
    train, labels, test, test_labels = mnist()
    return Images(train[::3], labels[::3], test[::2], test_labels[::2])


@pytest.fixture(scope="module")
def training(some_digits: Images) -> Training:
    found = train_module(LeNet5, some_digits, epochs=4)
    assert isinstance(found, Training), found
    return found


def test_lenet_learns_digits(training: Training, some_digits: Images) -> None:
    assert training.test_accuracy[-1] >= 0.9 and training.complete
    assert training.losses.shape == (4 * (len(some_digits.train_images) // 32),)
    right = training.predict(some_digits.test_images) == some_digits.test_labels
    assert np.mean(right) == pytest.approx(training.test_accuracy[-1])


def test_training_pictures(training: Training, some_digits: Images) -> None:
    picture = plots.mistaken_digits(training, some_digits, count=4)
    wrong = round((1 - training.test_accuracy[-1]) * len(some_digits.test_labels))
    assert picture.caption.startswith(f"{wrong} of 1000 held-out digits are wrong; here the 4")
    assert isinstance(plots.training_curves(training), plots.Picture)
    waiting = Note("waiting")
    assert plots.mistaken_digits(waiting, some_digits) is waiting


def test_distortions_keep_digits_and_come_anew(some_digits: Images) -> None:
    x = torch.from_numpy(some_digits.train_images[:50].astype(np.float32))[:, None]
    generator = torch.Generator().manual_seed(0)
    first, second = distorted(x, generator), distorted(x, generator)
    assert first.shape == x.shape and not torch.allclose(first, second)
    assert abs(float(first.mean() / x.mean()) - 1) < 0.1


@pytest.mark.parametrize(
    ("network", "text"),
    [
        (lambda: nn.Linear(28, 9), "logits of shape (N, classes); it returned an array of shape"),
        (lambda: nn.Conv2d(3, 4, 5), "not right yet"),
    ],
)
def test_training_of_wrong_modules_ends_in_a_sentence(
    network: Any, text: str, some_digits: Images, capsys: Any
) -> None:
    found = train_module(network, some_digits, epochs=1)
    assert isinstance(found, Note) and text in found.text


def test_nothing_is_trained_while_grading(
    monkeypatch: pytest.MonkeyPatch, some_digits: Images
) -> None:
    monkeypatch.setenv(GRADING, "1")
    assert isinstance(train_module(LeNet5, some_digits), Note)
