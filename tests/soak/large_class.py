"""Memory of the coordinating process with a large class: part of ``make soak``.

    python -m tests.soak.large_class [--hand-ins 300]

The sample class's hand-ins of the first lesson are graded once; then a class of that many is made
of them, and its workers send these results again. All else is done as always: what is handed in is
kept, recorded in the gradebook, and written.
"""

import argparse
import pickle
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from rich.console import Console  # noqa: E402
from rooms import LESSON  # noqa: E402
from sample_class.build import build  # noqa: E402

from autograder.grading import Result, Task, grade_hand_in  # noqa: E402
from autograder.runs import Options, grade  # noqa: E402

_LIMIT = 300
_SENT = "sent"


def main() -> None:
    """Print the most memory that the coordinator had; end with status 1 above the limit."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--hand-ins", type=int, default=300)
    parser.add_argument("--coordinate", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.coordinate:
        _coordinate(arguments.coordinate)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _grade_sample_class(folder)
        for count in (10, arguments.hand_ins):
            megabytes, seconds = _large_class(folder, count)
            print(f"{count} hand-ins: the coordinator had {megabytes} MB at most, {seconds:.0f} s")
    sys.exit(1 if megabytes > _LIMIT else 0)


def _grade_sample_class(folder: Path) -> None:
    """Have every hand-in of the first lesson graded by a worker, and keep what it sends."""
    build(folder / "all")
    (folder / _SENT).mkdir()
    options = Options(notebook=LESSON)
    console = Console(quiet=True)
    grade(folder / "all", folder / "sample_course", options, console, _Pool(_keep, folder))


def _large_class(folder: Path, count: int) -> tuple[int, float]:
    """(MB, seconds) that a fresh process needs for a class of this size."""
    shutil.rmtree(folder / "large", ignore_errors=True)
    shutil.rmtree(folder / "course", ignore_errors=True)
    originals = sorted((folder / "sample_course" / "originals").glob(f"*/{LESSON}"))
    for number in range(count):
        original = originals[number % len(originals)]
        student = f"{original.parent.name}+{number}"
        shutil.copytree(original, folder / "large" / student / LESSON)
    start = time.monotonic()
    command = [sys.executable, "-m", "tests.soak.large_class", "--coordinate", str(folder)]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return int(said.split()[-1]), time.monotonic() - start


def _coordinate(folder: Path) -> None:
    """Grade the large class and print the most memory that this process had, in MB."""
    console, options = Console(quiet=True), Options(notebook=LESSON)
    failures = grade(folder / "large", folder / "course", options, console, _Pool(_send, folder))
    assert failures == []
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


class _Pool:
    """Two worker processes that do something else with a task."""

    slots = 2

    def __init__(self, work, folder: Path) -> None:
        self._work, self._folder = work, folder
        self.renew()

    def submit(self, task: Task) -> Future[Result]:
        return self._executor.submit(self._work, task, self._folder / _SENT)

    def renew(self) -> None:
        context = get_context("forkserver")
        context.set_forkserver_preload(["autograder.grading"])
        self._executor = ProcessPoolExecutor(self.slots, context)

    def stop(self) -> None:
        self._executor.shutdown()


def _keep(task: Task, sent: Path) -> Result:
    result = grade_hand_in(task)
    (sent / task.student).write_bytes(pickle.dumps(result))
    return result


def _send(task: Task, sent: Path) -> Result:
    result: Result = pickle.loads((sent / task.student.split("+")[0]).read_bytes())
    return replace(
        result,
        student=task.student,
        seed=task.seed,
        fingerprint=task.fingerprint,
        course=task.course,
    )


if __name__ == "__main__":
    main()
