"""Every notebook runs from top to bottom, offline and without the grader, solved and unsolved."""

import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from rooms import LESSONS, released, solved


def errors_of(notebook: NotebookNode) -> dict[str, str]:
    """What its cells raise, by the cells' names, when it is run."""
    NotebookClient(notebook, timeout=300, allow_errors=True).execute()
    return {
        cell.id: output.evalue
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "error"
    }


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_solved_notebook_runs_without_an_error(lesson: str) -> None:
    assert errors_of(solved(lesson)) == {}


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_released_notebook_runs_without_an_error(lesson: str) -> None:
    assert errors_of(released(lesson)) == {}
