"""Working modules for exercises that build on one that is not right yet, made of its table."""

import copy
import inspect
from collections.abc import Callable, Iterator
from typing import Any

from cs_utils.exercises.architectures.execution import execute
from cs_utils.exercises.architectures.tables import Table

_SIDE = 64
# The names that PyTorch's own layers give to what a table calls by its role.
_NAMES = {"scale": "weight", "mean": "running_mean", "variance": "running_var"}


class LentModule:
    """Called with a class's arguments, it gives a module that computes the table for them.

    table: takes the same arguments; one of them is ``in_channels``. A module is needed in the
    process of the student's network, so a kernel uses it as it is; there only what ``lend`` gives
    computes anything.
    """

    def __init__(self, table: Callable[..., Table]) -> None:
        self._table = table
        self._lent = False

    def lend(self) -> "LentModule":
        """The same for a grader's kernel, in the place of a student's class."""
        other = copy.copy(self)
        other._lent = True
        return other

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        arguments = inspect.signature(self._table).bind(*args, **kwargs).arguments
        return _module(self._table(**arguments), arguments["in_channels"], self._lent)


def _module(table: Table, in_channels: int, lent: bool) -> Any:
    import torch

    needed: list[tuple[str, tuple[int, ...]]] = []

    def shape_of(role: str, shape: tuple[int, ...]) -> Any:
        needed.append((role, shape))
        return torch.empty(shape, device="meta")

    execute(table, torch.empty(1, in_channels, _SIDE, _SIDE, device="meta"), shape_of, lent=lent)

    class Lent(torch.nn.Module):
        """Its parameters stand in the order in which the table needs them."""

        def __init__(self) -> None:
            super().__init__()
            self.parts = torch.nn.ModuleList()
            for role, shape in needed:
                part, name = torch.nn.Module(), _NAMES.get(role, role)
                if role in ("mean", "variance"):
                    part.register_buffer(name, torch.empty(shape))
                else:
                    part.register_parameter(name, torch.nn.Parameter(torch.empty(shape)))
                self.parts.append(part)

        def forward(self, x: Any) -> Any:
            values = self._values()
            return execute(table, x, lambda role, shape: next(values), self.training, lent=lent)[0]

        def _values(self) -> Iterator[Any]:
            for part in self.parts:
                yield from part.parameters(recurse=False)
                yield from part.buffers(recurse=False)

    return Lent()
