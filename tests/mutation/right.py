"""Right solutions of each exercise, in different styles: loops, vectorised, einsum, tensors.

They come from the lessons, the references, the sample class and the tests of each lesson; here
they stand side by side, to be counted and checked in one place.
"""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np
import test_architectures_exercises
import test_convolution_exercises
import test_exercises
import test_pooling_exercises
import test_residual_networks
import test_seeing_exercises
from matrix_styles import OTHER_STYLES as MATRIX_STYLES
from sample_class.build import students

from cs_utils.checks import check_exercise
from cs_utils.exercises.specification import Exercise
from mutation.lessons import solution_cells, solved_lesson
from mutation.sources import references
from mutation.written import WRITTEN

# Everything that these students of the sample class wrote is right.
_RIGHT_STUDENTS = ("aiko_tanaka", "jonas_weber", "sofia_rossi", "priya_sharma")

_WITH_CACHE = re.compile(r"_forward(_|$)")
Functions = Mapping[str, Callable[..., Any]]


def right_solutions(exercise: Exercise) -> dict[str, bool]:
    """Where each solution of the exercise comes from, and whether it gets full marks."""
    found = {}
    for style, namespace in right_styles(exercise).items():
        verdict = check_exercise(exercise, namespace, seed=41)
        found[style] = verdict.score == verdict.max_score
    return found


def right_styles(exercise: Exercise) -> dict[str, dict[str, Any]]:
    """The namespace of each solution, by where it comes from."""
    return dict(_namespaces(exercise))


def _namespaces(exercise: Exercise) -> Iterator[tuple[str, dict[str, Any]]]:
    lesson = solved_lesson(exercise.lesson)
    yield "the lesson's own", lesson
    yield "the reference", lesson | references(exercise)
    for style, functions in _written(exercise):
        yield style, lesson | dict(functions)
    for who in _RIGHT_STUDENTS:
        namespace = _of_student(exercise.lesson, who)
        if namespace and _is_own_work(exercise, who):
            yield who, namespace
    # In single precision as well, in the style of a student who works number by number.
    namespace = _of_student(exercise.lesson, _RIGHT_STUDENTS[0])
    if namespace and exercise.library == "numpy" and exercise.name != "ConvNet":
        yield "number by number, in float32", namespace | _in_single_precision(exercise, namespace)


def _written(exercise: Exercise) -> Iterator[tuple[str, Functions]]:
    """What the tests of the lessons hold beside the references, and what stands in ``written``."""
    named: list[tuple[str, Functions]] = [
        *test_exercises.OTHER_STYLES.items(),
        *MATRIX_STYLES,
        *test_convolution_exercises.OTHER_STYLES,
        *test_pooling_exercises.OTHER_STYLES,
        *((name, {name: function}) for name, function in test_seeing_exercises.OTHER_STYLES),
        ("LeNet5", {"LeNet5": test_architectures_exercises.FunctionalLeNet}),
        ("AlexNet", {"AlexNet": test_architectures_exercises.FunctionalAlexNet}),
        ("Inception", {"Inception": test_architectures_exercises.keyword_inception}),
        ("Bottleneck", {"Bottleneck": test_residual_networks.PaperBottleneck}),
        *WRITTEN,
    ]
    own = [functions for name, functions in named if name == exercise.name]
    yield from ((f"another style, {number}", one) for number, one in enumerate(own, start=1))


@cache
def _cells(lesson: str, who: str) -> list[str]:
    """What a student of the sample class wrote; nothing where they handed in none."""
    found = [one.cells for one in students() if (one.lesson, one.file) == (lesson, who)]
    return found[0] if found else []


@cache
def _of_student(lesson: str, who: str) -> dict[str, Any]:
    """The lesson's namespace with a student's cells run in it; empty where they handed in none."""
    namespace = solved_lesson(lesson) if _cells(lesson, who) else {}
    for cell in _cells(lesson, who):
        exec(cell, namespace)
    return namespace


def _is_own_work(exercise: Exercise, who: str) -> bool:
    """Whether a student's solution is another program than the lesson's."""
    definition = re.compile(rf"^(def|class) {exercise.name}\b", re.MULTILINE)
    own = [cell for cell in _cells(exercise.lesson, who) if definition.search(cell)]
    lessons_own = _program(solution_cells(exercise.lesson)[exercise.name])
    return bool(own) and _program(own[-1]) != lessons_own


def _program(text: str) -> str:
    """A piece of code without comments, docstrings and annotations."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            node.body = node.body[1:]
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        if isinstance(node, ast.arg):
            node.annotation = None
    return ast.unparse(tree)


def _in_single_precision(exercise: Exercise, namespace: Mapping[str, Any]) -> dict[str, Any]:
    """The student's function with its results in float32; a cache is left as it is."""
    function = namespace[exercise.name]

    def computed(*args: Any, **kwargs: Any) -> Any:
        found = function(*args, **kwargs)
        if isinstance(found, tuple) and _WITH_CACHE.search(exercise.name):
            return _rounded(found[0]), *found[1:]
        return tuple(map(_rounded, found)) if isinstance(found, tuple) else _rounded(found)

    return {exercise.name: computed}


def _rounded(value: Any) -> Any:
    array = np.asarray(value)
    return array.astype(np.float32) if array.dtype == np.float64 else value
