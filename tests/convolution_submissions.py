"""What the tests of lesson 3 share: its exercises, solved namespaces, the lesson's own loops."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import submissions

from autograder.releasing.release import lesson_sources, source_notebook
from cs_utils.checks import check_exercise
from cs_utils.exercises import find_exercise, lesson_exercises
from cs_utils.verdicts import Verdict
from solutions import numpy_convolution, numpy_convolution_options, torch_layers

LESSON = "03_convolution"
EXERCISES = lesson_exercises(LESSON)
NAMES = [exercise.name for exercise in EXERCISES]
SEEDS = [0, 1, 2026]

_MODULES: dict[str, tuple[ModuleType, ...]] = {
    "numpy": (numpy_convolution, numpy_convolution_options),
    "torch": (torch_layers,),
}


def solved(library: str = "numpy", **changes: Callable[..., Any]) -> dict[str, Any]:
    """The reference answers as a student's namespace, with some functions exchanged.

    Run from their own text, so that an exchanged function is used by those that build on it.
    """
    namespace: dict[str, Any] = {}
    for module in _MODULES[library]:
        exec(Path(module.__file__ or "").read_text(), namespace)
    namespace.update(changes)
    return namespace


def verdict_on(name: str, seed: int = 0, **changes: Callable[..., Any]) -> Verdict:
    exercise = find_exercise(name)
    return check_exercise(exercise, solved(exercise.library, **changes), seed)


def unwritten(*names: str) -> dict[str, Callable[..., Any]]:
    """The functions of these names as a notebook hands them out."""
    stubs = submissions.solved(**dict.fromkeys(names, submissions.unwritten))
    return {name: stubs[name] for name in names}


@cache
def lesson_functions() -> dict[str, Any]:
    """The lesson's own solutions, in loops, from its source; read only."""
    path = next(path for path in lesson_sources() if path.stem == LESSON)
    import torch

    namespace: dict[str, Any] = {"np": np, "torch": torch}
    for cell in source_notebook(path).cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            exec(cell.source, namespace)
    return namespace


def relinked(changes: dict[str, Callable[..., Any]]) -> dict[str, Any]:
    """The lesson's solutions in a namespace of their own, with some functions exchanged."""
    namespace = lesson_functions.__wrapped__()
    namespace.update(changes)
    return namespace
