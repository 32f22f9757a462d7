"""The exercises of the course: one specification each, found by the function's name.

A module a lesson: ``vector_backprop`` holds those of ``01_vector_backprop``.
"""

from collections.abc import Callable, Mapping
from typing import Any

from cs_utils.exercises import (
    architectures,
    convolution,
    matrix_backprop,
    pooling,
    vector_backprop,
)
from cs_utils.exercises.specification import Exercise

_LESSONS = (vector_backprop, matrix_backprop, convolution, pooling, architectures)
_ALL = {exercise.name: exercise for lesson in _LESSONS for exercise in lesson.EXERCISES}


class UnknownExerciseError(KeyError):
    """No exercise has this name; the text lists those there are."""

    def __str__(self) -> str:
        return str(self.args[0])


def find_exercise(name: str) -> Exercise:
    """The exercise of this name. Raises UnknownExerciseError."""
    if name not in _ALL:
        known = ", ".join(sorted(_ALL))
        raise UnknownExerciseError(f"There is no exercise called {name}. There are: {known}.")
    return _ALL[name]


def lesson_exercises(lesson: str) -> list[Exercise]:
    """The exercises of a lesson in the notebook's order; empty for an unknown lesson."""
    return [exercise for exercise in _ALL.values() if exercise.lesson == lesson]


def lessons() -> list[str]:
    """The names of all lessons that have exercises, in order."""
    return sorted({exercise.lesson for exercise in _ALL.values()})


def lent_parts(exercise: Exercise) -> dict[str, int]:
    """The parts that earlier lessons taught: working versions always take their place, for this
    lesson's notebook does not define them."""
    return {name: 0 for name in exercise.builds_on if find_exercise(name).lesson != exercise.lesson}


def stand_in_rounds(exercise: Exercise) -> list[dict[str, int]]:
    """Which working version takes the place of each part that an exercise builds on, in the
    order to try them.

    First the function whose cache it is given stays the student's own: only they know what it
    keeps. Then it is replaced too, in a round for each sensible way to keep a cache.
    """
    maker, lent = exercise.cache_from, lent_parts(exercise)
    others = {name: 0 for name in exercise.builds_on if name != maker and name not in lent}
    versions = len(find_exercise(maker).stand_ins) if maker else 0
    with_maker = [others | {maker: version} for version in range(versions)]
    return [others, *with_maker] if others else with_maker


def working(versions: Mapping[str, int]) -> dict[str, Callable[..., Any]]:
    """The working functions themselves, of these versions."""
    return {name: find_exercise(name).stand_ins[version] for name, version in versions.items()}
