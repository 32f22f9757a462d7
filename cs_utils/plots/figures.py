"""Figures with alt text, in colours that colour-blind readers can tell apart."""

import base64
import io
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito's palette, in an order whose greys differ too.
BLUE, ORANGE, GREEN, RED, BLACK = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#000000"
MAP = "cividis"

_DOTS_PER_INCH = 160


class Picture:
    """A figure with its alt text: an ``<img alt=...>`` in Jupyter, the text elsewhere.

    caption: a line under the picture that everybody reads, such as a number measured.
    """

    def __init__(self, figure: "Figure", alt: str, caption: str = "") -> None:
        self.figure = figure
        self.alt = alt
        self.caption = caption

    def __repr__(self) -> str:
        return f"{self.alt}\n{self.caption}".strip()

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.png()).decode()
        width = int(self.figure.get_size_inches()[0] * 96)
        image = (
            f"<img alt='{escape(self.alt, quote=True)}' src='data:image/png;base64,{data}' "
            f"style='width:{width}px;max-width:100%;background:white'>"
        )
        caption = f"<figcaption>{escape(self.caption)}</figcaption>" if self.caption else ""
        return f"<figure style='margin:0.5em 0'>{image}{caption}</figure>"

    def png(self) -> bytes:
        """The picture as PNG."""
        buffer = io.BytesIO()
        self.figure.savefig(buffer, format="png", dpi=_DOTS_PER_INCH)
        return buffer.getvalue()


def with_alt_text(figure: "Figure", text: str, caption: str = "") -> Picture:
    """The figure together with what it shows, in words."""
    return Picture(figure, text, caption)


def panels(rows: int = 1, columns: int = 1, size: tuple[float, float] = (6.5, 3.2)) -> Any:
    """A figure and its axes, (figure, array of axes of shape (rows, columns)); size in inches."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for one in axes.flat:
        one.spines[["top", "right"]].set_visible(False)
    return figure, axes


def canvas(right: float, bottom: float, top: float) -> Any:
    """A figure and axes without ticks for a drawing; one unit is an inch, from 0 to ``right``."""
    figure, axes = panels(size=(right, top - bottom))
    axes = axes[0, 0]
    axes.set(xlim=(0, right), ylim=(bottom, top), aspect="equal")
    axes.axis("off")
    return figure, axes
