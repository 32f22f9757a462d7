"""What this computer has: its processor's name, PyTorch or not, and how many threads to use."""

import contextlib
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def pytorch() -> Any:
    """PyTorch, or None where it is not installed or is switched off, as while NumPy is graded."""
    try:
        import torch
    except ImportError:
        return None
    return torch if hasattr(torch, "tensor") else None


def processor() -> str:
    """The processor's name; Linux tells it in a file, other systems through ``platform``."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """NumPy's and PyTorch's products on one thread for a while.

    Small ones gain little from more, and on a busy machine threads that wait for each other make
    them many times slower.
    """
    from threadpoolctl import threadpool_limits

    torch = pytorch()
    threads = torch.get_num_threads() if torch else 1
    with threadpool_limits(limits=1, user_api="blas"):
        if torch:
            torch.set_num_threads(1)
        try:
            yield
        finally:
            if torch:
                torch.set_num_threads(threads)
