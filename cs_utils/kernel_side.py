"""What the grader asks of a student's kernel: apply the functions, hand back plain arrays.

It runs in the student's process, so nothing here is trusted and nothing here is secret: the cases
come without their answers, and what goes back is judged elsewhere.
"""

import base64
import os
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any

import numpy as np

from cs_utils.answers import (
    MISSING,
    NOT_WRITTEN,
    PART_MISSING,
    RAISED,
    WRONG_RETURN,
    Answer,
    Problem,
    answer_case,
    replaced,
)
from cs_utils.exchange import ExchangeError, pack, unpack
from cs_utils.exercises import find_exercise
from cs_utils.exercises.specification import Case

REQUEST = "request.arrays"
GRADING = "CS_UTILS_GRADING"
_PROBLEMS = (NOT_WRITTEN, PART_MISSING, MISSING, RAISED, WRONG_RETURN)


def is_grading() -> bool:
    """Whether this process is a grader's kernel: checks are then made outside it."""
    return GRADING in os.environ


def answer_file(index: int) -> str:
    """The name of the file that holds the answer to the case of this index."""
    return f"answer-{index}.arrays"


def answer_request(folder: str, namespace: MutableMapping[str, Any]) -> None:
    """Answer the request in ``folder``, case by case, each in a file of its own.

    A case that never ends so costs none that were answered before it.
    """
    request = unpack((Path(folder) / REQUEST).read_bytes())
    exercise = find_exercise(request["exercise"])
    stand_ins = {name: _stand_in(name, index) for name, index in request["stand_ins"].items()}
    with replaced(namespace, stand_ins):
        for index, (inputs, unchanged) in enumerate(request["cases"]):
            answer = answer_case(exercise, namespace, Case("", inputs, unchanged))
            _write(Path(folder) / answer_file(index), _packed(answer))


def _packed(answer: Answer) -> bytes:
    problem = answer.problem
    return pack(
        {
            "outputs": dict(answer.outputs),
            "problem": [problem.kind, problem.text, problem.line] if problem else None,
            "inputs": dict(answer.inputs or {}),
        }
    )


def read_answer(data: bytes, limit: int) -> Answer:
    """The answer in these bytes. Raises ExchangeError for anything but plain arrays and words."""
    stored = unpack(data, limit)
    problem = stored["problem"]
    if problem is not None:
        kind, text, line = (str(word)[:500] for word in problem)
        if kind not in _PROBLEMS:
            raise ExchangeError("an unknown kind of problem")
        return Answer(problem=Problem(kind, text, line))
    return Answer(outputs=_arrays(stored["outputs"]), inputs=_arrays(stored["inputs"]))


def _arrays(stored: Any) -> dict[str, np.ndarray]:
    arrays = {str(name)[:50]: np.asarray(value) for name, value in dict(stored).items()}
    if any(array.dtype.kind not in "biuf" for array in arrays.values()):
        raise ExchangeError("something else than numbers")
    return arrays


def _write(path: Path, data: bytes) -> None:
    partial = path.with_suffix(".part")
    partial.write_bytes(data)
    partial.replace(path)


def _stand_in(name: str, index: int) -> Callable[..., Any]:
    """A function whose values the grader computes: it is asked through Jupyter's input().

    Tensors go as the arrays they hold; who gave a tensor gets one back, like it. What makes a
    module of PyTorch's is used here.
    """
    lend = getattr(find_exercise(name).stand_ins[index], "lend", None)
    if lend is not None:
        return lend()

    def stand_in(*args: Any, **kwargs: Any) -> Any:
        tensors = [value for value in (*args, *kwargs.values()) if hasattr(value, "detach")]
        question = {
            "name": name,
            "index": index,
            "args": [_array(value) for value in args],
            "kwargs": {key: _array(value) for key, value in kwargs.items()},
        }
        reply = unpack(base64.b64decode(input(base64.b64encode(pack(question)).decode())))
        if "error" in reply:
            raise ValueError(reply["error"])
        value = reply["value"]
        return tensors[0].new_tensor(value) if tensors else value

    return stand_in


def _array(value: Any) -> Any:
    return value.detach().cpu().numpy() if hasattr(value, "detach") else value
