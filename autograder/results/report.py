"""What grading leaves for people: ``grades.csv``, a feedback page for each hand-in, and the table
on the terminal."""

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from nbconvert.filters import ansi2html
from nbformat import NotebookNode
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from rich.table import Table

from cs_utils.language import _
from cs_utils.verdicts import CORRECT

if TYPE_CHECKING:
    from autograder.grading import Result, Row

CSV_COLUMNS = (
    "student",
    "notebook",
    "exercise",
    "score",
    "max_score",
    "verdict",
    "reason",
    "repairs",
)
# Between these a feedback page says when the notebook was handed in, once all rules are applied.
ARRIVAL = ("<p id='arrival'>", "</p>")

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color: #1a1a1a; background: #fff; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { border-bottom: 1px solid #ccc; padding: .35rem .6rem; text-align: left;
  vertical-align: top; }
td.points { text-align: right; white-space: nowrap; }
tr.right td.verdict { color: #0b6e4f; } tr.open td.verdict { color: #a3293d; }
pre { background: #f6f6f6; padding: .6rem; overflow-x: auto; line-height: 1.35; }
h2 { margin-top: 2.2rem; border-top: 2px solid #1a1a1a; padding-top: .8rem; }
"""
_PYTHON, _COLOURED = PythonLexer(stripnl=False), HtmlFormatter(nobackground=True)
_CODE_STYLE = _COLOURED.get_style_defs(".highlight")


def write_grades(path: Path, results: Iterable["Result"]) -> None:
    """``grades.csv``: a row for every student and exercise. results: by students and lessons; they
    are taken one at a time."""
    with path.open("w", newline="", encoding="utf-8", errors="replace") as file:
        writer = csv.writer(file)
        writer.writerow(CSV_COLUMNS)
        for result in results:
            for row in result.rows:
                points = f"{row.score:g}", f"{row.max_score:g}"
                repairs = "; ".join(_repairs_of(result, row.exercise))
                writer.writerow(
                    [
                        result.student,
                        result.lesson,
                        row.exercise,
                        *points,
                        row.verdict,
                        row.reason,
                        repairs,
                    ]
                )


def _repairs_of(result: "Result", exercise: str) -> list[str]:
    """What was mended about an exercise's cells, and what concerns the whole hand-in."""
    names = {row.exercise for row in result.rows} - {exercise}
    return [
        remark
        for remark in result.remarks
        if remark.partition(":")[0].removeprefix("check-") not in names
    ]


def score_tables(results: Iterable["Result"]) -> list[Table]:
    """The class on the terminal: a table for every lesson, a line for every student."""
    tables: dict[str, Table] = {}
    for result in results:
        if result.lesson not in tables:
            tables[result.lesson] = _score_table(result.lesson)
        total = sum(row.max_score for row in result.rows)
        right = sum(row.verdict == CORRECT for row in result.rows)
        points = f"{result.score:g} / {total:g}"
        exercises = f"{right} / {len(result.rows)}"
        tables[result.lesson].add_row(result.student, points, exercises, _outstanding(result))
    return [tables[lesson] for lesson in sorted(tables)]


def _score_table(lesson: str) -> Table:
    table = Table(title=lesson)
    table.add_column(_("student"), overflow="fold")
    for heading in (_("points"), _("right")):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column(_("what stands out"))
    return table


def feedback_page(
    student: str,
    lesson: str,
    rows: Sequence["Row"],
    remarks: Sequence[str],
    notebook: NotebookNode,
) -> str:
    """The feedback as one HTML page: all verdicts, then each exercise with code and report.

    notebook: executed and with its verdicts in the check cells.
    """
    score, total = sum(row.score for row in rows), sum(row.max_score for row in rows)
    title = f"{lesson}: {score:g} / {total:g}"
    lines = "".join(_table_row(row) for row in rows)
    heads = "".join(
        f"<th>{escape(head)}</th>" for head in (_("exercise"), _("points"), _("verdict"), "")
    )
    notes = "".join(f"<li>{escape(remark)}</li>" for remark in remarks)
    notes = f"<h3>{escape(_('About this hand-in'))}</h3><ul>{notes}</ul>" if notes else ""
    return (
        f"<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'>"
        f"<meta name='viewport' content='width=device-width'>"
        f"<title>{escape(student)}: {escape(title)}</title>"
        f"<style>{_STYLE}{_CODE_STYLE}</style></head><body>"
        f"<h1>{escape(title)}</h1><p>{escape(student)}</p>{''.join(ARRIVAL)}{notes}"
        f"<table><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>"
        f"{_exercises_html(notebook)}</body></html>"
    )


def _table_row(row: "Row") -> str:
    kind = "right" if row.verdict == CORRECT else "open"
    link = f"<a href='#{escape(row.exercise)}'>{escape(row.exercise)}</a>"
    return (
        f"<tr class='{kind}'><td>{link}</td>"
        f"<td class='points'>{row.score:g} / {row.max_score:g}</td>"
        f"<td class='verdict'>{escape(row.verdict)}</td><td>{escape(row.reason)}</td></tr>"
    )


def _exercises_html(notebook: NotebookNode) -> str:
    """The student's solutions and their reports, without the lesson's text around them."""
    parts = []
    for cell in notebook.cells:
        marks = cell.metadata.get("nbgrader", {})
        if marks.get("solution"):
            name = escape(marks["grade_id"])
            parts += [f"<h2 id='{name}'>{name}</h2>", highlight(cell.source, _PYTHON, _COLOURED)]
            parts += map(_printed, cell.outputs)
        elif marks.get("grade"):
            parts += (output.get("data", {}).get("text/html", "") for output in cell.outputs)
    return "\n".join(parts)


def _printed(output: NotebookNode) -> str:
    """What a cell printed or raised; HTML of a student's making is left out."""
    if output.output_type == "stream":
        return f"<pre>{ansi2html(output.text)}</pre>"
    if output.output_type == "error":
        return f"<pre>{ansi2html(chr(10).join(output.traceback))}</pre>"
    return ""


def _outstanding(result: "Result") -> str:
    """The verdicts beside 'correct' and how often, and whether a person should look."""
    verdicts = Counter(row.verdict for row in result.rows if row.verdict != CORRECT)
    words = [f"{count} {verdict}" for verdict, count in verdicts.most_common()]
    if result.remarks:
        words.append(_("see the remarks in the feedback"))
    return ", ".join(words)
