"""Working versions of functions, for kernels that ask for their values; computed in a process of
its own, with limits: a student's code chooses the questions.

    python -m autograder.kernels.stand_ins

It reads questions from its standard input and writes the answers, each behind its length.
"""

import base64
import os
import resource
import select
import struct
import subprocess
import sys
import time
from collections.abc import Mapping
from functools import cache
from typing import IO

import numpy as np

from autograder.kernels.fork import Fork
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
        self._known: dict[bytes, bytes] = {}
        self._kept = 0

    def fork(self) -> None:
        """Make the process a fork of this one, which has loaded its libraries; before it has
        threads."""
        self._process = Fork(serve)

    def require(self) -> None:
        """Have the process ready."""
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "autograder.kernels.stand_ins"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
            )
            self._exchange(pack({"question": np.zeros(0), "stand_ins": {}}), _START_SECONDS)

    def reply(self, prompt: str, stand_ins: Mapping[str, int], seconds: float) -> bytes:
        """The value that a working function gives, packed, or an error in its place.

        prompt: the question as the kernel packed it. stand_ins: what may be asked for now.
        """
        if not isinstance(prompt, str) or len(prompt) > _QUESTION_LIMIT or not prompt.isascii():
            return pack({"error": "this is no question, or one that is too long"})
        text = np.frombuffer(prompt.encode(), dtype=np.uint8)
        question = pack({"question": text, "stand_ins": dict(sorted(stand_ins.items()))})
        if question not in self._known:
            self.require()
            answer = self._exchange(question, max(min(seconds, _SECONDS), 0.0))
            if not answer:
                return pack({"error": "no value: it takes too much time or memory"})
            self._keep(question, answer)
        return self._known[question]

    def _keep(self, question: bytes, answer: bytes) -> None:
        size = len(question) + len(answer)
        if self._kept + size > _KEPT_BYTES:
            self._known.clear()
            self._kept = 0
        self._known[question] = answer
        self._kept += size

    def close(self) -> None:
        """End the process, if there is one."""
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


def stand_in_reply(prompt: bytes, stand_ins: Mapping[str, int]) -> bytes:
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
        answer = stand_in_reply(asked["question"].tobytes(), asked["stand_ins"])
        answers.write(_LENGTH.pack(len(answer)) + answer)
        answers.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
