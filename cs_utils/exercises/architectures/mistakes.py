"""Mistakes that people make in any network, told by what they make of its table."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from cs_utils.exercises.architectures.networks import Mistake
from cs_utils.exercises.architectures.rows import ACTIVATIONS, WEIGHTED
from cs_utils.exercises.architectures.tables import (
    Layer,
    Step,
    Table,
    batchnorm,
    changed_kind,
    rewritten,
    without_kind,
)
from cs_utils.language import _


def each_layer(change: Callable[[Layer], Table]) -> Callable[[Table], Table]:
    """A change of the table that works on layers one by one, inside branches too."""

    def whole(table: Table) -> Table:
        def step(one: Step) -> Table:
            return change(one) if isinstance(one, Layer) else (one,)

        return rewritten(table, step)

    return whole


def of_kind(wanted: str, /, **settings: Any) -> Callable[[Table], Table]:
    """A change that gives all layers of a kind new settings."""
    return lambda table: changed_kind(table, wanted, **settings)


def _activations_between_linear_layers_left_out(table: Table) -> Table:
    """No activation behind any linear layer."""
    kept: list[Step] = []
    after_linear = False
    for step in table:
        kind = step.kind if isinstance(step, Layer) else ""
        if not (after_linear and kind in ACTIVATIONS):
            kept.append(step)
        after_linear = kind == "linear" or (after_linear and kind == "dropout")
    return tuple(kept)


def _ended_with(kind: str) -> Callable[[Table], Table]:
    return lambda table: (*table, Layer(kind, kind))


def _unbiased(layer: Layer) -> Table:
    return (replace(layer, bias=False) if layer.kind in WEIGHTED else layer,)


def _batchnorm_added(layer: Layer) -> Table:
    return (layer, batchnorm(layer.name)) if layer.kind == "convolution" else (layer,)


def no_activations(kind: str) -> Mistake:
    """No activation at all."""
    return Mistake(
        "no activations",
        _(
            "There is no {kind} anywhere in your network. "
            "What do two layers without anything between them amount to?"
        ).format(kind=kind),
        lambda table: without_kind(table, kind),
    )


NO_BIAS = Mistake(
    "no biases",
    _("None of your layers has a bias. Which argument of the layer takes it away?"),
    each_layer(_unbiased),
)
NO_CONVOLUTION_BIAS = Mistake(
    "no biases in the convolutions",
    _("Your convolutions have no bias. Before a batch normalisation that is right; is one here?"),
    of_kind("convolution", bias=False),
)
SOFTMAX = Mistake(
    "softmax inside the network",
    _(
        "Your network ends with a softmax. PyTorch's cross_entropy takes the logits and does that "
        "itself: what happens if it is done twice?"
    ),
    _ended_with("softmax"),
)
LOG_SOFTMAX = Mistake(
    "log softmax inside the network",
    _(
        "Your network ends with a log softmax. Logits are asked for: which part of cross_entropy "
        "have you done already?"
    ),
    _ended_with("log softmax"),
)
RELU_AT_THE_END = Mistake(
    "ReLU behind the last layer",
    _(
        "The last layer is followed by a ReLU, so no logit can be negative. "
        "How could such a network say that a class is unlikely?"
    ),
    _ended_with("ReLU"),
)
NO_RELU_BETWEEN_LINEAR_LAYERS = Mistake(
    "no activation between the linear layers",
    _(
        "Behind the linear layers the activation is missing. "
        "What do two linear layers in a row amount to?"
    ),
    _activations_between_linear_layers_left_out,
)
NO_DROPOUT = Mistake(
    "no dropout",
    _("The dropout is missing. Which layers have so many weights that they need it most?"),
    lambda table: without_kind(table, "dropout"),
)
AVERAGE_POOLING = Mistake(
    "average instead of maximum",
    _("You pool by the average. Which pooling does the table name?"),
    of_kind("max pooling", kind="average pooling"),
)
MAX_POOLING = Mistake(
    "maximum instead of average",
    _("You pool by the maximum. Which pooling does the table name?"),
    of_kind("average pooling", kind="max pooling"),
)
NO_PADDING = Mistake(
    "no padding",
    _(
        "Your convolutions have no padding, so the maps shrink at every layer. "
        "How much padding keeps the size with a 3x3 kernel?"
    ),
    of_kind("convolution", padding=0),
)
BATCHNORM_ADDED = Mistake(
    "batch normalisation added",
    _(
        "A batch normalisation follows your convolutions. It came in 2015: does this network, "
        "older than that, have it?"
    ),
    each_layer(_batchnorm_added),
)
