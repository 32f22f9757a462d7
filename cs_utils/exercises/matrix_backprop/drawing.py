"""What the modules of this lesson share: its name, random labels, and asking one function."""

from collections.abc import Callable

import numpy as np

from cs_utils.exercises.layers import named
from cs_utils.exercises.specification import Case, Functions, Outputs

LESSON = "02_matrix_backprop"


def labels(rng: np.random.Generator, n: int, classes: int) -> np.ndarray:
    """n random labels; every class comes up before any does again."""
    return rng.permutation(classes)[np.arange(n) % classes]


def asks(name: str, *outputs: str) -> Callable[[Functions, Case], Outputs]:
    """The ``answer`` of an exercise whose function takes all inputs of the case, in order, and
    returns ``outputs``: one value, or a tuple of as many."""
    return lambda functions, case: named(functions[name](*case.inputs.values()), outputs, name)
