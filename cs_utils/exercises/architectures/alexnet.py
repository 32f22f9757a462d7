"""AlexNet: Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional
neural networks", 2012, without its local response normalisation."""

from typing import Any

import numpy as np

from cs_utils.exercises.architectures.networks import (
    Mistake,
    layers_case,
    network_exercise,
    outputs_case,
    sizes_case,
)
from cs_utils.exercises.architectures.tables import (
    Layer,
    Step,
    Table,
    changed,
    changed_kind,
    conv,
    dropout,
    linear,
    max_pool,
    relu,
)
from cs_utils.exercises.specification import Case
from cs_utils.language import _


def alexnet_table(num_classes: int = 1000, groups: int = 1, **_size: Any) -> Table:
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
        dropout("before fc6", 0.5),
        linear("fc6", 4096),
        relu("fc6"),
        dropout("before fc7", 0.5),
        linear("fc7", 4096),
        relu("fc7"),
        linear("fc8", num_classes),
    )


def _cases(rng: np.random.Generator) -> list[Case]:
    classes, others, third = (int(n) for n in rng.choice(np.arange(5, 200), 3, replace=False))
    small = int(rng.choice([67, 75, 83]))
    return [
        sizes_case(_("sizes at 227x227"), (3, 227, 227), num_classes=1000, groups=1),
        sizes_case(
            _("sizes in two groups, another size"),
            (3, 195, 195),
            weight=0.5,
            num_classes=others,
            image_size=195,
            groups=2,
        ),
        layers_case(_("every layer, in training"), (3, 227, 227), num_classes=third),
        outputs_case(
            _("outputs for two small pictures"),
            rng,
            (3, small, small),
            num_classes=classes,
            image_size=small,
        ),
        outputs_case(
            _("outputs of two groups"),
            rng,
            (3, 67, 67),
            weight=1,
            num_classes=others,
            image_size=67,
            groups=2,
        ),
    ]


def _pool_first(table: Table) -> Table:
    """Pooling windows that lie side by side."""
    return changed_kind(table, "max pooling", kernel_size=2)


def _softmax_last(table: Table) -> Table:
    return (*table, Layer("softmax", "softmax"))


def _relu_last(table: Table) -> Table:
    return (*table, relu("fc8"))


def _no_groups(table: Table) -> Table:
    return changed_kind(table, "convolution", groups=1)


def _without_biases(table: Table) -> Table:
    def change(step: Step) -> Table:
        return changed((step,), step.name, bias=False) if _is_conv(step) else (step,)

    return tuple(new for step in table for new in change(step))


def _is_conv(step: Step) -> bool:
    return isinstance(step, Layer) and step.kind == "convolution"


ALEXNET = network_exercise(
    "AlexNet",
    5,
    alexnet_table,
    _cases,
    (Mistake("no bias", _("x"), _without_biases),),
)
