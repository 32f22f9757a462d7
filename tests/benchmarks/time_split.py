"""Where a hand-in's time goes: the grader as it is, with a stopwatch around the functions that do
each part of the work. A part's own seconds are counted, without those of a part inside it.

    python -m tests.benchmarks.time_split HAND_INS      prints the seconds as JSON
"""

import inspect
import json
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from rich.console import Console

from autograder import batch, grading, runs
from autograder.grading import Result, Task, grade_hand_in
from autograder.judging import verdict
from autograder.kernels.kernel import Kernel
from autograder.kernels.session import Session
from autograder.runs import Options

READING, STARTING, IMPORTS = "reading and repair", "starting the kernel", "imports"
CELLS, ANSWERS, ENDING = "the other cells", "answers to the cases", "ending the kernel"
JUDGING, FEEDBACK = "cases, references and verdicts", "the feedback page"
RECORDING, REST = "gradebook and files", "the rest of the command"

_PARTS = (
    (READING, grading, "_read"),
    (STARTING, Kernel, "start"),
    (ENDING, Kernel, "stop"),
    (CELLS, Session, "run_cells"),
    (ANSWERS, Session, "ask"),
    (JUDGING, verdict, "cases_and_references"),
    (JUDGING, verdict, "judge"),
    (JUDGING, verdict, "write_verdicts"),
    (JUDGING, verdict, "suspicions"),
    (FEEDBACK, grading, "feedback_page"),
    (RECORDING, batch, "_record"),
)
PARTS = (
    *(READING, STARTING, IMPORTS, CELLS, ANSWERS, ENDING),
    *(JUDGING, FEEDBACK, RECORDING, REST),
)
_IMPORTING = "set-up"


class Stopwatch:
    """Runs from now on; what belongs to no other part is the rest."""

    def __init__(self) -> None:
        self._seconds = dict.fromkeys(PARTS, 0.0)
        self._parts = [REST]
        self._since = time.perf_counter()

    def stop(self) -> dict[str, float]:
        """Seconds by parts."""
        self._note()
        return self._seconds

    @contextmanager
    def part(self, name: str) -> Any:
        """What is done inside belongs to this part."""
        self._note()
        self._parts.append(name)
        try:
            yield
        finally:
            self._note()
            self._parts.pop()

    def _note(self) -> None:
        now = time.perf_counter()
        self._seconds[self._parts[-1]] += now - self._since
        self._since = now

    def of(self, part: Callable[..., str], function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, plain or asynchronous, timed. part: which one, from its arguments."""
        if inspect.iscoroutinefunction(function):

            async def awaited(*arguments: Any, **named: Any) -> Any:
                with self.part(part(*arguments)):
                    return await function(*arguments, **named)

            return awaited

        def called(*arguments: Any, **named: Any) -> Any:
            with self.part(part(*arguments)):
                return function(*arguments, **named)

        return called


class _Here:
    """Grades in this process, one hand-in at a time."""

    slots = 1

    def submit(self, task: Task) -> Future[Result]:
        future: Future[Result] = Future()
        future.set_result(grade_hand_in(task))
        return future

    def renew(self) -> None:
        """Nothing can break."""

    def stop(self) -> None:
        """Nothing goes on."""


def seconds_by_part(hand_ins: Path) -> dict[str, float]:
    """Grade the hand-ins of a folder in this process; seconds of all together, by parts."""
    watch = Stopwatch()
    with ExitStack() as patched, tempfile.TemporaryDirectory() as out:
        for part, place, name in _PARTS:
            timed = watch.of(lambda *_, part=part: part, getattr(place, name))
            patched.enter_context(patch.object(place, name, timed))
        timed = watch.of(_part_of_cell, Session._run_cell)
        patched.enter_context(patch.object(Session, "_run_cell", timed))
        console = Console(quiet=True)
        failures = runs.grade(hand_ins, Path(out) / "course", Options(), console, _Here())
    assert failures == []
    return watch.stop()


def _part_of_cell(session: Session, index: int, *_: Any) -> str:
    return IMPORTS if session._notebook.cells[index].id == _IMPORTING else CELLS


if __name__ == "__main__":
    print(json.dumps(seconds_by_part(Path(sys.argv[1]))))
