"""Kills the grader at random moments and starts it again, and compares what it finished with what
it makes undisturbed: part of ``make soak``.

    python -m tests.soak.kills [--kills 200] [--commands 20] [--seed 0]

That many of the kills hit the command as it is started from a shell, with a kernel at work: either
its whole process group or the command alone, whose workers are still there for a moment. The other
kills hit a process forked from one that has imported everything, to which what grading gave once is
sent again, so that its time is spent on writing. A finished run is compared, and the next begins in
another folder.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from course_folders import QUIET, SEED, HerePool, contents, options, replayed, small_class  # noqa: E402
from rooms import LESSON  # noqa: E402

from autograder.grading import Result  # noqa: E402
from autograder.results.gradebook import CourseFolder  # noqa: E402
from autograder.results.journal import Run  # noqa: E402
from autograder.runs import grade  # noqa: E402

# One notebook that runs, one student who handed nothing in, and files that are no notebooks: what
# is tried is what is written.
_HAND_INS = 40
# Of so many runs one begins in an empty folder, the others where the lesson's release is made.
_FROM_NOTHING = 4

# Starts the grader and waits for some seconds, or for good; returns whether it ended by itself, all
# right, and kills it otherwise.
Start = Callable[[Path, float | None], bool]


def main() -> None:
    """Kill as often as asked, print what came of it, and end with status 1 for a loss."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--commands", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    draw = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        hand_ins = small_class(folder / "hand_ins", unreadable=_HAND_INS - 2)
        commands = _Soak(folder / "commands", _command(hand_ins, draw), draw)
        lost = commands.kill(arguments.commands) if arguments.commands else 0
        pool = HerePool()
        grade(hand_ins, folder / "once", options(sandbox=True), QUIET, pool)
        forks = _Soak(folder / "forks", _fork(hand_ins, pool.results), draw)
        lost += forks.kill(arguments.kills - arguments.commands)
    sys.exit(1 if lost else 0)


class _Soak:
    """Kills in a folder of its own, and what was found."""

    def __init__(self, folder: Path, start: Start, draw: random.Random) -> None:
        self._folder, self._start, self._draw = folder, start, draw
        self._seen: Counter[str] = Counter()

    def kill(self, kills: int) -> int:
        """Returns how many finished runs differ from the undisturbed one."""
        assert self._start(self._folder / "whole", None)
        expected = contents(self._folder / "whole")
        course, prepared = self._folder / "course", self._folder / "prepared"
        folder = CourseFolder(prepared)
        with folder.journal.locked():
            folder.prepare([LESSON], Run(SEED, seed_given=True), False)
        shutil.copytree(prepared, course)
        began = time.monotonic()
        assert self._start(course, None)
        span = time.monotonic() - began
        print(f"{self._folder.name}: {_HAND_INS} hand-ins, undisturbed: {span:.0f} s", flush=True)
        shutil.rmtree(course)
        done, finished, lost, under_way = 0, 0, 0, False
        while done < kills or under_way:
            under_way = True
            if not self._start(course, self._draw.uniform(0, span) if done < kills else None):
                done += 1
                self._seen[_progress(course)] += 1
                continue
            finished, under_way = finished + 1, False
            same = contents(course) == expected
            lost += not same
            print(f"{done} kills, run {finished}: {'equal' if same else 'DIFFERENT'}", flush=True)
            if not same:
                shutil.copytree(course, Path(tempfile.mkdtemp()) / "different")
            shutil.rmtree(course)
            if finished % _FROM_NOTHING:
                shutil.copytree(prepared, course)
        print(f"{done} kills in {finished} runs: {lost} runs differ from the undisturbed one.")
        for place, count in sorted(self._seen.items()):
            print(f"{count:4} kills {place}", flush=True)
        return lost


def _command(hand_ins: Path, draw: random.Random) -> Start:
    def start(course: Path, seconds: float | None) -> bool:
        command = [sys.executable, "-m", "autograder.command", "grade", str(hand_ins)]
        run = subprocess.Popen(
            [*command, "--out", str(course), "--jobs", "2", "--seed", str(SEED)],
            cwd=ROOT,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        with suppress(subprocess.TimeoutExpired):
            status = run.wait(seconds)
            assert status == 0, f"the command ended with status {status}"
            return True
        draw.choice((os.killpg, os.kill))(run.pid, signal.SIGKILL)
        run.wait()
        return False

    return start


def _fork(hand_ins: Path, results: dict[str, Result]) -> Start:
    context = get_context("forkserver")
    context.set_forkserver_preload(["autograder.runs"])

    def start(course: Path, seconds: float | None) -> bool:
        run = context.Process(target=_coordinate, args=(hand_ins, course, results))
        run.start()
        run.join(seconds)
        if run.exitcode is None:
            run.kill()
            run.join()
            return False
        assert run.exitcode in (0, -signal.SIGKILL), f"it ended with status {run.exitcode}"
        return run.exitcode == 0

    return start


def _coordinate(hand_ins: Path, course: Path, results: dict[str, Result]) -> None:
    assert grade(hand_ins, course, options(), QUIET, HerePool(replayed(results))) == []


def _progress(course: Path) -> str:
    """How far the run is, in words."""
    results = len([*course.glob("results/*/*.json")])
    if (course / "grades.csv").exists():
        return "with everything graded"
    if results:
        return f"with {results // 10 * 10} to {results // 10 * 10 + 9} results"
    begun = (course / "run.json").exists()
    return "while the folder was made" if begun else "before the first file"


if __name__ == "__main__":
    main()
