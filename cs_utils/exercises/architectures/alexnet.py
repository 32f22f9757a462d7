"""AlexNet: Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional
neural networks", 2012, without its local response normalisation."""

from typing import Any

import numpy as np

from cs_utils.exercises.architectures import mistakes
from cs_utils.exercises.architectures.mistakes import of_kind
from cs_utils.exercises.architectures.networks import (
    Mistake,
    layers_case,
    network_exercise,
    outputs_case,
    sizes_case,
)
from cs_utils.exercises.architectures.tables import (
    Step,
    Table,
    changed,
    conv,
    dropout,
    linear,
    max_pool,
    relu,
    without,
)
from cs_utils.exercises.specification import Case
from cs_utils.language import _


def alexnet_table(num_classes: int = 1000, groups: int = 1, **_others: Any) -> Table:
    """Five convolutions, three poolings that overlap, three linear layers."""
    return (
        conv("conv1", 96, 11, stride=4),
        relu("conv1"),
        max_pool("pool1", 3, 2),
        conv("conv2", 256, 5, padding=2, groups=groups),
        relu("conv2"),
        max_pool("pool2", 3, 2),
        conv("conv3", 384, 3, padding=1),
        relu("conv3"),
        conv("conv4", 384, 3, padding=1, groups=groups),
        relu("conv4"),
        conv("conv5", 256, 3, padding=1, groups=groups),
        relu("conv5"),
        max_pool("pool5", 3, 2),
        linear("fc6", 4096),
        relu("fc6"),
        dropout("after fc6", 0.5),
        linear("fc7", 4096),
        relu("fc7"),
        dropout("after fc7", 0.5),
        linear("fc8", num_classes),
    )


def _cases(rng: np.random.Generator) -> list[Case]:
    classes, others, third = (int(n) for n in rng.choice(np.arange(5, 200), 3, replace=False))
    # Sizes that leave one value of each map for fc6, so that the network stays small.
    small, smaller = (int(n) for n in rng.choice(np.arange(67, 99), 2, replace=False))
    # Sizes at which rounding up anywhere, or one more row of conv1, would show behind pool5.
    large = int(rng.choice([194, 226, 258]))
    return [
        sizes_case(_("sizes at 227x227"), (3, 227, 227), num_classes=1000),
        sizes_case(
            _("sizes with two groups, at {size}x{size}").format(size=large),
            (3, large, large),
            weight=0.5,
            num_classes=others,
            image_size=large,
            groups=2,
        ),
        layers_case(_("every layer, in training"), (3, 227, 227), num_classes=third),
        outputs_case(
            _("outputs for two pictures of {size}x{size}").format(size=small),
            rng,
            (3, small, small),
            num_classes=classes,
            image_size=small,
        ),
        outputs_case(
            _("outputs with two groups"),
            rng,
            (3, smaller, smaller),
            weight=1,
            num_classes=others,
            image_size=smaller,
            groups=2,
        ),
    ]


def _one_weird_trick(table: Table) -> Table:
    """The widths of Krizhevsky's paper of 2014, which torchvision has."""
    table = changed(table, "conv1", channels=64, padding=2)
    table = changed(table, "conv2", channels=192)
    table = changed(table, "conv4", channels=256)
    return table


def _dropout_before(table: Table) -> Table:
    """Dropout in front of fc6 and fc7."""
    found: list[Step] = []
    for step in without(table, "dropout after fc6", "dropout after fc7"):
        if step.name in ("fc6", "fc7"):
            found.append(dropout(f"before {step.name}", 0.5))
        found.append(step)
    return tuple(found)


MISTAKES = (
    Mistake(
        "pooling windows side by side",
        _(
            "Your pooling windows are 2x2 and lie side by side. "
            "AlexNet's overlap: how large is a window that moves by 2 and overlaps by 1?"
        ),
        of_kind("max pooling", kernel_size=2),
    ),
    Mistake(
        "pooling with stride 3",
        _(
            "Your 3x3 windows move by 3, which is what MaxPool2d(3) does without a stride. "
            "How far do AlexNet's move, so that they overlap?"
        ),
        of_kind("max pooling", stride=3),
    ),
    mistakes.AVERAGE_POOLING,
    Mistake(
        "the widths of torchvision's AlexNet",
        _(
            "These are the widths of a later variant (64, 192, 384, 256, 256), which is "
            "torchvision's. Which ones does the table of 2012 give?"
        ),
        _one_weird_trick,
    ),
    Mistake(
        "conv1 with padding 2",
        _(
            "conv1 has a padding of 2, which the paper's 224x224 would need. "
            "What is (N - F + 2P) / S + 1 for 227 without any?"
        ),
        lambda table: changed(table, "conv1", padding=2),
    ),
    Mistake(
        "conv1 with stride 2",
        _("conv1 moves by 2 pixels. By how many must it, for 55x55 to come out?"),
        lambda table: changed(table, "conv1", stride=2),
    ),
    mistakes.NO_PADDING,
    Mistake(
        "groups left out",
        _(
            "Your network looks the same with groups=2. "
            "Which three convolutions see only one GPU's half of the channels?"
        ),
        of_kind("convolution", groups=1),
    ),
    Mistake(
        "conv3 in groups, too",
        _(
            "conv3 is split into groups, too. It is the one layer where the two GPUs "
            "exchange all their maps: which convolutions does the table mark?"
        ),
        lambda table: changed(table, "conv3", groups=_groups(table)),
    ),
    mistakes.no_activations("ReLU"),
    mistakes.NO_RELU_BETWEEN_LINEAR_LAYERS,
    mistakes.NO_DROPOUT,
    Mistake(
        "dropout before fc6 and fc7",
        _(
            "Your dropout stands in front of fc6 and fc7. "
            "The paper drops outputs of these two layers: where does that put it?"
        ),
        _dropout_before,
    ),
    mistakes.SOFTMAX,
    mistakes.LOG_SOFTMAX,
    mistakes.RELU_AT_THE_END,
    mistakes.NO_BIAS,
    mistakes.NO_CONVOLUTION_BIAS,
)

ALEXNET = network_exercise(
    "AlexNet",
    5,
    alexnet_table,
    _cases,
    MISTAKES,
)


def _groups(table: Table) -> int:
    return max(getattr(step, "groups", 1) for step in table)
