"""Asking the student's functions: runs them on the cases of an exercise and keeps what comes back.

Nothing is judged here. The notebook's check and the grader's kernel both come through here; the
grader reads the answers as plain arrays and judges them where the student's code cannot reach.
"""

import contextlib
import copy
import io
import linecache
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from cs_utils.exercises.specification import Case, Exercise, MissingFunctionError, WrongReturnError
from cs_utils.language import _

NOT_WRITTEN = "not written yet"
MISSING = "missing"
PART_MISSING = "part not written yet"
RAISED = "error"
WRONG_RETURN = "wrong return"
TIMED_OUT = "timed out"
CRASHED = "crashed"
REFUSED = "refused"

_MODULE_METHODS = ("__init__", "forward")
# Where code of others lies: the course's own, PyTorch's stand-in while grading, and libraries.
_OF_OTHERS = (str(Path(__file__).parent), "without_pytorch", "site-packages")


@dataclass(frozen=True)
class Problem:
    """Why there is no answer: its kind (one of the words above), the text, the student's line."""

    kind: str
    text: str
    line: str = ""


@dataclass(frozen=True)
class Answer:
    """What the student's functions gave for one case.

    outputs: plain arrays by name; empty where there is a problem.
    inputs: the arrays among the inputs as the student's code left them, or None where nobody
        looked.
    """

    outputs: Mapping[str, np.ndarray] = field(default_factory=dict)
    problem: Problem | None = None
    inputs: Mapping[str, np.ndarray] | None = None


class StudentFunctions(Mapping[str, Callable[..., Any]]):
    """The functions of a namespace by name; a missing one is told by its name."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace

    def __getitem__(self, name: str) -> Callable[..., Any]:
        function = self._namespace.get(name)
        if not callable(function):
            text = _("There is no function {name} in this notebook. Has its cell been run?")
            raise MissingFunctionError(text.format(name=name))
        return function

    def __iter__(self) -> Iterator[str]:
        return iter(self._namespace)

    def __len__(self) -> int:
        return len(self._namespace)


def answer_case(exercise: Exercise, namespace: Mapping[str, Any], case: Case) -> Answer:
    """Ask the student's functions in ``namespace`` for one case of the exercise.

    They get copies of the inputs, and what they print or warn of is not shown. Exceptions become
    problems; only an interrupt from the keyboard passes through.
    """
    inputs = copy.deepcopy(dict(case.inputs))
    own_case = Case(case.title, inputs, case.inputs_unchanged, case.weight)
    try:
        with _quiet():
            returned = exercise.answer(StudentFunctions(namespace), own_case)
        outputs = {name: plain_array(value, name) for name, value in returned.items()}
    except NotImplementedError as error:
        return Answer(problem=_unwritten(exercise, error))
    except MissingFunctionError as error:
        return Answer(problem=Problem(MISSING, str(error)))
    except WrongReturnError as error:
        return Answer(problem=Problem(WRONG_RETURN, str(error)))
    except (Exception, SystemExit) as error:
        return Answer(problem=Problem(RAISED, _in_words(error), students_line(error)))
    left = {name: value for name, value in inputs.items() if isinstance(value, np.ndarray)}
    return Answer(outputs, inputs=left)


def plain_array(value: Any, name: str) -> np.ndarray:
    """The value as a plain numeric array; tensors are taken as the arrays they hold.

    Raises WrongReturnError for None, text, objects and ragged lists.
    """
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    try:
        array = np.asarray(value)
    except Exception:
        array = np.asarray(None)
    if array.dtype.kind not in "biuf":
        text = _("{name} must be a number or an array of numbers; it is {what}.")
        what = "None" if value is None else type(value).__name__
        if isinstance(value, np.ndarray):
            what = _("an array of {kind}").format(kind=_kind(value.dtype))
        raise WrongReturnError(text.format(name=name, what=what))
    return np.array(array, subok=False)


def _kind(dtype: np.dtype) -> str:
    """What such an array holds, in a word."""
    if dtype.kind in "US":
        return _("text")
    return _("objects") if dtype.kind == "O" else str(dtype)


def _unwritten(exercise: Exercise, error: NotImplementedError) -> Problem:
    """Which function is not written yet: the exercise's own, or one that it builds on?"""
    functions = [frame.name for frame in frames(error)]
    part = next((name for name in reversed(functions) if name in exercise.builds_on), None)
    if part is None:
        return Problem(NOT_WRITTEN, _("not written yet"))
    text = _("{part}, which {name} builds on, is not written yet")
    return Problem(PART_MISSING, text.format(part=part, name=exercise.name))


@contextlib.contextmanager
def replaced(
    namespace: MutableMapping[str, Any], stand_ins: Mapping[str, Callable[..., Any]]
) -> Iterator[None]:
    """For a while, working stand-ins take the place of the student's functions in a namespace."""
    own = {name: namespace[name] for name in stand_ins if name in namespace}
    namespace.update(stand_ins)
    try:
        yield
    finally:
        for name in stand_ins:
            namespace.pop(name, None)
        namespace.update(own)


def frames(error: BaseException) -> list[traceback.FrameSummary]:
    """What an exception came through, outermost first; a module's own methods that every module has
    go by the name of its class, which is the exercise's."""
    found = traceback.extract_tb(error.__traceback__)
    for (frame, _line), summary in zip(traceback.walk_tb(error.__traceback__), found, strict=True):
        if summary.name in _MODULE_METHODS and "self" in frame.f_locals:
            summary.name = type(frame.f_locals["self"]).__name__
    return list(found)


def students_line(error: BaseException) -> str:
    """The line of the student's own code that an exception came through last, or ''."""
    passed = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in passed if not any(place in frame.filename for place in _OF_OTHERS)]
    if not own:
        return ""
    last = own[-1]
    return (last.line or linecache.getline(last.filename, last.lineno or 0)).strip()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
    ):
        warnings.simplefilter("ignore")
        yield


def _in_words(error: BaseException) -> str:
    message = str(error).strip().splitlines()
    return type(error).__name__ + (f": {message[0]}" if message else "")
