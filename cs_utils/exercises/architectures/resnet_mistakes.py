"""Known mistakes in the whole residual network, told by what they make of the right table."""

import re
from dataclasses import replace

from cs_utils.exercises.architectures.networks import Mistake
from cs_utils.exercises.architectures.tables import (
    Branches,
    Layer,
    Step,
    Table,
    batchnorm,
    changed,
    conv,
    dropout,
    layers,
    without,
)
from cs_utils.language import _


def _named_block(step: Step) -> tuple[str, int] | None:
    """Stage and number of the block that a step of the whole network belongs to."""
    found = re.search(r"(conv\d)_(\d+) ", step.name)
    return (found[1], int(found[2])) if found else None


def _one_block_less(table: Table) -> Table:
    places = [place for place in map(_named_block, table) if place]
    last = {(stage, max(number for one, number in places if one == stage)) for stage, _n in places}
    return tuple(step for step in table if _named_block(step) not in last)


def _first_stage_halved(table: Table) -> Table:
    def halve(step: Step) -> Table:
        if _named_block(step) != ("conv2", 1) or not isinstance(step, Branches):
            return (step,)
        inside, shortcut = step.branches
        first = next(one for one in layers(inside) if one.kernel_size == 3)
        channels = [one for one in layers(inside) if one.kind == "convolution"][-1].channels
        projection = shortcut or (
            conv("conv2_1 projection", channels, 1, bias=False),
            batchnorm("conv2_1 projection"),
        )
        branches = (
            changed(inside, first.name, stride=2),
            changed(projection, "conv2_1 projection", stride=2),
        )
        return (replace(step, branches=branches),)

    return tuple(new for step in table for new in halve(step))


_STEM_RELU = "ReLU after conv1"
_STEM_NORM = "batchnorm after conv1"

RESNET = (
    Mistake(
        "a block less in every stage",
        _(
            "Every stage is one block short. "
            "How many layers do the stages have in all, and which two come to them?"
        ),
        _one_block_less,
    ),
    Mistake(
        "no max pooling in the stem",
        _("The first pooling is missing. Which size does the table give for conv2_x?"),
        lambda table: without(table, "pool1"),
    ),
    Mistake(
        "pooling without padding",
        _(
            "The first pooling has no padding, so 112 becomes 55. "
            "How many pixels are missing at the border for 56?"
        ),
        lambda table: changed(table, "pool1", padding=0),
    ),
    Mistake(
        "first stage halved too",
        _(
            "conv2_x halves the map once more. "
            "What has already done so before this stage, and which stages take a stride?"
        ),
        _first_stage_halved,
    ),
    Mistake(
        "stem not normalised",
        _("No batchnorm stands behind conv1. Behind which convolutions does one stand?"),
        lambda table: without(table, _STEM_NORM),
    ),
    Mistake(
        "no ReLU in the stem",
        _("conv1 has no ReLU. What comes between a batchnorm and the pooling?"),
        lambda table: without(table, _STEM_RELU),
    ),
    Mistake(
        "bias in the stem",
        _(
            "conv1 has a bias. What does the batchnorm behind it do to a number that is added to "
            "all its outputs?"
        ),
        lambda table: changed(table, "conv1", bias=True),
    ),
    Mistake(
        "softmax at the end",
        _(
            "The outputs are probabilities. "
            "What does PyTorch's cross_entropy do with the scores that it is given?"
        ),
        lambda table: (*table, Layer("softmax", "softmax")),
    ),
    Mistake(
        "dropout",
        _(
            "There is dropout before the last layer. "
            "What does the lecture say of dropout in ResNet?"
        ),
        lambda table: (*table[:-1], dropout("before fc", 0.5), table[-1]),
    ),
)
