"""What the tests of the grading room share: the notebooks, and the command as people use it."""

import copy
import csv
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.releasing.release import lesson_sources, source_notebook

ROOT = Path(__file__).parent.parent
LESSONS = [path.stem for path in lesson_sources()]
LESSON = LESSONS[0]
# The name under which the solved notebooks are handed in.
SOLVED = "The Solved Notebook"
RELEASE = ROOT / "notebooks" / f"{LESSON}.ipynb"


def write_hand_in(folder: Path, student: str, lesson: str, notebook: NotebookNode) -> Path:
    """Hand a notebook in, in nbgrader's tree; returns the file."""
    path = folder / student / lesson / f"{lesson}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def autograder(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command, run as from a shell."""
    return subprocess.run(
        [sys.executable, "-m", "autograder.command", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def released(lesson: str = LESSON) -> NotebookNode:
    """The notebook that students get."""
    return nbformat.read(ROOT / "notebooks" / f"{lesson}.ipynb", as_version=4)


def solved(lesson: str = LESSON) -> NotebookNode:
    """The lesson's source, with its solutions."""
    (path,) = (one for one in lesson_sources() if one.stem == lesson)
    return copy.deepcopy(source_notebook(path))


@dataclass(frozen=True)
class Graded:
    """A folder of hand-ins, as it was and as it is; the course folder; what the command said."""

    hand_ins: Path
    course: Path
    before: dict[Path, bytes]
    run: subprocess.CompletedProcess[str]

    @cached_property
    def rows(self) -> list[dict[str, str]]:
        """``grades.csv``, row by row."""
        return read_csv(self.course / "grades.csv")

    @property
    def students(self) -> list[str]:
        return sorted({row["student"] for row in self.rows})


def grade(hand_ins: Path, *options: str, **environment: str) -> Graded:
    """Grade a folder of hand-ins into a course folder beside it."""
    course, before = hand_ins.parent / "course", files_in(hand_ins)
    run = autograder("grade", hand_ins, "--out", course, *options, **environment)
    return Graded(hand_ins, course, before, run)


def files_in(folder: Path) -> dict[Path, bytes]:
    """All files below a folder, by their paths in it."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder): path.read_bytes() for path in files}


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
