"""Max pooling: in loops, and without a loop over positions."""

from dataclasses import replace
from typing import Any

import numpy as np

from cs_utils.exercises.layers import Layer
from cs_utils.exercises.pooling import max_mistakes
from cs_utils.exercises.pooling.layer import MAX, MAX_FAST
from cs_utils.exercises.pooling.steps import grow
from cs_utils.exercises.specification import (
    AGAIN,
    Case,
    Exercise,
    Functions,
    Inputs,
    Misconception,
    Outputs,
)
from cs_utils.exercises.vector_backprop.drawing import mixed
from cs_utils.language import _

LOOPS = "loops over positions"
_SIDE, _SMALLER_SIDE = 32, 8


def any_right_split(inputs: Inputs, outputs: Outputs) -> Outputs:
    """Where values tie for a window's maximum the derivative does not exist, and any split of the
    gradient among them is right: it becomes PyTorch's, all of it to the first.

    Told for windows that lie side by side, and everywhere for equal shares. Anything else stays
    as it is.
    """
    dx = np.asarray(outputs.get("dx"))
    if dx.shape != inputs["x"].shape or AGAIN in "".join(outputs):
        return outputs
    shares = max_mistakes.equal_split(inputs)
    tied = shares != MAX.backward(inputs)["dx"]
    if tied.any() and (np.allclose(dx, shares) or _is_split(inputs, dx)):
        return {**outputs, **MAX.backward(inputs)}
    return outputs


def _is_split(inputs: Inputs, dx: np.ndarray) -> bool:
    """Whether each window's gradient goes to its largest entries, in parts that add up to it."""
    side, dout = inputs["kernel_size"], np.asarray(inputs["dout"])
    if side != inputs["stride"] or (np.array(dx.shape[2:]) % side).any():
        return False
    share = max_mistakes.equal_split({**inputs, "dout": np.ones_like(dout)})
    upstream = dout.repeat(side, axis=2).repeat(side, axis=3)
    part = dx / upstream
    windows = dx.reshape(*dout.shape[:3], side, dout.shape[3], side)
    only_largest = np.all((share > 0) | (np.abs(dx) < 1e-9))
    return bool(
        only_largest and np.all(part > -1e-9) and np.allclose(windows.sum(axis=(3, 5)), dout)
    )


def _without_loops(layer: Layer, exercise: Exercise, backward: bool) -> Exercise:
    """The exercise with one case more, which counts as much as all others together: Python's steps
    must not grow with the picture."""

    def cases(rng: np.random.Generator) -> list[Case]:
        others = list(exercise.cases(rng))
        inputs: dict[str, Any] = {
            "x": mixed(rng, 1, 2, _SIDE, _SIDE),
            "kernel_size": 2,
            "stride": 2,
            "smaller_side": _SMALLER_SIDE,
        }
        if backward:
            inputs["dout"] = mixed(rng, 1, 2, _SIDE // 2, _SIDE // 2)
        weight = sum(case.weight for case in others)
        title = _("16 times the pixels, and no step more in Python")
        return [*others[:-1], Case(title, inputs, weight=weight), others[-1]]

    def answer(functions: Functions, case: Case) -> Outputs:
        outputs = exercise.answer(functions, case)
        if "smaller_side" not in case.inputs:
            return outputs
        calls = [
            _call(layer, functions, inputs, backward)
            for inputs in (_cropped(case.inputs), case.inputs)
        ]
        return {**outputs, LOOPS: grow(*calls)}

    def oracle(inputs: Inputs) -> Outputs:
        found = exercise.oracle(inputs)
        return {**found, LOOPS: False} if "smaller_side" in inputs else found

    return replace(
        exercise,
        cases=cases,
        answer=answer,
        oracle=oracle,
        in_words=_in_words,
        misconceptions=(_LOOP, *exercise.misconceptions),
    )


def _in_words(inputs: Inputs, name: str, received: np.ndarray, right: np.ndarray) -> str | None:
    return _("Python takes more steps on the larger picture") if name == LOOPS else None


def _cropped(inputs: Inputs) -> Inputs:
    side = inputs["smaller_side"]
    small = {**inputs, "x": inputs["x"][:, :, :side, :side]}
    if "dout" in inputs:
        half = side // inputs["stride"]
        small["dout"] = inputs["dout"][:, :, :half, :half]
    return small


def _call(layer: Layer, functions: Functions, inputs: Inputs, backward: bool) -> Any:
    forward = functions[layer.forward_name]
    arguments = [inputs[name] for name in layer.inputs]
    if not backward:
        return lambda: forward(*arguments)
    _out, cache = forward(*arguments)
    return lambda: functions[layer.backward_name](inputs[layer.upstream], cache)


_LOOP = Misconception(
    "a loop over positions",
    _(
        "The values are right, but Python takes more steps on a larger picture, so there is a "
        "loop over rows, columns or windows. Which slice of x holds entry (a, b) of every "
        "window at once?"
    ),
    lambda inputs, right: {**right, LOOPS: True} if LOOPS in right else right,
)

FORWARD = MAX.forward_exercise(3, *max_mistakes.FORWARD)
BACKWARD = replace(MAX.backward_exercise(4, *max_mistakes.BACKWARD), properties=any_right_split)
FORWARD_FAST = _without_loops(
    MAX_FAST, MAX_FAST.forward_exercise(3, *max_mistakes.FORWARD), backward=False
)
BACKWARD_FAST = replace(
    _without_loops(MAX_FAST, MAX_FAST.backward_exercise(4, *max_mistakes.BACKWARD), backward=True),
    properties=any_right_split,
)
