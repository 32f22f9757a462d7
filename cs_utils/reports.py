"""What a check says: the same verdict as HTML for Jupyter and as plain text.

First what a tired reader needs: the points, what is wrong in the smallest failing case, the hint,
a map of the errors. All numbers follow, in HTML behind a click.
"""

import re
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

import numpy as np

from cs_utils.advice import advice_on
from cs_utils.answers import NOT_WRITTEN, RAISED
from cs_utils.differences import Difference
from cs_utils.heat_maps import html_legend, html_maps, legend, text_maps
from cs_utils.language import _
from cs_utils.verdicts import CaseResult, Verdict, first_failure
from cs_utils.worst_entries import Entry, worst_entries

# White stands out on each of them, and each on white and on black.
_COLOURS = {"good": "#0b7a56", "middle": "#946000", "bad": "#b3344a", "plain": "#666666"}
_SHOWN_VALUES = 36


def text_report(verdict: Verdict, reveal: bool = True) -> str:
    """The report as plain text.

    reveal: show inputs and right values too; never where the inputs are secret.
    """
    failure = _failure(verdict)
    lines = [_headline(verdict)]
    if failure is not None:
        lines += _problem_lines(failure)
        lines += [_("in your line: {line}").format(line=line) for line in _own_line(failure)]
        lines += _patterns(verdict, failure)
    lines += [_("Hint: {hint}").format(hint=hint) for hint in _hints(verdict)]
    if failure is not None:
        maps = [line for difference in _shown(failure) for line in text_maps(difference)]
        lines += [f"  {legend()}", *maps] if maps else []
        lines += _value_lines(verdict, failure) if reveal else []
    lines += _remarks(verdict)
    if failure is not None:
        lines += [f"  {mark} {title}" for mark, title in _case_marks(verdict)]
    return "\n".join(lines)


def html_report(verdict: Verdict, reveal: bool = True) -> str:
    """The report as HTML that needs no script and no style sheet; ``reveal`` as for text."""
    colour = _COLOURS[_mood(verdict)]
    failure = _failure(verdict)
    parts = [_html_headline(verdict, colour)]
    if failure is not None:
        title = failure.case.title
        parts += [f"<div style='margin-top:0.3em'><b>{escape(title)}</b></div>"]
        parts += [_div(line.removeprefix(f"{title}: ")) for line in _problem_lines(failure)]
        parts += [
            f"<div>{escape(_('in your line:'))}</div><pre style='margin:0.3em 0;"
            "padding:0.3em 0.6em;border:1px solid #8888;white-space:pre-wrap;"
            f"overflow-wrap:anywhere'>{escape(line)}</pre>"
            for line in _own_line(failure)
        ]
        parts += [_div(words) for words in _patterns(verdict, failure)]
    parts += [
        f"<div style='margin:0.3em 0;padding:0.2em 0.6em;border:1px solid {colour}'>"
        f"<b>{escape(_('Hint'))}:</b> {_with_code(hint)}</div>"
        for hint in _hints(verdict)
    ]
    if failure is not None:
        maps = "".join(html_maps(difference) for difference in _shown(failure))
        parts += [maps + html_legend(_shown(failure))] if maps else []
        parts += [_div(line) for line in _worst(verdict, failure)[:1]] if reveal else []
    parts += [_div(line) for line in _remarks(verdict)]
    if failure is not None:
        parts += [_details(verdict, failure)] if reveal else []
        parts += [_all_cases(verdict)]
    return (
        f"<div style='border-left:4px solid {colour};padding:0.3em 0.8em;line-height:1.5;"
        f"text-align:left'>{''.join(parts)}</div>"
    )


def _failure(verdict: Verdict) -> CaseResult | None:
    """The case to talk about: the smallest that fails, where anything is written."""
    return None if verdict.status == NOT_WRITTEN else first_failure(verdict.results)


def _shown(failure: CaseResult) -> list[Difference]:
    """The differences whose numbers tell more than their words."""
    return [difference for difference in failure.differences if difference.shown]


def _headline(verdict: Verdict) -> str:
    text = _("{name}: {score:g} of {points:g} points, {status}")
    return text.format(
        name=verdict.exercise.name,
        score=verdict.score,
        points=verdict.max_score,
        status=_(verdict.status),
    )


def _html_headline(verdict: Verdict, colour: str) -> str:
    name, rest = _headline(verdict).split(":", 1)
    return (
        f"<div><strong style='font-size:105%'>{escape(name)}</strong>:"
        f"<span style='display:inline-block;background:{colour};color:#ffffff;padding:0 0.5em;"
        f"margin-left:0.4em;border-radius:3px'>{escape(rest.strip())}</span></div>"
    )


def _problem_lines(failure: CaseResult) -> Iterator[str]:
    """What is wrong in the smallest failing case, without a right value."""
    title = failure.case.title
    if failure.problem is not None:
        yield f"{title}: {failure.problem.text}"
        advice = advice_on(failure.problem.text) if failure.problem.kind == RAISED else ""
        if advice:
            yield advice
    for difference in failure.differences:
        yield f"{title}: {difference.text}."
    if failure.changed and not failure.differences:
        yield _("{title}: the values are right, but {names} was changed in place.").format(
            title=title, names=", ".join(failure.changed)
        )


