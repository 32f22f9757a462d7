"""Makes a gradable notebook of whatever was handed in: the release's own cells in the release's
order, with the student's solutions in their places and the student's further cells beside them.
What had to be mended is listed in words; ``matching`` tells which cell is which.
"""

import copy
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from autograder.repairing.matching import (
    StudentCell,
    defined_names,
    is_stub,
    match_cells,
    release_key,
    student_cell,
)
from cs_utils.exercises import lesson_exercises, lessons

_DEFINED_ELSEWHERE = "# This function is defined in another cell of the hand-in."
_MISSING = "# This cell is missing from the hand-in."


@dataclass
class Repaired:
    """A gradable notebook, and what had to be mended, in words.

    Words on one exercise or one cell of the release start with its name and a colon.
    """

    notebook: NotebookNode
    repairs: list[str] = field(default_factory=list)


def lesson_of(notebook: NotebookNode) -> str | None:
    """The lesson whose functions the notebook defines most of, or None."""
    defined = {name for cell in notebook.cells for name in defined_names(cell.source)}
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
    students = [student_cell(cell) for cell in submitted.cells]
    by_key = {release_key(cell): cell for cell in release.cells}
    repairs = _told_by_the_reader(submitted)
    repairs += match_cells(students, by_key, exercises)
    repairs += _drop_stubs(students, by_key, exercises)
    chosen, drafts, extras = _choose(students, set(exercises), repairs)
    repairs += _versions(students, exercises)
    repairs += _changes(students, by_key, exercises)
    cells = list(extras[None])
    defined = {name for cell in students for name in defined_names(cell.source)}
    for cell in release.cells:
        key = release_key(cell)
        kept = copy.deepcopy(cell)
        if key in exercises:
            kept.source = _solution(key, chosen, defined, repairs)
        cells += [*drafts[key], kept, *extras[key]]
    notebook = copy.deepcopy(release)
    notebook.cells = cells
    for index, cell in enumerate(notebook.cells):
        cell.id = cell.get("id") or f"extra-{index}"
    return Repaired(notebook, repairs)


def _told_by_the_reader(submitted: NotebookNode) -> list[str]:
    told = submitted.metadata.get("repairs")
    return [text for text in told if isinstance(text, str)] if isinstance(told, list) else []


def _drop_stubs(
    students: list[StudentCell], by_key: Mapping[str, NotebookNode], exercises: Sequence[str]
) -> list[str]:
    """An untouched stub must not undo the function that the student wrote in another cell."""
    repairs = []
    for name in exercises:
        stubs = [cell for cell in students if is_stub(cell, by_key[name])]
        written = (cell for cell in students if name in defined_names(cell.source))
        if any(cell not in stubs for cell in written):
            for cell in stubs:
                students.remove(cell)
                repairs.append(f"{name}: written in another cell; its untouched stub was left out")
    return repairs


def _choose(
    students: Sequence[StudentCell], exercises: set[str], repairs: list[str]
) -> tuple[
    dict[str, StudentCell], dict[str, list[NotebookNode]], dict[str | None, list[NotebookNode]]
]:
    """For each exercise the cell that counts, the last as in the student's own kernel; the earlier
    ones, which run before it; and the student's further cells by the release cell they follow."""
    chosen: dict[str, StudentCell] = {}
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
            drafts[cell.key].append(_extra(chosen[cell.key]))
        if cell.key in exercises:
            chosen[cell.key] = cell
        seen.add(cell.key)
        last = cell.key
    return chosen, drafts, extras


def _versions(students: Sequence[StudentCell], exercises: Sequence[str]) -> list[str]:
    """Tell of exercises that several cells define differently: ``versions`` has them all tried."""
    texts: dict[str, set[str]] = defaultdict(set)
    for cell in students:
        for name in {*defined_names(cell.source), cell.key or ""} & set(exercises):
            texts[name].add(cell.source.strip())
    return [
        f"{name}: more than one cell defines it; the one that earns most counts"
        for name in exercises
        if len(texts[name]) > 1
    ]


def _changes(
    students: Sequence[StudentCell], by_key: Mapping[str, NotebookNode], exercises: Sequence[str]
) -> list[str]:
    """Locked cells that were changed or deleted, and marks that were lost."""
    repairs = []
    present = {cell.key for cell in students}
    for key, release in by_key.items():
        if not release.metadata.get("nbgrader", {}).get("locked"):
            continue
        if key not in present:
            repairs.append(f"{key}: deleted; put back")
        elif not any(is_stub(cell, release) for cell in students if cell.key == key):
            repairs.append(f"{key}: locked, but changed; restored")
    for cell in students:
        if cell.key in exercises and cell.kind != "code":
            repairs.append(f"{cell.key}: its cell was marked as text; run as code")
    marked = {cell.key for cell in students if cell.grade_id}
    lost = [name for name in exercises if name in present and name not in marked]
    if lost:
        cells = "1 solution cell" if len(lost) == 1 else f"{len(lost)} solution cells"
        repairs.append(f"{cells} without nbgrader's marks; found by the functions")
    return repairs


def _solution(
    key: str, chosen: Mapping[str, StudentCell], defined: set[str], repairs: list[str]
) -> str:
    if key in chosen:
        return chosen[key].source
    if key in defined:
        return _DEFINED_ELSEWHERE
    repairs.append(f"{key}: its cell is missing")
    return _MISSING


def _extra(cell: StudentCell) -> NotebookNode:
    made = new_code_cell(cell.source) if cell.kind == "code" else new_markdown_cell(cell.source)
    made.id = ""
    return made
