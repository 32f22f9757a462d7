"""Maps of the error: which entries of an array are too small or too large, as text and as HTML.

The HTML is a table with a sign in every cell, so that it needs no script, no picture, no colours
to be told apart, and stands on a dark page as well. No right value can be read from a map.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from cs_utils.closeness import scale_of
from cs_utils.differences import Difference
from cs_utils.language import _, ngettext
from cs_utils.shapes import axis_names

_MAPS, _SIDE = 3, 16
_MAPS_IN_TEXT = 2
_RIGHT, _NAN = ".", "!"
# Blue and orange are told apart by colour-blind readers, too; light for an error below a tenth of
# the largest right value, dark above.
_COLOURS = {
    ".": ("#e8e8e8", "#555555"),
    "-": ("#b5d4ee", "#0b2f4d"),
    "--": ("#1f5f99", "#ffffff"),
    "+": ("#fbd3a2", "#4d2600"),
    "++": ("#b34f00", "#ffffff"),
    "!": ("#1a1a1a", "#ffffff"),
}


@dataclass(frozen=True)
class HeatMap:
    """One map. signs: for each row and column '.', '-', '--', '+', '++' or '!' (not finite).

    title: which part of the output it shows. cut: whether rows or columns were left out.
    """

    title: str
    signs: tuple[tuple[str, ...], ...]
    cut: bool


def heat_maps(difference: Difference, most: int = _MAPS) -> tuple[list[HeatMap], int]:
    """The first maps with wrong entries, and how many more there are.

    The last two axes of an array make a map; none for single numbers and for wrong shapes.
    """
    wrong = difference.wrong
    if wrong is None or wrong.ndim == 0 or wrong.size < 2:
        return [], 0
    flat = wrong[None] if wrong.ndim == 1 else wrong
    leading = [index for index in np.ndindex(flat.shape[:-2]) if flat[index].any()]
    signs = _signs(difference).reshape(flat.shape)
    found = [
        HeatMap(
            _title(difference.name, index if wrong.ndim > 2 else (), wrong.ndim),
            tuple(tuple(row) for row in signs[index][:_SIDE, :_SIDE].tolist()),
            max(flat.shape[-2:]) > _SIDE,
        )
        for index in leading[:most]
    ]
    return found, len(leading) - len(found)


def legend() -> str:
    """What the signs mean."""
    return _(". right   + ++ too large   - -- too small   ! not finite")


def text_maps(difference: Difference) -> Iterator[str]:
    """The maps as lines of text."""
    maps, more = heat_maps(difference, _MAPS_IN_TEXT)
    for one in maps:
        yield f"  {one.title}"
        for row in one.signs:
            yield "    " + " ".join(f"{sign:2}" for sign in row).rstrip()
        if one.cut:
            yield "    " + _("(its first {side} rows and columns)").format(side=_SIDE)
    if more:
        yield "  " + _more(more)


def html_maps(difference: Difference) -> str:
    """The maps side by side, each a table with a text for those who cannot see it."""
    maps, more = heat_maps(difference)
    if not maps:
        return ""
    blocks = "".join(map(_html_map, maps))
    rest = f"<div style='align-self:end'>{escape(_more(more))}</div>" if more else ""
    return (
        "<div style='display:flex;flex-wrap:wrap;gap:0.4em 1.6em;margin:0.4em 0'>"
        f"{blocks}{rest}</div>"
    )


def html_legend(differences: Sequence[Difference]) -> str:
    """What the signs of these maps mean, each beside its colour."""
    words: list[tuple[tuple[str, ...], str]] = [
        (("++", "+"), _("too large")),
        (("--", "-"), _("too small")),
        ((_RIGHT,), _("right")),
    ]
    if not all(np.isfinite(one.received).all() for one in differences):
        words.append(((_NAN,), _("not finite")))
    parts = [
        "".join(
            f"<span style='padding:0 0.35em;{_style(sign)}'>{_shown(sign)}</span>" for sign in signs
        )
        + f" {escape(word)}"
        for signs, word in words
    ]
    note = _("dark: off by more than a tenth of the largest right value")
    return "<div style='font-size:85%'>" + "&ensp; ".join(parts) + f"&ensp; ({escape(note)})</div>"


def _html_map(one: HeatMap) -> str:
    rows = "".join(
        "<tr style='background:none'>"
        + "".join(
            f"<td style='width:1.35em;height:1.35em;padding:0;text-align:center;{_style(sign)}'>"
            f"{_shown(sign)}</td>"
            for sign in row
        )
        + "</tr>"
        for row in one.signs
    )
    cut = _("(its first {side} rows and columns)").format(side=_SIDE) if one.cut else ""
    return (
        f"<div><div style='font-size:85%'>{escape(one.title)} {escape(cut)}</div>"
        f"<table role='img' aria-label='{escape(_alternative(one), quote=True)}' "
        "style='border-collapse:separate;border-spacing:1px;margin:0;width:auto;table-layout:fixed;"
        f"font-family:monospace;font-size:90%;line-height:1'>{rows}</table></div>"
    )


def _style(sign: str) -> str:
    fill, ink = _COLOURS[sign]
    return f"background:{fill};color:{ink}"


def _shown(sign: str) -> str:
    return {"-": "\N{MINUS SIGN}", "--": "\N{MINUS SIGN}", "++": "+", ".": "\N{MIDDLE DOT}"}.get(
        sign, sign
    )


def _alternative(one: HeatMap) -> str:
    wrong = [
        f"[{row}, {column}] {sign}"
        for row, signs in enumerate(one.signs)
        for column, sign in enumerate(signs)
        if sign != _RIGHT
    ]
    text = _("Map of the errors in {title}: {count} of {total} entries are wrong: {where}")
    total = sum(map(len, one.signs))
    where = ", ".join(wrong) if len(wrong) <= 12 else ", ".join(wrong[:12]) + ", ..."
    return text.format(title=one.title, count=len(wrong), total=total, where=where)


def _more(count: int) -> str:
    text = ngettext("and {count} more map with errors", "and {count} more maps with errors", count)
    return text.format(count=count)


def _title(name: str, index: tuple[int, ...], ndim: int) -> str:
    words = axis_names(name, ndim)
    parts = [f"{word} {place}" for word, place in zip(words, index, strict=False)]
    return f"{name}: " + ", ".join(parts) if parts else name


def _signs(difference: Difference) -> np.ndarray:
    """A sign for every entry, in an array of strings of the output's shape."""
    assert difference.wrong is not None
    received = difference.received.astype(np.float64)
    with np.errstate(invalid="ignore"):
        error = (received - difference.expected) / scale_of(difference.expected)
        large = np.abs(error) > 0.1
        signs = np.where(error > 0, np.where(large, "++", "+"), np.where(large, "--", "-"))
    signs = np.where(np.isfinite(received), signs, _NAN)
    return np.where(difference.wrong, signs, _RIGHT)
