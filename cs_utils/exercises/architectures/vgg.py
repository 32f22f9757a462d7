"""VGG-16: Simonyan and Zisserman, "Very deep convolutional networks for large-scale image
recognition", 2014, configuration D."""

from collections.abc import Callable
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
)
from cs_utils.exercises.specification import Case
from cs_utils.language import _

_WIDTHS = (64, 128, 256, 512, 512)


def vgg_table(
    num_classes: int = 1000, convolutions: tuple[int, ...] = (2, 2, 3, 3, 3), **_others: Any
) -> Table:
    """Five blocks of 3x3 convolutions, each with a pooling at its end, and three linear layers.

    convolutions: how many each block has.
    """
    steps: list[Step] = []
    for block, (width, count) in enumerate(zip(_WIDTHS, convolutions, strict=True), start=1):
        for place in range(1, count + 1):
            name = f"conv{block}_{place}"
            steps += [conv(name, width, 3, padding=1), relu(name)]
        steps.append(max_pool(f"pool{block}", 2, 2))
    return (
        *steps,
        linear("fc6", 4096),
        relu("fc6"),
        dropout("after fc6", 0.5),
        linear("fc7", 4096),
        relu("fc7"),
        dropout("after fc7", 0.5),
        linear("fc8", num_classes),
    )


def _cases(rng: np.random.Generator) -> list[Case]:
    classes, others = (int(n) for n in rng.choice(np.arange(5, 200), 2, replace=False))
    # Sizes that leave one value of each map for fc6, so that the network stays small.
    small = int(rng.integers(32, 48))
    return [
        sizes_case(_("sizes at 224x224"), (3, 224, 224), num_classes=1000),
        layers_case(
            _("every layer, in training, at 127x127"),
            (3, 127, 127),
            num_classes=others,
            image_size=127,
        ),
        outputs_case(
            _("outputs for two pictures of {size}x{size}").format(size=small),
            rng,
            (3, small, small),
            num_classes=classes,
            image_size=small,
        ),
    ]


def _convolutions(*counts: int) -> Callable[[Table], Table]:
    """Another configuration of the paper, for as many classes."""
    return lambda table: vgg_table(getattr(table[-1], "channels", 1000), counts)


MISTAKES = (
    Mistake(
        "VGG-13",
        _(
            "Every block of yours has two convolutions: that is VGG-13. "
            "What is counted in the 16 of VGG-16, and how many are missing?"
        ),
        _convolutions(2, 2, 2, 2, 2),
    ),
    Mistake(
        "VGG-19",
        _("Your last three blocks have four convolutions: that is VGG-19. How many has D?"),
        _convolutions(2, 2, 4, 4, 4),
    ),
    Mistake(
        "configuration C: 1x1 convolutions",
        _(
            "The third convolution of a block is 1x1: that is configuration C. "
            "Which kernel do all convolutions of D have?"
        ),
        lambda table: changed(table, "conv3_3", "conv4_3", "conv5_3", kernel_size=1, padding=0),
    ),
    mistakes.NO_PADDING,
    Mistake(
        "pooling windows that overlap",
        _("Your pooling windows are 3x3 and overlap, as in AlexNet. How large are VGG's?"),
        of_kind("max pooling", kernel_size=3),
    ),
    mistakes.AVERAGE_POOLING,
    Mistake(
        "width doubled once more",
        _("Your fifth block has 1024 channels. After which block do they stop growing?"),
        lambda table: changed(table, "conv5_1", "conv5_2", "conv5_3", channels=1024),
    ),
    mistakes.BATCHNORM_ADDED,
    mistakes.no_activations("ReLU"),
    mistakes.NO_RELU_BETWEEN_LINEAR_LAYERS,
    mistakes.NO_DROPOUT,
    mistakes.SOFTMAX,
    mistakes.LOG_SOFTMAX,
    mistakes.RELU_AT_THE_END,
    mistakes.NO_BIAS,
    mistakes.NO_CONVOLUTION_BIAS,
)

VGG16 = network_exercise(
    "VGG16",
    4,
    vgg_table,
    _cases,
    MISTAKES,
)
