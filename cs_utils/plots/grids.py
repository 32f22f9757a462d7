"""Tables of numbers, and frames around parts of them; one unit is an inch."""

from collections.abc import Sequence
from typing import Any

CELL = 0.36


def cells(axes: Any, left: float, top: float, texts: Sequence[Sequence[str]]) -> None:
    """A table of texts; the upper left corner is at (left, top)."""
    from matplotlib.patches import Rectangle

    for i, row in enumerate(texts):
        for j, text in enumerate(row):
            corner = (left + j * CELL, top - (i + 1) * CELL)
            axes.add_patch(Rectangle(corner, CELL, CELL, facecolor="white", edgecolor="#999999"))
            axes.text(
                corner[0] + CELL / 2,
                corner[1] + CELL / 2,
                text,
                ha="center",
                va="center",
                fontsize=10,
            )


def outline(
    axes: Any, left: float, top: float, count: int, colour: str, inset: float = 0.0
) -> None:
    """A frame around count x count cells."""
    side = count * CELL - 2 * inset
    square(axes, (left + inset, top - inset - side), side, "none", colour, 2.2)


def square(
    axes: Any, corner: tuple[float, float], side: float, fill: str, edge: str, line: float = 1.2
) -> None:
    """A square with its lower left corner there."""
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle(corner, side, side, facecolor=fill, edgecolor=edge, linewidth=line))