def _own_line(failure: CaseResult) -> list[str]:
    """The line of the student's code that an exception came from."""
    return [failure.problem.line] if failure.problem and failure.problem.line else []


def _patterns(verdict: Verdict, failure: CaseResult) -> list[str]:
    """What the wrong values do, named where several outputs are wrong, and what the failing cases
    have in common."""
    several = len(failure.differences) > 1
    words = [
        f"{difference.name}: {pattern}" if several else pattern
        for difference in failure.differences
        for pattern in difference.patterns
    ]
    return [*words, verdict.pattern] if verdict.pattern else words


def _hints(verdict: Verdict) -> list[str]:
    """The questions that lead on."""
    if verdict.status == NOT_WRITTEN:
        return []
    known = [verdict.misconception.hint] if verdict.misconception else []
    return [*known, *verdict.in_place]


def _remarks(verdict: Verdict) -> Iterable[str]:
    passed = sum(result.passed for result in verdict.results)
    if _failure(verdict) is not None and passed:
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


def _case_marks(verdict: Verdict) -> Iterator[tuple[str, str]]:
    """Every case with what became of it."""
    for result in verdict.results:
        mark = _("right") if result.passed else _("wrong")
        if result.withdrawn:
            mark = _("withdrawn")
        elif result.problem is not None:
            mark = _(result.problem.kind)
        yield f"[{mark}]", result.case.title


def _all_cases(verdict: Verdict) -> str:
    items = "".join(
        f"<div>{escape(mark)} {escape(title)}</div>" for mark, title in _case_marks(verdict)
    )
    summary = escape(_("All cases"))
    return f"<details><summary>{summary}</summary>{items}</details>"


def _value_lines(verdict: Verdict, failure: CaseResult) -> Iterator[str]:
    for name, value in _inputs(failure):
        yield _assigned(name, value)
    for difference in _shown(failure):
        for name, value in _outputs(difference):
            yield _assigned(name, value)
    yield from (f"  {line}" for line in _worst(verdict, failure))


def _worst(verdict: Verdict, failure: CaseResult) -> list[str]:
    """The entries with the largest errors, in words."""
    return [
        _entry_in_words(difference.name, entry)
        for difference in _shown(failure)
        for entry in worst_entries(verdict.exercise, failure.case, difference)
    ]


def _assigned(name: str, value: str) -> str:
    """A name and its value, whose lines stand below one another."""
    start = f"  {name} = "
    return start + value.replace("\n", "\n" + " " * len(start))


def _details(verdict: Verdict, failure: CaseResult) -> str:
    rows = list(_inputs(failure))
    for difference in _shown(failure):
        rows += _outputs(difference)
    cell = "text-align:left;vertical-align:top"
    cells = "".join(
        f"<tr><td style='{cell}'>{escape(name)}</td>"
        f"<td style='{cell}'><pre style='margin:0'>{escape(value)}</pre></td></tr>"
        for name, value in rows
    )
    entries = "".join(map(_div, _worst(verdict, failure)))
    summary = escape(_("The numbers of this case"))
    return (
        f"<details><summary>{summary}</summary>{entries}"
        f"<div style='overflow-x:auto'><table>{cells}</table></div></details>"
    )


def _entry_in_words(name: str, entry: Entry) -> str:
    text = _("{name}{position}: yours {yours:.5g}, right {right:.5g}")
    if entry.numeric:
        text = _("{name}{position}: yours {yours:.5g}, the numeric derivative {right:.5g}")
    position = str(list(entry.position))
    return text.format(name=name, position=position, yours=entry.yours, right=entry.right)


def _inputs(failure: CaseResult) -> Iterator[tuple[str, str]]:
    for name, value in failure.case.inputs.items():
        if not callable(value):
            yield name, _short(value)


def _outputs(difference: Difference) -> Iterator[tuple[str, str]]:
    own = _short(difference.received) if difference.received.size else _("nothing")
    yield _("your {name}").format(name=difference.name), own
    yield _("right {name}").format(name=difference.name), _short(difference.expected)


def _short(value: Any) -> str:
    array = np.asarray(value)
    if array.dtype.kind == "O":
        return str(value)
    if array.size > _SHOWN_VALUES:
        return _("an array of shape {shape}").format(shape=array.shape)
    return np.array2string(array, precision=4, suppress_small=True, separator=", ")


def _div(line: str) -> str:
    return f"<div>{escape(line)}</div>"


def _with_code(text: str) -> str:
    """A hint as HTML: what stands between backticks is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _mood(verdict: Verdict) -> str:
    if verdict.status == NOT_WRITTEN:
        return "plain"
    if verdict.score >= verdict.max_score:
        return "good"
    return "middle" if verdict.score > 0 else "bad"
