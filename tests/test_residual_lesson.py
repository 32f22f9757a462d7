"""What lesson 5 shows of depth, alike images and five architectures."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from cs_utils import plots
from cs_utils.datasets import Images, fashion_mnist
from cs_utils.degradation import (
    LAYERS,
    Depths,
    depth_features,
    final_losses,
    scales_through_layers,
    train_depths,
)
from cs_utils.demonstrations import Note
from cs_utils.exercises.architectures.alexnet import alexnet_table
from cs_utils.exercises.architectures.googlenet import googlenet_table
from cs_utils.exercises.architectures.networks import table_rows
from cs_utils.exercises.architectures.tables import SideOutput
from cs_utils.exercises.architectures.vgg import vgg_table
from cs_utils.kernel_side import GRADING
from cs_utils.plots.residual import same_kind
from cs_utils.published_errors import IMAGENET, LENET5
from cs_utils.training import batches
from solutions.numpy_residual import nearest_neighbours
from solutions.residual_networks import BasicBlock

NAMES = [str(number) for number in range(10)]


@pytest.fixture(scope="module")
def few() -> Images:
    return Images(*(array[:300] for array in fashion_mnist()))


@pytest.fixture(scope="module")
def shallow(few: Images) -> Depths:
    found = train_depths(BasicBlock, (4, 6), 6, few)
    assert isinstance(found, Depths), found
    return found


def test_networks_of_each_depth_are_trained(shallow: Depths, few: Images) -> None:
    assert shallow.depths == (4, 6) and shallow.losses.shape == (2, 6)
    assert np.isfinite(shallow.losses).all() and "6 layers" in repr(shallow)
    for depth, network in zip(shallow.depths, shallow.networks, strict=True):
        kinds = (nn.Conv2d, nn.Linear)
        assert sum(isinstance(one, kinds) for one in network.modules()) == depth
        assert not network.training
    again = train_depths(BasicBlock, (4, 6), 6, few)
    assert np.array_equal(final_losses(again), final_losses(shallow))


def test_features_are_what_the_last_layer_sees(shallow: Depths, few: Images) -> None:
    features = depth_features(shallow, few.test_images, 6)
    assert isinstance(features, np.ndarray) and features.shape == (300, 16)
    assert (features >= 0).all() and features.std() > 0


def unwritten(*_arguments: Any) -> Any:
    raise NotImplementedError


@pytest.mark.parametrize(
    ("block", "words"),
    [
        (unwritten, "not written yet: this comes alive once unwritten works"),
        (lambda *_sizes: 3, "a block must be a torch.nn.Module"),
        (lambda *_sizes: nn.Conv2d(16, 3, 1), "not right yet"),
    ],
)
def test_a_block_that_does_not_work_gives_a_sentence(
    block: Callable[..., Any], words: str, few: Images
) -> None:
    note = train_depths(block, (4,), 2, few)
    assert isinstance(note, Note) and words in str(note)
    assert plots.degradation(note) is note
    assert depth_features(note, few.test_images, 4) is note
    with pytest.raises(ValueError, match="no networks yet"):
        final_losses(note)
    with pytest.raises(ValueError, match="no features yet"):
        same_kind(nearest_neighbours, note, few.test_labels)


def test_while_grading_nothing_is_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(GRADING, "1")
    assert "graded" in str(train_depths(BasicBlock))


def test_xavier_lets_activations_fade_and_he_does_not() -> None:
    he, xavier = scales_through_layers(2.0), scales_through_layers(1.0)
    assert he.shape == (LAYERS + 1,) and 0.1 < he[-1] < 3
    assert he[-1] / xavier[-1] == pytest.approx(2 ** (LAYERS / 2), rel=1e-4)


class TestPictures:
    def test_depth(self, shallow: Depths) -> None:
        picture = plots.degradation(shallow, shallow)
        assert isinstance(picture, plots.Picture) and picture.png()
        assert "plain: Training loss at the end: 4 layers" in picture.caption

    def test_alike(self, few: Images) -> None:
        images, labels = few.test_images, few.test_labels
        spaces = {"pixels": images, "halves": images[:, ::2]}
        show = plots.alike(nearest_neighbours, images, labels, spaces, [0, 5], NAMES, k=3)
        assert isinstance(show, plots.Picture), show
        assert "of 6 of the same kind" in show.caption and show.png()
        share = same_kind(nearest_neighbours, images, labels, count=50)
        assert 0.4 < share < 1
        note = plots.alike(unwritten, images, labels, spaces, [0], NAMES)
        assert str(note) == "not written yet: this comes alive once unwritten works"
        waiting = plots.alike(nearest_neighbours, images, labels, {"a": Note("soon")}, [0], NAMES)
        assert str(waiting) == "soon"

    @pytest.mark.parametrize(
        "draw",
        [
            plots.five_architectures,
            plots.residual_scales,
            plots.residual_block,
            plots.published_blocks,
        ],
    )
    def test_a_picture_tells_what_it_shows(self, draw: Callable[[], Any]) -> None:
        picture = draw()
        assert isinstance(picture, plots.Picture) and picture.png()
        assert len(picture.alt) > 80 and "nan" not in repr(picture)
        for axes in picture.figure.axes:
            if axes.axison:
                assert axes.get_xlabel()


def test_published_numbers_are_those_of_the_tables() -> None:
    """Parameters to the last one; operations but for the papers' rounding."""

    def counted(table: Any, side: int) -> tuple[int, float]:
        main = tuple(step for step in table if not isinstance(step, SideOutput))
        rows, _names = table_rows(main, (3, side, side))
        return sum(row.parameters for row in rows), sum(row.operations for row in rows) / 1e9

    tables = {
        "AlexNet": (alexnet_table(groups=2), 227),
        "VGG-16": (vgg_table(), 224),
        "GoogLeNet": (googlenet_table(), 224),
    }
    for report in IMAGENET[:3]:
        parameters, operations = counted(*tables[report.name])
        assert parameters == report.parameters
        assert operations == pytest.approx(report.operations, rel=0.06)
    assert all(len(one.sources) == 3 and all(one.sources) for one in (LENET5, *IMAGENET))
    assert [one.error for one in IMAGENET] == sorted((one.error for one in IMAGENET), reverse=True)


def test_batches_hold_every_example_once_an_epoch() -> None:
    x, y = torch.arange(10.0)[:, None], torch.arange(10)
    found = list(batches(x, y, epochs=2, batch_size=4, seed=1))
    assert [len(inputs) for inputs, _labels in found] == [4, 4, 2] * 2
    for epoch in (found[:3], found[3:]):
        assert sorted(torch.cat([labels for _inputs, labels in epoch]).tolist()) == list(range(10))
        assert all(torch.equal(inputs[:, 0], labels.float()) for inputs, labels in epoch)
    orders = [torch.cat([labels for _inputs, labels in part]) for part in (found[:3], found[3:])]
    assert not torch.equal(*orders)
