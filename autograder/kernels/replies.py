"""What a kernel hands back and asks for, read with distrust."""

import os
import stat
from collections.abc import Mapping
from typing import Any

from autograder.kernels.outputs import one_line
from cs_utils.answers import CRASHED, MISSING, REFUSED, Answer, Problem
from cs_utils.exchange import ExchangeError
from cs_utils.kernel_side import read_answer

_ANSWER_LIMIT = 64 * 2**20


def not_answered(reply: Mapping[str, Any]) -> Problem:
    """What to say of the cases without an answer, from the kernel's reply to the request."""
    if reply.get("status") == "error":
        text = f"{reply.get('ename')}: {str(reply.get('evalue'))[:200]}"
        return Problem(CRASHED, f"the function could not be called ({one_line(text)})")
    return Problem(REFUSED, "no answer was handed back")


def write_new(folder: int, name: str, data: bytes) -> None:
    """Write a file into the folder of this descriptor. Raises FileExistsError for one that is
    there already: it may be a link that the student's code has laid to a file of the grader's."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(os.open(name, flags, 0o600, dir_fd=folder), "wb") as file:
        os.fchmod(file.fileno(), 0o644)
        file.write(data)


def read_reply(folder: int, name: str, problem: Problem) -> Answer:
    """One answer from the exchange folder, read as plain arrays and through no link."""
    try:
        opened = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except FileNotFoundError:
        return Answer(problem=problem)
    except OSError:
        return Answer(problem=Problem(REFUSED, "the answer is no plain file"))
    try:
        status = os.fstat(opened)
        if not stat.S_ISREG(status.st_mode):
            return Answer(problem=Problem(REFUSED, "the answer is no plain file"))
        if status.st_size > _ANSWER_LIMIT:
            return Answer(problem=Problem(REFUSED, "the answer is too large"))
        data = os.read(opened, _ANSWER_LIMIT)
    finally:
        os.close(opened)
    try:
        answer = read_answer(data, _ANSWER_LIMIT)
    except (ExchangeError, KeyError, TypeError, AttributeError, ValueError) as error:
        return Answer(problem=Problem(REFUSED, f"the answer cannot be read: {error}"))
    return answer if answer.problem is None else Answer(problem=_in_one_line(answer.problem))


def _in_one_line(problem: Problem) -> Problem:
    return Problem(problem.kind, one_line(problem.text), one_line(problem.line))


def missing_part(name: str) -> Answer:
    """The answer where a function that this one builds on is known never to end."""
    text = f"{name}, which this one builds on, gave no answer"
    return Answer(problem=Problem(MISSING, text))
