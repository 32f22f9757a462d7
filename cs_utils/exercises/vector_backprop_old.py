"""The exercises of ``01_vector_backprop``: scalars, vectors, Jacobians, and a two-layer network."""

from typing import Any

import numpy as np

from cs_utils.exercises.layers import Layer
from cs_utils.exercises.specification import (
    Case,
    Misconception,
)
from cs_utils.language import _

LESSON = "01_vector_backprop"


def _relu(x: Any) -> Any:
    import torch

    return torch.relu(x)


def _relu_cases(rng: np.random.Generator) -> list[Case]:
    slide = {"x": np.array([1.0, -2, 3, -1]), "dz": np.array([4.0, -1, 5, 9])}
    return [
        Case(_("the lecture's four numbers"), slide, weight=0),
        Case(_("two numbers, one negative"), {"x": np.array([1, -1]) * rng.uniform(0.5, 2)}),
        Case(_("a zero among them"), {"x": np.array([0.0, *rng.normal(size=3)])}),
        Case(_("seven random numbers"), {"x": rng.normal(size=7)}),
        Case(_("inputs left unchanged"), {"x": rng.normal(size=5)}, inputs_unchanged=True),
    ]


RELU = Layer(
    name="relu",
    lesson=LESSON,
    inputs=("x",),
    gradients=("x",),
    output="z",
    upstream="dz",
    function=_relu,
    cases=_relu_cases,
    caches=(lambda inputs, output: inputs["x"], lambda inputs, output: output),
    inputs_from_cache=lambda cache: {"x": cache},
)

EXERCISES = (
    RELU.forward_exercise(1),
    RELU.backward_exercise(
        2,
        Misconception(
            "upstream gradient forgotten",
            _("This is the local gradient alone. What does the chain rule do with dz?"),
            lambda inputs, right: {"dx": (np.asarray(inputs["x"]) > 0).astype(float)},
        ),
    ),
)
