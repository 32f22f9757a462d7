"""How long grading takes beside nbgrader's own autograde, on the same files: ``make bench``.

Both grade the same class of right, half-done and unwritten notebooks of lesson 1, one at a time, as
whole commands, in turn; nbgrader with its own settings, so that it runs the notebook's checks in
the student's kernel. Printed are the medians, in seconds a hand-in, their ratio, and the scores.
"""

import csv
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from rich.console import Console
from rich.table import Table

from autograder.release import STUB, lesson_sources, make_course, source_notebook

_LESSON = "01_vector_backprop"
_COPIES = 4
_ROUNDS = 3


def main() -> None:
    """Measure and print the table."""
    with tempfile.TemporaryDirectory() as folder:
        hand_ins = _class(Path(folder) / "hand_ins")
        count = sum(1 for _ in hand_ins.iterdir())
        ours, theirs = [], []
        for _ in range(_ROUNDS):
            ours.append(_timed(_grade, hand_ins, Path(folder) / "ours") / count)
            course = _stock_course(Path(folder) / "nbgrader", hand_ins)
            theirs.append(_timed(_nbgrader, hand_ins, course) / count)
        equal = _our_scores(Path(folder) / "ours") == _nbgrader_scores(course)
    _print(count, ours, theirs, equal)


def _class(folder: Path) -> Path:
    """Solved, half-solved and unsolved hand-ins in nbgrader's tree."""
    path = next(one for one in lesson_sources() if one.stem == _LESSON)
    solved = source_notebook(path)
    exercises = [cell.id for cell in solved.cells if _is_solution(cell)]
    kinds = {
        "right": set(exercises),
        "half": set(exercises[: len(exercises) // 2]),
        "unwritten": set(),
    }
    for kind, written in kinds.items():
        notebook = _with_only(solved, written)
        for copy in range(_COPIES):
            target = folder / f"{kind}{copy}" / _LESSON / f"{_LESSON}.ipynb"
            target.parent.mkdir(parents=True)
            nbformat.write(notebook, target)
    return folder


def _with_only(solved: NotebookNode, written: set[str]) -> NotebookNode:
    notebook = nbformat.from_dict(solved)
    for cell in notebook.cells:
        if _is_solution(cell) and cell.id not in written:
            head = cell.source.split("### BEGIN SOLUTION")[0].rstrip()
            cell.source = f"{head}\n    {STUB}"
    return notebook


def _is_solution(cell: NotebookNode) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def _stock_course(course: Path, hand_ins: Path) -> Path:
    shutil.rmtree(course, ignore_errors=True)
    make_course(course, [_LESSON])
    shutil.copytree(hand_ins, course / "submitted")
    return course


def _timed(run: Callable[[Path, Path], None], hand_ins: Path, out: Path) -> float:
    start = time.perf_counter()
    run(hand_ins, out)
    return time.perf_counter() - start


def _grade(hand_ins: Path, out: Path) -> None:
    shutil.rmtree(out, ignore_errors=True)
    command = [sys.executable, "-m", "autograder.command", "grade", str(hand_ins)]
    subprocess.run([*command, "--out", str(out), "--jobs", "1"], check=True, capture_output=True)


def _nbgrader(hand_ins: Path, course: Path) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    command = [sys.executable, "-m", "nbgrader", "autograde", _LESSON]
    environment = {**os.environ, "PATH": path}
    subprocess.run(command, cwd=course, env=environment, check=True, capture_output=True)


def _our_scores(out: Path) -> dict[str, float]:
    scores: dict[str, float] = {}
    with (out / "grades.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            scores[row["student"]] = scores.get(row["student"], 0.0) + float(row["score"])
    return scores


def _nbgrader_scores(course: Path) -> dict[str, float]:
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        submissions = gradebook.assignment_submissions(_LESSON)
        return {one.student.id: one.score for one in submissions}


def _print(count: int, ours: list[float], theirs: list[float], equal: bool) -> None:
    table = Table(title=f"Grading {count} hand-ins of {_LESSON}, one at a time")
    table.add_column("command")
    for heading in ("median s a hand-in", "least", "most"):
        table.add_column(heading, justify="right")
    for name, seconds in (("autograder grade", ours), ("nbgrader autograde", theirs)):
        figures = (statistics.median(seconds), min(seconds), max(seconds))
        table.add_row(name, *(f"{figure:.2f}" for figure in figures))
    console = Console()
    console.print(table)
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    console.print(f"ratio of the two, median of {len(ours)} paired runs: {ratio:.2f}")
    console.print(f"scores equal: {equal}")


if __name__ == "__main__":
    main()
