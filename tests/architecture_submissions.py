"""What the tests of lesson 5's networks share: hand-ins made of the references or of tables."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from cs_utils.checks import check_exercise
from cs_utils.exercises import find_exercise
from cs_utils.exercises.architectures.execution import execute
from cs_utils.exercises.architectures.tables import Table
from cs_utils.verdicts import Verdict
from solutions import architectures

NETWORKS = ("LeNet5", "AlexNet", "VGG16", "InceptionNaive", "Inception", "GoogLeNet")
SOURCE = Path(architectures.__file__).read_text()


def handed_in(*changes: tuple[str, str]) -> dict[str, Any]:
    """The references as a notebook's namespace, each change made wherever its text stands."""
    source = SOURCE
    for old, new in changes:
        assert old in source, old
        source = source.replace(old, new)
    namespace: dict[str, Any] = {"__name__": "hand_in"}
    exec(compile(source, "hand_in", "exec"), namespace)
    return namespace


def verdict_on(name: str, namespace: dict[str, Any], seed: int = 0) -> Verdict:
    return check_exercise(find_exercise(name), namespace, seed)


def structure_verdict(name: str, network: Callable[..., Any], seed: int = 0) -> Verdict:
    """The verdict on the cases that cost no computing."""
    exercise = find_exercise(name)

    def cases(rng: Any) -> list[Any]:
        return [case for case in exercise.cases(rng) if case.inputs["asked"] != "outputs"]

    return check_exercise(replace(exercise, cases=cases, builds_on=()), {name: network}, seed)


class TableNetwork(nn.Module):
    """A network that computes a table, as a student's module would."""

    def __init__(self, table: Table, input_shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.table = table
        self.parts = nn.ModuleList()
        x = torch.empty(2, *input_shape, device="meta")
        execute(table, x, self._register, training=True)

    def _register(self, role: str, shape: tuple[int, ...]) -> Tensor:
        part = nn.Module()
        if role in ("mean", "variance"):
            name = {"mean": "running_mean", "variance": "running_var"}[role]
            part.register_buffer(name, torch.zeros(shape))
        else:
            name = "bias" if role == "bias" else "weight"
            part.register_parameter(name, nn.Parameter(torch.zeros(shape)))
        self.parts.append(part)
        return torch.empty(shape, device="meta")

    def forward(self, x: Tensor) -> Any:
        parts = iter(self.parts)

        def draw(_role: str, _shape: tuple[int, ...]) -> Tensor:
            part = next(parts)
            return next(iter([*part.parameters(), *part.buffers()]))

        found = execute(self.table, x, draw, self.training)
        return tuple(found) if len(found) > 1 else found[0]
