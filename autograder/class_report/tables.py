"""HTML sections, and tables that a click on a heading sorts; without scripts they still read."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Cell:
    """A cell: its HTML, and what it is sorted by where that is a number."""

    html: str
    value: float | None = None


def text(words: object) -> Cell:
    """A cell of words."""
    return Cell(escape(str(words)))


def code(words: str) -> Cell:
    """A cell with a name from code, which may break after an underscore."""
    return Cell(f"<code>{escape(words).replace('_', '_<wbr>')}</code>")


def number(value: float | None, form: str = "g", unit: str = "") -> Cell:
    """A cell with a number; a dash for None."""
    if value is None:
        return Cell("<span aria-label='not known'>\u2013</span>", -math.inf)
    return Cell(escape(f"{value:{form}}{unit}".replace("-", "\u2212")), value)


def table(title: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """A table with a caption that screen readers read, in a frame that scrolls sideways."""
    heads = "".join(f"<th scope='col'>{escape(one)}</th>" for one in headings)
    lines = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    name = escape(title)
    return (
        f"<div class='scrolls' role='region' aria-label='{name}' tabindex='0'>"
        f"<table class='sortable'><caption>{name}</caption><thead><tr>{heads}</tr></thead>"
        f"<tbody>{lines}</tbody></table></div>"
    )


def section(name: str, title: str, html: str) -> str:
    """A section with its heading."""
    return f"<section id='{name}'><h2>{escape(title)}</h2>{html}</section>"


def _cell(cell: Cell) -> str:
    if cell.value is None:
        return f"<td>{cell.html}</td>"
    # As JavaScript writes it.
    value = str(cell.value).replace("inf", "Infinity")
    return f"<td class='number' data-value='{value}'>{cell.html}</td>"
