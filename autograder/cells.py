"""Kinds of notebook cells: checks, solutions, cells that define something, cells that show."""

import ast

from nbformat import NotebookNode

from cs_utils.exercises import UnknownExerciseError, find_exercise


def is_check(cell: NotebookNode) -> bool:
    """Whether a cell is a check, which the grader answers itself."""
    marks = cell.metadata.get("nbgrader", {})
    return bool(marks.get("grade")) and not marks.get("solution")


def exercise_library(cell: NotebookNode) -> str:
    """The library that a solution cell's exercise is written with; '' for any other cell."""
    marks = cell.metadata.get("nbgrader", {})
    try:
        return find_exercise(marks["grade_id"]).library if marks.get("solution") else ""
    except UnknownExerciseError:
        return ""


def defines(cell: NotebookNode) -> bool:
    """Whether a code cell may define what functions need: the student's own cells do, locked ones
    only where they import or assign; the others show something."""
    if cell.cell_type != "code" or is_check(cell):
        return False
    if not cell.metadata.get("nbgrader", {}).get("locked"):
        return True
    try:
        statements = ast.parse(cell.source).body
    except SyntaxError:
        return False
    return all(isinstance(one, ast.Import | ast.ImportFrom | ast.Assign) for one in statements)
