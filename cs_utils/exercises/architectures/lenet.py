"""LeNet-5: LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document
recognition", 1998, as it is written today: every map of C3 sees all of S2, and the
output is linear."""

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
    Table,
    avg_pool,
    changed,
    conv,
    linear,
    tanh,
    without,
)
from cs_utils.exercises.specification import Case
from cs_utils.language import _


def lenet_table(num_classes: int = 10, **_others: Any) -> Table:
    """Two convolutions, two average poolings, three linear layers, for images of (1, 28, 28)."""
    return (
        conv("C1", 6, 5, padding=2),
        tanh("C1"),
        avg_pool("S2", 2, 2),
        conv("C3", 16, 5),
        tanh("C3"),
        avg_pool("S4", 2, 2),
        linear("C5", 120),
        tanh("C5"),
        linear("F6", 84),
        tanh("F6"),
        linear("output", num_classes),
    )


def _cases(rng: np.random.Generator) -> list[Case]:
    classes, others = (int(n) for n in rng.choice(np.arange(5, 60), 2, replace=False))
    image = (1, 28, 28)
    return [
        sizes_case(_("sizes for ten classes"), image, num_classes=10),
        layers_case(_("every layer"), image, num_classes=others),
        outputs_case(_("outputs for two images"), rng, image, num_classes=classes),
    ]


MISTAKES = (
    Mistake(
        "no padding in C1",
        _(
            "C1 has no padding: it makes 24x24 of 28x28, and C5 gets 256 numbers. "
            "LeNet-5 was built for 32x32: how many zeros on each side make that of 28?"
        ),
        lambda table: changed(table, "C1", padding=0),
    ),
    mistakes.MAX_POOLING,
    Mistake(
        "ReLU instead of tanh",
        _("You use ReLU, which came fourteen years later. Which activation is asked for?"),
        of_kind("tanh", kind="ReLU"),
    ),
    Mistake(
        "ReLU and maximum pooling",
        _(
            "ReLU and maximum pooling make a good network, but that is LeNet as people build "
            "it since 2012. Which activation and which pooling are asked for?"
        ),
        lambda table: of_kind("average pooling", kind="max pooling")(
            of_kind("tanh", kind="ReLU")(table)
        ),
    ),
    Mistake(
        "sigmoid instead of tanh",
        _("You use the sigmoid. Which activation is symmetric around 0?"),
        of_kind("tanh", kind="sigmoid"),
    ),
    mistakes.no_activations("tanh"),
    mistakes.NO_RELU_BETWEEN_LINEAR_LAYERS,
    Mistake(
        "no activation behind the convolutions",
        _("The tanh behind the convolutions is missing. Which rows of the table have one?"),
        lambda table: without(table, "tanh after C1", "tanh after C3"),
    ),
    Mistake(
        "F6 left out",
        _("C5 is followed by the output. Which layer of 84 stands between them?"),
        lambda table: without(table, "F6", "tanh after F6"),
    ),
    Mistake(
        "tanh behind the last layer",
        _(
            "The last layer is followed by a tanh, so logits stay between -1 and 1. "
            "How sure can such a network be?"
        ),
        lambda table: (*table, tanh("output")),
    ),
    mistakes.SOFTMAX,
    mistakes.LOG_SOFTMAX,
    mistakes.NO_BIAS,
    mistakes.NO_CONVOLUTION_BIAS,
)

LENET5 = network_exercise(
    "LeNet5",
    3,
    lenet_table,
    _cases,
    MISTAKES,
)
