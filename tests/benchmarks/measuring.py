"""How the layers are timed: a fresh process with equally many threads for both libraries, both in
turn after a warm-up, and what the machine itself can do."""

import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_info

from cs_utils.machine import processor

Run = Callable[[], Any]
Clock = Callable[[], float]

_READY = "LAYERS_BENCHMARK"
# Each library chooses its own instructions; a setting that holds one of them back is not passed on.
_HELD_BACK = (
    "ATEN_CPU_CAPABILITY",
    "DNNL_MAX_CPU_ISA",
    "MKL_ENABLE_INSTRUCTIONS",
    "ONEDNN_MAX_CPU_ISA",
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
)
# Both libraries' threads keep spinning for a while after their work and would slow the other's.
_PAUSE = 0.03


@dataclass(frozen=True)
class Row:
    """A layer's seconds in NumPy and in PyTorch, and what is said about it in further columns."""

    name: str
    own: float
    other: float
    notes: tuple[str, ...] = ()

    @property
    def ratio(self) -> float:
        """NumPy's time over PyTorch's."""
        return self.own / self.other


def start_again(module: str, threads: int) -> None:
    """Replace this process by ``python -m module`` with so many threads, unless it is that one."""
    if _READY not in os.environ:
        environment = {name: text for name, text in os.environ.items() if name not in _HELD_BACK}
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            environment[name] = str(threads)
        command = [sys.executable, "-m", module, *sys.argv[1:]]
        os.execve(sys.executable, command, {**environment, _READY: "1"})
    torch.set_num_threads(threads)
    _settle_memory()


def _settle_memory() -> None:
    """glibc keeps freed memory at hand up to a size that it learns from what was freed before, and
    asks the system for it anew beyond that. A process that trains has learned long ago; here one
    array of the largest size that counts, 32 MB, teaches it, before either library is measured."""
    np.empty(31 * 2**18, dtype=np.float32)


def in_turn(ours: Run, theirs: Run, rounds: int, on_gpu: bool = False) -> tuple[float, float]:
    """Seconds of both, run in turn: the best of the rounds, because what a round takes longer is
    other programs' doing (as the documentation of ``timeit`` has it).

    Raises AssertionError where they don't agree.
    """
    clock = time.perf_counter if on_gpu else cpu_clock()
    for own, other in zip(ours(), theirs(), strict=True):
        own, right = (np.asarray(torch.as_tensor(one).cpu()) for one in (own, other))
        np.testing.assert_allclose(own, right, rtol=0, atol=1e-3 * np.abs(right).max())
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for run, times in zip((ours, theirs), seconds, strict=True):
            time.sleep(0 if on_gpu else _PAUSE)
            run()
            times.append(timed(run, clock))
    return min(seconds[0]), min(seconds[1])


def cpu_clock() -> Clock:
    """One thread is timed by what the processor gave it, so that other programs' turns don't count;
    several by the wall clock, as waiting for each other is part of their work."""
    return time.process_time if torch.get_num_threads() == 1 else time.perf_counter


def timed(run: Run, clock: Clock = time.perf_counter) -> float:
    """Seconds of one run."""
    start = clock()
    run()
    return clock() - start


def geometric_mean(rows: list[Row]) -> float:
    """Of the rows' ratios."""
    return statistics.geometric_mean(row.ratio for row in rows)


def upstream(shape: Any) -> np.ndarray:
    """A random upstream gradient."""
    return np.random.default_rng(1).standard_normal(tuple(shape), dtype=np.float32)


def machine(threads: int) -> str:
    """Processor, threads, versions and how busy it is, in a line."""
    blas = {
        f"{pool['internal_api']} {pool['version']} ({pool.get('architecture', '?')})"
        for pool in threadpool_info()
        if pool["user_api"] == "blas" and "numpy" in pool["filepath"]
    }
    return (
        f"{processor()}, {os.cpu_count()} cores, {threads} threads; "
        f"Python {platform.python_version()}, NumPy {np.__version__} with {', '.join(blas)}, "
        f"PyTorch {torch.__version__} ({torch.backends.cpu.get_cpu_capability()}); "
        f"load average at the start {os.getloadavg()[0]:.1f}"
    )


@dataclass(frozen=True)
class Rates:
    """What NumPy does on this machine: product in floating point operations a second, a float32
    product of 1024 x 1024 matrices; memory in bytes a second, read and written by a copy of 64 MB,
    which is more than most caches hold."""

    product: float
    memory: float

    def __str__(self) -> str:
        return (
            f"float32 matrix product {self.product / 1e9:.0f} GFLOP/s, copying from memory to "
            f"memory {self.memory / 1e9:.0f} GB/s read and written, {self.ridge:.0f} operations "
            "in the time of a byte"
        )

    @property
    def ridge(self) -> float:
        """Operations in the time of one byte: a layer with fewer waits for memory."""
        return self.product / self.memory


def rates(rounds: int = 30) -> Rates:
    """Measure them: the best of the rounds."""
    a, b = (np.random.default_rng(i).random((1024, 1024), dtype=np.float32) for i in range(2))
    product, source = np.empty_like(a), np.ones(2**24, np.float32)
    target = np.empty_like(source)
    fastest = [
        min(timed(run, cpu_clock()) for _ in range(rounds))
        for run in (partial(np.matmul, a, b, out=product), partial(np.copyto, target, source))
    ]
    return Rates(2 * 1024**3 / fastest[0], 2 * source.nbytes / fastest[1])
