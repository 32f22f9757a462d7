"""Inverted dropout by what holds whatever numbers were drawn: its cases, and what is asked."""

from collections.abc import Callable
from typing import Any

import numpy as np

from cs_utils.exercises.layers import named
from cs_utils.exercises.specification import (
    AGAIN,
    Case,
    Functions,
    Inputs,
    Outputs,
    WrongReturnError,
)
from cs_utils.exercises.vector_backprop.drawing import mixed
from cs_utils.language import _

# Names of what is asked; a report shows them.
FACTOR = _("factor of the kept")
SHARE = _("share dropped")
ROWS = _("rows that drop differently")
DRAWS = _("draws that differ")
FACTOR_BACK = _("factor where kept")
BLOCKED = _("share blocked where dropped")

OTHER_SEED = " of the other seed"

_STANDARD_ERRORS = 5


def forward_cases(rng: np.random.Generator) -> list[Case]:
    """Cases with two seeds each, large enough and with p far enough from 0.5 that chance never
    makes the share of the dropped look like that of the kept."""

    def inputs(p: float, *shape: int, training: bool = True, same: bool = False) -> dict[str, Any]:
        first, second = (int(seed) for seed in rng.choice(2**31, 2, replace=False))
        seeds = (first, first if same else second)
        return {"x": mixed(rng, *shape), "p": p, "training": training, "seeds": seeds}

    numbers = np.arange(1.0, 201).reshape(2, 100)
    printed = {"x": numbers, "p": 0.25, "training": True, "seeds": (0, 1)}
    low, high = rng.uniform(0.25, 0.35), rng.uniform(0.65, 0.75)
    return [
        Case(_("the numbers 1 to 200, p = 0.25"), printed, weight=0),
        Case(_("training, one row"), inputs(low, 1, 300)),
        Case(_("training, fifty rows"), inputs(high, 50, 100)),
        Case(_("training, pictures"), inputs(low, 4, 3, 8, 8)),
        Case(_("training, the same seed twice"), inputs(high, 3, 200, same=True)),
        Case(_("not training"), inputs(low, 20, 50, training=False)),
        Case(_("inputs are left unchanged"), inputs(high, 6, 100), inputs_unchanged=True),
    ]


def backward_cases(rng: np.random.Generator) -> list[Case]:
    """The forward cases with an upstream gradient; ones in the first, which shows the mask."""

    def with_upstream(case: Case) -> Case:
        x = case.inputs["x"]
        dout = mixed(rng, *x.shape) if case.weight else np.ones_like(x)
        inputs = {**case.inputs, "dout": dout}
        return Case(case.title, inputs, case.inputs_unchanged, case.weight)

    return [with_upstream(case) for case in forward_cases(rng)]


def ask_forward(functions: Functions, case: Case) -> Outputs:
    """What comes out with the one seed and with the other."""
    first, second = case.inputs["seeds"]
    # The first call may change x; the second gets it as it was.
    again = {**case.inputs, "x": case.inputs["x"].copy()}
    return {
        "out": _draw(functions, case.inputs, first)[0],
        "out" + OTHER_SEED: _draw(functions, again, second)[0],
    }


def forward_properties(inputs: Inputs, outputs: Outputs) -> Outputs:
    """How much the kept numbers grow, how many are dropped, whether the rows of a batch drop
    alike, and whether the draws from two seeds do."""
    x, p, training = inputs["x"], inputs["p"], inputs["training"]
    out, other = (_like(x, outputs, name) for name in ("out", "out" + OTHER_SEED))
    dropped = out == 0
    found: dict[str, Any] = {
        FACTOR: _ends(out[~dropped] / x[~dropped]),
        SHARE: _about(dropped, p if training else 0.0, p),
    }
    if training:
        found[ROWS] = len(np.unique(dropped.reshape(len(out), -1), axis=0))
        found[DRAWS] = len(np.unique([dropped, other == 0], axis=0))
    return found


