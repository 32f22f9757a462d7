"""How long grading takes, beside nbgrader's own ``autograde`` on the same files: ``make bench``.

    python -m tests.benchmarks.grading [--hand-ins 30] [--rounds 3]

Both grade the same right, wrong and unfinished hand-ins of lessons 1 and 3, one at a time, as whole
commands, in turn; nbgrader with its own settings, so that it runs the notebook, checks and all, in
an ordinary kernel. Writes ``docs/benchmarks.md``. The machine must have nothing else to do.
"""

import argparse
import csv
import inspect
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.api import Gradebook
from rich.console import Console

from autograder.judging.verdict import CHECK_PREFIX
from autograder.releasing.release import make_course
from cs_utils.checks import check
from tests.benchmarks.grading_page import page
from tests.benchmarks.hand_ins import write_hand_ins
from tests.benchmarks.machine_use import Use, use_of

ROOT = Path(__file__).parents[2]
_LESSONS = ("01_vector_backprop", "03_convolution")
_JOBS = (1, 2, 3)
# The cases that check() shows in the notebook, so that both sides judge by the same ones.
_SEED = inspect.signature(check).parameters["seed"].default
_COLD = {"AUTOGRADER_COLD": "1"}

Scores = dict[tuple[str, str], float]


@dataclass
class Pair:
    """A lesson's hand-ins graded by both, round by round.

    differing: exercises of hand-ins for which the scores differ; graded: how many there are.
    """

    lesson: str
    count: int
    ours: list[Use] = field(default_factory=list)
    theirs: list[Use] = field(default_factory=list)
    differing: int = 0
    graded: int = 0


@dataclass(frozen=True)
class Measured:
    """All that the page tells.

    splits: seconds a hand-in by parts, by lesson and whether its kernel starts warm. jobs: what
        the hand-ins of all lessons took, by how many were graded at a time.
    """

    pairs: list[Pair]
    splits: dict[tuple[str, bool], dict[str, float]]
    jobs: dict[int, Use]


def main() -> None:
    """Measure all and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hand-ins", type=int, default=30, help="of each lesson")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "benchmarks.md")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        measured = _measured(Path(name), arguments.hand_ins, arguments.rounds)
    arguments.out.write_text(page(measured, arguments.rounds), encoding="utf-8")
    Console().print(f"Written: {arguments.out}", soft_wrap=True)


def _measured(folder: Path, count: int, rounds: int) -> Measured:
    classes = {
        lesson: write_hand_ins(folder / "hand_ins" / lesson, lesson, count) for lesson in _LESSONS
    }
    return Measured(
        pairs=[_pair(folder, hand_ins, lesson, rounds) for lesson, hand_ins in classes.items()],
        splits={
            (lesson, warm): _split(hand_ins, count, warm)
            for lesson, hand_ins in classes.items()
            for warm in (True, False)
        },
        jobs=_by_jobs(folder, list(classes.values())),
    )


def _pair(folder: Path, hand_ins: Path, lesson: str, rounds: int) -> Pair:
    pair = Pair(lesson, sum(1 for _ in hand_ins.iterdir()))
    out, course = folder / "ours", folder / "nbgrader"
    for _ in range(rounds):
        pair.ours.append(_grade(hand_ins, out))
        shutil.rmtree(course, ignore_errors=True)
        make_course(course, [lesson])
        shutil.copytree(hand_ins, course / "submitted")
        pair.theirs.append(_nbgrader(course, lesson))
    ours, theirs = _our_scores(out), _nbgrader_scores(course, lesson)
    pair.differing = sum(ours.get(key) != theirs.get(key) for key in ours | theirs)
    pair.graded = len(theirs)
    return pair


def _grade(hand_ins: Path, out: Path, jobs: int = 1) -> Use:
    shutil.rmtree(out, ignore_errors=True)
    command = [sys.executable, "-m", "autograder.command", "grade", str(hand_ins)]
    command += ["--out", str(out), "--jobs", str(jobs), "--seed", str(_SEED)]
    return use_of(command, ROOT, os.environ)


def _nbgrader(course: Path, lesson: str) -> Use:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    command = [sys.executable, "-m", "nbgrader", "autograde", lesson]
    return use_of(command, course, {**os.environ, "PATH": path})


def _our_scores(out: Path) -> Scores:
    with (out / "grades.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {(row["student"], row["exercise"]): float(row["score"]) for row in rows}


def _nbgrader_scores(course: Path, lesson: str) -> Scores:
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        return {
            (one.student.id, grade.name.removeprefix(CHECK_PREFIX)): float(f"{grade.score:g}")
            for one in gradebook.assignment_submissions(lesson)
            for grade in one.notebooks[0].grades
        }


def _split(hand_ins: Path, count: int, warm: bool) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.time_split", str(hand_ins)]
    environment = {**os.environ, **({} if warm else _COLD)}
    said = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    seconds: dict[str, float] = json.loads(said.stdout)
    return {part: one / count for part, one in seconds.items()}


def _by_jobs(folder: Path, classes: list[Path]) -> dict[int, Use]:
    everybody = folder / "everybody"
    for hand_ins in classes:
        shutil.copytree(hand_ins, everybody, dirs_exist_ok=True)
    return {jobs: _grade(everybody, folder / "jobs", jobs) for jobs in _JOBS}


if __name__ == "__main__":
    main()
