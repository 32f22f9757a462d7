"""Every notebook runs from top to bottom, offline and without the grader, solved and unsolved, and
all its pictures can be heard."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from rooms import LESSONS, released, solved

PICTURE = re.compile(r"<img\b[^>]*>")
ALT_TEXT = re.compile(r"""\balt=(?:'[^']+'|"[^"]+")""")
MARKDOWN_WITHOUT_TEXT = re.compile(r"!\[\s*\]\(")


def run(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """The notebook with what its cells put out when it is run in a folder."""
    place = {"metadata": {"path": str(folder)}}
    return NotebookClient(notebook, timeout=300, allow_errors=True, resources=place).execute()


def errors_of(notebook: NotebookNode) -> dict[str, str]:
    """What its cells raised, by the cells' names."""
    return {
        cell.id: output.evalue
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "error"
    }


def mute_pictures(notebook: NotebookNode) -> set[str]:
    """The names of cells with a picture that has no alt text."""
    return {
        cell.id
        for cell in notebook.cells
        for html in _html_of(cell)
        if MARKDOWN_WITHOUT_TEXT.search(html)
        or not all(ALT_TEXT.search(picture) for picture in PICTURE.findall(html))
    }


def _html_of(cell: NotebookNode) -> Iterator[str]:
    if cell.cell_type == "markdown":
        yield cell.source
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        # A bare picture has no place for a text.
        bare = any(kind.startswith("image/") for kind in data)
        yield data.get("text/html", "<img>" if bare else "")


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_solved_notebook_runs_without_an_error(lesson: str, tmp_path: Path) -> None:
    notebook = run(solved(lesson), tmp_path)
    assert errors_of(notebook) == {}
    assert mute_pictures(notebook) == set()


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_released_notebook_runs_without_an_error(lesson: str, tmp_path: Path) -> None:
    notebook = run(released(lesson), tmp_path)
    assert errors_of(notebook) == {}
    assert mute_pictures(notebook) == set()


@pytest.mark.parametrize(
    "mute",
    [
        new_markdown_cell("![](filter.png)"),
        new_markdown_cell("<img src='filter.png'>"),
        new_code_cell(outputs=[new_output("display_data", {"image/png": "iVBORw0KGgo="})]),
        new_code_cell(outputs=[new_output("display_data", {"text/html": "<img alt='' src='x'>"})]),
    ],
)
def test_a_picture_without_alt_text_is_refused(mute: NotebookNode) -> None:
    heard = new_markdown_cell("![a filter](filter.png) <img src='x' alt='a filter'>")
    assert mute_pictures(new_notebook(cells=[heard])) == set()
    assert mute_pictures(new_notebook(cells=[heard, mute])) == {mute.id}
