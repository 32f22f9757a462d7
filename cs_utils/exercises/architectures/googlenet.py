"""GoogLeNet: Szegedy et al., "Going deeper with convolutions", 2014, table 1, without its local
response normalisation."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from cs_utils.exercises.architectures import mistakes
from cs_utils.exercises.architectures.inception import inception_table
from cs_utils.exercises.architectures.mistakes import of_kind
from cs_utils.exercises.architectures.networks import (
    Mistake,
    layers_case,
    network_exercise,
    outputs_case,
    sizes_case,
)
from cs_utils.exercises.architectures.tables import (
    SideOutput,
    Step,
    Table,
    avg_pool,
    changed,
    conv,
    dropout,
    global_avg_pool,
    linear,
    max_pool,
    relu,
    without,
)
from cs_utils.exercises.specification import Case
from cs_utils.language import _

# Table 1: channels of 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5, pool proj.
MODULES = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


def _auxiliary(number: int, num_classes: int) -> SideOutput:
    name = f"aux{number}"
    return SideOutput(
        f"auxiliary output {number}",
        (
            avg_pool(f"{name} pool", 5, 3),
            conv(f"{name} conv", 128, 1),
            relu(f"{name} conv"),
            linear(f"{name} fc1", 1024),
            relu(f"{name} fc1"),
            dropout(f"after {name} fc1", 0.7),
            linear(f"{name} fc2", num_classes),
        ),
    )


def googlenet_table(num_classes: int = 1000, aux_logits: bool = True, **_others: Any) -> Table:
    """The stem, nine inception modules, and the head; two auxiliary outputs where wanted."""
    steps: list[Step] = [
        conv("conv1", 64, 7, stride=2, padding=3),
        relu("conv1"),
        max_pool("pool1", 3, 2, round_up=True),
        conv("conv2 reduce", 64, 1),
        relu("conv2 reduce"),
        conv("conv2", 192, 3, padding=1),
        relu("conv2"),
        max_pool("pool2", 3, 2, round_up=True),
    ]
    in_channels = 192
    for name, widths in MODULES.items():
        steps += inception_table(in_channels, *widths, prefix=f"{name} ")
        in_channels = widths[0] + widths[2] + widths[4] + widths[5]
        if name in ("3b", "4e"):
            steps.append(max_pool(f"pool{name[0]}", 3, 2, round_up=True))
        if name in ("4a", "4d") and aux_logits:
            steps.append(_auxiliary(1 if name == "4a" else 2, num_classes))
    return (
        *steps,
        global_avg_pool("avg pool"),
        dropout("before the linear layer", 0.4),
        linear("linear", num_classes),
    )


def _cases(rng: np.random.Generator) -> list[Case]:
    classes, others = (int(n) for n in rng.choice(np.arange(5, 200), 2, replace=False))
    image = (3, 224, 224)
    return [
        sizes_case(_("sizes at 224x224, in training"), image, num_classes=1000),
        sizes_case(
            _("sizes without auxiliary outputs"),
            image,
            weight=0.5,
            num_classes=others,
            aux_logits=False,
        ),
        layers_case(_("every layer, in training"), image, num_classes=others),
        outputs_case(
            _("output for a picture, in evaluation"), rng, image, images=1, num_classes=classes
        ),
        outputs_case(
            _("all outputs for a picture, in training"),
            rng,
            image,
            weight=2,
            training=True,
            images=1,
            num_classes=others,
        ),
    ]


def _padded_pooling(table: Table) -> Table:
    return mistakes.each_layer(
        lambda layer: (
            changed((layer,), layer.name, padding=1, round_up=False)
            if layer.kind == "max pooling" and layer.stride == 2
            else (layer,)
        )
    )(table)


def _sides(change: Callable[[Sequence[SideOutput]], Sequence[SideOutput | None]]) -> Any:
    """A change of the auxiliary outputs alone; None leaves one out."""

    def whole(table: Table) -> Table:
        sides = [step for step in table if isinstance(step, SideOutput)]
        new = iter(change(sides))
        found = [next(new) if isinstance(step, SideOutput) else step for step in table]
        return tuple(step for step in found if step is not None)

    return whole


def _without_stem_reduction(table: Table) -> Table:
    return without(table, "conv2 reduce", "ReLU after conv2 reduce")


def _flattened(table: Table) -> Table:
    return without(table, "avg pool")


def _widths_alike(table: Table) -> Table:
    """4d as wide as 4c."""
    names = ("4d 1x1", "4d 3x3 reduce", "4d 3x3", "4d 5x5 reduce", "4d 5x5", "4d pool proj")
    for name, width in zip(names, MODULES["4c"], strict=True):
        table = changed(table, name, channels=width)
    return table


MISTAKES = (
    Mistake(
        "no auxiliary outputs",
        _(
            "Your network returns one output in training. "
            "Which two modules have a classifier of their own attached to them?"
        ),
        _sides(lambda sides: [None] * len(sides)),
    ),
    Mistake(
        "auxiliary outputs exchanged",
        _("The auxiliary outputs have changed places. Which module does the first follow?"),
        _sides(lambda sides: [replace(one, place=-i) for i, one in enumerate(sides)]),
    ),
    Mistake(
        "pooling with padding",
        _(
            "Your poolings have padding 1, which gives the table's sizes with other windows. "
            "The network was made with sizes rounded up: which argument of MaxPool2d does that?"
        ),
        _padded_pooling,
    ),
    Mistake(
        "pooling rounded down",
        _(
            "Your poolings round down, so 55x55 follows 112x112. "
            "What does the table say, and which argument of MaxPool2d rounds up?"
        ),
        of_kind("max pooling", round_up=False),
    ),
    Mistake(
        "stem without its 1x1 convolution",
        _(
            "The second row of the table has a depth of 2. "
            "Which convolution stands in front of its 3x3?"
        ),
        _without_stem_reduction,
    ),
    Mistake(
        "no global average pooling",
        _(
            "The maps of 7x7 go straight into the linear layer, with fifty million weights. "
            "Which row of the table makes one number of each map?"
        ),
        _flattened,
    ),
    Mistake(
        "4d as wide as 4c",
        _("4d has the widths of 4c. How many channels does the table give at its end?"),
        _widths_alike,
    ),
    Mistake(
        "no ReLU in the stem",
        _("The convolutions before 3a have no ReLU. Does any convolution here go without?"),
        lambda table: without(
            table, "ReLU after conv1", "ReLU after conv2 reduce", "ReLU after conv2"
        ),
    ),
    mistakes.NO_DROPOUT,
    Mistake(
        "dropout of one half",
        _("All your dropouts are 0.5. Which share has the head, and which the sides?"),
        of_kind("dropout", p=0.5),
    ),
    mistakes.BATCHNORM_ADDED,
    mistakes.SOFTMAX,
    mistakes.NO_BIAS,
    mistakes.NO_CONVOLUTION_BIAS,
)

GOOGLENET = network_exercise(
    "GoogLeNet",
    6,
    googlenet_table,
    _cases,
    MISTAKES,
    builds_on=("Inception",),
)
