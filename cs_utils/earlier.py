"""Working functions of earlier lessons, for what builds on them in a later one:
``from cs_utils.earlier import batchnorm_forward``.

Their values come from PyTorch. While a notebook is graded, the grader lends them instead.
"""

from collections.abc import Callable
from typing import Any

from cs_utils.exercises import UnknownExerciseError, find_exercise


def __getattr__(name: str) -> Callable[..., Any]:
    try:
        versions = find_exercise(name).stand_ins
    except UnknownExerciseError:
        versions = ()
    if not versions:
        raise AttributeError(f"no exercise lends a function called {name}")
    return versions[0]
