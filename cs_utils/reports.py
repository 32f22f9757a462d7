"""What a check says: the same verdict as HTML for Jupyter and as plain text."""

from collections.abc import Iterable
from html import escape
from typing import Any

import numpy as np

from cs_utils.language import _
from cs_utils.verdicts import CaseResult, Difference, Verdict, first_failure

_COLOURS = {"good": "#0b6e4f", "middle": "#8a5a00", "bad": "#a3293d", "plain": "#555555"}
_SHOWN_VALUES = 36


def text_report(verdict: Verdict, reveal: bool = True) -> str:
    """The report as plain text.

    reveal: show inputs and right values too; never where the inputs are secret.
    """
    return "\n".join([_headline(verdict), *_lines(verdict, reveal)])


def html_report(verdict: Verdict, reveal: bool = True) -> str:
    """The report as HTML that needs no script and no style sheet; ``reveal`` as for text."""
    colour = _COLOURS[_mood(verdict)]
    head = f"<strong style='color:{colour}'>{escape(_headline(verdict))}</strong>"
    failure = first_failure(verdict.results)
    body = "".join(f"<div>{escape(line)}</div>" for line in _lines(verdict, reveal=False))
    tables = ""
    if reveal and failure is not None and failure.differences:
        tables = _details(failure)
    return (
        f"<div style='border-left:4px solid {colour};padding:0.3em 0.8em;line-height:1.5'>"
        f"{head}{body}{tables}</div>"
    )


def _headline(verdict: Verdict) -> str:
    text = _("{name}: {score:g} of {points:g} points, {status}")
    return text.format(
        name=verdict.exercise.name,
        score=verdict.score,
        points=verdict.max_score,
        status=_(verdict.status),
    )


def _lines(verdict: Verdict, reveal: bool) -> Iterable[str]:
    failure = first_failure(verdict.results)
    if failure is not None and not _is_unwritten(verdict):
        yield from _failure_lines(failure)
        if reveal:
            yield from _value_lines(failure)
    if verdict.misconception is not None:
        yield _("Hint: {hint}").format(hint=verdict.misconception.hint)
    passed = sum(result.passed for result in verdict.results)
    if failure is not None and passed:
        yield _("{passed} of {total} cases are right.").format(
            passed=passed, total=len(verdict.results)
        )
    if verdict.helped_by and verdict.score:
        yield _helped(verdict.helped_by)
    withdrawn = sum(result.withdrawn for result in verdict.results)
    if withdrawn:
        yield _("{count} cases were withdrawn: the references disagree.").format(count=withdrawn)


def _helped(names: tuple[str, ...]) -> str:
    if len(names) == 1:
        text = _("Checked with a working {name}, as yours is not right yet.")
        return text.format(name=names[0])
    text = _("Checked with working versions of {names}: not all of yours are right yet.")
    return text.format(names=", ".join(names))


def _failure_lines(failure: CaseResult) -> Iterable[str]:
    title = failure.case.title
    if failure.problem is not None:
        yield f"{title}: {failure.problem.text}"
        if failure.problem.line:
            yield _("in your line: {line}").format(line=failure.problem.line)
        return
    for difference in failure.differences:
        yield f"{title}: {difference.text}"
    if failure.changed and not failure.differences:
        yield _(
            "{title}: the values are right, but {names} was changed in place; "
            "work on a copy, other code still needs it."
        ).format(title=title, names=", ".join(failure.changed))


def _value_lines(failure: CaseResult) -> Iterable[str]:
    for name, value in failure.case.inputs.items():
        if not callable(value):
            yield f"  {name} = {_short(value)}"
    for difference in _shown(failure):
        yield _("  your {name} = {value}").format(
            name=difference.name, value=_short(difference.received)
        )
        yield _("  right {name} = {value}").format(
            name=difference.name, value=_short(difference.expected)
        )


def _shown(failure: CaseResult) -> list[Difference]:
    return [difference for difference in failure.differences if difference.shown]


def _details(failure: CaseResult) -> str:
    rows = [
        (name, _short(value)) for name, value in failure.case.inputs.items() if not callable(value)
    ]
    for difference in _shown(failure):
        rows.append((_("your {name}").format(name=difference.name), _received(difference)))
        right = _("right {name}").format(name=difference.name)
        rows.append((right, _short(difference.expected)))
    cells = "".join(
        f"<tr><td style='text-align:left;vertical-align:top'>{escape(name)}</td>"
        f"<td style='text-align:left'><pre style='margin:0'>{escape(value)}</pre></td></tr>"
        for name, value in rows
    )
    summary = escape(_("Show the case"))
    return f"<details open><summary>{summary}</summary><table>{cells}</table></details>"


def _received(difference: Difference) -> str:
    return _short(difference.received) if difference.received.size else _("nothing")


def _short(value: Any) -> str:
    array = np.asarray(value)
    if array.dtype.kind == "O":
        return str(value)
    if array.size > _SHOWN_VALUES:
        return _("an array of shape {shape}").format(shape=array.shape)
    return np.array2string(array, precision=4, suppress_small=True, separator=", ")


def _is_unwritten(verdict: Verdict) -> bool:
    from cs_utils.answers import NOT_WRITTEN

    return verdict.status == NOT_WRITTEN


def _mood(verdict: Verdict) -> str:
    if _is_unwritten(verdict):
        return "plain"
    if verdict.score >= verdict.max_score:
        return "good"
    return "middle" if verdict.score > 0 else "bad"
