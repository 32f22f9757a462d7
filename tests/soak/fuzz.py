"""Mangled notebooks graded to the end, like any class: all get verdicts, and who kept a right
solution gets its points.

    python -m tests.soak.fuzz --count 500
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import nbformat

from autograder.grading import GRADER_FAILED
from autograder.releasing.release import lesson_sources, source_notebook
from cs_utils.exercises import find_exercise, lesson_exercises

sys.path.insert(0, str(Path(__file__).parents[1]))
from mangling import Mangled, mangle

_ROOT = Path(__file__).parents[2]


def grade_mangled(folder: Path, count: int, jobs: int, first_seed: int = 1000) -> list[str]:
    """Grade so many mangled notebooks of the first lesson in ``folder``.

    Returns what went wrong, in words; nothing where all is well.
    """
    lesson = lesson_sources()[0]
    exercises = [exercise.name for exercise in lesson_exercises(lesson.stem)]
    notebook = json.loads(nbformat.writes(source_notebook(lesson)))
    hand_ins = folder / "hand_ins"
    hand_ins.mkdir()
    mangled = {}
    for seed in range(first_seed, first_seed + count):
        mangled[f"S{seed}"] = mangle(notebook, exercises, seed)
        path = hand_ins / f"S{seed}_{lesson.stem}.ipynb"
        path.write_bytes(mangled[f"S{seed}"].content)
    command = [sys.executable, "-m", "autograder.command", "grade", hand_ins]
    options = ["--out", folder / "course", "--jobs", str(jobs), "--notebook", lesson.stem]
    run = subprocess.run([*command, *options], cwd=_ROOT, stderr=subprocess.PIPE, text=True)
    problems = [] if run.returncode == 0 else [f"status {run.returncode}: {run.stderr[-2000:]}"]
    with (folder / "course" / "grades.csv").open(newline="", encoding="utf-8") as file:
        rows = {(row["student"], row["exercise"]): row for row in csv.DictReader(file)}
    for name, one in mangled.items():
        problems += _problems(name, one, exercises, rows)
    print(Counter(row["verdict"] for row in rows.values()))
    return problems


def _problems(
    student: str,
    mangled: Mangled,
    exercises: list[str],
    rows: dict[tuple[str, str], dict[str, str]],
) -> list[str]:
    problems = []
    for exercise in exercises:
        row = rows.get((student, exercise))
        if row is None:
            problems.append(f"{student} {mangled.done}: no verdict for {exercise}")
        elif row["verdict"] == GRADER_FAILED:
            problems.append(f"{student} {mangled.done}: {GRADER_FAILED}")
        elif _must_be_right(exercise, mangled) and row["verdict"] != "correct":
            words = f"{exercise} is {row['verdict']} ({row['reason']}; {row['repairs']})"
            problems.append(f"{student} {mangled.done}: {words}")
    return problems


def _must_be_right(exercise: str, mangled: Mangled) -> bool:
    """A right backward whose own forward got lost cannot be asked: that one makes its cache."""
    maker = find_exercise(exercise).cache_from
    return exercise in mangled.intact and (not maker or maker in mangled.intact)


def main() -> None:
    """Grade, say what went wrong, and end with status 1 where anything did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1000, help="of the first notebook")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        problems = grade_mangled(Path(folder), arguments.count, arguments.jobs, arguments.seed)
    print("\n".join(problems) or f"{arguments.count} mangled notebooks: all have their verdicts")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
