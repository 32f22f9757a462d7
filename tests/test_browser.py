"""What a student sees: every notebook in JupyterLab, in Debian's Chromium. Pictures of the screen
are kept in ``test_pictures/``."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from lab import Notebook, chromium, served, window
from lesson_cells import assert_waiting, shown_by
from playwright.sync_api import BrowserContext, expect
from rooms import LESSONS, ROOT, released, solved

pytestmark = pytest.mark.skipif(
    chromium() is None, reason="Chromium is missing; type: make browser"
)

FIRST = LESSONS[0]
PICTURES = ROOT / "test_pictures"
SLOW_TRAINING = """\
import time
from pathlib import Path
import numpy as np
from cs_utils.training import train

class Slow:
    asked = 0

    def __init__(self, W):
        self.W = W

    def loss(self, X, y=None):
        Slow.asked += 1
        time.sleep(0.02)
        while Slow.asked > 120 and not Path("seen").exists():
            time.sleep(0.1)
        return X @ self.W if y is None else (0.5, {"W": self.W})

X, y = np.eye(2).repeat(50, axis=0), np.arange(2).repeat(50)
unmoved = lambda: lambda name, w, dw: w
train(Slow, lambda rng: {"W": np.eye(2)}, unmoved, (X, y, X, y), epochs=20, batch_size=10)"""
WRONG_RELU = """def relu_forward(x):
    return np.abs(x), x"""


class Course:
    """A served folder, in which each test opens notebooks in a folder of its own."""

    def __init__(self, root: Path, address: str, pages: BrowserContext) -> None:
        self.root = root
        self._address = address
        self._pages = pages
        self._opened: list[Notebook] = []

    def open(self, folder: str, lesson: str) -> Notebook:
        """Open ``folder/lesson.ipynb``, a copy of the release where there is none yet."""
        path = self.root / folder / f"{lesson}.ipynb"
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / "notebooks" / path.name, path)
        page = self._pages.new_page()
        notebook = Notebook(page, self._address, f"{folder}/{lesson}.ipynb", PICTURES)
        self._opened.append(notebook)
        return notebook

    def close_all(self) -> None:
        """Close every notebook that is open."""
        while self._opened:
            self._opened.pop().close()


@pytest.fixture(scope="module")
def served_course(tmp_path_factory) -> Iterator[Course]:
    root = tmp_path_factory.mktemp("course")
    PICTURES.mkdir(exist_ok=True)
    settings, profile = tmp_path_factory.mktemp("jupyter"), tmp_path_factory.mktemp("profile")
    with served(root, settings) as address, window(profile, 1150, 1000) as pages:
        yield Course(root, address, pages)


@pytest.fixture
def course(served_course: Course) -> Iterator[Course]:
    yield served_course
    served_course.close_all()


def solution(name: str) -> str:
    """The right source of an exercise of the first lesson."""
    return next(cell.source for cell in solved(FIRST).cells if cell.id == name)


@pytest.mark.parametrize("lesson", LESSONS)
def test_unsolved_every_cell_runs(course, lesson):
    notebook = course.open("unsolved", lesson)
    notebook.start_all()
    notebook.finish_all()
    assert notebook.errors() == []
    assert notebook.page.get_by_text("not written yet").count() > 5
    notebook.picture(f"unsolved_{lesson}")
    notebook.save()
    saved = nbformat.read(course.root / "unsolved" / f"{lesson}.ipynb", as_version=4)
    assert_waiting(lesson, shown_by(saved))


def test_from_a_wrong_solution_to_a_right_one(course):
    """The way of a student: write, check, read, mend, save, come back tomorrow, hand in."""
    notebook = course.open("mended", FIRST)
    notebook.run("import numpy as np")
    notebook.write("def relu_forward", WRONG_RELU)
    notebook.run("def relu_forward")
    report = notebook.run("check(relu_forward)")
    expect(report).to_contain_text("Hint:")
    expect(report).not_to_contain_text("2 of 2 points")
    notebook.picture("wrong_solution")

    notebook.write("def relu_forward", solution("relu_forward"))
    notebook.run("def relu_forward")
    expect(notebook.run("check(relu_forward)")).to_contain_text("correct")
    notebook.picture("right_solution")
    expect(notebook.run("progress(")).to_contain_text("1 of 20 right")
    notebook.save()
    course.close_all()

    again = course.open("mended", FIRST)
    expect(again.cell("def relu_forward")).to_contain_text("return")
    expect(again.run("progress(")).to_contain_text("1 of 20 right")
    again.write('hand_in("")', 'hand_in("ana")')
    again.save()
    expect(again.run('hand_in("ana")')).to_contain_text(f"ana_{FIRST}.ipynb")
    again.picture("handed_in")
    handed_in = (course.root / "mended" / "hand_in" / f"ana_{FIRST}.ipynb").read_text("utf-8")
    assert "z[n] = x[n]" in handed_in and WRONG_RELU.splitlines()[-1] not in handed_in


def test_a_picture_is_stepped_through(course):
    notebook = course.open("stepped", FIRST)
    notebook.run("import numpy as np")
    for name in ("neuron_forward", "neuron_backward"):
        notebook.write(f"def {name}", solution(name))
        notebook.run(f"def {name}")
    output = notebook.run("plots.neuron_graph")
    picture = output.locator("img")
    expect(picture).to_have_attribute("alt", re.compile("none yet"))
    handle = output.locator(".noUi-handle")
    handle.focus()
    for _step in range(9):
        handle.press("ArrowRight")
    expect(picture).to_have_attribute("alt", re.compile("w0: -0.20"))
    notebook.picture("stepped_through")


def test_nbgraders_validate_button_says_what_is_open(course):
    notebook = course.open("validated", FIRST)
    notebook.page.get_by_role("button", name="Validate").click()
    dialog = notebook.page.locator(".jp-Dialog-content")
    dialog.wait_for(timeout=90_000)
    notebook.picture("validated")
    assert "check(numerical_gradient)" in dialog.inner_text()


def test_long_training_shows_its_progress(course):
    """After a second there is a bar; the training waits until it was seen, and takes it away."""
    folder = course.root / "slow"
    folder.mkdir()
    slow = released(FIRST)
    slow.cells = [nbformat.v4.new_code_cell(SLOW_TRAINING)]
    nbformat.write(slow, folder / "training.ipynb")
    notebook = course.open("slow", "training")
    output = notebook.start("train(Slow")
    bar = re.compile(r"\d%\|.*/200 .*held out: 100.0% right")
    expect(output).to_contain_text(bar, timeout=30_000)
    notebook.picture("training")
    (folder / "seen").touch()
    notebook.finish_all()
    result = re.compile(r"20 epochs of 10 batches took .* held-out examples are right\.$")
    expect(output).to_have_text([re.compile(r"^\s*$"), result])
