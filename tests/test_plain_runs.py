"""Every notebook runs from top to bottom, offline and without the grader, solved and unsolved."""

from pathlib import Path

import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from rooms import LESSONS, released, solved


def errors_of(notebook: NotebookNode, folder: Path) -> dict[str, str]:
    """What its cells raise, by the cells' names, when it is run in a folder."""
    place = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=300, allow_errors=True, resources=place).execute()
    return {
        cell.id: output.evalue
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "error"
    }


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_solved_notebook_runs_without_an_error(lesson: str, tmp_path: Path) -> None:
    assert errors_of(solved(lesson), tmp_path) == {}


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_released_notebook_runs_without_an_error(lesson: str, tmp_path: Path) -> None:
    assert errors_of(released(lesson), tmp_path) == {}
