"""A lesson's cells, run one after the other in this process as a kernel would, solved or not."""

import ast
import re
from pathlib import Path
from typing import Any

import jupytext

import solutions

_SOLUTION = re.compile(r"^( *)### BEGIN SOLUTION.*?### END SOLUTION", re.DOTALL | re.MULTILINE)
_STUB = r"\1raise NotImplementedError"


def run_cells(lesson: str, solved: bool) -> dict[str, Any]:
    """What the last expression of each code cell gives, by the cell's name; exceptions pass."""
    path = Path(solutions.__file__).parent / f"{lesson}.py"
    namespace: dict[str, Any] = {"__name__": "lesson"}
    shown = {}
    for cell in jupytext.read(path).cells:
        if cell.cell_type != "code":
            continue
        source = cell.source if solved else _SOLUTION.sub(_STUB, cell.source)
        tree = ast.parse(source)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        name = cell.metadata["name"]
        exec(compile(tree, name, "exec"), namespace)
        if last is not None:
            shown[name] = eval(compile(ast.Expression(last.value), name, "eval"), namespace)
    return shown
