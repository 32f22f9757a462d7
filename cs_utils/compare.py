"""``compare_with_pytorch(relu_forward, relu_backward)``: the student's layer beside PyTorch's."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

import cs_utils.exercises  # noqa: F401  loads the modules that hold the layers
from cs_utils.closeness import close
from cs_utils.demonstrations import Note, comes_alive, in_a_sentence, quiet
from cs_utils.demonstrations import run_backward as ask_backward
from cs_utils.demonstrations import run_forward as ask_forward
from cs_utils.exercises.layers import Layer
from cs_utils.experiments import median_seconds
from cs_utils.language import _
from cs_utils.machine import processor, pytorch

_SEED = 7
_TOLERANCE = 1e-7


@dataclass(frozen=True)
class Row:
    """One layer. The errors are the largest differences from PyTorch; times in seconds, forward
    and backward. problem: a sentence, where there is nothing to compare."""

    layer: str
    values_agree: bool = False
    values_error: float = float("nan")
    gradients_agree: bool = False
    gradients_error: float = float("nan")
    own_seconds: tuple[float, float] = (float("nan"), float("nan"))
    torch_seconds: tuple[float, float] = (float("nan"), float("nan"))
    problem: str = ""


class Comparison:
    """The table of a comparison: HTML in Jupyter, plain text elsewhere."""

    def __init__(self, rows: list[Row], where: str) -> None:
        self.rows = rows
        self.where = where

    def __repr__(self) -> str:
        table = [_titles(), *(_cells(row) for row in self.rows)]
        whole = [line for line in table if len(line) > 2]
        widths = [max(map(len, column)) for column in zip(*whole, strict=True)]
        widths[0] = max(len(line[0]) for line in table)
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=False)).rstrip()
            for line in table
        ]
        return "\n".join([*lines, self.where])

    def _repr_html_(self) -> str:
        cell = "style='text-align:left;vertical-align:top'"
        head = "".join(f"<th scope='col' {cell}>{escape(title)}</th>" for title in _titles())
        body = ""
        for row in self.rows:
            cells = [escape(text) for text in _cells(row)]
            span = "" if len(cells) > 2 else f" colspan='{len(_titles()) - 1}'"
            inside = "".join(f"<td{span} {cell}>{text}</td>" for text in cells[1:])
            body += f"<tr><th scope='row' {cell}>{cells[0]}</th>{inside}</tr>"
        return (
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
            f"<p style='color:#555555'>{escape(self.where)}</p>"
        )


def compare_with_pytorch(
    *functions: Callable[..., Any], inputs: Mapping[str, Any] | None = None
) -> Comparison | Note:
    """Values, gradients and time of the student's layers beside PyTorch's, float64 on the CPU.

    functions: pairs, as in ``compare_with_pytorch(relu_forward, relu_backward)``.
    inputs: what to compare on, by the names of the forward's arguments; one pair only. Without
        it the values are compared on the cases of the check, the time on the largest of them.
    Returns a table; a Note where PyTorch is not installed. Raises TypeError for functions that
    are not pairs and ValueError for a pair that no layer of the course is named after.
    """
    pairs = [_layer_of(*functions[i : i + 2]) for i in range(0, len(functions), 2)]
    if inputs is not None and len(pairs) != 1:
        raise TypeError(_("inputs= can be given for one pair of functions at a time"))
    torch = pytorch()
    if torch is None:
        return Note(_("There is no PyTorch here, so there is nothing to compare with."))
    rows = [
        _compare(layer, forward, backward, inputs)
        for layer, (forward, backward) in zip(pairs, _in_pairs(functions), strict=True)
    ]
    text = _(
        "Median time of a call after a warm-up, in microseconds, forward + backward. "
        "{cpu}, {cores} cores; NumPy {numpy}, PyTorch {torch} with {threads} threads."
    )
    where = text.format(
        cpu=processor(),
        cores=os.cpu_count(),
        numpy=np.__version__,
        torch=torch.__version__,
        threads=torch.get_num_threads(),
    )
    return Comparison(rows, where)


@comes_alive
def jacobian_layouts(numerical_jacobian: Callable[..., Any]) -> Any:
    """The student's Jacobian of (x0 x1, x0 + x1, x0^2) at (2, 3) beside PyTorch's."""
    from cs_utils.claim_table import Claim, claims
    from cs_utils.demonstrations import numbers

    point, right = np.array([2.0, 3.0]), ((3, 1, 4), (2, 1, 0))
    own = numbers(
        numerical_jacobian(lambda x: np.array([x[0] * x[1], x[0] + x[1], x[0] ** 2]), point),
        _("the Jacobian"),
        (2, 3),
    )
    torch = pytorch()
    if torch is None:
        return Note(_("There is no PyTorch here, so there is nothing to compare with."))

    def function(x: Any) -> Any:
        return torch.stack([x[0] * x[1], x[0] + x[1], x[0] ** 2])

    theirs = torch.autograd.functional.jacobian(function, torch.from_numpy(point)).numpy()
    return claims(
        Claim(_("shape of your Jacobian, (N, M)"), (2, 3), lambda: own.shape),
        Claim(_("shape of PyTorch's, (M, N)"), (3, 2), lambda: theirs.shape),
        Claim(_("your Jacobian"), right, lambda: own),
        Claim(_("PyTorch's, transposed"), right, lambda: theirs.T),
    )


def find_layer(name: str) -> Layer | None:
    """The layer of the course with this name, from whichever module of exercises holds it."""
    modules = [
        module for key, module in sys.modules.items() if key.startswith("cs_utils.exercises")
    ]
    for module in modules:
        for value in vars(module).values():
            if isinstance(value, Layer) and value.name == name:
                return value
    return None


def _in_pairs(functions: tuple[Callable[..., Any], ...]) -> list[tuple[Any, Any]]:
    return list(zip(functions[::2], functions[1::2], strict=True))


def _layer_of(*pair: Callable[..., Any]) -> Layer:
    names = [getattr(function, "__name__", "?") for function in pair]
    shared = names[0].removesuffix("_forward")
    if names != [f"{shared}_forward", f"{shared}_backward"]:
        text = _("give the functions in pairs, as in (relu_forward, relu_backward), not {names}")
        raise TypeError(text.format(names=", ".join(names)))
    layer = find_layer(shared)
    if layer is None:
        raise ValueError(_("no layer of the course is called {name}").format(name=shared))
    return layer


def _compare(
    layer: Layer,
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    given: Mapping[str, Any] | None,
) -> Row:
    rng = np.random.default_rng(_SEED)
    drawn = [dict(given)] if given is not None else [dict(c.inputs) for c in layer.cases(rng)]
    try:
        with quiet():
            errors = [_errors(layer, forward, backward, inputs, rng) for inputs in drawn]
            largest = max(drawn, key=lambda inputs: _size(layer, inputs))
            own = _own_times(layer, forward, backward, largest, rng)
    except (Exception, SystemExit) as error:
        return Row(layer.name, problem=in_a_sentence(error))
    values, gradients = zip(*errors, strict=True)
    return Row(
        layer.name,
        all(agree for agree, _error in values),
        max(error for _agree, error in values),
        all(agree for agree, _error in gradients),
        max(error for _agree, error in gradients),
        own,
        _torch_times(layer, largest, rng),
    )


def _errors(
    layer: Layer,
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    inputs: dict[str, Any],
    rng: np.random.Generator,
) -> tuple[tuple[bool, float], tuple[bool, float]]:
    """For the output and for the gradients: do they agree, and the largest difference."""
    right = layer.forward(inputs)
    output, cache = ask_forward(forward, _arguments(layer, inputs), right.shape)
    inputs.setdefault(layer.upstream, rng.normal(size=right.shape))
    expected = list(layer.backward(inputs).values())
    shapes = [gradient.shape for gradient in expected]
    found = ask_backward(backward, inputs[layer.upstream], cache, shapes)
    differences = [_difference(one, other) for one, other in zip(found, expected, strict=True)]
    agree = all(agreed for agreed, _error in differences)
    return _difference(output, right), (agree, max(error for _agree, error in differences))


def _difference(own: np.ndarray, right: np.ndarray) -> tuple[bool, float]:
    error = float(np.max(np.abs(own - right), initial=0.0))
    return bool(close(own, right, _TOLERANCE).all()), error


def _own_times(
    layer: Layer,
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    inputs: dict[str, Any],
    rng: np.random.Generator,
) -> tuple[float, float]:
    arguments = _arguments(layer, inputs)
    output, cache = forward(*arguments)
    upstream = inputs.get(layer.upstream, rng.normal(size=np.shape(output)))
    return (
        median_seconds(lambda: forward(*arguments)),
        median_seconds(lambda: backward(upstream, cache)),
    )


def _torch_times(
    layer: Layer, inputs: dict[str, Any], rng: np.random.Generator
) -> tuple[float, float]:
    import torch

    leaves = {name: inputs[name] for name in layer.inputs}
    for name in layer.gradients:
        array = np.array(inputs[name], dtype=np.float64)
        leaves[name] = torch.from_numpy(array).requires_grad_()
    output = layer.function(**leaves)
    upstream = torch.as_tensor(rng.normal(size=output.shape))
    wanted = [leaves[name] for name in layer.gradients]
    return (
        median_seconds(lambda: layer.function(**leaves)),
        median_seconds(lambda: torch.autograd.grad(output, wanted, upstream, retain_graph=True)),
    )


def _arguments(layer: Layer, inputs: Mapping[str, Any]) -> list[Any]:
    """Copies, so that a function that works in place spoils nothing here."""
    values = (inputs[name] for name in layer.inputs)
    return [value.copy() if isinstance(value, np.ndarray) else value for value in values]


def _size(layer: Layer, inputs: Mapping[str, Any]) -> int:
    return sum(int(np.size(inputs[name])) for name in layer.inputs)


def _titles() -> tuple[str, ...]:
    return (
        _("layer"),
        _("values"),
        _("gradients"),
        _("your NumPy, µs"),
        _("PyTorch, µs"),
        _("your time / PyTorch's"),
    )


def _cells(row: Row) -> tuple[str, ...]:
    if row.problem:
        return row.layer, row.problem
    return (
        row.layer,
        _in_words(row.values_agree, row.values_error),
        _in_words(row.gradients_agree, row.gradients_error),
        _microseconds(row.own_seconds),
        _microseconds(row.torch_seconds),
        f"{sum(row.own_seconds) / sum(row.torch_seconds):.2g}",
    )


def _in_words(agree: bool, error: float) -> str:
    text = _("agree (to {error:.0e})") if agree else _("differ (by {error:.2g})")
    return _("agree exactly") if agree and error == 0 else text.format(error=error)


def _microseconds(seconds: tuple[float, float]) -> str:
    return " + ".join(f"{1e6 * one:,.3g}" if one < 1e-3 else f"{1e6 * one:,.0f}" for one in seconds)
