"""What the tests of lesson 4's first half share: its exercises in NumPy, solved namespaces, and the
lesson's own loops."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import jupytext
import numpy as np
import submissions

from autograder.releasing.release import lesson_sources
from cs_utils import earlier
from cs_utils.checks import check_exercise
from cs_utils.exercises import find_exercise, lesson_exercises
from cs_utils.verdicts import Verdict
from solutions import numpy_pooling

LESSON = "04_pooling"
EXERCISES = [one for one in lesson_exercises(LESSON) if one.library == "numpy"]
NAMES = [exercise.name for exercise in EXERCISES]
SEEDS = [0, 1, 2026]


def solved(**changes: Callable[..., Any]) -> dict[str, Any]:
    """The reference answers as a student's namespace, with some functions exchanged.

    Run from their own text, so that an exchanged function is used by those that build on it.
    """
    namespace: dict[str, Any] = {}
    exec(Path(numpy_pooling.__file__ or "").read_text(), namespace)
    namespace.update(changes)
    return namespace


def verdict_on(name: str, seed: int = 0, **changes: Callable[..., Any]) -> Verdict:
    return check_exercise(find_exercise(name), solved(**changes), seed)


def unwritten(*names: str) -> dict[str, Callable[..., Any]]:
    """The functions of these names as a notebook hands them out."""
    stubs = submissions.solved(**dict.fromkeys(names, submissions.unwritten))
    return {name: stubs[name] for name in names}


@cache
def lesson_functions() -> dict[str, Any]:
    """The lesson's own solutions, in loops, from its source; read only."""
    path = next(path for path in lesson_sources() if path.stem == LESSON)
    lent = next(one for one in EXERCISES if one.name == "ConvNet").builds_on
    namespace: dict[str, Any] = {"np": np}
    namespace |= {name: getattr(earlier, name) for name in lent if name not in NAMES}
    for cell in jupytext.read(path).cells:
        marks = cell.metadata.get("nbgrader", {})
        if marks.get("solution") and marks["grade_id"] in NAMES:
            exec(cell.source, namespace)
    return namespace


def relinked(changes: dict[str, Callable[..., Any]]) -> dict[str, Any]:
    """The lesson's solutions in a namespace of their own, with some functions exchanged."""
    namespace = lesson_functions.__wrapped__()
    namespace.update(changes)
    return namespace
