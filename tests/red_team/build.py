"""The red team: hostile hand-ins, made from the current release notebooks.

``attacks/<lesson>/<file>.py`` is one hand-in. Its docstring says what it tries and then, a line
each, which verdict and how many points an exercise must get: ``relu_forward: crashed, 0``. Several
verdicts are joined by ``or`` where the machine decides, or are ``any broken``; ``*`` stands for all
exercises that have no line, and without it they earn nothing. The cells follow, as in the sample
class.

Every hand-in of the first lesson ends with a right ``linear_forward``, which must get its points
whatever happened before, unless a line says something else.

    python -m tests.red_team.build OUT
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from cs_utils.exercises import lesson_exercises
from tests.red_team.broken_files import BROKEN_FILES
from tests.sample_class.build import Student, write_solutions

_NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
_ATTACKS = Path(__file__).parent / "attacks"
_CELL = "\n# %%"
_HONEST_LESSON = "01_vector_backprop"
_HONEST = """
import numpy as np


def linear_forward(x, W, b):
    return W @ x + b, (x, W, b)
"""
_HONEST_VERDICT = {"linear_forward": (("correct",), 1.0)}
_ANY_OTHER = "*"
# Where the machine decides how it ends: no verdict that goes with points.
_ANY_BROKEN = ("crashed", "timed out", "refused", "error", "wrong return", "wrong")

Expected = tuple[tuple[str, ...], float]


@dataclass(frozen=True)
class Attack:
    """A hand-in: its lesson and name, what it tries, its cells, and what it must get."""

    lesson: str
    name: str
    tries: str
    cells: list[str]
    stated: dict[str, Expected]

    @property
    def expected(self) -> dict[str, Expected]:
        """The verdicts that will do, and the points, for every exercise of the lesson."""
        honest = _HONEST_VERDICT if self.lesson == _HONEST_LESSON else {}
        stated = {**honest, **self.stated}
        others = self.stated.get(_ANY_OTHER, (("not written yet", *_ANY_BROKEN), 0.0))
        return {one.name: stated.get(one.name, others) for one in lesson_exercises(self.lesson)}

    @property
    def notebook(self) -> NotebookNode:
        """The hand-in as a notebook."""
        notebook = nbformat.read(_NOTEBOOKS / f"{self.lesson}.ipynb", as_version=4)
        write_solutions(notebook, Student(self.lesson, self.name, self.name, self.cells))
        return notebook


def attacks() -> Iterator[Attack]:
    """All attacks by lessons and names."""
    for path in sorted(_ATTACKS.glob("*/*.py")):
        docstring, *cells = path.read_text(encoding="utf-8").split(_CELL)
        tries, _, lines = docstring.strip().strip('"').partition("\n\n")
        stated = dict(_stated(line) for line in lines.strip().splitlines())
        if path.parent.name == _HONEST_LESSON and not any("def linear_f" in one for one in cells):
            cells.append(_HONEST)
        cells = [cell.strip() for cell in cells]
        yield Attack(path.parent.name, path.stem, tries, cells, stated)


def _stated(line: str) -> tuple[str, Expected]:
    exercise, verdict = line.split(": ")
    verdicts, points = verdict.rsplit(", ", 1)
    chosen = _ANY_BROKEN if verdicts == "any broken" else tuple(verdicts.split(" or "))
    return exercise, (chosen, float(points))


def build(out: Path) -> None:
    """Write all hand-ins to the folder ``out``, as nbgrader collects them; broken files too."""
    for attack in attacks():
        path = out / attack.name / attack.lesson / f"{attack.lesson}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(attack.notebook, ensure_ascii=False), encoding="utf-8")
    build_broken_files(out)


def build_broken_files(out: Path) -> None:
    """Write the broken files alone, each as the first lesson's hand-in of a student of its name."""
    whole = (_NOTEBOOKS / f"{_HONEST_LESSON}.ipynb").read_bytes()
    for name, broken in BROKEN_FILES.items():
        path = out / name / _HONEST_LESSON / f"{_HONEST_LESSON}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(broken.make(whole))


if __name__ == "__main__":
    build(Path(sys.argv[1]))
