"""How little a layer's output changes when its pictures move: ``shift_invariance``."""

from collections.abc import Callable
from typing import Any

import numpy as np

from cs_utils.exercises.layers import named
from cs_utils.exercises.pooling.drawing import LESSON
from cs_utils.exercises.specification import (
    Case,
    Exercise,
    Functions,
    Inputs,
    Misconception,
    Outputs,
)
from cs_utils.exercises.vector_backprop.drawing import mixed
from cs_utils.language import _

_Layer = Callable[[Any], Any]

# By the names that go to the student's kernel in their place; for arrays and for tensors.
_LAYERS: dict[str, _Layer] = {
    "squares": lambda x: x * x,
    "every second column": lambda x: x[:, :, :, ::2],
    "left half": lambda x: x[:, :, :, : x.shape[3] // 2],
    "sums of the rows": lambda x: x.sum(3),
    "first row": lambda x: x[:, :, 0],
}


def _cases(rng: np.random.Generator) -> list[Case]:
    def inputs(layer: str, *shape: int, shift: int) -> dict[str, Any]:
        return {"layer": layer, "x": mixed(rng, *shape), "shift": shift}

    printed = {"layer": "left half", "x": np.array([[[[3.0, 0, 4, 0]]]]), "shift": 1}
    return [
        Case(_("the left half of 3 0 4 0"), printed, weight=0),
        Case(_("squares, one row"), inputs("squares", 1, 1, 1, 3, shift=1)),
        Case(_("every second column, shift 1"), inputs("every second column", 1, 1, 3, 6, shift=1)),
        Case(_("the left half, shift 2"), inputs("left half", 2, 1, 4, 7, shift=2)),
        Case(
            _("sums of the rows: they never change"),
            inputs("sums of the rows", 2, 3, 4, 5, shift=3),
        ),
        Case(_("the first row, several images"), inputs("first row", 3, 2, 3, 4, shift=1)),
        Case(_("shift 0"), inputs("squares", 2, 1, 3, 3, shift=0)),
        Case(
            _("inputs are left unchanged"),
            inputs("left half", 2, 2, 5, 6, shift=2),
            inputs_unchanged=True,
        ),
    ]


def _ask(functions: Functions, case: Case) -> Outputs:
    layer, x, shift = case.inputs.values()
    name = "shift_invariance"
    return named(functions[name](_LAYERS[layer], x, shift), ["invariance"], name)


def _compared(before: Any, after: Any) -> float:
    """The invariance of two outputs, by PyTorch."""
    import torch

    one, other = (torch.as_tensor(np.array(value)).flatten() for value in (before, after))
    distance = torch.dist(one, other)
    return float(1 - distance / (torch.linalg.norm(one) + torch.linalg.norm(other)))


def _moved(x: np.ndarray, shift: int, axis: int = 3) -> np.ndarray:
    import torch

    return torch.roll(torch.from_numpy(np.array(x)), shift, axis).numpy()


def _invariance(layer: _Layer, x: np.ndarray, shift: int, axis: int = 3) -> float:
    return _compared(layer(x), layer(_moved(x, shift, axis)))


def _outputs(inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
    layer, x = _LAYERS[inputs["layer"]], inputs["x"]
    return layer(x), layer(_moved(x, inputs["shift"]))


def _filled_with_zeros(inputs: Inputs) -> Outputs:
    layer, shift = _LAYERS[inputs["layer"]], inputs["shift"]
    x = _moved(inputs["x"], shift)
    x[..., :shift] = 0
    return {"invariance": _compared(layer(inputs["x"]), layer(x))}


def _as_one_line(inputs: Inputs) -> Outputs:
    layer, x = _LAYERS[inputs["layer"]], inputs["x"]
    moved = _moved(x.reshape(1, 1, 1, -1), inputs["shift"]).reshape(x.shape)
    return {"invariance": _compared(layer(x), layer(moved))}


def _output_moved(inputs: Inputs) -> Outputs:
    before, _after = _outputs(inputs)
    return {"invariance": _compared(before, _moved(before, inputs["shift"], before.ndim - 1))}


def _by_first_alone(inputs: Inputs, right: Outputs) -> Outputs:
    before, after = (float(np.linalg.norm(one)) for one in _outputs(inputs))
    return {"invariance": 1 - (1 - right["invariance"]) * (before + after) / before}


def _of_the_difference(inputs: Inputs, right: Outputs) -> Outputs:
    before, after = _outputs(inputs)
    return {"invariance": 1 - float(np.linalg.norm(after - before))}


SHIFT_INVARIANCE = Exercise(
    name="shift_invariance",
    lesson=LESSON,
    points=2,
    cases=_cases,
    answer=_ask,
    oracle=lambda inputs: {
        "invariance": _invariance(_LAYERS[inputs["layer"]], inputs["x"], inputs["shift"])
    },
    stand_ins=(_invariance,),
    misconceptions=(
        Misconception(
            "moved to the left",
            _("The pictures were moved to the left. In which direction does np.roll(x, 1) move?"),
            lambda inputs, right: {
                "invariance": _invariance(_LAYERS[inputs["layer"]], inputs["x"], -inputs["shift"])
            },
        ),
        Misconception(
            "moved down",
            _("The pictures were moved down. Which axis of (N, C, H, W) goes to the right?"),
            lambda inputs, right: {
                "invariance": _invariance(_LAYERS[inputs["layer"]], inputs["x"], inputs["shift"], 2)
            },
        ),
        Misconception(
            "moved on to the next row",
            _(
                "What leaves a row on the right comes in on the next row's left: np.roll without "
                "an axis moves all numbers as one line. Which axis goes to the right?"
            ),
            lambda inputs, right: _as_one_line(inputs),
        ),
        Misconception(
            "zeros come in",
            _(
                "On the left zeros came in. "
                "What is to come in there, so that no part of the picture is lost?"
            ),
            lambda inputs, right: _filled_with_zeros(inputs),
        ),
        Misconception(
            "the output moved",
            _(
                "The output was moved and compared with itself. "
                "Does the layer see the moved picture anywhere?"
            ),
            lambda inputs, right: _output_moved(inputs),
        ),
        Misconception(
            "change, not invariance",
            _("This is how much the output changes. What is 1 for a layer that sees no shift?"),
            lambda inputs, right: {"invariance": 1 - right["invariance"]},
        ),
        Misconception(
            "divided by the first output alone",
            _(
                "The change was divided by the first output's size alone, and can then be more "
                "than 1. Which two sizes stand below the fraction?"
            ),
            _by_first_alone,
        ),
        Misconception(
            "not divided",
            _(
                "The change was not divided by anything, so that brighter pictures change more. "
                "What stands below the fraction?"
            ),
            _of_the_difference,
        ),
    ),
)
