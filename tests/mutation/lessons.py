"""A lesson's own solutions: their text, and a namespace in which all of them are run."""

import ast
from functools import cache
from pathlib import Path
from typing import Any

import jupytext

import solutions


@cache
def solution_cells(lesson: str) -> dict[str, str]:
    """The text of each solved cell, by the name of its exercise."""
    return {
        cell.metadata["nbgrader"]["grade_id"]: cell.source
        for cell in _code_cells(lesson)
        if cell.metadata.get("nbgrader", {}).get("solution")
    }


def solved_lesson(lesson: str) -> dict[str, Any]:
    """What a student's namespace holds at the lesson's end: its imports and all solutions."""
    namespace: dict[str, Any] = {"__name__": "lesson"}
    for cell in _code_cells(lesson):
        if cell.metadata.get("nbgrader", {}).get("solution"):
            exec(compile(cell.source, cell.metadata["name"], "exec"), namespace)
        else:
            imports = [one for one in ast.parse(cell.source).body if _is_import(one)]
            exec(compile(ast.Module(imports, []), cell.metadata["name"], "exec"), namespace)
    return namespace


@cache
def _code_cells(lesson: str) -> list[Any]:
    path = Path(solutions.__file__).parent / f"{lesson}.py"
    return [cell for cell in jupytext.read(path).cells if cell.cell_type == "code"]


def _is_import(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Import | ast.ImportFrom)
