"""Having a file checked in a process of its own, with limits on time and memory."""

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cs_utils.answers import CRASHED, TIMED_OUT
from cs_utils.cs231n import find
from cs_utils.cs231n.loading import UnreadableFileError
from cs_utils.language import _

_END: dict[str, Any] = {"end": True}
# For the process to start and import PyTorch, on a machine with much else to do.
_START_SECONDS = 300


@dataclass(frozen=True)
class Limits:
    """seconds: for running the file, and for each function again. gibibytes: of memory."""

    seconds: float = 60
    gibibytes: float = 4


def check_file(path: Path, functions: Sequence[str], limits: Limits) -> Iterator[dict[str, Any]]:
    """The verdict on each of the functions, as plain data, as they come.

    A function that never ends, or ends the process, costs only its own. Raises
    UnreadableFileError where running the file itself fails.
    """
    left = list(functions)
    while left:
        for message in _messages(path, left, limits):
            if "unreadable" in message:
                raise UnreadableFileError(message["unreadable"])
            if "result" in message:
                left.remove(message["result"]["function"])
                yield message["result"]
            if "stopped" in message:
                if message["during"] is None:
                    raise UnreadableFileError(_told_of_the_file(path, message, limits))
                left.remove(message["during"])
                yield _given_up(message, limits)


def _told_of_the_file(path: Path, message: dict[str, Any], limits: Limits) -> str:
    if message["stopped"] == TIMED_OUT:
        text = _("Running {path} had not ended after {seconds:g} s. Is there a loop outside?")
        return text.format(path=path, seconds=limits.seconds)
    return _("Running {path} ended the process.").format(path=path)


def _given_up(message: dict[str, Any], limits: Limits) -> dict[str, Any]:
    """The verdict on a function that never came back."""
    name, status = message["during"], message["stopped"]
    points = find(name).points
    text = _("It had not ended after {seconds:g} s. Is there a loop that never ends?")
    if status == CRASHED:
        text = _("It ended the process: does it ask for a huge array, or call exit()?")
    hint = text.format(seconds=limits.seconds)
    head = _("{name}: {score:g} of {points:g} points, {status}").format(
        name=name, score=0, points=points, status=_(status)
    )
    return {
        "function": name,
        "score": 0.0,
        "max_score": points,
        "verdict": status,
        "hints": [hint],
        "notes": [],
        "report": f"{head}\n{hint}",
    }


def _messages(path: Path, functions: Sequence[str], limits: Limits) -> Iterator[dict[str, Any]]:
    """What one worker says, until it ends; last, where that was no good end, how it stopped."""
    command = [sys.executable, "-m", "cs_utils.cs231n.worker", str(path), str(limits.gibibytes)]
    worker = subprocess.Popen(
        [*command, *functions],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    arrived: queue.Queue[dict[str, Any]] = queue.Queue()
    threading.Thread(target=_read, args=(worker, arrived), daemon=True).start()
    during: str | None = None
    patience: float = _START_SECONDS
    results = 0
    try:
        while True:
            try:
                message = arrived.get(timeout=patience)
            except queue.Empty:
                yield {"stopped": TIMED_OUT, "during": during}
                return
            if message is _END:
                if results < len(functions):
                    yield {"stopped": CRASHED, "during": during}
                return
            patience = limits.seconds
            during = message.get("started", during)
            results += "result" in message
            yield message
            if "unreadable" in message:
                return
    finally:
        worker.kill()
        worker.wait()


def _read(worker: subprocess.Popen[str], arrived: "queue.Queue[dict[str, Any]]") -> None:
    assert worker.stdout is not None
    for line in worker.stdout:
        arrived.put(json.loads(line))
    arrived.put(_END)
