"""Working versions of functions, for kernels that ask for their values; computed in a process of
its own, with limits: a student's code chooses the questions.

    python -m autograder.kernels.stand_ins

It reads questions from its standard input and writes the answers, each behind its length.
"""

import base64
import contextlib
import os
import resource
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import IO

from cs_utils.exchange import pack, unpack
from cs_utils.exercises import UnknownExerciseError, find_exercise

_MEMORY = 4 * 2**30
_QUESTION_LIMIT = 2**24
_ANSWER_LIMIT = 2**26
_LENGTH = struct.Struct("<Q")
_START_SECONDS = 120.0
_SECONDS = 20.0
_KEPT_BYTES = 2**25


class StandInServer:
    """The process that computes them: started when first needed, and anew when one hangs."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | Fork | None = None
        # Hand-ins of a class ask the same: their cases are the same.
        self._known: dict[tuple[object, ...], bytes] = {}
        self._kept = 0

    def fork(self) -> None:
        """Make the process a fork of this one, which has loaded its libraries; before it has
        threads."""
        self._process = Fork(serve)

    def require(self) -> None:
        """Have the process ready."""
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "autograder.kernels.stand_ins"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
            )
            self._exchange(pack({"question": "", "stand_ins": {}}), _START_SECONDS)

    def reply(self, prompt: str, stand_ins: Mapping[str, int], seconds: float) -> bytes:
        """The value that a working function gives, packed, or an error in its place.

        prompt: the question as the kernel packed it. stand_ins: what may be asked for now.
        """
        if not isinstance(prompt, str) or len(prompt) > _QUESTION_LIMIT:
            return pack({"error": "this is no question, or one that is too long"})
        asked = (prompt, *sorted(stand_ins.items()))
        if asked in self._known:
            return self._known[asked]
        self.require()
        question = pack({"question": prompt, "stand_ins": dict(stand_ins)})
        answer = self._exchange(question, max(min(seconds, _SECONDS), 0.0))
        if answer:
            self._keep(asked, answer, len(prompt) + len(answer))
        return answer or pack({"error": "no value: it takes too much time or memory"})

    def _keep(self, asked: tuple[object, ...], answer: bytes, size: int) -> None:
        if self._kept + size > _KEPT_BYTES:
            self._known.clear()
            self._kept = 0
        self._known[asked] = answer
        self._kept += size

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _exchange(self, question: bytes, seconds: float) -> bytes:
        """The process's answer; none where it takes too long, and the process is ended then."""
        assert self._process is not None and self._process.stdin and self._process.stdout
        end = time.monotonic() + seconds
        try:
            self._process.stdin.write(_LENGTH.pack(len(question)) + question)
            self._process.stdin.flush()
            length = _LENGTH.unpack(_read(self._process.stdout, _LENGTH.size, end))[0]
            return _read(self._process.stdout, length, end)
        except (OSError, EOFError):
            self.close()
            return b""


class Fork:
    """A fork of this process that runs a function, as ``subprocess.Popen`` shows it; the function
    is given its standard input and output."""

    def __init__(self, function: Callable[[IO[bytes], IO[bytes]], None]) -> None:
        read, write = os.pipe(), os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.dup2(read[0], 0)
            os.dup2(write[1], 1)
            os.closerange(3, os.sysconf("SC_OPEN_MAX"))
            try:
                function(open(0, "rb"), open(1, "wb"))
            finally:
                os._exit(0)
        os.close(read[0])
        os.close(write[1])
        self.stdin, self.stdout = open(read[1], "wb"), open(write[0], "rb")

    def poll(self) -> int | None:
        """0 once it has ended."""
        ended = os.waitid(os.P_PID, self._pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return None if ended is None else 0

    def kill(self) -> None:
        """End it."""
        os.kill(self._pid, signal.SIGKILL)

    def communicate(self) -> None:
        """Wait for its end, and let go of it."""
        os.waitpid(self._pid, 0)
        self.stdout.close()
        with contextlib.suppress(BrokenPipeError):
            self.stdin.close()


@cache
def stand_in_server() -> StandInServer:
    """The one of this process."""
    return StandInServer()


def _read(pipe: IO[bytes], size: int, end: float) -> bytes:
    """So many bytes from a pipe. Raises TimeoutError, and EOFError where it ends before."""
    descriptor = pipe.fileno()
    parts: list[bytes] = []
    while size:
        if not select.select([descriptor], [], [], max(end - time.monotonic(), 0))[0]:
            raise TimeoutError
        part = os.read(descriptor, min(size, 2**20))
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def stand_in_reply(prompt: str, stand_ins: Mapping[str, int]) -> bytes:
    """The value that a working function gives, packed, or an error in its place."""
    try:
        question = unpack(base64.b64decode(prompt), _QUESTION_LIMIT)
        name = question["name"]
        if name not in stand_ins:
            raise UnknownExerciseError(f"{name} is not standing in now")
        function = find_exercise(name).stand_ins[stand_ins[name]]
        value = pack({"value": function(*question["args"], **question["kwargs"])})
        return value if len(value) <= _ANSWER_LIMIT else pack({"error": "too large a value"})
    except Exception as error:
        return pack({"error": f"{type(error).__name__}: {error}"[:1000]})


def serve(questions: IO[bytes], answers: IO[bytes]) -> None:
    """Answer questions until there are no more."""
    # What working versions compute with, before a question's time counts.
    import torch

    torch.set_num_threads(1)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    while length := questions.read(_LENGTH.size):
        asked = unpack(questions.read(_LENGTH.unpack(length)[0]))
        answer = stand_in_reply(asked["question"], asked["stand_ins"])
        answers.write(_LENGTH.pack(len(answer)) + answer)
        answers.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
