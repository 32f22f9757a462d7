"""``sgd(w, dw, config)``, ``sgd_momentum``, ``rmsprop`` and ``adam`` of ``optim.py``.

They may change w and config in place, as the ``sgd`` that CS231n hands out does.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from cs_utils.cs231n.layer import LESSON
from cs_utils.exercises.layers import named
from cs_utils.exercises.matrix_backprop.steps import gradients, run
from cs_utils.exercises.specification import (
    Case,
    Exercise,
    Functions,
    Inputs,
    Misconception,
    Outputs,
    WrongReturnError,
)
from cs_utils.exercises.vector_backprop.drawing import mixed
from cs_utils.language import _

_DEFAULTS: dict[str, dict[str, float]] = {
    "sgd": {"learning_rate": 1e-2},
    "sgd_momentum": {"learning_rate": 1e-2, "momentum": 0.9},
    "rmsprop": {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8},
    "adam": {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "t": 0},
}
_STATE: dict[str, tuple[str, ...]] = {
    "sgd": (),
    "sgd_momentum": ("velocity",),
    "rmsprop": ("cache",),
    "adam": ("m", "v"),
}
# Where the bias correction is over.
_LATE = 10**6


def _given(name: str, inputs: Inputs) -> dict[str, Any]:
    """The inputs with CS231n's defaults."""
    zeros = {state: np.zeros_like(inputs["w"]) for state in _STATE[name]}
    return {**_DEFAULTS[name], **zeros, **inputs}


def _sgd(inputs: Inputs) -> Outputs:
    given = _given("sgd", inputs)
    return {"w": run("SGD", given, {}, {"lr": given["learning_rate"]})[0]}


def _sgd_momentum(inputs: Inputs, **options: Any) -> dict[str, np.ndarray]:
    """PyTorch's velocity lacks the learning rate and its sign."""
    given = _given("sgd_momentum", inputs)
    rate = given["learning_rate"]
    told = {"lr": rate, "momentum": given["momentum"]} | options
    w, state = run("SGD", given, {"momentum_buffer": -given["velocity"] / rate}, told)
    return {"w": w, "velocity": -rate * state["momentum_buffer"].numpy()}


def _rmsprop(inputs: Inputs, **changes: Any) -> dict[str, np.ndarray]:
    given = _given("rmsprop", inputs) | changes
    told = {"lr": given["learning_rate"], "alpha": given["decay_rate"], "eps": given["epsilon"]}
    w, state = run("RMSprop", given, {"square_avg": given["cache"], "step": 0.0}, told)
    return {"w": w, "cache": state["square_avg"].numpy()}


def _adam(inputs: Inputs, **changes: Any) -> dict[str, np.ndarray]:
    given = _given("adam", inputs) | changes
    told = {
        "lr": given["learning_rate"],
        "betas": (given["beta1"], given["beta2"]),
        "eps": given["epsilon"],
    }
    state = {"exp_avg": given["m"], "exp_avg_sq": given["v"], "step": float(given["t"])}
    w, after = run("Adam", given, state, told)
    return {"w": w, "m": after["exp_avg"].numpy(), "v": after["exp_avg_sq"].numpy()}


def _cases(
    name: str, draw: Callable[[np.random.Generator], dict[str, Any]]
) -> Callable[[np.random.Generator], list[Case]]:
    """One weight, a matrix, no config at all, several steps."""

    def cases(rng: np.random.Generator) -> list[Case]:
        def inputs(*shape: int, steps: int = 0, config: bool = True) -> dict[str, Any]:
            dw: Any = mixed(rng, *shape)
            if steps:
                dw = [mixed(rng, *shape) for _step in range(steps)]
            state = {
                one: rng.uniform(0.3, 2, shape) if one in ("cache", "v") else mixed(rng, *shape)
                for one in _STATE[name]
            }
            return {"w": mixed(rng, *shape), "dw": dw, **({**state, **draw(rng)} if config else {})}

        return [
            Case(_("one weight"), inputs(1)),
            Case(_("three weights"), inputs(3)),
            Case(_("a matrix of weights"), inputs(3, 4)),
            Case(_("config is None: the defaults"), inputs(2, 3, config=False)),
            Case(_("five steps"), inputs(2, 3, steps=5)),
        ]

    return cases


def _answer(name: str) -> Callable[[Functions, Case], Outputs]:
    """Asks for one step after another; each gets what the last one returned."""

    def answer(functions: Functions, case: Case) -> Outputs:
        inputs = case.inputs
        w, options = inputs["w"], set(inputs) - {"w", "dw"}
        config: Any = {key: inputs[key] for key in sorted(options)} or None
        for dw in gradients(inputs):
            w, config = named(functions[name](w, dw, config), ("next_w", "config"), name).values()
        found = {"w": w}
        for state in _STATE[name]:
            if not isinstance(config, dict) or state not in config:
                text = _("The config that {name} returns must hold {key!r}.")
                raise WrongReturnError(text.format(name=name, key=state))
            found[state] = config[state]
        return found

    return answer


