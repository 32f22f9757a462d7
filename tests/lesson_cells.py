"""A lesson's cells run one after the other: in an ordinary kernel, or in this process, where a test
wants the objects themselves or has something exchanged."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext
from nbclient import NotebookClient
from nbformat import NotebookNode

import solutions
from cs_utils.demonstrations import Note
from cs_utils.exercises import lesson_exercises

_SOLUTION = re.compile(r"^( *)### BEGIN SOLUTION.*?### END SOLUTION", re.DOTALL | re.MULTILINE)
_STUB = r"\1raise NotImplementedError"
_NOTE = Note("")._repr_html_().removesuffix("</div>")
_PICTURE = re.compile(r"<img\b[^>]*>")
_ALT_TEXT = re.compile(r"""\balt=(?:'[^']+'|"[^"]+")""")
_MARKDOWN_WITHOUT_TEXT = re.compile(r"!\[\s*\]\(")
# Cells that wait for a function, and which one.
_WAITING = {
    "02_matrix_backprop": {"training": "kaiming_init"},
    "03_convolution": {"blur": "filter2d"},
    "04_pooling": {"correlations": "local_correlation", "training": "loss"},
    "05_architectures": {"lenet-table": "LeNet5"},
}
_CLAIMS = ["claim", "said", "computed", "holds?"]


@dataclass(frozen=True)
class Shown:
    """What a cell shows as its result."""

    text: str
    html: str

    @property
    def caption(self) -> str:
        """Of a picture: what stands under it."""
        return self.text.splitlines()[-1]

    @property
    def is_note(self) -> bool:
        """Whether a sentence stands in the place of a plot, a number or a table."""
        return self.html.startswith(_NOTE)

    @property
    def is_claim_table(self) -> bool:
        return self.text.split()[: len(_CLAIMS)] == _CLAIMS


def run_notebook(notebook: NotebookNode, folder: Path) -> dict[str, Shown]:
    """What each cell of a notebook shows, by its id, in an ordinary kernel working in ``folder``.

    Raises CellExecutionError where a cell raises, and what ``shown_by`` does.
    """
    place = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=300, resources=place).execute()
    return shown_by(notebook)


def shown_by(notebook: NotebookNode) -> dict[str, Shown]:
    """What each cell of a notebook that was run shows, by its id.

    Raises AssertionError where a picture has no alt text.
    """
    assert mute_pictures(notebook) == set()
    return {
        cell.id: Shown(output.data["text/plain"], output.data.get("text/html", ""))
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "execute_result"
    }


def mute_pictures(notebook: NotebookNode) -> set[str]:
    """The names of cells with a picture that has no alt text."""
    return {
        cell.id
        for cell in notebook.cells
        for html in _html_of(cell)
        if _MARKDOWN_WITHOUT_TEXT.search(html)
        or not all(_ALT_TEXT.search(picture) for picture in _PICTURE.findall(html))
    }


def _html_of(cell: NotebookNode) -> Iterator[str]:
    if cell.cell_type == "markdown":
        yield cell.source
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        # A bare picture has no place for a text.
        bare = any(kind.startswith("image/") for kind in data)
        yield data.get("text/html", "<img>" if bare else "")


def assert_waiting(lesson: str, shown: dict[str, Shown]) -> None:
    """In a lesson of which nothing is written all points are open, and what needs a function says
    so."""
    assert points_of(shown) == {one.name: 0 for one in lesson_exercises(lesson)}
    for cell, function in _WAITING.get(lesson, {}).items():
        assert shown[cell].text == f"not written yet: this comes alive once {function} works"


def assert_alive(shown: dict[str, Shown], claim_tables: int) -> None:
    """In a lesson that is solved nothing waits, and every number of its tables of claims is the one
    that the lesson names."""
    assert not [name for name, cell in shown.items() if cell.is_note]
    tables = {name: cell.text for name, cell in shown.items() if cell.is_claim_table}
    assert len(tables) == claim_tables
    for name, table in tables.items():
        assert "not yet" not in table and "another number" not in table, (name, table)


def points_of(shown: dict[str, Shown]) -> dict[str, float]:
    """The points of the check cells, by the exercises' names."""
    return {
        name.removeprefix("check-"): float(cell.text)
        for name, cell in shown.items()
        if name.startswith("check-")
    }


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
