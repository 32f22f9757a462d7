"""What this computer has: its processor's name, and PyTorch or not."""

import platform
from pathlib import Path
from typing import Any


def pytorch() -> Any:
    """PyTorch, or None where it is not installed or is switched off, as while NumPy is graded."""
    try:
        import torch
    except ImportError:
        return None
    return torch if hasattr(torch, "Tensor") else None


def processor() -> str:
    """The processor's name; Linux tells it in a file, other systems through ``platform``."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()
