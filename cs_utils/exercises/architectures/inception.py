"""The inception modules: Szegedy et al., "Going deeper with convolutions", 2014, figure 2."""

from dataclasses import replace
from typing import Any

import numpy as np

from cs_utils.exercises.architectures import mistakes
from cs_utils.exercises.architectures.lent_modules import LentModule
from cs_utils.exercises.architectures.networks import (
    Mistake,
    layers_case,
    network_exercise,
    outputs_case,
    sizes_case,
)
from cs_utils.exercises.architectures.tables import (
    Branches,
    Layer,
    Step,
    Table,
    conv,
    max_pool,
    relu,
    rewritten,
    without,
)
from cs_utils.exercises.specification import Case
from cs_utils.language import _


def naive_table(in_channels: int, ch1x1: int, ch3x3: int, ch5x5: int) -> Table:
    """Figure 2 (a): four branches side by side."""
    return (
        Branches(
            "concatenation",
            (
                (conv("1x1", ch1x1, 1), relu("1x1")),
                (conv("3x3", ch3x3, 3, padding=1), relu("3x3")),
                (conv("5x5", ch5x5, 5, padding=2), relu("5x5")),
                (max_pool("pool", 3, 1, padding=1),),
            ),
        ),
    )


def inception_table(
    in_channels: int,
    ch1x1: int,
    ch3x3red: int,
    ch3x3: int,
    ch5x5red: int,
    ch5x5: int,
    pool_proj: int,
    prefix: str = "",
) -> Table:
    """Figure 2 (b): with dimension reductions. prefix: of the layers' names."""

    def with_relu(name: str, channels: int, kernel_size: int) -> Table:
        name = prefix + name
        return conv(name, channels, kernel_size, padding=kernel_size // 2), relu(name)

    return (
        Branches(
            f"{prefix}concatenation",
            (
                with_relu("1x1", ch1x1, 1),
                (*with_relu("3x3 reduce", ch3x3red, 1), *with_relu("3x3", ch3x3, 3)),
                (*with_relu("5x5 reduce", ch5x5red, 1), *with_relu("5x5", ch5x5, 5)),
                (
                    max_pool(f"{prefix}pool", 3, 1, padding=1),
                    *with_relu("pool proj", pool_proj, 1),
                ),
            ),
        ),
    )


_NAIVE = ("in_channels", "ch1x1", "ch3x3", "ch5x5")
_REDUCED = ("in_channels", "ch1x1", "ch3x3red", "ch3x3", "ch5x5red", "ch5x5", "pool_proj")


def _cases(names: tuple[str, ...], slide: tuple[int, ...], rng: np.random.Generator) -> list[Case]:
    def arguments() -> dict[str, Any]:
        channels = rng.choice(np.arange(3, 24), len(names), replace=False)
        return {name: int(n) for name, n in zip(names, channels, strict=True)}

    def shape(channels: int) -> tuple[int, int, int]:
        height, width = (int(n) for n in rng.choice(np.arange(7, 15), 2, replace=False))
        return channels, height, width

    on_slide = dict(zip(names, slide, strict=True))
    others, more = arguments(), arguments()
    equal: dict[str, Any] = dict.fromkeys(names, int(rng.integers(4, 16)))
    return [
        sizes_case(_("sizes of the lecture's module, 28x28x256"), (256, 28, 28), **on_slide),
        layers_case(_("every layer"), shape(others["in_channels"]), **others),
        outputs_case(_("outputs for two inputs"), rng, shape(more["in_channels"]), 2, **more),
        outputs_case(_("as many channels everywhere"), rng, (equal[names[0]], 8, 8), 1, **equal),
    ]


def _naive_cases(rng: np.random.Generator) -> list[Case]:
    return _cases(_NAIVE, (256, 128, 192, 96), rng)


def _inception_cases(rng: np.random.Generator) -> list[Case]:
    return _cases(_REDUCED, (256, 128, 64, 192, 64, 96, 64), rng)


def _branches(table: Table, order: tuple[int, ...]) -> Table:
    """Every module with its branches in another order, or fewer of them."""

    def change(step: Step) -> Table:
        if not isinstance(step, Branches):
            return (step,)
        return (replace(step, branches=tuple(step.branches[place] for place in order)),)

    return rewritten(table, change)


def _along(axis: int) -> Mistake:
    return Mistake(
        f"joined along axis {axis}",
        _(
            "The branches are joined along axis {axis}. In a tensor (N, C, H, W), which axis holds "
            "the maps that are stacked?"
        ).format(axis=axis),
        lambda table: rewritten(
            table,
            lambda step: (replace(step, axis=axis) if isinstance(step, Branches) else step,),
        ),
    )


def _added(table: Table) -> Table:
    return rewritten(
        table,
        lambda step: (replace(step, join="addition") if isinstance(step, Branches) else step,),
    )


def _only_three(layer: Layer) -> Table:
    """3x3 kernels in the place of 5x5."""
    return (replace(layer, kernel_size=3, padding=1) if layer.kernel_size == 5 else layer,)


def _relu_after_pool(layer: Layer) -> Table:
    return (layer, relu(layer.name)) if layer.kind == "max pooling" else (layer,)


SHARED_MISTAKES = (
    Mistake(
        "the order of the 3x3 and the 5x5 branch",
        _(
            "The 5x5 branch comes before the 3x3 branch in your concatenation. "
            "In which order does the figure show them, from left to right?"
        ),
        lambda table: _branches(table, (0, 2, 1, 3)),
    ),
    Mistake(
        "the pooling branch first",
        _(
            "The pooling branch comes first in your concatenation. "
            "In which order does the figure show them, from left to right?"
        ),
        lambda table: _branches(table, (3, 0, 1, 2)),
    ),
    Mistake(
        "no pooling branch",
        _("Three branches are joined; the pooling is missing. Which input does it get?"),
        lambda table: _branches(table, (0, 1, 2)),
    ),
    _along(0),
    _along(2),
    _along(3),
    Mistake(
        "branches added",
        _(
            "The branches are added up. That is ResNet's way to join: "
            "what does the figure's 'filter concatenation' do?"
        ),
        _added,
    ),
    Mistake(
        "3x3 kernels in the 5x5 branch",
        _(
            "The 5x5 branch has 3x3 kernels, as in torchvision's GoogLeNet, where that is a known "
            "slip. How large must they be, and how much padding keeps the size?"
        ),
        mistakes.each_layer(_only_three),
    ),
    mistakes.AVERAGE_POOLING,
    mistakes.no_activations("ReLU"),
    mistakes.BATCHNORM_ADDED,
    mistakes.NO_CONVOLUTION_BIAS,
)

NAIVE_MISTAKES = (
    *SHARED_MISTAKES,
    Mistake(
        "ReLU behind the pooling",
        _(
            "A ReLU follows the pooling branch, too. The input may be negative here: "
            "which branches end in a convolution?"
        ),
        mistakes.each_layer(_relu_after_pool),
    ),
)

INCEPTION_NAIVE = network_exercise(
    "InceptionNaive",
    2,
    naive_table,
    _naive_cases,
    NAIVE_MISTAKES,
    stand_ins=(LentModule(naive_table),),
)

REDUCED_MISTAKES = (
    *SHARED_MISTAKES,
    Mistake(
        "no ReLU behind the reductions",
        _(
            "Behind the 1x1 reductions the ReLU is missing. The paper says that they are "
            "'dual-purpose': what besides fewer channels do they add?"
        ),
        lambda table: without(table, "ReLU after 3x3 reduce", "ReLU after 5x5 reduce"),
    ),
    Mistake(
        "no pool projection",
        _(
            "The pooling branch is joined as it is, with all its input's channels. "
            "Which convolution must follow it?"
        ),
        lambda table: without(table, "pool proj", "ReLU after pool proj"),
    ),
    Mistake(
        "no ReLU behind the pool projection",
        _("The pool projection has no ReLU. Is it a convolution like the others?"),
        lambda table: without(table, "ReLU after pool proj"),
    ),
    Mistake(
        "no pooling before the projection",
        _("The fourth branch has no pooling before its 1x1 convolution. What is it then?"),
        lambda table: without(table, "pool"),
    ),
    Mistake(
        "ReLU on the input of the projection",
        _("A ReLU stands between the pooling and its projection. Does the figure have one?"),
        mistakes.each_layer(_relu_after_pool),
    ),
)

INCEPTION = network_exercise(
    "Inception",
    4,
    inception_table,
    _inception_cases,
    REDUCED_MISTAKES,
    stand_ins=(LentModule(inception_table),),
)
