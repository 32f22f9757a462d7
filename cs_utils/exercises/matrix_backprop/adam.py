"""One step of Adam."""

from collections.abc import Callable
from typing import Any

import numpy as np

from cs_utils.exercises.matrix_backprop.drawing import LESSON
from cs_utils.exercises.matrix_backprop.steps import ask_steps, gradients, run
from cs_utils.exercises.specification import Case, Exercise, Inputs, Misconception, Outputs
from cs_utils.exercises.vector_backprop.drawing import mixed
from cs_utils.language import _

_DEFAULTS = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
# After so many steps the bias correction is gone.
_LATE = 10**9


def _adam(inputs: Inputs, **changes: Any) -> dict[str, np.ndarray]:
    """w, m and v by torch.optim.Adam; changes: other inputs."""
    given = {**_DEFAULTS, **inputs, **changes}
    state = {"step": float(given["t"] - 1), "exp_avg": given["m"], "exp_avg_sq": given["v"]}
    options = {
        "lr": given["learning_rate"],
        "betas": (given["beta1"], given["beta2"]),
        "eps": given["eps"],
    }
    w, after = run("Adam", given, state, options)
    return {"w": w, "m": after["exp_avg"].numpy(), "v": after["exp_avg_sq"].numpy()}


def _cases(rng: np.random.Generator) -> list[Case]:
    def inputs(*shape: int, t: int, steps: int = 0, **more: Any) -> dict[str, Any]:
        """Moments of the middle of a training, or of its start for t = 1."""
        dw: Any = [mixed(rng, *shape) for _step in range(steps)] if steps else mixed(rng, *shape)
        m = np.zeros(shape) if t == 1 else 0.3 * mixed(rng, *shape)
        v = np.zeros(shape) if t == 1 else rng.uniform(0.1, 0.5, shape)
        return {"w": mixed(rng, *shape), "dw": dw, "m": m, "v": v, "t": t, **more}

    printed = {
        "w": np.array([1.0, 2]),
        "dw": np.array([0.5, -1]),
        "m": np.zeros(2),
        "v": np.zeros(2),
        "t": 1,
    }
    flat = inputs(4, t=1, learning_rate=0.1)
    flat["dw"][2] = 0.0
    other: dict[str, Any] = {"learning_rate": 0.05, "beta1": 0.8, "beta2": 0.95, "eps": 0.1}
    later = int(rng.integers(3, 9))
    return [
        Case(_("the first step of two weights"), printed, weight=0),
        Case(_("the first step of one weight"), inputs(1, t=1)),
        Case(_("a later step"), inputs(3, t=later, learning_rate=0.01)),
        Case(_("a gradient of 0"), flat),
        Case(_("other betas and a large eps"), inputs(2, 3, t=later, **other)),
        Case(_("step 200 of a matrix"), inputs(3, 4, t=200, learning_rate=0.1)),
        Case(_("ten steps"), inputs(2, 3, t=1, steps=10, learning_rate=0.1)),
        Case(
            _("inputs are left unchanged"),
            inputs(4, t=2, learning_rate=0.1),
            inputs_unchanged=True,
        ),
    ]


def _in_turn(inputs: Inputs, change: Callable[[Inputs, Outputs], Outputs]) -> Outputs:
    """Steps one by one; ``change`` puts a mistake into what each gives, from (inputs, right)."""
    now = {**_DEFAULTS, **inputs}
    for dw in gradients(inputs):
        one = {**now, "dw": dw}
        now |= {**_adam(one), **change(one, _adam(one))}
        now["t"] += 1
    return {name: now[name] for name in ("w", "m", "v")}


def _divided_by(
    inputs: Inputs, divisor: Callable[[np.ndarray, float], np.ndarray | float]
) -> Outputs:
    """Steps with another divisor than sqrt(v) + eps, from (v corrected, eps)."""

    def change(one: Inputs, right: Outputs) -> Outputs:
        v = right["v"] / (1 - one["beta2"] ** one["t"])
        with np.errstate(all="ignore"):
            factor = (np.sqrt(v) + one["eps"]) / divisor(v, one["eps"])
        return {"w": one["w"] + (right["w"] - one["w"]) * factor}

    return {"w": _in_turn(inputs, change)["w"]}


def _corrected_moments(inputs: Inputs) -> Outputs:
    def change(one: Inputs, right: Outputs) -> Outputs:
        return {
            "m": right["m"] / (1 - one["beta1"] ** one["t"]),
            "v": right["v"] / (1 - one["beta2"] ** one["t"]),
        }

    return _in_turn(inputs, change)


