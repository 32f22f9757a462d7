"""Makes a gradable notebook of whatever was handed in: the release's own cells in the release's
order, with the student's solutions in their places and the student's further cells beside them.

A student's cell is matched to the release by nbgrader's id, then by its cell id, then by the
function it defines, then by its text. What had to be mended is listed in words.
"""

import ast
import copy
import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from cs_utils.exercises import lesson_exercises, lessons

_SIZE_LIMIT = 50 * 2**20
_DEFINITION = re.compile(r"^(?:def|class)\s+(\w+)\s*[(:]", re.MULTILINE)
_CHECK = re.compile(r"^\s*check\(\s*(\w+)\s*\)\s*$")
_DEFINED_ELSEWHERE = "# This function is defined in another cell of the hand-in."
_MISSING = "# This cell is missing from the hand-in."


class UnreadableError(ValueError):
    """The file is no notebook; the text says what it is instead."""


@dataclass
class Repaired:
    """A gradable notebook, and what had to be mended, in words."""

    notebook: NotebookNode
    repairs: list[str] = field(default_factory=list)


@dataclass
class _Cell:
    """A student's cell: its source, kind and marks, and the release cell it belongs to."""

    source: str
    kind: str
    grade_id: str
    cell_id: str
    key: str | None = None


def read_notebook(path: Path) -> NotebookNode:
    """The notebook in a file, of any format version, brought to the present one.

    Raises UnreadableError for anything else.
    """
    try:
        if path.stat().st_size > _SIZE_LIMIT:
            raise UnreadableError(f"the file is larger than {_SIZE_LIMIT // 2**20} MB")
        content = json.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise UnreadableError("the file is no text, so it is no notebook") from None
    except json.JSONDecodeError as error:
        text = f"the file is no notebook: its JSON ends or breaks at line {error.lineno}"
        raise UnreadableError(f"{text}. Was it cut off when it was saved or sent?") from None
    except (OSError, RecursionError) as error:
        raise UnreadableError(f"the file cannot be read ({type(error).__name__})") from None
    if not isinstance(content, dict) or not ("cells" in content or "worksheets" in content):
        raise UnreadableError("the file is JSON, but no notebook: it has no cells")
    try:
        return _modern(content)
    except Exception as error:
        text = f"the file's cells cannot be understood ({type(error).__name__})"
        raise UnreadableError(text) from error


def lesson_of(notebook: NotebookNode) -> str | None:
    """The lesson whose functions the notebook defines most of, or None."""
    defined = {name for cell in notebook.cells for name in _functions(cell.source)}
    counts = {
        lesson: sum(exercise.name in defined for exercise in lesson_exercises(lesson))
        for lesson in lessons()
    }
    best = max(counts, key=lambda lesson: counts[lesson])
    return best if counts[best] else None


def repair(submitted: NotebookNode, release: NotebookNode) -> Repaired:
    """The hand-in as the grader runs it.

    submitted: what ``read_notebook`` gave. release: the lesson as it was given out.
    """
    exercises = [
        cell.metadata.nbgrader.grade_id
        for cell in release.cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    ]
    students = [_student_cell(cell) for cell in submitted.cells]
    by_id = {_release_key(cell): cell for cell in release.cells}
    repairs: list[str] = []
    for cell in students:
        cell.key = _match(cell, by_id, exercises)
    _drop_stubs(students, by_id, exercises, repairs)
    chosen, drafts, extras = _choose(students, set(exercises), repairs)
    _tell_changes(students, by_id, exercises, repairs)
    cells = list(extras[None])
    defined = {name for cell in students for name in _functions(cell.source)}
    for cell in release.cells:
        key = _release_key(cell)
        kept = copy.deepcopy(cell)
        if key in exercises:
            kept.source = _solution(key, chosen, defined, repairs)
        cells += [*drafts[key], kept, *extras[key]]
    notebook = copy.deepcopy(release)
    notebook.cells = cells
    for index, cell in enumerate(notebook.cells):
        cell.id = cell.get("id") or f"extra-{index}"
    return Repaired(notebook, repairs)


def unreadable_notebook(release: NotebookNode, reason: str) -> NotebookNode:
    """What stands for a file that could not be read: the release, and why."""
    notebook = copy.deepcopy(release)
    note = new_markdown_cell(f"**This hand-in could not be read:** {reason}", id="unreadable")
    notebook.cells.insert(0, note)
    return notebook


def _modern(content: dict[str, Any]) -> NotebookNode:
    """The notebook in today's format, its cells reduced to kind, text and nbgrader's marks."""
    raw = content
    if "worksheets" in content:
        raw = nbformat.convert(nbformat.from_dict(content), 4)
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [_modern_cell(cell) for cell in raw["cells"] if isinstance(cell, dict)]
    return notebook


