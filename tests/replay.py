"""A class of any size, graded by replay: some hand-ins are graded once, and for a large class made
of them the workers send these results again. All else is done as always: what is handed in is
read, kept, recorded in the gradebook and written."""

import pickle
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console

from autograder.grading import Result, Task, grade_hand_in
from autograder.runs import Options, grade

_ROOT = Path(__file__).parents[1]
_SENT, _LARGE, _COURSE = "sent", "large", "course"


class Replay:
    """The hand-ins of a lesson, graded once; folder: where all that is needed is put."""

    def __init__(self, folder: Path, hand_ins: Path, lesson: str) -> None:
        self.folder, self.lesson = folder, lesson
        (folder / _SENT).mkdir()
        course, pool = folder / "once", _Pool(_keep, folder)
        grade(hand_ins, course, Options(notebook=lesson), Console(quiet=True), pool)
        self._originals = sorted((course / "originals").glob(f"*/{lesson}"))

    def of(self, count: int) -> tuple[int, float]:
        """(most bytes of the coordinating process, its seconds) for a class of that many."""
        for name in (_LARGE, _COURSE):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        for number in range(count):
            original = self._originals[number % len(self._originals)]
            student = f"{original.parent.name}+{number}"
            shutil.copytree(original, self.folder / _LARGE / student / self.lesson)
        command = [sys.executable, "-m", "tests.replay", str(self.folder), self.lesson]
        start = time.monotonic()
        said = subprocess.run(command, cwd=_ROOT, check=True, capture_output=True, text=True)
        return int(said.stdout.split()[-1]), time.monotonic() - start


class _Pool:
    """Two worker processes that do something else with a task."""

    slots = 2

    def __init__(self, work: Callable[[Task, Path], Result], folder: Path) -> None:
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


def _coordinate(folder: Path, lesson: str) -> None:
    """Grade the large class and print the most memory that this process had."""
    console, options, pool = Console(quiet=True), Options(notebook=lesson), _Pool(_send, folder)
    failures = grade(folder / _LARGE, folder / _COURSE, options, console, pool)
    assert failures == []
    # The high water mark of this process alone: getrusage's is its parent's where that had more.
    status = Path("/proc/self/status").read_text().splitlines()
    (line,) = (line for line in status if line.startswith("VmHWM:"))
    print(int(line.split()[1]) * 1024)


if __name__ == "__main__":
    _coordinate(Path(sys.argv[1]), sys.argv[2])
