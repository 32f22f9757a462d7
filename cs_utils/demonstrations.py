"""Showing what the student's functions do: where one is not written or not right yet, a plot or an
experiment says so in a sentence, and never ends in a traceback."""

import contextlib
import functools
import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from cs_utils.answers import frames, plain_array, students_line
from cs_utils.exercises.layers import describe
from cs_utils.exercises.specification import WrongReturnError
from cs_utils.language import _

_OWN_FOLDER = str(Path(__file__).parent)


class Note:
    """A sentence in the place of a plot, a number or a table."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return (
            "<div style='border-left:4px solid #555555;padding:0.3em 0.8em;color:#555555'>"
            f"{escape(self.text)}</div>"
        )


def comes_alive(show: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator of what calls a student's functions: whatever they raise becomes a Note."""

    @functools.wraps(show)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            with quiet():
                return show(*args, **kwargs)
        except (Exception, SystemExit) as error:
            return Note(in_a_sentence(error))

    return wrapped


def in_a_sentence(error: BaseException) -> str:
    """What stopped a demonstration, for the reader: no traceback, the function's name, the line."""
    name = students_function(error)
    if isinstance(error, NotImplementedError):
        return _("not written yet: this comes alive once {name} works").format(name=name)
    if isinstance(error, WrongReturnError):
        return _("not right yet: {text} Its check says more.").format(text=error)
    problem = f"{type(error).__name__}: {error}".strip().splitlines()[0]
    if not name:
        text = _("not right yet: the checks above say which function to mend ({problem})")
        return text.format(problem=problem)
    text = _("not right yet: {name} ends with {problem} (in the line: {line})")
    return text.format(name=name, problem=problem, line=students_line(error))


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """What a student's function prints or warns of is not shown a thousand times over."""
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
    ):
        warnings.simplefilter("ignore")
        yield


def numbers(value: Any, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """The value as an array of this shape. Raises WrongReturnError, with ``name`` in its text."""
    array = plain_array(value, name)
    if shape == () and array.size == 1:
        array = array.reshape(())
    if array.shape != shape:
        text = _("{name} has shape {received}, it must have shape {expected}.")
        raise WrongReturnError(text.format(name=name, received=array.shape, expected=shape))
    return array


def run_forward(
    forward: Callable[..., Any], inputs: Sequence[Any], shape: tuple[int, ...]
) -> tuple[np.ndarray, Any]:
    """The output of the student's forward function, as an array of this shape, and its cache."""
    result = forward(*inputs)
    name = _name(forward)
    if not isinstance(result, tuple) or len(result) != 2:
        text = _("{name} must return a pair, its output and a cache; it returned {what}.")
        raise WrongReturnError(text.format(name=name, what=describe(result)))
    what = _("the output of {name}").format(name=name)
    return numbers(result[0], what, shape), result[1]


def run_backward(
    backward: Callable[..., Any], upstream: Any, cache: Any, shapes: Sequence[tuple[int, ...]]
) -> list[np.ndarray]:
    """The gradients that the student's backward function returns, as arrays of these shapes."""
    result = backward(upstream, cache)
    name = _name(backward)
    found = list(result) if isinstance(result, tuple) else [result]
    if len(found) != len(shapes):
        text = _("{name} must return {count} gradients; it returned {what}.")
        raise WrongReturnError(text.format(name=name, count=len(shapes), what=describe(result)))
    what = _("a gradient of {name}").format(name=name)
    return [numbers(value, what, shape) for value, shape in zip(found, shapes, strict=True)]


def _name(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", "function")


def students_function(error: BaseException) -> str:
    """The innermost function outside this package and the libraries, or ''."""
    own = [
        frame.name
        for frame in frames(error)
        if not frame.filename.startswith(_OWN_FOLDER) and "site-packages" not in frame.filename
    ]
    return own[-1] if own and not own[-1].startswith("<") else ""
