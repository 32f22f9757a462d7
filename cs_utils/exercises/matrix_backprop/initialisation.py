"""Random initial weights, judged by what holds whatever numbers were drawn."""

from collections.abc import Callable
from typing import Any

import numpy as np

from cs_utils.exercises.matrix_backprop.drawing import LESSON
from cs_utils.exercises.matrix_backprop.masks import OTHER_SEED
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

# Names of what is asked; a report shows them.
SHAPE = _("shape")
STD = _("standard deviation")
MEAN = _("mean, in standard deviations")
INNER = _("share within one standard deviation")
DRAWS = _("draws that differ")

# Chance moves no property of 40,000 or more numbers by as much: 5 standard errors and over.
_TOLERANCE = 0.03


def _cases(rng: np.random.Generator) -> list[Case]:
    def inputs(fan_in: int, fan_out: int, same: bool = False) -> dict[str, Any]:
        first, second = (int(seed) for seed in rng.choice(2**31, 2, replace=False))
        seeds = (first, first if same else second)
        return {"fan_in": fan_in, "fan_out": fan_out, "seeds": seeds}

    few, more = int(rng.integers(40, 60)), int(rng.integers(1000, 1500))
    return [
        Case(_("400 inputs, 300 outputs"), inputs(400, 300) | {"seeds": (0, 1)}, weight=0),
        Case(_("as many inputs as outputs"), inputs(200, 200)),
        Case(_("few inputs, many outputs"), inputs(few, more)),
        Case(_("many inputs, few outputs"), inputs(more, few)),
        Case(_("an image's 784 pixels"), inputs(784, int(rng.integers(80, 120)))),
        Case(_("the same seed twice"), inputs(300, 400, same=True)),
    ]


def _ask(name: str) -> Callable[[Functions, Case], Outputs]:
    def answer(functions: Functions, case: Case) -> Outputs:
        sizes = case.inputs["fan_in"], case.inputs["fan_out"]
        first, second = case.inputs["seeds"]
        return {
            "w": functions[name](*sizes, np.random.default_rng(first)),
            "w" + OTHER_SEED: functions[name](*sizes, np.random.default_rng(second)),
        }

    return answer


def _properties(inputs: Inputs, outputs: Outputs) -> Outputs:
    """Size, spread and form of the weights, and whether the draws from two seeds differ."""
    w, other = (np.asarray(outputs.get(name)) for name in ("w", "w" + OTHER_SEED))
    if w.ndim != 2 or w.size == 0:
        text = _("w must be a matrix of shape {shape}; it has shape {received}")
        shape = (inputs["fan_in"], inputs["fan_out"])
        raise WrongReturnError(text.format(shape=shape, received=w.shape))
    w = w.astype(np.float64)
    std = w.std() or 1.0
    return {
        SHAPE: np.array(w.shape),
        STD: w.std(),
        MEAN: w.mean() / std,
        INNER: np.mean(np.abs(w - w.mean()) <= std),
        DRAWS: 1 if np.array_equal(w, other) else 2,
    }


def _std(init: str, fan_in: int, fan_out: int) -> float:
    """The standard deviation of PyTorch's own init, from the same draw as standard normals."""
    import torch

    # PyTorch's weights have a row for each output.
    weights, normal = torch.empty(2, fan_out, fan_in, dtype=torch.float64)
    if init == "kaiming":
        generator = torch.Generator().manual_seed(0)
        torch.nn.init.kaiming_normal_(weights, nonlinearity="relu", generator=generator)
    else:
        torch.nn.init.xavier_normal_(weights, generator=torch.Generator().manual_seed(0))
    normal.normal_(generator=torch.Generator().manual_seed(0))
    return float(weights.std() / normal.std())


def _right(init: str, inputs: Inputs) -> Outputs:
    """The properties of normal weights with that standard deviation."""
    import torch

    normal = torch.distributions.Normal(0.0, 1.0)
    return {
        SHAPE: (inputs["fan_in"], inputs["fan_out"]),
        STD: _std(init, inputs["fan_in"], inputs["fan_out"]),
        MEAN: 0.0,
        INNER: float(normal.cdf(torch.tensor(1.0)) - normal.cdf(torch.tensor(-1.0))),
        DRAWS: len(set(inputs["seeds"])),
    }


