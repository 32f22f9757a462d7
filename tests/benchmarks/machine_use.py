"""What a command takes of the machine, with every process that it starts: seconds, processor
seconds, memory. Measured on the machine as a whole, which must have nothing else to do: kernels and
their families come and go, and a process that ended without a parent counts nowhere else."""

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PERIOD = 0.1
_TICKS = os.sysconf("SC_CLK_TCK")
# Of the columns of /proc/stat, see proc(5): user, nice, system, irq, softirq.
_BUSY = (1, 2, 3, 6, 7)


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
    columns = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return sum(int(columns[one]) for one in _BUSY) / _TICKS


def _available() -> int:
    """Bytes that programs could still be given."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("MemAvailable:"))
    return int(line.split()[1]) * 1024
