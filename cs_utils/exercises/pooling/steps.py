"""Counting the steps that Python takes: code without a loop over positions takes as many of them
on a large picture as on a small one. Unlike a time, the number is the same on every machine."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

_SLACK = 1.1


def python_steps(call: Callable[[], Any]) -> int:
    """How many of its instructions Python runs during a call; what NumPy does in C counts nothing.

    A tracer that is at work, as a debugger's, is put aside meanwhile.
    """
    steps = 0

    def count(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal steps
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        steps += event == "opcode"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        call()
    finally:
        sys.settrace(before)
    return steps


def grow(small: Callable[[], Any], large: Callable[[], Any]) -> bool:
    """Whether Python takes more steps for the second call than for the first; each is made once
    before it counts, as first calls may import and prepare."""
    small(), large()
    return python_steps(large) > _SLACK * python_steps(small)