_IN_COMMON = (
    Misconception(
        "variance in place of the standard deviation",
        _(
            "The weights are far too small. The formula gives a variance: "
            "what must be taken of it before it can multiply standard normal numbers?"
        ),
        lambda inputs, right: {STD: right[STD] ** 2},
    ),
    Misconception(
        "uniform numbers",
        _(
            "The numbers are spread evenly. "
            "Which method of rng draws from the bell-shaped normal distribution?"
        ),
        lambda inputs, right: {INNER: 3**-0.5},
    ),
    Misconception(
        "shape turned round",
        _(
            "w came out as (fan_out, fan_in), which is PyTorch's layout. "
            "In y = x w with x of shape (N, fan_in), which axis of w meets x?"
        ),
        lambda inputs, right: {SHAPE: right[SHAPE][::-1]},
    ),
    Misconception(
        "the same small numbers for every layer",
        _(
            "The standard deviation is 0.01 whatever the sizes are. "
            "What happens to a sum of fan_in products when fan_in grows?"
        ),
        lambda inputs, right: {STD: 0.01},
    ),
    Misconception(
        "the same numbers at every call",
        _(
            "Two generators with different seeds gave the same weights. "
            "Does your function make a generator of its own, with a fixed seed?"
        ),
        lambda inputs, right: {DRAWS: 1},
    ),
    Misconception(
        "generator not used",
        _(
            "Two generators with the same seed gave different weights. "
            "Are the numbers drawn from rng, or from np.random?"
        ),
        lambda inputs, right: {DRAWS: 2},
    ),
)


def _init_exercise(init: str, *misconceptions: Misconception) -> Exercise:
    return Exercise(
        name=f"{init}_init",
        lesson=LESSON,
        points=1,
        cases=_cases,
        answer=_ask(f"{init}_init"),
        oracle=lambda inputs: _right(init, inputs),
        properties=_properties,
        misconceptions=(*misconceptions, *_IN_COMMON),
        tolerance=_TOLERANCE,
    )


KAIMING_INIT = _init_exercise(
    "kaiming",
    Misconception(
        "fan_out in place of fan_in",
        _(
            "The variance is 2 / fan_out. "
            "An output is a sum of products: of fan_in of them, or of fan_out?"
        ),
        lambda inputs, right: {STD: _std("kaiming", inputs["fan_out"], inputs["fan_in"])},
    ),
    Misconception(
        "the 2 forgotten",
        _(
            "The variance is 1 / fan_in. ReLU sets half of the numbers to 0: "
            "what does that do to the mean square, and what makes up for it?"
        ),
        lambda inputs, right: {STD: right[STD] / 2**0.5},
    ),
    Misconception(
        "Xavier's",
        _(
            "The variance is 2 / (fan_in + fan_out), which is Xavier's. "
            "Which sizes stand in Kaiming's?"
        ),
        lambda inputs, right: {STD: _std("xavier", inputs["fan_in"], inputs["fan_out"])},
    ),
)

XAVIER_INIT = _init_exercise(
    "xavier",
    Misconception(
        "Kaiming's",
        _(
            "The variance is 2 / fan_in, which is Kaiming's, made for ReLU. "
            "Which sizes stand in Xavier's, that treats the way forward and back alike?"
        ),
        lambda inputs, right: {STD: _std("kaiming", inputs["fan_in"], inputs["fan_out"])},
    ),
    Misconception(
        "fan_in alone",
        _(
            "The variance is 1 / fan_in: right for the way forward. "
            "Over how many outputs does the gradient sum on its way back?"
        ),
        lambda inputs, right: {STD: _std("kaiming", inputs["fan_in"], inputs["fan_out"]) / 2**0.5},
    ),
    Misconception(
        "the 2 forgotten",
        _(
            "The variance is 1 / (fan_in + fan_out). "
            "Where fan_in and fan_out are equal it should be 1 / fan_in: what is missing?"
        ),
        lambda inputs, right: {STD: right[STD] / 2**0.5},
    ),
    Misconception(
        "the bound of the uniform one",
        _(
            "The variance is 6 / (fan_in + fan_out): that root is the bound of uniform numbers. "
            "What stands over the sum when they are normal?"
        ),
        lambda inputs, right: {STD: right[STD] * 3**0.5},
    ),
)
