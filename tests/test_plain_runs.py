"""Every notebook runs from top to bottom, offline and without the grader, solved and unsolved.

Lessons 2 to 4 are run solved by their own tests, which look at what the cells show.
"""

from pathlib import Path

import pytest
from lesson_cells import points_of, run_notebook
from rooms import LESSONS, released, solved

from cs_utils.exercises import lesson_exercises

# Cells that wait for a function, and which one.
WAITING = {
    "02_matrix_backprop": {"training": "kaiming_init"},
    "03_convolution": {"blur": "filter2d"},
    "04_pooling": {"correlations": "local_correlation", "training": "loss"},
    "05_architectures": {"lenet-table": "LeNet5"},
}


@pytest.mark.parametrize("lesson", ["05_architectures", "01_vector_backprop"])
def test_the_solved_notebook_runs_and_earns_its_points(lesson: str, tmp_path: Path) -> None:
    points = points_of(run_notebook(solved(lesson), tmp_path))
    assert points == {one.name: one.points for one in lesson_exercises(lesson)}


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_released_notebook_runs_and_earns_nothing(lesson: str, tmp_path: Path) -> None:
    shown = run_notebook(released(lesson), tmp_path)
    assert points_of(shown) == {one.name: 0 for one in lesson_exercises(lesson)}
    for cell, function in WAITING.get(lesson, {}).items():
        assert shown[cell].text == f"not written yet: this comes alive once {function} works"
