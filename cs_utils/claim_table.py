"""A claim is not only quoted: it is computed, with the student's own functions, and held against
what the lecture says."""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from cs_utils.answers import plain_array
from cs_utils.demonstrations import in_a_sentence, quiet, students_function
from cs_utils.language import _

_GOOD, _BAD, _PLAIN = "#0b6e4f", "#a3293d", "#555555"


@dataclass(frozen=True)
class Claim:
    """One number, or yes or no, that a source states.

    text: the claim in words.
    said: the value stated: a number, an array, True or False.
    compute: gives the value; called without arguments.
    instead: the right value, where what is said is known not to hold.
    digits: decimals that must agree.
    """

    text: str
    said: Any
    compute: Callable[[], Any]
    instead: Any = None
    digits: int = 2


class ClaimTable:
    """Claims, what was said, what was computed, and whether it holds."""

    def __init__(self, rows: list[tuple[str, str, str, str, str]]) -> None:
        self._rows = rows
        self._head = (_("claim"), _("said"), _("computed"), _("holds?"))

    def __repr__(self) -> str:
        table = [self._head, *(row[:4] for row in self._rows)]
        widths = [max(len(row[column]) for row in table) for column in range(4)]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in table
        )

    def _repr_html_(self) -> str:
        cell = "style='text-align:left;vertical-align:top'"
        head = "".join(f"<th scope='col' {cell}>{escape(title)}</th>" for title in self._head)
        body = "".join(
            "<tr>"
            + "".join(f"<td {cell}>{escape(text)}</td>" for text in row[:3])
            + f"<td {cell}><strong style='color:{row[4]}'>{escape(row[3])}</strong></td></tr>"
            for row in self._rows
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def claims(*stated: Claim) -> ClaimTable:
    """Compute every claim and lay the results out as a table; never raises for a student's
    function that is missing or wrong."""
    return ClaimTable([_row(claim) for claim in stated])


def _row(claim: Claim) -> tuple[str, str, str, str, str]:
    said = in_digits(claim.said, claim.digits)
    try:
        with quiet():
            computed = plain_array(claim.compute(), _("the result"))
    except NotImplementedError as error:
        waiting = _("{name} is not written yet").format(name=students_function(error))
        return claim.text, said, waiting, _("not yet"), _PLAIN
    except (Exception, SystemExit) as error:
        return claim.text, said, in_a_sentence(error), _("not yet"), _BAD
    shown = in_digits(computed, claim.digits)
    if _agree(computed, claim.said, claim.digits):
        return claim.text, said, shown, _("yes"), _GOOD
    if claim.instead is not None and _agree(computed, claim.instead, claim.digits):
        return claim.text, said, shown, _("no"), _BAD
    return claim.text, said, shown, _("another number: what does its check say?"), _BAD


def _agree(computed: np.ndarray, value: Any, digits: int) -> bool:
    right = np.asarray(value, dtype=np.float64)
    if computed.shape != right.shape:
        return False
    return bool(np.all(np.abs(computed - right) <= 0.5001 * 10.0**-digits))


def in_digits(value: Any, digits: int = 2) -> str:
    """A value as people write it: yes, no, 0.73, or (4, 0, 5, 0)."""
    array = np.asarray(value)
    if array.dtype.kind == "b" and array.ndim == 0:
        return _("yes") if array else _("no")
    whole = bool(np.all(np.round(array, digits) % 1 == 0))
    return _nested(array, 0 if whole else digits)


def _nested(array: np.ndarray, digits: int) -> str:
    if array.ndim == 0:
        # Adding 0.0 makes a rounded -0.0 a plain 0.
        return f"{round(float(array), digits) + 0.0:,.{digits}f}"
    inside = ", ".join(_nested(part, digits) for part in array)
    return f"({inside},)" if len(array) == 1 else f"({inside})"
