"""Known mistakes in residual networks, told by what they make of the right table."""

import re
from collections.abc import Callable
from dataclasses import replace

from cs_utils.exercises.architectures.networks import Mistake
from cs_utils.exercises.architectures.tables import (
    Branches,
    Layer,
    Step,
    Table,
    batchnorm,
    changed,
    changed_kind,
    conv,
    dropout,
    layers,
    relu,
    rewritten,
    without,
    without_kind,
)
from cs_utils.language import _


def _each_block(change: Callable[[Table, Table], Table]) -> Callable[[Table], Table]:
    """The table with every block's branches, (inside, shortcut), replaced by these steps."""

    def changed_step(step: Step) -> Table:
        return change(*step.branches) if isinstance(step, Branches) else (step,)

    return lambda table: rewritten(table, changed_step)


def _sum(inside: Table, shortcut: Table) -> Branches:
    return Branches("addition", (inside, shortcut), join="addition")


def _relu_first(inside: Table, shortcut: Table) -> Table:
    return (_sum((*inside, relu("the last batchnorm")), shortcut),)


def _without_last_relu(table: Table) -> Table:
    return rewritten(table, lambda step: () if step.name.endswith("addition") and _is_relu(step) else (step,))


def _is_relu(step: Step) -> bool:
    return isinstance(step, Layer) and step.kind == "ReLU"


def _skip_where_it_fits(inside: Table, shortcut: Table) -> Table:
    return inside if shortcut else (_sum(inside, shortcut),)


def _always_projected(inside: Table, shortcut: Table) -> Table:
    channels = [step for step in layers(inside) if step.kind == "convolution"][-1].channels
    projection = (conv("projection", channels, 1, bias=False), batchnorm("projection"))
    return (_sum(inside, shortcut or projection),)


def _bare_projection(inside: Table, shortcut: Table) -> Table:
    return (_sum(inside, shortcut[:1]),)


def _norm_behind_sum(inside: Table, shortcut: Table) -> Table:
    return (_sum(inside[:-1], shortcut), batchnorm("the addition"))


def _bare_sum(inside: Table, shortcut: Table) -> Table:
    return (_sum(inside[:-1], shortcut),)


def _inner_relus_left_out(inside: Table, shortcut: Table) -> Table:
    return (_sum(tuple(step for step in inside if not _is_relu(step)), shortcut),)


def _stride_at(place: int) -> Callable[[Table], Table]:
    """The block's stride is taken by the convolution at this place inside."""

    def moved(inside: Table, shortcut: Table) -> Table:
        convolutions = [step for step in layers(inside) if step.kind == "convolution"]
        stride = max(step.stride for step in convolutions)
        inside = changed(inside, *(step.name for step in convolutions), stride=1)
        return (_sum(changed(inside, convolutions[place].name, stride=stride), shortcut),)

    return _each_block(moved)


def _not_expanded(inside: Table, shortcut: Table) -> Table:
    narrow = [step for step in layers(inside) if step.kind == "convolution"][0].channels
    last = inside[-2]
    assert isinstance(last, Layer)
    return (_sum((*inside[:-2], replace(last, channels=narrow), inside[-1]), shortcut),)


_IN_ALL = (
    Mistake(
        "skip connection forgotten",
        _(
            "The layers of F are there, but x is never added: this is a plain network. "
            "What does H(x) = F(x) + x ask for?"
        ),
        _each_block(lambda inside, shortcut: inside),
    ),
    Mistake(
        "ReLU before the addition",
        _(
            "ReLU came before the addition, so F can only push upwards. "
            "On which side of the plus does the last ReLU stand in the picture?"
        ),
        lambda table: _without_last_relu(_each_block(_relu_first)(table)),
    ),
    Mistake(
        "ReLU before and after the addition",
        _(
            "F has a ReLU at its end, and the sum one more. "
            "What can F take away from x if it is never negative?"
        ),
        _each_block(_relu_first),
    ),
    Mistake(
        "no ReLU after the addition",
        _("The sum goes on without a ReLU. What stands behind the plus in the picture?"),
        _without_last_relu,
    ),
    Mistake(
        "no ReLU inside F",
        _(
            "Inside F no ReLU stands between the convolutions. "
            "What would convolutions in a row be, without one?"
        ),
        _each_block(_inner_relus_left_out),
    ),
    Mistake(
        "batchnorm forgotten",
        _("There is no batchnorm. Behind which layers does the lecture's 'BatchNorm' stand?"),
        lambda table: without_kind(table, "batchnorm"),
    ),
    Mistake(
        "last batchnorm forgotten",
        _(
            "The last convolution of F is not normalised before the addition. "
            "Behind how many of the convolutions stands a batchnorm?"
        ),
        _each_block(_bare_sum),
    ),
    Mistake(
        "batchnorm behind the addition",
        _(
            "The sum is normalised in place of F's last convolution, so x does not come through "
            "unchanged. What would H(x) be for F = 0?"
        ),
        _each_block(_norm_behind_sum),
    ),
    Mistake(
        "biases left in",
        _(
            "The convolutions have biases. "
            "What does the batchnorm behind a convolution do to a number added to all its outputs?"
        ),
        lambda table: changed_kind(table, "convolution", bias=True),
    ),
    Mistake(
        "skip only where x fits",
        _(
            "Where the shape changes there is no skip connection. "
            "With which convolution can x be given the new shape?"
        ),
        _each_block(_skip_where_it_fits),
    ),
    Mistake(
        "projection without batchnorm",
        _("The projection is not normalised. What stands behind every other convolution?"),
        _each_block(_bare_projection),
    ),
    Mistake(
        "always projected",
        _(
            "There is a projection even where x already fits. "
            "What is the cheapest way to pass x on unchanged?"
        ),
        _each_block(_always_projected),
    ),
)

BASIC_BLOCK = (
    *_IN_ALL,
    Mistake(
        "stride in the second convolution",
        _(
            "The second convolution takes the stride, so the first one works on the large map. "
            "Which of the two halves the map in the statement?"
        ),
        _stride_at(1),
    ),
)

BOTTLENECK = (
    *_IN_ALL,
    Mistake(
        "stride in the last convolution",
        _(
            "The last 1x1 convolution takes the stride, so all the work is done on the large map. "
            "Which of the three may take it?"
        ),
        _stride_at(2),
    ),
)


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
        branches = changed(inside, first.name, stride=2), changed(projection, "conv2_1 projection", stride=2)
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
