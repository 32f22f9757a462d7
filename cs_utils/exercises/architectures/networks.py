"""Networks as exercises: the student's module against the published table.

It is asked three things. On PyTorch's meta device, where nothing is computed: the ``sizes`` of its
weighted and pooling layers, and all its ``layers``. And with parameters that a secret seed gives
its ``outputs`` for a few pictures, which nobody can know beforehand.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cs_utils.exercises.architectures import weights
from cs_utils.exercises.architectures.comparing import first_difference
from cs_utils.exercises.architectures.execution import execute
from cs_utils.exercises.architectures.rows import (
    JOINS,
    POOLING,
    WEIGHTED,
    Row,
    from_array,
    to_array,
)
from cs_utils.exercises.architectures.tables import Table
from cs_utils.exercises.architectures.tracing import tensors, trace
from cs_utils.exercises.specification import (
    Case,
    Exercise,
    Functions,
    Inputs,
    Misconception,
    Outputs,
    WrongReturnError,
)
from cs_utils.language import _
from cs_utils.machine import one_thread

LESSON = "05_architectures"
SIZES, LAYERS, OUTPUTS = "sizes", "layers", "outputs"
SIZED = (*WEIGHTED, *POOLING, *JOINS, "output")
# What a case says beside the arguments of the network's class.
_ASKED = ("asked", "input_shape", "x", "seed", "training")


@dataclass(frozen=True)
class Mistake:
    """A known mistake, told by what it makes of the right table; its hint as of a Misconception."""

    name: str
    hint: str
    change: Callable[[Table], Table]


def sizes_case(title: str, input_shape: tuple[int, ...], weight: float = 1, **args: Any) -> Case:
    """Asks for the weighted and pooling layers; ``args`` go to the network's class."""
    return Case(title, {"asked": SIZES, "input_shape": input_shape, **args}, weight=weight)


def layers_case(title: str, input_shape: tuple[int, ...], weight: float = 1, **args: Any) -> Case:
    """Asks for every layer, in training: activations, dropout and side outputs too."""
    return Case(title, {"asked": LAYERS, "input_shape": input_shape, **args}, weight=weight)


def outputs_case(
    title: str,
    rng: np.random.Generator,
    input_shape: tuple[int, ...],
    weight: float = 3,
    training: bool = False,
    images: int = 2,
    **args: Any,
) -> Case:
    """Asks for the outputs for random images, in training with dropout kept from acting."""
    x = rng.normal(size=(images, *input_shape)).astype(np.float32)
    seed = int(rng.integers(2**31))
    inputs = {"asked": OUTPUTS, "x": x, "seed": seed, "training": training, **args}
    return Case(title, inputs, weight=weight)


def network_exercise(
    name: str,
    points: float,
    table: Callable[..., Table],
    cases: Callable[[np.random.Generator], Sequence[Case]],
    mistakes: Sequence[Mistake],
    **settings: Any,
) -> Exercise:
    """The exercise of writing the module class ``name``.

    table: gives the published table for the arguments that the cases have for the class, by name.
    cases: made by the three functions above. settings: further ones of the Exercise.
    """
    return Exercise(
        name=name,
        lesson=LESSON,
        points=points,
        cases=cases,
        answer=functools.partial(_ask, name),
        oracle=lambda inputs: _right(table(**_arguments(inputs)), inputs),
        misconceptions=tuple(_misconception(mistake, table) for mistake in mistakes),
        tolerance=1e-4,
        library="torch",
        in_words=functools.partial(_in_words, table),
        **settings,
    )


def _arguments(inputs: Inputs) -> dict[str, Any]:
    return {name: value for name, value in inputs.items() if name not in _ASKED}


def _misconception(mistake: Mistake, table: Callable[..., Table]) -> Misconception:
    def outputs(inputs: Inputs, right: Outputs) -> Outputs | None:
        try:
            return _right(mistake.change(table(**_arguments(inputs))), inputs)
        except (RuntimeError, ValueError):  # a size that does not fit: the mistake shows otherwise
            return None

    return Misconception(mistake.name, mistake.hint, outputs)


def _ask(name: str, functions: Functions, case: Case) -> Outputs:
    import torch

    inputs = case.inputs
    if inputs["asked"] == OUTPUTS:
        with _without_drawing():
            module = _module(name, functions, inputs)
        weights.fill(module, inputs["seed"])
        module.train(inputs["training"])
        with torch.no_grad(), _exactly():
            found = list(tensors(module(torch.as_tensor(inputs["x"]))))
        return _named_outputs(found, inputs["training"], name)
    with torch.device("meta"):
        module = _module(name, functions, inputs)
    rows, _labels = trace(module.train(), tuple(inputs["input_shape"]))
    return _described(rows, inputs, sum(one.numel() for one in module.parameters()))


def _module(name: str, functions: Functions, inputs: Inputs) -> Any:
    import torch

    network = functions[name]
    module = network(**_arguments(inputs))
    if not isinstance(module, torch.nn.Module):
        raise WrongReturnError(_("{name} must be a class on torch.nn.Module.").format(name=name))
    return module


