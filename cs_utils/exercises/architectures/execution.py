"""Computing what a table says, with PyTorch's functions: the oracle of the architectures."""

from collections.abc import Callable
from typing import Any

from cs_utils.exercises.architectures.tables import Branches, Layer, SideOutput, Table
from cs_utils.exercises.specification import WrongReturnError
from cs_utils.language import _

Draw = Callable[[str, tuple[int, ...]], Any]


def execute(
    table: Table,
    x: Any,
    draw: Draw,
    training: bool = False,
    notice: Callable[[str], None] = lambda name: None,
    lent: bool = False,
) -> list[Any]:
    """The outputs of a network: of the table's end and, in training, of each side output in turn.

    x: a tensor (N, C, H, W). draw: the value of a parameter, by role and shape, as ``weights.draw``
    tells them. notice: is told the name of each step just before it is computed. lent: by the
    grader, in the place of a student's module that is not right.
    Raises WrongReturnError in a grader's kernel, where a network is to be the student's own.
    """
    if not lent:
        _refuse_while_grading()
    sides: list[tuple[int, Any]] = []
    last = _run(table, x, _Setting(draw, training, notice, sides))
    return [last, *(output for _place, output in sorted(sides, key=lambda side: side[0]))]


def _refuse_while_grading() -> None:
    from cs_utils.kernel_side import is_grading

    if is_grading():
        text = _("This computes the course's own table of a network. Write the network yourself.")
        raise WrongReturnError(text)


class _Setting:
    """What all steps of one execution share."""

    def __init__(
        self,
        draw: Draw,
        training: bool,
        notice: Callable[[str], None],
        sides: list[tuple[int, Any]],
    ) -> None:
        self.draw = draw
        self.training = training
        self.notice = notice
        self.sides = sides


def _run(table: Table, x: Any, setting: _Setting) -> Any:
    import torch

    for step in table:
        if isinstance(step, Layer):
            setting.notice(step.name)
            x = _FUNCTIONS[step.kind](step, x, setting)
        elif isinstance(step, SideOutput):
            if setting.training:
                setting.sides.append((step.place, _run(step.table, x, setting)))
        elif isinstance(step, Branches):
            found = [_run(branch, x, setting) for branch in step.branches]
            setting.notice(step.name)
            x = torch.cat(found, step.axis) if step.join == "concatenation" else sum_of(found)
    return x


def sum_of(tensors: list[Any]) -> Any:
    """All of them added up, entry by entry."""
    total = tensors[0]
    for tensor in tensors[1:]:
        total = total + tensor
    return total


def _bias(layer: Layer, setting: _Setting) -> Any:
    return setting.draw("bias", (layer.channels,)) if layer.bias else None


def _convolution(layer: Layer, x: Any, setting: _Setting) -> Any:
    from torch.nn import functional

    size = (layer.kernel_size, layer.kernel_size)
    weight = setting.draw("weight", (layer.channels, x.shape[1] // layer.groups, *size))
    bias = _bias(layer, setting)
    return functional.conv2d(x, weight, bias, layer.stride, layer.padding, groups=layer.groups)


def _linear(layer: Layer, x: Any, setting: _Setting) -> Any:
    from torch.nn import functional

    x = x.flatten(1)
    return functional.linear(
        x, setting.draw("weight", (layer.channels, x.shape[1])), _bias(layer, setting)
    )


def _max_pool(layer: Layer, x: Any, setting: _Setting) -> Any:
    from torch.nn import functional

    size = (layer.kernel_size, layer.stride, layer.padding)
    return functional.max_pool2d(x, *size, ceil_mode=layer.round_up)


def _average_pool(layer: Layer, x: Any, setting: _Setting) -> Any:
    from torch.nn import functional

    size = (layer.kernel_size, layer.stride, layer.padding)
    return functional.avg_pool2d(x, *size, ceil_mode=layer.round_up)


def _batchnorm(layer: Layer, x: Any, setting: _Setting) -> Any:
    from torch.nn import functional

    shape = (x.shape[1],)
    roles = ("mean", "variance", "scale", "bias")
    mean, variance, scale, shift = (setting.draw(role, shape) for role in roles)
    return functional.batch_norm(x, mean, variance, scale, shift, setting.training)


def _dropout(layer: Layer, x: Any, setting: _Setting) -> Any:
    from torch.nn import functional

    return functional.dropout(x, layer.p, setting.training)


_FUNCTIONS: dict[str, Callable[[Layer, Any, _Setting], Any]] = {
    "convolution": _convolution,
    "linear": _linear,
    "max pooling": _max_pool,
    "average pooling": _average_pool,
    "global average pooling": lambda layer, x, setting: x.mean((2, 3), keepdim=True),
    "ReLU": lambda layer, x, setting: x.relu(),
    "tanh": lambda layer, x, setting: x.tanh(),
    "sigmoid": lambda layer, x, setting: x.sigmoid(),
    "softmax": lambda layer, x, setting: x.softmax(1),
    "log softmax": lambda layer, x, setting: x.log_softmax(1),
    "batchnorm": _batchnorm,
    "dropout": _dropout,
}
