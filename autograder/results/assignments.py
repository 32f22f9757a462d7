"""Keeps nbgrader's record of a lesson in step with its source where hand-ins are recorded already:
nbgrader itself refuses to add or remove cells then."""

from collections.abc import Iterable

from nbformat import NotebookNode
from nbgrader.api import (
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    MissingEntry,
    Notebook,
    SourceCell,
    SubmittedNotebook,
)
from nbgrader.utils import is_grade, is_locked, is_solution
from sqlalchemy import URL


def follow(database: URL, lesson: str, source: NotebookNode) -> None:
    """Add the cells that are new in the lesson's source, with a place for everybody's grade or
    comment, and remove those that are gone, with theirs. What stays keeps its grades, manual ones
    too."""
    with Gradebook(database) as gradebook:
        try:
            notebook = gradebook.find_notebook(lesson, lesson)
        except MissingEntry:
            return
        if not notebook.submissions:
            return
        marked = {
            cell.metadata.nbgrader.grade_id: cell
            for cell in source.cells
            if is_grade(cell) or is_solution(cell) or is_locked(cell)
        }
        graded = {name for name, cell in marked.items() if is_grade(cell)}
        solved = {name for name, cell in marked.items() if is_solution(cell)}
        new_graded = graded - _remove(gradebook, notebook.grade_cells, graded)
        new_solved = solved - _remove(gradebook, notebook.solution_cells, solved)
        new = marked.keys() - _remove(gradebook, notebook.source_cells, set(marked))
        for name in sorted(new_graded):
            most = float(marked[name].metadata.nbgrader.points)
            kind = marked[name].cell_type
            gradebook.add_grade_cell(name, lesson, lesson, max_score=most, cell_type=kind)
        for name in sorted(new_solved):
            gradebook.add_solution_cell(name, lesson, lesson)
        for name in sorted(new):
            gradebook.add_source_cell(name, lesson, lesson, cell_type=marked[name].cell_type)
        gradebook.db.expire_all()
        for submitted in notebook.submissions:
            fill(submitted, notebook)
        gradebook.db.commit()


def fill(submitted: SubmittedNotebook, notebook: Notebook) -> None:
    """Give a submission a place for each grade and comment of the lesson that has none yet."""
    places = {one.cell_id for one in (*submitted.grades, *submitted.comments)}
    for cell in notebook.grade_cells:
        if cell.id not in places:
            submitted.grades.append(Grade(cell_id=cell.id))
    for cell in notebook.solution_cells:
        if cell.id not in places:
            submitted.comments.append(Comment(cell_id=cell.id))


def _remove(
    gradebook: Gradebook, cells: Iterable[BaseCell | SourceCell], wanted: set[str]
) -> set[str]:
    """Remove the cells that are not wanted; returns the names of the others."""
    kept = set()
    for cell in list(cells):
        if cell.name in wanted:
            kept.add(cell.name)
            continue
        for one in (*getattr(cell, "grades", ()), *getattr(cell, "comments", ())):
            gradebook.db.delete(one)
        gradebook.db.delete(cell)
    gradebook.db.commit()
    return kept