def _one_step_behind(inputs: Inputs) -> Outputs:
    """Correction by t - 1, which divides 0 by 0 in the first step."""
    if inputs["t"] == 1:
        return {"w": np.full_like(inputs["w"], np.nan)}
    return _adam(inputs, t=inputs["t"] - 1)


def _undamped(inputs: Inputs, moment: str, beta: str) -> np.ndarray:
    """The running mean without the factor 1 - beta of what comes new."""
    share = 1 - {**_DEFAULTS, **inputs}[beta]
    return _adam(inputs, **{moment: inputs[moment] * share})[moment] / share


def _mean_of_gradient(inputs: Inputs) -> np.ndarray:
    """v as the running mean of dw itself."""
    beta2 = {**_DEFAULTS, **inputs}["beta2"]
    return _adam(inputs, m=inputs["v"], beta1=beta2)["m"]


def _exchanged_betas(inputs: Inputs) -> Outputs:
    given = {**_DEFAULTS, **inputs}
    return _adam(inputs, beta1=given["beta2"], beta2=given["beta1"])


ADAM = Exercise(
    name="adam",
    lesson=LESSON,
    points=2,
    cases=_cases,
    answer=ask_steps("adam", ["m", "v"], ["learning_rate", "beta1", "beta2", "eps"]),
    oracle=_adam,
    misconceptions=(
        Misconception(
            "no bias correction",
            _(
                "m and v began at 0 and are still too small in the first steps. "
                "By what are they divided to make up for that?"
            ),
            lambda inputs, right: {"w": _adam(inputs, t=_LATE)["w"]},
        ),
        Misconception(
            "t counted from 0",
            _(
                "The bias correction is one step behind, and divides by 0 in the first. "
                "With which t does the first step come?"
            ),
            lambda inputs, right: _one_step_behind(inputs),
        ),
        Misconception(
            "t counted one too far",
            _(
                "The bias correction is one step ahead. "
                "The first step comes with t = 1: does your function add 1 once more?"
            ),
            lambda inputs, right: _adam(inputs, t=inputs["t"] + 1),
        ),
        Misconception(
            "corrected moments handed on",
            _(
                "m and v came back with their bias correction. "
                "The next step corrects them again: which ones should it get?"
            ),
            lambda inputs, right: _corrected_moments(inputs),
        ),
        Misconception(
            "step uphill",
            _("w went the wrong way. Does the loss fall along the gradient or against it?"),
            lambda inputs, right: {"w": 2 * inputs["w"] - right["w"]},
        ),
        Misconception(
            "gradient not squared",
            _(
                "v is a running mean of dw itself. "
                "v measures how large the gradients are, whatever their sign: of what is it a mean?"
            ),
            lambda inputs, right: {"v": _mean_of_gradient(inputs)},
        ),
        Misconception(
            "root forgotten",
            _(
                "m was divided by v. v is a mean of squares: "
                "what must be taken of it to be as large as a gradient?"
            ),
            lambda inputs, right: _divided_by(inputs, lambda v, eps: v + eps),
        ),
        Misconception(
            "eps inside the root",
            _(
                "Nearly right: eps stands inside the root. "
                "Is it added to v or to the root of v in Adam?"
            ),
            lambda inputs, right: _divided_by(inputs, lambda v, eps: np.sqrt(v + eps)),
        ),
        Misconception(
            "eps forgotten",
            _("eps plays no part here. What is 0 / 0 for a weight whose gradient is 0?"),
            lambda inputs, right: _divided_by(inputs, lambda v, eps: np.sqrt(v)),
        ),
        Misconception(
            "not divided at all",
            _(
                "w moved by m alone, which is momentum. "
                "What does Adam divide by, so that all weights move about as far?"
            ),
            lambda inputs, right: _divided_by(inputs, lambda v, eps: 1.0),
        ),
        Misconception(
            "betas exchanged",
            _(
                "beta1 and beta2 have changed places. "
                "Which of the two means should be the longer one, that of dw or of its square?"
            ),
            lambda inputs, right: _exchanged_betas(inputs),
        ),
        Misconception(
            "factor 1 - beta forgotten",
            _(
                "dw was added whole, so m grows far beyond a gradient. "
                "In a mean the shares add up to 1: what is left beside beta1?"
            ),
            lambda inputs, right: {"m": _undamped(inputs, "m", "beta1")},
        ),
    ),
)
