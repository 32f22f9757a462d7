"""Graded course folders made up for the tests of the class report: results as the journal stores
them, and the notebooks beside them."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from autograder.grading import Result, Row
from autograder.results.journal import Journal

LESSON = "01_made_up"
EXERCISES = ("easy", "middling", "hard")
POINTS = 2.0
_HEAD = '"""The sum over windows; x has the shape (N,)."""'
STUB = f"def easy(x, width):\n    {_HEAD}\n    raise NotImplementedError"
LONG = f"""def easy(x, width):
    {_HEAD}
    # one window after the other
    total = np.zeros(x.shape[0] - width + 1)
    for start in range(len(total)):
        window = x[start : start + width]
        if window.max() > 0 and start % 2 == 0:
            total[start] = window.sum() * 3 + window.min()
        else:
            total[start] = np.exp(-window[0]) - 5 * window[-1]
        total[start] += x[0] / (1 + start) ** 2
    return total.reshape(-1), (x, width)
"""


def row(exercise: str, verdict: str = "correct", **further: object) -> Row:
    """A verdict; full marks for a right answer and a quarter for a part."""
    share = {"correct": 1.0, "partly correct": 0.25}.get(verdict, 0.0)
    return Row(exercise, share * POINTS, POINTS, verdict, "", **further)  # type: ignore[arg-type]


def result(student: str, *rows: Row, **further: object) -> Result:
    fields = {"lesson": LESSON, "seed": 1, "sandboxed": True, "files": (f"{LESSON}.ipynb",)}
    return Result(student=student, rows=rows, **(fields | further))  # type: ignore[arg-type]


def store(root: Path, one: Result, sources: Mapping[str, str], printed: str = "") -> None:
    """A result and its graded notebook. printed: what its cells gave out."""
    Journal(root).store(one)
    _write(root / "autograded" / one.student / one.lesson, one.lesson, sources, printed)


def store_release(root: Path, sources: Mapping[str, str], lesson: str = LESSON) -> None:
    _write(root / "release" / lesson, lesson, sources, "")


def made_up_class(root: Path, students: int, lesson: str = LESSON) -> Path:
    """A class in which the stronger a student is, the more is right."""
    random = np.random.default_rng(students)
    store_release(root, {"easy": STUB}, lesson)
    for number, strength in enumerate(np.linspace(-1, 1, students)):
        rows = []
        for difficulty, name in zip((-0.3, 0, 0.15), EXERCISES, strict=True):
            if strength + random.normal(0, 0.4) > difficulty:
                rows.append(row(name))
            else:
                known = {"misconception": "sign turned", "hint": "Which sign?"}
                rows.append(row(name, "wrong", failed=("one", "two"), **known))
        sources = {name: f"def {name}(x):\n    return x - {number}" for name in EXERCISES}
        seconds = dict.fromkeys(EXERCISES, 0.1)
        one = result(f"Student{number}", *rows, lesson=lesson, exercise_seconds=seconds)
        store(root, one, sources)
    return root


def _write(folder: Path, lesson: str, sources: Mapping[str, str], printed: str) -> None:
    outputs = [{"output_type": "stream", "name": "stdout", "text": printed}] if printed else []
    cells = [
        {
            "cell_type": "code",
            "metadata": {"nbgrader": {"solution": True, "grade_id": name}},
            "outputs": outputs,
            "source": source.splitlines(keepends=True),
        }
        for name, source in sources.items()
    ]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{lesson}.ipynb").write_text(json.dumps({"cells": cells}))
