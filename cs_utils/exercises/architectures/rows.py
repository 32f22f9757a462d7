"""What is known of each layer that a network calls: a row of whole numbers, so that a list of them
travels as a plain array."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

# A row holds the place of its kind in here: kinds are added at the end.
KINDS = (
    "convolution",
    "linear",
    "max pooling",
    "average pooling",
    "global average pooling",
    "ReLU",
    "tanh",
    "sigmoid",
    "dropout",
    "batchnorm",
    "concatenation",
    "addition",
    "softmax",
    "log softmax",
    "local response normalisation",
    "leaky ReLU",
    "GELU",
    "SiLU",
    "ELU",
    "ReLU6",
    "adaptive average pooling",
    "global max pooling",
    "global sum",
    "padding",
    "multiplication",
    "layer normalisation",
    "group normalisation",
    "other operation",
    "output",
)
WEIGHTED = ("convolution", "linear")
POOLING = (
    "max pooling",
    "average pooling",
    "global average pooling",
    "adaptive average pooling",
    "global max pooling",
    "global sum",
)
ACTIVATIONS = (
    "ReLU",
    "tanh",
    "sigmoid",
    "leaky ReLU",
    "GELU",
    "SiLU",
    "ELU",
    "ReLU6",
    "softmax",
    "log softmax",
)
JOINS = ("concatenation", "addition")
SIZES = ("channels", "height", "width")
# They keep their input's form, flattened or not: its size is no matter of theirs.
WITHOUT_SIZE = (*ACTIVATIONS, "dropout")


@dataclass(frozen=True)
class Row:
    """A layer as it was called.

    kind: place in KINDS. The sizes of kernel, stride and padding are those of both axes.
    bias, round_up: 0 or 1. p: of dropout, in thousandths. axis: of a concatenation.
    in_channels: channels or features that arrive. channels, height, width: of the output, for one
        image; height and width are 1 where there are no maps.
    parameters: numbers learned. operations: multiplications with weights, for one image.
    source, second: how many rows further up the inputs stand (of an addition: the longer path,
        then the shorter); 0 where there is none, and the network's input counts as the row before
        the first.
    """

    kind: int
    kernel_height: int = 0
    kernel_width: int = 0
    stride_height: int = 1
    stride_width: int = 1
    padding_height: int = 0
    padding_width: int = 0
    dilation: int = 1
    groups: int = 1
    bias: int = 0
    round_up: int = 0
    p: int = 0
    axis: int = 0
    in_channels: int = 0
    channels: int = 0
    height: int = 1
    width: int = 1
    parameters: int = 0
    operations: int = 0
    source: int = 0
    second: int = 0

    @property
    def kind_name(self) -> str:
        return KINDS[self.kind]


_COLUMNS = len(fields(Row))


def to_array(rows: Sequence[Row]) -> np.ndarray:
    """The rows as whole numbers of shape (rows, columns)."""
    return np.array([tuple(vars(row).values()) for row in rows], dtype=np.int64).reshape(
        -1, _COLUMNS
    )


def from_array(array: Any) -> list[Row] | None:
    """The rows in such an array, or None where it holds something else."""
    array = np.asarray(array)
    if array.ndim != 2 or array.shape[1] != _COLUMNS or array.dtype.kind not in "iu":
        return None
    if not ((array[:, 0] >= 0) & (array[:, 0] < len(KINDS))).all():
        return None
    return [Row(*values) for values in array.tolist()]
