"""A network's published table in code: which layer follows which, and with what settings.

It says what the statement of the exercise says and nothing of how a module looks. ``execution``
computes with it, ``networks`` compares a student's network with it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Layer:
    """A row of a table.

    name: the row's name in the paper or the lecture, ``conv3``; messages use it.
    kind: one of ``rows.KINDS``.
    channels: of the output of a convolution or linear layer; others keep their input's.
    kernel_size, stride, padding: in pixels, along both axes. groups: of a convolution.
    bias: whether a weighted layer has one. round_up: whether a pooling window may stick out at the
        far edges (``ceil_mode``). p: a dropout's share of zeros.
    """

    name: str
    kind: str
    channels: int = 0
    kernel_size: int = 0
    stride: int = 1
    padding: int = 0
    groups: int = 1
    bias: bool = True
    round_up: bool = False
    p: float = 0.0


@dataclass(frozen=True)
class Branches:
    """Tables that start from the same input; their outputs are joined.

    join: ``concatenation`` along axis ``axis``, in this order, or ``addition``. An empty branch is
        the input itself: a skip connection.
    """

    name: str
    branches: tuple["Table", ...]
    join: str = "concatenation"
    axis: int = 1


@dataclass(frozen=True)
class SideOutput:
    """A table that starts here and gives an output of its own, in training alone.

    Side outputs come in the order of their places, those of one place as they start.
    """

    name: str
    table: "Table"
    place: int = 0


Step = Layer | Branches | SideOutput
Table = tuple[Step, ...]


def conv(
    name: str,
    channels: int,
    kernel_size: int,
    stride: int = 1,
    padding: int = 0,
    **settings: Any,
) -> Layer:
    """A convolution."""
    return Layer(name, "convolution", channels, kernel_size, stride, padding, **settings)


def linear(name: str, features: int, **settings: Any) -> Layer:
    """A fully connected layer on whatever arrives, flattened."""
    return Layer(name, "linear", features, **settings)


def max_pool(name: str, kernel_size: int, stride: int, **settings: Any) -> Layer:
    """Maximum pooling."""
    return Layer(name, "max pooling", 0, kernel_size, stride, **settings)


def avg_pool(name: str, kernel_size: int, stride: int, **settings: Any) -> Layer:
    """Average pooling."""
    return Layer(name, "average pooling", 0, kernel_size, stride, **settings)


def global_avg_pool(name: str) -> Layer:
    """The mean of each whole map."""
    return Layer(name, "global average pooling")


def relu(after: str) -> Layer:
    """max(0, x), named after the layer that it follows."""
    return Layer(f"ReLU after {after}", "ReLU")


def tanh(after: str) -> Layer:
    """The hyperbolic tangent, named after the layer that it follows."""
    return Layer(f"tanh after {after}", "tanh")


def dropout(where: str, p: float) -> Layer:
    """Dropout of a share p, named by the layer before or behind it."""
    return Layer(f"dropout {where}", "dropout", p=p)


def batchnorm(after: str) -> Layer:
    """Batch normalisation, named after the layer that it follows."""
    return Layer(f"batchnorm after {after}", "batchnorm")


def layers(table: Table) -> Iterator[Layer]:
    """All layers of a table, those in branches and side outputs too."""
    for step in table:
        if isinstance(step, Layer):
            yield step
        elif isinstance(step, SideOutput):
            yield from layers(step.table)
        else:
            for branch in step.branches:
                yield from layers(branch)


def rewritten(table: Table, change: Callable[[Step], Table]) -> Table:
    """The table with every step replaced by the steps that ``change`` makes of it.

    Branches are changed inside first and then as a whole; no steps at all leave the step out.
    """
    return tuple(new for step in table for new in change(_inside(step, change)))


def _inside(step: Step, change: Callable[[Step], Table]) -> Step:
    if isinstance(step, Branches):
        inside = tuple(rewritten(branch, change) for branch in step.branches)
        return replace(step, branches=inside)
    if isinstance(step, SideOutput):
        return replace(step, table=rewritten(step.table, change))
    return step


def without(table: Table, *names: str) -> Table:
    """The table without the steps of these names."""
    return rewritten(table, lambda step: () if step.name in names else (step,))


def changed(table: Table, *names: str, **settings: Any) -> Table:
    """The table with new settings for the layers of these names."""
    return rewritten(
        table, lambda step: (replace(step, **settings),) if step.name in names else (step,)
    )


def changed_kind(table: Table, wanted: str, /, **settings: Any) -> Table:
    """The table with new settings for all layers of a kind."""

    def change(step: Step) -> Table:
        fits = isinstance(step, Layer) and step.kind == wanted
        return (replace(step, **settings),) if fits else (step,)

    return rewritten(table, change)


def without_kind(table: Table, kind: str) -> Table:
    """The table without all layers of a kind."""
    return rewritten(
        table, lambda step: () if isinstance(step, Layer) and step.kind == kind else (step,)
    )