def _exercise(
    name: str,
    points: float,
    draw: Callable[[np.random.Generator], dict[str, Any]],
    oracle: Callable[[Inputs], Outputs],
    *misconceptions: Misconception,
) -> Exercise:
    uphill = Misconception(
        "step uphill",
        _("w went the wrong way. Does the loss fall along the gradient or against it?"),
        lambda inputs, right: {"w": 2 * inputs["w"] - right["w"]},
    )
    return Exercise(
        name=name,
        lesson=LESSON,
        points=points,
        cases=_cases(name, draw),
        answer=_answer(name),
        oracle=oracle,
        misconceptions=(uphill, *misconceptions),
    )


def _rate(rng: np.random.Generator) -> dict[str, Any]:
    return {"learning_rate": float(rng.uniform(0.05, 0.2))}


def _pytorchs_velocity(inputs: Inputs) -> Outputs:
    """The velocity that holds no learning rate, from the same numbers."""
    given = _given("sgd_momentum", inputs)
    told = {"lr": given["learning_rate"], "momentum": given["momentum"]}
    w, state = run("SGD", given, {"momentum_buffer": given["velocity"]}, told)
    return {"w": w, "velocity": state["momentum_buffer"].numpy()}


def _root_forgotten(inputs: Inputs, right: Outputs) -> Outputs | None:
    if isinstance(inputs["dw"], list):
        return None
    eps = _given("rmsprop", inputs)["epsilon"]
    step = (right["w"] - inputs["w"]) * (np.sqrt(right["cache"]) + eps)
    return {"w": inputs["w"] + step / (right["cache"] + eps), "cache": right["cache"]}


SGD = _exercise("sgd", 1, _rate, _sgd)
SGD_MOMENTUM = _exercise(
    "sgd_momentum",
    1,
    lambda rng: {**_rate(rng), "momentum": float(rng.uniform(0.5, 0.95))},
    _sgd_momentum,
    Misconception(
        "velocity without the learning rate",
        _(
            "This is PyTorch's form: velocity is a sum of gradients. "
            "In CS231n v = mu v - learning_rate dw: where does the learning rate come in?"
        ),
        lambda inputs, right: _pytorchs_velocity(inputs),
    ),
    Misconception(
        "Nesterov's momentum",
        _("This is Nesterov's form. Which one direction does plain momentum follow?"),
        lambda inputs, right: _sgd_momentum(inputs, nesterov=True),
    ),
    Misconception(
        "velocity not handed on",
        _("config['velocity'] came back as it was given. What does the next step need to know?"),
        lambda inputs, right: {"velocity": _given("sgd_momentum", inputs)["velocity"]},
    ),
)
RMSPROP = _exercise(
    "rmsprop",
    1,
    lambda rng: {**_rate(rng), "decay_rate": float(rng.uniform(0.8, 0.95)), "epsilon": 1e-6},
    _rmsprop,
    Misconception(
        "decay turned round",
        _(
            "The old cache was multiplied by 1 - decay_rate. "
            "With decay_rate = 0.99, should it forget quickly or slowly?"
        ),
        lambda inputs, right: _rmsprop(
            inputs, decay_rate=1 - _given("rmsprop", inputs)["decay_rate"]
        ),
    ),
    Misconception(
        "root forgotten",
        _(
            "dw was divided by the cache. It is a mean of squares: "
            "what must be taken of it to be as large as a gradient?"
        ),
        _root_forgotten,
    ),
)
ADAM = _exercise(
    "adam",
    2,
    lambda rng: {
        **_rate(rng),
        "beta1": float(rng.uniform(0.7, 0.9)),
        "beta2": float(rng.uniform(0.95, 0.99)),
        "epsilon": 1e-6,
        "t": int(rng.integers(1, 6)),
    },
    _adam,
    Misconception(
        "no bias correction",
        _(
            "m and v began at 0 and are still too small in the first steps. "
            "By what are they divided to make up for that?"
        ),
        lambda inputs, right: {"w": _adam(inputs, t=_LATE)["w"]},
    ),
    Misconception(
        "t not counted up first",
        _(
            "The bias correction is one step behind. "
            "CS231n counts t up before it is used: with which t does the first step come?"
        ),
        lambda inputs, right: (
            {"w": _adam(inputs, t=inputs["t"] - 1)["w"]} if inputs.get("t") else right
        ),
    ),
    Misconception(
        "betas exchanged",
        _(
            "beta1 and beta2 have changed places. "
            "Which of the two means should be the longer one, that of dw or of its square?"
        ),
        lambda inputs, right: _adam(
            inputs,
            beta1=_given("adam", inputs)["beta2"],
            beta2=_given("adam", inputs)["beta1"],
        ),
    ),
)
