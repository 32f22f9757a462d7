"""Small plots as inline SVG, drawn for a phone's width, readable in grey, each with its text."""

from collections.abc import Sequence
from html import escape

import numpy as np

_BINS = 10
_WIDTH, _HEIGHT = 360, 205
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 14, 36, 40
# From dark to light in grey, too, in the order of statistics.OUTCOMES; two have lines over them.
_FILLS = ("#0b5d44", "#4f9bc4", "url(#lines-wrong)", "url(#lines-stopped)", "#ffffff")

PATTERNS = (
    "<svg width='0' height='0' aria-hidden='true' style='position:absolute'><defs>"
    "<pattern id='lines-wrong' width='6' height='6' patternUnits='userSpaceOnUse'"
    " patternTransform='rotate(45)'><rect width='6' height='6' fill='#f2b48c'/>"
    "<rect width='2' height='6' fill='#a8441a'/></pattern>"
    "<pattern id='lines-stopped' width='5' height='5' patternUnits='userSpaceOnUse'>"
    "<rect width='5' height='5' fill='#dddddd'/><rect width='1.5' height='5' fill='#444444'/>"
    "</pattern></defs></svg>"
)


def histogram(shares: Sequence[float], title: str) -> str:
    """How many hand-ins have which share of the points. shares: 0 to 1; title: in words."""
    counts, _edges = np.histogram(np.clip(shares, 0, 1), bins=_BINS, range=(0, 1))
    top = max(1, int(counts.max()))
    step = _step(top)
    high = -(-top // step) * step
    plot_width, plot_height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    base, bar = _HEIGHT - _BOTTOM, plot_width / _BINS
    parts = []
    for value in range(0, high + 1, step):
        y = base - plot_height * value / high
        parts.append(f"<path d='M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}' class='grid'/>")
        parts.append(f"<text x='{_LEFT - 5}' y='{y + 4:.1f}' class='end'>{value}</text>")
    for number, count in enumerate(counts.tolist()):
        x, height = _LEFT + number * bar, plot_height * count / high
        if count:
            parts.append(
                f"<rect x='{x + 1:.1f}' y='{base - height:.1f}' width='{bar - 2:.1f}'"
                f" height='{height:.1f}' fill='{_FILLS[0]}'/>"
                f"<text x='{x + bar / 2:.1f}' y='{base - height - 4:.1f}' class='middle'>"
                f"{count}</text>"
            )
    for percent in range(0, 101, 20):
        x = _LEFT + plot_width * percent / 100
        parts.append(f"<text x='{x:.1f}' y='{base + 15}' class='middle'>{percent}</text>")
    middle = _LEFT + plot_width / 2
    parts.append(f"<text x='{middle}' y='{_HEIGHT - 6}' class='middle'>% of the points</text>")
    parts.append("<text x='2' y='12'>hand-ins</text>")
    said = ", ".join(
        f"{10 * number} to {10 * number + 10} %: {count}"
        for number, count in enumerate(counts.tolist())
        if count
    )
    return (
        f"<svg class='plot' viewBox='0 0 {_WIDTH} {_HEIGHT}' role='img'"
        f" aria-label='{escape(f'{title}. Hand-ins by share of the points: {said}.')}'>"
        f"{''.join(parts)}</svg>"
    )


def stacked_bar(counts: Sequence[int], names: Sequence[str], title: str) -> str:
    """One bar of as many parts as there are fills, as wide as the place it stands in."""
    total = sum(counts)
    said = ", ".join(f"{count} {name}" for count, name in zip(counts, names, strict=True) if count)
    label = escape(f"{title}: {said or 'nothing'}")
    parts, start = [], 0.0
    for count, fill in zip(counts, _FILLS, strict=True):
        if count:
            width = 100 * count / total
            parts.append(
                f"<rect x='{start:.3f}%' width='{width:.3f}%' y='0' height='100%' fill='{fill}'/>"
            )
            start += width
    return f"<svg class='bar' role='img' aria-label='{label}'>{''.join(parts)}</svg>"


def single_bar(share: float, title: str) -> str:
    """A bar of this share, 0 to 1, of the place it stands in."""
    return (
        f"<svg class='bar thin' role='img' aria-label='{escape(title)}'>"
        f"<rect width='{100 * share:.2f}%' height='100%' fill='{_FILLS[0]}'/></svg>"
    )


def legend(names: Sequence[str]) -> str:
    """What the parts of a stacked bar are."""
    keys = (
        f"<span class='key'><svg class='swatch' aria-hidden='true'><rect width='100%' height='100%'"
        f" fill='{fill}'/></svg>{escape(name)}</span>"
        for name, fill in zip(names, _FILLS, strict=True)
    )
    return f"<p class='legend'>{''.join(keys)}</p>"


def _step(top: int) -> int:
    """1, 2 or 5 times a power of ten, for at most five lines."""
    step = 1
    while top / step > 5:
        step = {1: 2, 2: 5, 5: 10}[int(str(step)[0])] * 10 ** (len(str(step)) - 1)
    return step
