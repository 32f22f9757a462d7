"""Watches what all processes of a kernel use together, and ends them where it is too much.

The system's own limits come first (``walls``); they count processes one by one, or are not to be
had on every machine.
"""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.kernels.limits import MEGABYTE, Limits

_PAUSE = 0.2
_SANDBOX_PROCESSES = 4
_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Usage:
    """What processes use together.

    processes: with their threads. memory: bytes. cpu: seconds since their start. running: whether
        one of them computes, or would if the machine let it.
    """

    processes: int = 0
    memory: int = 0
    cpu: float = 0.0
    running: bool = False


class Watcher:
    """Watches one process and its descendants from its making until ``stop``.

    reason: what was too much, once they were ended for it, else ''.
    """

    def __init__(self, process: int, limits: Limits) -> None:
        self.reason = ""
        self._process = process
        self._limits = limits
        self._own = 0
        self._most_cpu = limits.notebook_cpu
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def allow_cpu(self, seconds: float) -> None:
        """From now on so many CPU seconds, as far as the notebook's are not used up."""
        used = usage(self._process).cpu
        self._most_cpu = min(used + seconds, self._limits.notebook_cpu)

    def cpu(self) -> float:
        """CPU seconds used since the start."""
        return usage(self._process).cpu

    def is_kept_waiting(self, cpu: float) -> bool:
        """Whether it computes and has not had so many CPU seconds: the machine is busy."""
        used = usage(self._process)
        return used.running and used.cpu < cpu

    def note_family(self) -> None:
        """Take its processes as they are for the kernel's own."""
        self._own = sum(1 for _ in family(self._process))

    def has_grown(self) -> bool:
        """Whether there are more processes than the kernel's own."""
        return sum(1 for _ in family(self._process)) > self._own

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _watch(self) -> None:
        born = _birth(self._process)
        # Another process may have got its number since.
        while not self._stopped.wait(_PAUSE) and born == _birth(self._process):
            self.reason = self._too_much(usage(self._process))
            if self.reason:
                end_family(self._process)
                return

    def _too_much(self, used: Usage) -> str:
        limits = self._limits
        # The sandbox itself takes some.
        if used.processes > limits.processes + _SANDBOX_PROCESSES:
            return f"more than {limits.processes} processes"
        if used.cpu > self._most_cpu:
            return "more CPU time than allowed"
        # Memory that processes share is counted once, which takes longer to find out.
        if used.memory > limits.memory and shared_memory(self._process) > limits.memory:
            return f"more than {limits.memory // MEGABYTE} MB of memory"
        return ""


def usage(process: int) -> Usage:
    """What a process and its descendants use; memory that they share is counted for each."""
    used = Usage()
    for one in family(process):
        with contextlib.suppress(OSError, IndexError, ValueError):
            # See proc(5): the name may hold anything; behind it come state, parent, ...
            stat = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            used.cpu += sum(map(int, stat[11:15])) / _TICKS
            used.running |= stat[0] == "R"
            used.processes += 0 if stat[0] == "Z" else int(stat[17])
            used.memory += int(stat[21]) * _PAGE
    return used


def shared_memory(process: int) -> int:
    """Bytes that a process and its descendants hold, each shared page in equal parts."""
    total = 0
    for one in family(process):
        with contextlib.suppress(OSError, StopIteration):
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
            total += 1024 * int(next(line for line in lines if line.startswith("Pss:")).split()[1])
    return total


def family(process: int) -> Iterator[int]:
    """A process and all its descendants. Inside a sandbox none can leave the family."""
    waiting = [process]
    while waiting:
        one = waiting.pop()
        yield one
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{one}/task"):
                with contextlib.suppress(OSError):
                    children = Path(f"/proc/{one}/task/{thread}/children").read_text()
                    waiting += map(int, children.split())


def _birth(process: int) -> str:
    with contextlib.suppress(OSError, IndexError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    return ""


def end_family(process: int) -> None:
    """End a process and all its descendants: in a sandbox they end with it."""
    for one in list(family(process)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(one, signal.SIGKILL)


def await_end(process: int, seconds: float) -> bool:
    """Whether the process ends, and all its descendants, within so many seconds."""
    stop = time.monotonic() + seconds
    while time.monotonic() < stop:
        if usage(process).processes == 0:
            return True
        time.sleep(0.01)
    return False
