"""Known mistakes in residual blocks, told by what they make of the right table."""

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
    layers,
    relu,
    rewritten,
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
    return rewritten(
        table, lambda step: () if step.name.endswith("addition") and _is_relu(step) else (step,)
    )


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
    """As many channels go out as the 3x3 convolution has, and x is projected to them."""
    last = inside[-2]
    channels = next(one for one in layers(inside) if one.kernel_size == 3).channels
    assert isinstance(last, Layer)
    stride = max(one.stride for one in layers(inside))
    projection = (conv("projection", channels, 1, stride, bias=False), batchnorm("projection"))
    return (_sum((*inside[:-2], replace(last, channels=channels), inside[-1]), projection),)


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
        "not expanded",
        _(
            "As many channels go out as the middle convolution has. "
            "How many does a bottleneck give to the next block, for each one that it works with?"
        ),
        _each_block(_not_expanded),
    ),
    Mistake(
        "stride in the last convolution",
        _(
            "The last 1x1 convolution takes the stride, so all the work is done on the large map. "
            "Which of the three may take it?"
        ),
        _stride_at(2),
    ),
)
