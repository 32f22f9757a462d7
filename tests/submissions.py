"""What the tests of the exercises share: namespaces as students have them, and their verdicts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from cs_utils.checks import check_exercise
from cs_utils.exercises import find_exercise, lesson_exercises
from cs_utils.reports import text_report
from cs_utils.verdicts import CORRECT, Verdict
from solutions import numpy_vectors

EXERCISES = lesson_exercises("01_vector_backprop")
NAMES = [exercise.name for exercise in EXERCISES]
SEEDS = [0, 1, 2, 3, 4, 2026]


def solved(**changes: Callable[..., Any]) -> dict[str, Any]:
    """The reference answers as a student's namespace, with some functions exchanged.

    Run from their own text, so that an exchanged function is used by those that build on it.
    """
    namespace: dict[str, Any] = {}
    exec(Path(numpy_vectors.__file__).read_text(), namespace)
    namespace.update(changes)
    return namespace


def verdict_on(name: str, seed: int = 0, **changes: Callable[..., Any]) -> Verdict:
    return check_exercise(find_exercise(name), solved(**changes), seed)


def assert_full_marks(verdict: Verdict) -> None:
    assert verdict.status == CORRECT, text_report(verdict)
    assert verdict.score == verdict.max_score


def unwritten(*args: Any, **kwargs: Any) -> Any:
    raise NotImplementedError
