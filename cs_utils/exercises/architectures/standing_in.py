"""A table as a PyTorch module: it stands in for a student's block where a larger network is checked
that builds on it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cs_utils.exercises.architectures.execution import execute
from cs_utils.exercises.architectures.tables import Table

# The names that PyTorch's own layers give to what a table calls by its role.
_NAMES = {"scale": "weight", "mean": "running_mean", "variance": "running_var"}
_SIDE = 64


@dataclass(frozen=True)
class StandInModule:
    """Called like a student's class, it makes a module that computes what the table says.

    table: gives the table for the arguments of the class; the first is the number of channels that
    arrive. expansion: output channels for each channel named, an attribute that a student's own
    class may have. A kernel uses it as it is: modules cannot be asked for.
    """

    table: Callable[..., Table]
    expansion: int = 1

    makes_modules = True

    def __call__(self, in_channels: int, *args: Any, **kwargs: Any) -> Any:
        return _module(self.table(in_channels, *args, **kwargs), in_channels)


def _module(table: Table, in_channels: int) -> Any:
    import torch

    class TableModule(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.parts = torch.nn.ModuleList()
            with torch.device("meta"):
                execute(table, torch.empty(1, in_channels, _SIDE, _SIDE), shape_of)
            for role, shape in needed:
                part = torch.nn.Module()
                name = _NAMES.get(role, role)
                if role in ("mean", "variance"):
                    part.register_buffer(name, torch.empty(shape))
                else:
                    part.register_parameter(name, torch.nn.Parameter(torch.empty(shape)))
                self.parts.append(part)

        def forward(self, x: Any) -> Any:
            values = self._values()
            return execute(table, x, lambda role, shape: next(values), self.training)[0]

        def _values(self) -> Iterator[Any]:
            for part in self.parts:
                yield from part.parameters(recurse=False)
                yield from part.buffers(recurse=False)

    needed: list[tuple[str, tuple[int, ...]]] = []

    def shape_of(role: str, shape: tuple[int, ...]) -> Any:
        needed.append((role, shape))
        return torch.empty(shape, device="meta")

    return TableModule()
