"""Kinds of notebook cells: checks, and solutions by what their exercise is written with."""

from nbformat import NotebookNode

from cs_utils.exercises import UnknownExerciseError, find_exercise
from cs_utils.exercises.specification import Exercise


def is_check(cell: NotebookNode) -> bool:
    """Whether a cell is a check, which the grader answers itself."""
    marks = cell.metadata.get("nbgrader", {})
    return bool(marks.get("grade")) and not marks.get("solution")


def exercise_library(cell: NotebookNode) -> str:
    """The library that a solution cell's exercise is written with; '' for any other cell."""
    exercise = _exercise(cell)
    return exercise.library if exercise else ""


def exercise_forbids(cell: NotebookNode) -> str:
    """What a solution cell's exercise forbids, as ``Exercise.forbids``; '' for any other cell."""
    exercise = _exercise(cell)
    return exercise.forbids if exercise else ""


def _exercise(cell: NotebookNode) -> Exercise | None:
    marks = cell.metadata.get("nbgrader", {})
    try:
        return find_exercise(marks["grade_id"]) if marks.get("solution") else None
    except UnknownExerciseError:
        return None
