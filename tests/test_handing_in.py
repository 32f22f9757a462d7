"""Handing in: the file that is made, and what is said before the instructor sees it."""

import copy
import json
import sys
from types import ModuleType, SimpleNamespace

import nbformat
import pytest
from rooms import LESSON, released, solved

from autograder.repairing.reading import read_notebook
from autograder.repairing.repair import lesson_of
from cs_utils import hand_in
from cs_utils.exercises import lesson_exercises
from cs_utils.handing_in import main

NAMES = [exercise.name for exercise in lesson_exercises(LESSON)]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def saved(notebook, folder):
    path = folder / f"{LESSON}.ipynb"
    nbformat.write(notebook, path)
    return path


def cell_of(notebook, name):
    return next(cell for cell in notebook.cells if cell.id == name)


def test_a_solved_notebook_makes_the_file_that_the_grader_takes(folder):
    result = hand_in("ana", saved(solved(), folder))
    assert result.warnings == result.obstacles == ()
    assert result.file == folder / "hand_in" / f"ana_{LESSON}.ipynb"
    assert lesson_of(read_notebook(result.file)) == LESSON
    assert str(result.file) in repr(result) and str(result.file) in result._repr_html_()


@pytest.mark.parametrize("student", ["", "  ", "../..", "///"])
def test_a_name_is_needed(folder, student):
    result = hand_in(student, saved(solved(), folder))
    assert result.file is None and "whose" in result.obstacles[0]


def test_a_name_stays_inside_the_folder(folder):
    result = hand_in("../ana maria", saved(solved(), folder))
    assert result.file.parent == folder / "hand_in"
    assert result.file.name == f"ana-maria_{LESSON}.ipynb"


def test_what_is_not_written_is_told_and_handed_in_all_the_same(folder):
    result = hand_in("ana", saved(released(), folder))
    assert result.file.exists()
    assert any("not written yet" in text and NAMES[0] in text for text in result.warnings)


def test_lost_and_copied_cells_are_named(folder):
    notebook = solved()
    lost, copied = NAMES[3], NAMES[5]
    second = copy.deepcopy(cell_of(notebook, copied))
    second.id, second.source = "a-copy", second.source + "\n# a second version"
    notebook.cells.append(second)
    notebook.cells.remove(cell_of(notebook, lost))
    warnings = hand_in("ana", saved(notebook, folder)).warnings
    assert any("No cell defines" in text and lost in text for text in warnings)
    assert any("More than one" in text and copied in text for text in warnings)
    assert not any(NAMES[0] in text for text in warnings)


def test_a_changed_check_is_named(folder):
    notebook = solved()
    cell_of(notebook, f"check-{NAMES[1]}").source = "print('fine')"
    (warning,) = hand_in("ana", saved(notebook, folder)).warnings
    assert NAMES[1] in warning and "puts it back" in warning


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"{", b"[]", b'{"cells": 3}', b'{"cells": []}']
)
def test_a_file_that_is_no_notebook_makes_nothing(folder, content):
    path = folder / "broken.ipynb"
    path.write_bytes(content)
    result = hand_in("ana", path)
    assert result.file is None and result.obstacles
    assert not (folder / "hand_in").exists()


def test_a_missing_file_is_named(folder):
    result = hand_in("ana", folder / "nowhere.ipynb")
    assert "nowhere.ipynb" in repr(result)


class TestInTheKernel:
    """The same, called from a cell."""

    @pytest.fixture
    def kernel(self, folder, monkeypatch):
        """A shell whose namespace is what a kernel would have, in a notebook that Jupyter names."""
        names = {}
        ipython = ModuleType("IPython")
        ipython.get_ipython = lambda: SimpleNamespace(user_ns=names)
        monkeypatch.setitem(sys.modules, "IPython", ipython)
        monkeypatch.setenv("JPY_SESSION_NAME", f"somewhere/{LESSON}.ipynb")
        return names

    def run(self, kernel, folder, source, name):
        """Define a function from a file of its own, as ipykernel does with a cell."""
        file = folder / f"cell_{name}.py"
        file.write_text(source)
        exec(compile(source, str(file), "exec"), kernel)

    def test_the_open_notebook_is_found(self, kernel, folder):
        saved(solved(), folder)
        self.run(kernel, folder, cell_of(solved(), NAMES[0]).source, NAMES[0])
        result = hand_in("ana")
        assert result.file.name == f"ana_{LESSON}.ipynb"
        (warning,) = result.warnings
        assert "Not run since" in warning and NAMES[1] in warning and NAMES[0] not in warning

    def test_unsaved_work_makes_nothing(self, kernel, folder):
        saved(released(), folder)
        self.run(kernel, folder, cell_of(solved(), NAMES[0]).source, NAMES[0])
        result = hand_in("ana")
        assert result.file is None
        assert NAMES[0] in result.obstacles[0] and "save" in result.obstacles[0]

    def test_a_notebook_that_nobody_names_is_asked_for(self, kernel, monkeypatch):
        monkeypatch.delenv("JPY_SESSION_NAME")
        assert "Which notebook" in repr(hand_in("ana"))


class TestOnColab:
    @pytest.fixture
    def colab(self, folder, monkeypatch):
        """A stand-in for google.colab: its front end and its download."""
        downloads = []
        package, message = ModuleType("google.colab"), ModuleType("google.colab._message")
        files = ModuleType("google.colab.files")
        content = json.loads(nbformat.writes(solved()))
        message.blocking_request = lambda name, timeout_sec: {"get_ipynb": {"ipynb": content}}[name]
        files.download = downloads.append
        package._message, package.files = message, files
        monkeypatch.setitem(sys.modules, "google.colab", package)
        return SimpleNamespace(message=message, downloads=downloads)

    def test_the_notebook_comes_from_the_browser_and_goes_back_as_a_download(self, colab, folder):
        result = hand_in("ana")
        assert lesson_of(read_notebook(result.file)) == LESSON
        assert colab.downloads == [str(result.file)]

    def test_where_colab_does_not_answer_it_says_what_to_do(self, colab):
        def silent(name, timeout_sec):
            raise TimeoutError

        colab.message.blocking_request = silent
        result = hand_in("ana")
        assert result.file is None and "Download .ipynb" in result.obstacles[0]


def test_the_command_makes_the_same_file(folder, capsys):
    path = saved(solved(), folder)
    assert main([str(path), "--student", "ana"]) == 0
    assert f"ana_{LESSON}.ipynb" in capsys.readouterr().out
    assert main([str(folder / "nowhere.ipynb"), "--student", "ana"]) == 1
