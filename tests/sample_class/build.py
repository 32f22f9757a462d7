"""The sample class: hand-ins of every kind, made from the current release notebooks.

``students/<lesson>/<file>.py`` is what one student wrote. Its docstring starts with the student's
name; each cell behind ``# %%`` that defines an exercise's function or class is that exercise's
solution, any other is a cell of the student's own, put where it stands. What happened to the file
is told below.

    python -m tests.sample_class.build OUT
"""

import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from cs_utils.exercises import lesson_exercises

_NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
_STUDENTS = Path(__file__).parent / "students"
_FIRST_LESSON = "01_vector_backprop"
_CELL = "\n# %%"
_DEFINITION = re.compile(r"^(?:def|class) (\w+)\b", re.MULTILINE)


@dataclass(frozen=True)
class Student:
    """A student's file: which lesson, who it is, and the cells in order."""

    lesson: str
    file: str
    name: str
    cells: list[str]


def students() -> Iterator[Student]:
    """Everything that was handed in, by lessons and files' names."""
    for path in sorted(_STUDENTS.glob("*/*.py")):
        who, *cells = path.read_text(encoding="utf-8").split(_CELL)
        name = who.lstrip('"').split(":")[0].split(",")[0]
        yield Student(path.parent.name, path.stem, name, [cell.strip() for cell in cells])


def build(out: Path) -> None:
    """Write everybody's hand-in to the folder ``out``."""
    for student in students():
        notebook = nbformat.read(_NOTEBOOKS / f"{student.lesson}.ipynb", as_version=4)
        write_solutions(notebook, student)
        first = student.lesson == _FIRST_LESSON
        if first and student.file in _TO_THE_NOTEBOOK:
            notebook = _TO_THE_NOTEBOOK[student.file](notebook)
        content = json.dumps(notebook, ensure_ascii=False, indent=1).encode()
        if first and student.file in _TO_THE_FILE:
            content = _TO_THE_FILE[student.file](content)
        path = out / _place(student)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def write_solutions(notebook: NotebookNode, student: Student) -> None:
    """Put the cells into the notebook: solutions in their places, others behind the one before."""
    exercises = {exercise.name for exercise in lesson_exercises(student.lesson)}
    place = 0
    for source in student.cells:
        name = next((one for one in _DEFINITION.findall(source) if one in exercises), None)
        if name:
            place = cell_index(notebook, name)
            notebook.cells[place].source = source
        else:
            notebook.cells.insert(place, new_code_cell(source))
        place += 1


def cell_index(notebook: NotebookNode, name: str) -> int:
    """Where the cell of this id is."""
    return [cell.id for cell in notebook.cells].index(name)


def _place(student: Student) -> str:
    lesson = student.lesson
    if student.file not in _FLAT:
        return f"{student.name}/{lesson}/{lesson}.ipynb"
    return f"{student.name}_{lesson}{_FLAT[student.file]}.ipynb"


def _copied_cells(notebook: NotebookNode) -> NotebookNode:
    """A check cell twice, one after the other; a first draft of relu_forward above the last one."""
    check, solution = (
        nbformat.from_dict(notebook.cells[cell_index(notebook, name)])
        for name in ("check-softmax_forward", "relu_forward")
    )
    check.id, solution.id = "a-copy", "another-copy"
    notebook.cells.insert(cell_index(notebook, "check-softmax_forward"), check)
    draft = NotebookNode(solution, source="def relu_forward(x):\n    return x, x")
    notebook.cells.insert(cell_index(notebook, "relu_forward"), draft)
    return notebook


def _without_metadata(notebook: NotebookNode) -> NotebookNode:
    notebook.metadata, notebook.nbformat_minor = NotebookNode(), 4
    for cell in notebook.cells:
        cell.metadata = NotebookNode()
        del cell["id"]
    return notebook


def _tidied(notebook: NotebookNode) -> NotebookNode:
    """No check cells any more, and locked cells that say something else."""
    notebook.cells = [cell for cell in notebook.cells if not cell.id.startswith("check-")]
    for cell in notebook.cells:
        if cell.id == "set-up":
            cell.source = "import numpy\nfrom cs_utils import *\nimport package_of_noah"
        elif cell.metadata.get("nbgrader", {}).get("locked"):
            cell.source = "# boring"
    return notebook


def _forged(notebook: NotebookNode) -> NotebookNode:
    """Outputs of full marks, and marks that promise more of them."""
    for cell in notebook.cells:
        marks = cell.metadata.get("nbgrader", {})
        if marks.get("grade"):
            marks["points"] = 1000
            marks["solution"] = True
            marks["locked"] = False
            data = {"text/plain": "1000.0"}
            cell.outputs = [new_output("execute_result", data=data, execution_count=1)]
            cell.source = "1000.0"
    return notebook


def _syntax_error(notebook: NotebookNode) -> NotebookNode:
    cell = notebook.cells[cell_index(notebook, "linear_forward")]
    cell.source = cell.source.replace("):", ")")
    return notebook


def _of_another_course(notebook: NotebookNode) -> NotebookNode:
    cells = [
        new_markdown_cell("# Лабораторная работа 3"),
        new_code_cell("import math\n\ndef area(r):\n    return math.pi * r**2"),
    ]
    return new_notebook(cells=cells, metadata=notebook.metadata)


def _cut_off(content: bytes) -> bytes:
    return content[: len(content) * 2 // 3]


def _picture(content: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256))


def _empty(content: bytes) -> bytes:
    return b""


# What follows the lesson's name in the names of flat files; all others use nbgrader's folders.
_FLAT = {
    "jonas_weber": "",
    "noah_schmidt": " - Copy",
    "ingrid_berg_1": "",
    "ingrid_berg_2": " (1)",
    "yusuf_demir": "",
}
# What happened to notebooks and files of the first lesson.
_TO_THE_NOTEBOOK: dict[str, Callable[[NotebookNode], NotebookNode]] = {
    "emma_dubois": _copied_cells,
    "maria_kuznetsova": _without_metadata,
    "noah_schmidt": _tidied,
    "mallory_quinn": _forged,
    "zeynep_kaya": _syntax_error,
    "oleg_smirnov": _of_another_course,
}
_TO_THE_FILE: dict[str, Callable[[bytes], bytes]] = {
    "pedro_alves": _cut_off,
    "hannah_fischer": _picture,
    "yusuf_demir": _empty,
}

if __name__ == "__main__":
    build(Path(sys.argv[1]))
