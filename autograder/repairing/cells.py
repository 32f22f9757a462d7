"""Kinds of notebook cells: checks, solutions, cells that define something, cells that show."""

import ast

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


def to_run(cell: NotebookNode) -> str:
    """The code of a cell that grading runs: all of the student's cells, and of a locked one what
    it imports, assigns and defines. What a locked cell only shows earns nothing."""
    if cell.cell_type != "code" or is_check(cell):
        return ""
    if not cell.metadata.get("nbgrader", {}).get("locked"):
        return str(cell.source)
    try:
        module = ast.parse(cell.source)
    except SyntaxError:
        return str(cell.source)
    module.body = [statement for statement in module.body if not isinstance(statement, ast.Expr)]
    return ast.unparse(module)
