"""Every notebook runs from top to bottom, offline and without the grader, solved and unsolved,
and all its pictures can be heard.

Lessons 2 to 4 are run solved by their own tests, which look at what the cells show; unsolved, all
are run by the tests in the browser, where there is one.
"""

import re
from pathlib import Path

import pytest
from lab import chromium
from lesson_cells import assert_alive, assert_waiting, mute_pictures, points_of, run_notebook
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from rooms import LESSONS, released, solved

from cs_utils.exercises import lesson_exercises


@pytest.mark.parametrize(
    ("lesson", "claim_tables", "captions"),
    [
        (
            "05_architectures",
            14,
            {
                "lenet-train": r"9[7-9]\.\d% of the held-out examples are right",
                "residual-depths": (
                    r"^plain: .* 8 layers: 0\.\d\d; .* 44 layers: 1\.\d\d\. "
                    r"residual: .* 44 layers: 0\.\d\d\.$"
                ),
                "small-network": r"^A network of 24,698 parameters \(50,000 are allowed\)",
            },
        ),
        ("01_vector_backprop", 14, {}),
    ],
)
def test_the_solved_notebook_runs_and_earns_its_points(
    lesson: str, claim_tables: int, captions: dict[str, str], tmp_path: Path
) -> None:
    shown = run_notebook(solved(lesson), tmp_path)
    assert points_of(shown) == {one.name: one.points for one in lesson_exercises(lesson)}
    assert_alive(shown, claim_tables)
    for cell, words in captions.items():
        assert re.search(words, shown[cell].caption), shown[cell].caption


@pytest.mark.skipif(chromium() is not None, reason="in the browser they are run, too")
@pytest.mark.parametrize("lesson", LESSONS)
def test_the_released_notebook_runs_and_earns_nothing(lesson: str, tmp_path: Path) -> None:
    assert_waiting(lesson, run_notebook(released(lesson), tmp_path))


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
