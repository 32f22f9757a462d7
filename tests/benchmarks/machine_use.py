"""What a command takes of the machine, with every process that it starts: seconds, processor
seconds, memory. Measured on the machine as a whole, which must have nothing else to do: kernels and
their families come and go, and a process that ended without a parent counts nowhere else."""

import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_PERIOD = 0.1


@dataclass(frozen=True)
class Use:
    """wall, processor: seconds. memory: by how many bytes the machine's available memory fell."""

    wall: float
    processor: float
    memory: int


def use_of(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Use:
    """Run a command to its end. Raises CalledProcessError, with what it said, where it fails."""
    available, ended = _available(), threading.Event()
    least = [available]

    def watch() -> None:
        while not ended.wait(_PERIOD):
            least.append(min(least.pop(), _available()))

    watcher = threading.Thread(target=watch)
    watcher.start()
    start, busy = time.perf_counter(), _busy()
    try:
        subprocess.run(
            command, cwd=folder, env=dict(environment), check=True, capture_output=True, text=True
        )
        return Use(time.perf_counter() - start, _busy() - busy, available - least[0])
    finally:
        ended.set()
        watcher.join()


def _busy() -> float:
    """Seconds for which the machine's cores have worked since it was started."""
    times = psutil.cpu_times()
    return times.user + times.nice + times.system + times.irq + times.softirq


def _available() -> int:
    """Bytes that programs could still be given."""
    return psutil.virtual_memory().available