def right_forward(inputs: Inputs) -> Outputs:
    """The properties of a right dropout; the factor is PyTorch's."""
    training = inputs["training"]
    found = {
        FACTOR: np.full(2, factor(inputs)),
        SHARE: inputs["p"] if training else 0.0,
    }
    if training:
        found |= {ROWS: len(inputs["x"]), DRAWS: len(set(inputs["seeds"]))}
    return found


def ask_backward(functions: Functions, case: Case) -> Outputs:
    """The gradient, and what the student's own forward pass kept or dropped."""
    inputs = case.inputs
    out, cache = _draw(functions, inputs, inputs["seeds"][0])
    found = {"out": np.array(out)}
    for again in ("", AGAIN) if case.inputs_unchanged else ("",):
        result = functions["dropout_backward"](inputs["dout"], cache)
        found["dx" + again] = np.array(named(result, ("dx",), "dropout_backward")["dx"])
    return found


def backward_properties(inputs: Inputs, outputs: Outputs) -> Outputs:
    """What becomes of the gradient where numbers were kept, and where they were dropped."""
    kept = _like(inputs["x"], outputs, "out") != 0
    found: dict[str, Any] = {}
    for again in ("", AGAIN) if "dx" + AGAIN in outputs else ("",):
        dx = _like(inputs["x"], outputs, "dx" + again)
        blocked = dx[~kept] == 0
        found[FACTOR_BACK + again] = _ends(dx[kept] / inputs["dout"][kept])
        found[BLOCKED + again] = _about(blocked, 1.0, inputs["p"]) if blocked.size else 1.0
    return found


def right_backward(inputs: Inputs) -> Outputs:
    """The properties of a right pair."""
    return {FACTOR_BACK: np.full(2, factor(inputs)), BLOCKED: 1.0}


def _like(x: np.ndarray, outputs: Outputs, name: str) -> np.ndarray:
    """The output of this name. Raises WrongReturnError where it has another shape than x."""
    array = np.asarray(outputs.get(name))
    if array.shape == x.shape:
        return array
    text = _("{name} has shape {received}, it must have shape {expected}")
    raise WrongReturnError(text.format(name=name, received=array.shape, expected=x.shape))


def factor(inputs: Inputs) -> float:
    """What PyTorch's dropout multiplies the kept numbers by."""
    import torch

    ones = torch.ones(10_000, dtype=torch.float64)
    return float(torch.nn.functional.dropout(ones, inputs["p"], inputs["training"]).max())


def forward_stand_in(cache: Callable[[np.ndarray, float, bool], Any]) -> Callable[..., Any]:
    """A working dropout_forward by PyTorch. cache: what it keeps, from (factors, p, training)."""

    def forward(x: np.ndarray, p: float, training: bool, rng: np.random.Generator) -> Any:
        import torch

        generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
        chances = torch.full(np.shape(x), 1 - p if training else 1.0, dtype=torch.float64)
        factors = (torch.bernoulli(chances, generator=generator) / chances).numpy()
        return np.asarray(x) * factors, cache(factors, p, training)

    return forward


def _draw(functions: Functions, inputs: Inputs, seed: int) -> tuple[Any, Any]:
    """The student's (out, cache) for this seed."""
    rng = np.random.default_rng(seed)
    result = functions["dropout_forward"](inputs["x"], inputs["p"], inputs["training"], rng)
    out, cache = named(result, ("out", "cache"), "dropout_forward").values()
    return out, cache


def _about(hits: np.ndarray, right: float, p: float) -> float:
    """The share of hits, as what it stands for: the right share, or p or 1 - p (which known
    mistakes give), where it lies within the reach of chance; else the share itself."""
    share = float(np.mean(hits))
    if share in (0.0, 1.0):
        return share
    for known in (right, *sorted((p, 1 - p), key=lambda one: abs(share - one))):
        if abs(share - known) <= _STANDARD_ERRORS * np.sqrt(known * (1 - known) / hits.size):
            return known
    return share


def _ends(values: np.ndarray) -> np.ndarray:
    """The least and the greatest; zeros where there is none."""
    return np.array([values.min(), values.max()]) if values.size else np.zeros(2)