def _modern_cell(raw: dict[str, Any]) -> NotebookNode:
    source = raw.get("source", raw.get("input", ""))
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    make = new_code_cell if raw.get("cell_type", "code") == "code" else new_markdown_cell
    cell = make(str(source))
    metadata = raw.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    if isinstance(marks, dict):
        cell.metadata["nbgrader"] = nbformat.from_dict(marks)
    given = raw.get("id") or (metadata.get("id") if isinstance(metadata, dict) else None)
    cell.id = given if isinstance(given, str) else ""
    return cell


def _student_cell(cell: NotebookNode) -> _Cell:
    grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
    return _Cell(cell.source, cell.cell_type, str(grade_id), cell.get("id", ""))


def _release_key(cell: NotebookNode) -> str:
    return str(cell.metadata.get("nbgrader", {}).get("grade_id") or cell.id)


def _match(cell: _Cell, by_id: dict[str, NotebookNode], exercises: list[str]) -> str | None:
    """The key of the release cell that a student's cell is, or None for a cell of their own."""
    functions = [name for name in _functions(cell.source) if name in exercises]
    for given in (cell.grade_id, cell.cell_id):
        # A solution cell overwritten with another exercise's function belongs to that one.
        if given in by_id and not (given in exercises and functions and given not in functions):
            return given
    if cell.kind == "code" and functions:
        return functions[0]
    checked = _CHECK.match(cell.source)
    if checked and f"check-{checked[1]}" in by_id:
        return f"check-{checked[1]}"
    text = cell.source.strip()
    return next((key for key, one in by_id.items() if text and one.source.strip() == text), None)


def _drop_stubs(
    students: list[_Cell],
    by_id: dict[str, NotebookNode],
    exercises: list[str],
    repairs: list[str],
) -> None:
    """An untouched stub must not undo the function that the student wrote in another cell."""
    for name in exercises:
        stub = by_id[name].source.strip()
        written = [c for c in students if name in _functions(c.source) and c.source.strip() != stub]
        if not written:
            continue
        for cell in [c for c in students if c.source.strip() == stub]:
            students.remove(cell)
            repairs.append(f"{name}: written in another cell; its untouched stub was left out")


def _choose(
    students: list[_Cell], exercises: set[str], repairs: list[str]
) -> tuple[dict[str, _Cell], dict[str, list[NotebookNode]], dict[str | None, list[NotebookNode]]]:
    """For each exercise the cell that counts, the last as in the student's own kernel; the earlier
    ones, which run before it; and the student's further cells by the release cell they follow."""
    chosen: dict[str, _Cell] = {}
    drafts: dict[str, list[NotebookNode]] = defaultdict(list)
    extras: dict[str | None, list[NotebookNode]] = defaultdict(list)
    last: str | None = None
    seen: set[str] = set()
    for cell in students:
        if cell.key is None:
            if cell.source.strip():
                extras[last].append(_extra(cell))
            continue
        if cell.key in seen and cell.key not in exercises:
            repairs.append(f"{cell.key}: copied; the copy was left out")
            continue
        if cell.key in chosen and chosen[cell.key].source.strip() != cell.source.strip():
            repairs.append(f"{cell.key}: more than one cell defines it; the last one counts")
            drafts[cell.key].append(_extra(chosen[cell.key]))
        if cell.key in exercises:
            chosen[cell.key] = cell
        seen.add(cell.key)
        last = cell.key
    return chosen, drafts, extras


def _tell_changes(
    students: list[_Cell],
    by_id: dict[str, NotebookNode],
    exercises: list[str],
    repairs: list[str],
) -> None:
    """List locked cells that were changed or deleted, and marks that were lost."""
    present = {cell.key for cell in students}
    for key, release in by_id.items():
        if not release.metadata.get("nbgrader", {}).get("locked"):
            continue
        if key not in present:
            repairs.append(f"{key}: deleted; put back")
        elif all(c.source.strip() != release.source.strip() for c in students if c.key == key):
            repairs.append(f"{key}: locked, but changed; restored")
    lost = [cell.key for cell in students if cell.key in exercises and not cell.grade_id]
    if lost:
        repairs.append(f"{len(lost)} solution cells had lost their marks; found by their functions")


def _solution(key: str, chosen: dict[str, _Cell], defined: set[str], repairs: list[str]) -> str:
    if key in chosen:
        return chosen[key].source
    if key in defined:
        return _DEFINED_ELSEWHERE
    repairs.append(f"{key}: its cell is missing")
    return _MISSING


def _extra(cell: _Cell) -> NotebookNode:
    made = new_code_cell(cell.source) if cell.kind == "code" else new_markdown_cell(cell.source)
    made.id = ""
    return made


def _functions(source: str) -> list[str]:
    """Names of the functions and classes that a cell defines at its top level, also where it has
    errors."""
    try:
        statements = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return _DEFINITION.findall(source)
    return [one.name for one in statements if isinstance(one, ast.FunctionDef | ast.ClassDef)]
