"""Which cells grading runs: leaving a locked one out must change nothing that a student's code can
see."""

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from rooms import LESSONS, released, solved

from autograder.repairing.needed import code_to_run
from autograder.repairing.repair import repair


def locked(source: str) -> NotebookNode:
    return new_code_cell(source, metadata={"nbgrader": {"locked": True}})


def test_what_a_locked_cell_shows_is_left_out() -> None:
    cells = [locked("size = 3\nprint(size)\nsize"), new_code_cell("def f():\n    return size")]
    assert code_to_run(cells) == ["size = 3", cells[1].source]


def test_checks_and_text_are_no_code() -> None:
    check = new_code_cell("check(f)", metadata={"nbgrader": {"grade": True, "locked": True}})
    assert code_to_run([check, new_markdown_cell("f")]) == ["", ""]


@pytest.mark.parametrize(
    "own",
    [
        "print(size)",
        "def f():\n    return [size for _ in range(3)]",
        "class A:\n    b = size",
        "def f():\n    global size\n    size += 1",
        "code = 'size'",
        "globals()['si' + 'ze']",
        "f = eval('si' 'ze')",
        "import sys; getattr(sys.modules['__main__'], 'si' + 'ze')",
        "%timeit size",
        "%run other.py",
        "def f(:  # size",
    ],
)
@pytest.mark.parametrize(
    "course",
    ["size = 3", "import a.b as size", "def size(): pass", "from a import *", "size.b[0] = 1"],
)
def test_what_the_students_code_could_come_at_is_run(own: str, course: str) -> None:
    for cells in ([locked(course), new_code_cell(own)], [new_code_cell(own), locked(course)]):
        assert all(code_to_run(cells))


@pytest.mark.parametrize(
    "own",
    ["def f(size):\n    return size", "model.eval()", '"""The size."""', "length = 3  # no size"],
)
def test_what_it_cannot_mean_is_left_out(own: str) -> None:
    assert code_to_run([locked("size = 3"), new_code_cell(own)]) == ["", own]


def test_what_a_needed_cell_needs_is_run_in_any_order() -> None:
    cells = [locked("def far():\n    return near"), locked("near = 1"), locked("other = 2")]
    own = new_code_cell("far()")
    assert code_to_run([*cells, own]) == [cells[0].source, "near = 1", "", "far()"]


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_solved_lesson_needs_few_of_its_locked_cells(lesson: str) -> None:
    cells = repair(solved(lesson), released(lesson)).notebook.cells
    run = [
        cell.id
        for cell, code in zip(cells, code_to_run(cells), strict=True)
        if code and cell.metadata.get("nbgrader", {}).get("locked")
    ]
    assert "set-up" in run
    assert len(run) < 8
