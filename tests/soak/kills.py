"""Kills the grader at random moments and starts it again, and compares what it finished with what
it makes undisturbed: part of ``make soak``.

    python -m tests.soak.kills [--kills 200] [--seed 0]

Each time either the whole process group is killed or the command alone, whose workers are then
still there for a moment. A finished run is compared and the next begins in a new folder.
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
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from course_folders import SEED, contents, small_class  # noqa: E402

# One of them a notebook that runs, the others quickly refused: what is tried is what is written.
_HAND_INS = 40


def main() -> None:
    """Kill as often as asked, print what came of it, and end with status 1 for a loss."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lost = _soak(Path(folder), arguments.kills, random.Random(arguments.seed))
    sys.exit(1 if lost else 0)


def _soak(folder: Path, kills: int, draw: random.Random) -> int:
    """Returns how many finished runs differ from the undisturbed one."""
    hand_ins = small_class(folder / "hand_ins", unreadable=_HAND_INS - 2)
    start = time.monotonic()
    assert _started(hand_ins, folder / "whole").wait() == 0
    span = time.monotonic() - start
    expected = contents(folder / "whole")
    print(f"{_HAND_INS} hand-ins, undisturbed: {span:.0f} s", flush=True)

    course, done, finished, lost = folder / "course", 0, 0, 0
    seen: Counter[str] = Counter()
    while done < kills or course.exists():
        run = _started(hand_ins, course)
        moment = draw.uniform(0, span) if done < kills else None
        try:
            status = run.wait(moment)
        except subprocess.TimeoutExpired:
            kill = draw.choice((os.killpg, os.kill))
            kill(run.pid, signal.SIGKILL)
            run.wait()
            done += 1
            seen[_progress(course)] += 1
            continue
        finished += 1
        same = status == 0 and contents(course) == expected
        lost += not same
        print(f"{done} kills, run {finished}: {'equal' if same else 'DIFFERENT'}", flush=True)
        if not same:
            shutil.copytree(course, f"{folder}-lost-{finished}")
        shutil.rmtree(course)
    print(f"{done} kills in {finished} runs: {lost} runs differ from the undisturbed one.")
    for place, count in sorted(seen.items()):
        print(f"{count:4} kills {place}")
    return lost


def _started(hand_ins: Path, course: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "autograder.command", "grade", str(hand_ins)]
    return subprocess.Popen(
        [*command, "--out", str(course), "--jobs", "2", "--seed", str(SEED)],
        cwd=ROOT,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


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
