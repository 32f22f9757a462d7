"""What the tests of lesson 4's second half share: its exercises, their cases, and verdicts."""

from collections.abc import Callable
from typing import Any

import jupytext
import torch

from autograder.releasing.release import lesson_sources
from cs_utils.checks import check_exercise
from cs_utils.exercises import find_exercise, lesson_exercises
from cs_utils.verdicts import Verdict
from solutions import torch_seeing

LESSON = "04_pooling"
EXERCISES = [one for one in lesson_exercises(LESSON) if one.library == "torch"]
NAMES = [exercise.name for exercise in EXERCISES]


def solved(**changes: Callable[..., Any]) -> dict[str, Any]:
    """The reference answers as a student's namespace, with some functions exchanged."""
    return {name: getattr(torch_seeing, name) for name in NAMES} | changes


def verdict_on(name: str, function: Callable[..., Any], seed: int = 0) -> Verdict:
    return check_exercise(find_exercise(name), {name: function}, seed)


def lesson_functions() -> dict[str, Any]:
    """The lesson's own solutions, from its source."""
    path = next(path for path in lesson_sources() if path.stem == LESSON)
    namespace: dict[str, Any] = {"torch": torch}
    for cell in jupytext.read(path).cells:
        marks = cell.metadata.get("nbgrader", {})
        if marks.get("solution") and marks["grade_id"] in NAMES:
            exec(cell.source, namespace)
    return namespace