def _right(table: Table, inputs: Inputs) -> Outputs:
    """What must come out, of the table."""
    import torch

    if inputs["asked"] == OUTPUTS:
        draw = functools.partial(weights.draw, inputs["seed"])
        with torch.no_grad(), _exactly():
            x = torch.as_tensor(inputs["x"], device="cpu")
            found = execute(table, x, draw, inputs["training"])
        return {name: one.numpy() for name, one in _output_names(found)}
    rows, _labels = table_rows(table, tuple(inputs["input_shape"]))
    return _described(rows, inputs, sum(row.parameters for row in rows))


def _described(rows: Sequence[Row], inputs: Inputs, parameters: int) -> Outputs:
    if inputs["asked"] == LAYERS:
        return {"layers": to_array(rows)}
    return {"sizes": to_array(sized(rows)), "parameters": parameters}


def sized(rows: Sequence[Row]) -> list[Row]:
    """The rows of layers that have a size of their own, each fed from such rows."""
    found: list[Row] = []
    places = {-1: -1}

    def kept_place(place: int) -> int:
        while place not in places:
            place -= max(rows[place].source, 1)
        return places[place]

    for place, row in enumerate(rows):
        if row.kind_name not in SIZED:
            continue
        here = places[place] = len(found)
        sources = {
            name: here - kept_place(place - distance) if distance else 0
            for name, distance in (("source", row.source), ("second", row.second))
        }
        found.append(replace(row, **sources))
    return found


@functools.lru_cache(maxsize=64)
def table_rows(table: Table, input_shape: tuple[int, ...]) -> tuple[list[Row], list[str]]:
    """The rows that a network of this table has, in training, and their names.

    input_shape: of one image, (C, H, W).
    """
    import torch

    now = [""]

    def notice(name: str) -> None:
        now[0] = name

    def nothing(role: str, shape: tuple[int, ...]) -> Any:
        return torch.empty(shape, device="meta")

    rows, names = trace(
        lambda x: tuple(execute(table, x, nothing, True, notice)), input_shape, lambda: now[0]
    )
    sides = iter(["", *(step.name for step in table if hasattr(step, "table"))])
    outputs = [row.kind_name == "output" for row in rows]
    named = [
        (next(sides, "") or _("the output")) if is_output else name
        for name, is_output in zip(names, outputs, strict=True)
    ]
    return rows, named


def _output_names(found: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    for index, one in enumerate(found):
        yield (f"side output {index}" if index else "output"), one


def _named_outputs(found: Sequence[Any], training: bool, name: str) -> Outputs:
    if not found:
        raise WrongReturnError(_("{name}.forward returned no tensor.").format(name=name))
    if len(found) > 1 and not training:
        text = _("In evaluation {name} must return one tensor; it returned {count}.")
        raise WrongReturnError(text.format(name=name, count=len(found)))
    return dict(_output_names(found))


def _in_words(
    table: Callable[..., Table], inputs: Inputs, output: str, received: np.ndarray, right: Any
) -> str | None:
    """How a network differs from the table, where the numbers would not tell."""
    if output == "parameters":
        text = _("your network holds {other:,} parameters, expected {right:,}")
        return text.format(other=int(received.reshape(-1)[0]), right=int(right))
    if inputs["asked"] == OUTPUTS:
        return None
    rows = from_array(received)
    if rows is None:
        return _("what was handed back is no table of layers")
    expected, names = table_rows(table(**_arguments(inputs)), tuple(inputs["input_shape"]))
    if inputs["asked"] == SIZES:
        kept = [name for name, row in zip(names, expected, strict=True) if row.kind_name in SIZED]
        return first_difference(sized(expected), kept, rows)
    return first_difference(expected, names, rows)


@contextmanager
def _without_drawing() -> Iterator[None]:
    """Within it no tensor is filled with random numbers: the parameters get others at once, and
    drawing millions of them takes longer than the rest of a check."""
    from torch.utils._python_dispatch import TorchDispatchMode

    class NoDrawing(TorchDispatchMode):
        def __torch_dispatch__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            if func._schema.name in ("aten::uniform_", "aten::normal_"):
                return args[0]
            return func(*args, **(kwargs or {}))

    with NoDrawing():
        yield


@contextmanager
def _exactly() -> Iterator[None]:
    """Within it nothing is random and nothing rounded more than float32 must be: dropout lets
    everything through, and GPUs multiply in full precision. It all runs on one thread: the
    networks are small, and several students may be graded at a time."""
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode

    class NoDropout(TorchDispatchMode):
        def __torch_dispatch__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            name = func._schema.name
            if name == "aten::bernoulli_" and len(args) > 1:
                return args[0].fill_(args[1])
            if name == "aten::native_dropout":
                return args[0].clone(), torch.ones_like(args[0], dtype=torch.bool)
            return func(*args, **(kwargs or {}))

    matmul = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = False
    try:
        with one_thread(), torch.backends.cudnn.flags(allow_tf32=False), NoDropout():
            yield
    finally:
        torch.backends.cuda.matmul.allow_tf32 = matmul
