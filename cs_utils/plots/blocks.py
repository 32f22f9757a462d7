"""Residual blocks as drawings: the layers of F from top to bottom, and the way past them."""

from collections.abc import Sequence
from typing import Any

from cs_utils.language import _
from cs_utils.plots.figures import BLUE, ORANGE, Picture, canvas, with_alt_text

_STEP, _WIDTH, _HEIGHT = 0.44, 1.4, 0.28
_Boxes = Sequence[tuple[str, bool]]


def residual_block() -> Picture:
    """The block of ``residual_forward``, on rows of a matrix."""
    inside = (("· w1", True), ("batchnorm", False), ("ReLU", False), ("· w2", True))
    boxes = (*inside, ("batchnorm", False))
    figure, axes = canvas(2.5, -3.95, 0.35)
    _draw_block(axes, 1.1, boxes, _("x"), _("H(x)"))
    alt = _(
        "A residual block from top to bottom: x goes through w1, batchnorm, ReLU, w2 and "
        "batchnorm, which together are F. A line leads from x past all of them to a plus, where "
        "F(x) and x are added. Behind the plus stands a ReLU, and H(x) comes out."
    )
    return with_alt_text(figure, alt)


def published_blocks() -> Picture:
    """The basic block and the bottleneck as the paper's figure 5 has them."""
    basic = (
        ("3x3, 64", True),
        ("batchnorm", False),
        ("ReLU", False),
        ("3x3, 64", True),
        ("batchnorm", False),
    )
    deep = (
        ("1x1, 64", True),
        ("batchnorm", False),
        ("ReLU", False),
        ("3x3, 64", True),
        ("batchnorm", False),
        ("ReLU", False),
        ("1x1, 256", True),
        ("batchnorm", False),
    )
    figure, axes = canvas(5.6, -5.3, 0.35)
    _draw_block(axes, 1.1, basic, _("x, 64 channels"), _("64 channels"))
    _draw_block(axes, 4.2, deep, _("x, 256 channels"), _("256 channels"))
    alt = _(
        "Two residual blocks. Left, BasicBlock: two 3x3 convolutions of 64 channels, each with a "
        "batchnorm, a ReLU between them. Right, Bottleneck: a 1x1 convolution to 64 channels, a "
        "3x3 of 64 and a 1x1 to 256, each with a batchnorm, ReLU behind the first two. In both x "
        "comes past them to a plus, and behind the plus stands a ReLU."
    )
    return with_alt_text(figure, alt)


def _draw_block(axes: Any, middle: float, boxes: _Boxes, arriving: str, leaving: str) -> None:
    from matplotlib.patches import Rectangle

    axes.text(middle, 0.1, arriving, ha="center", va="bottom", fontsize=10)
    y = -0.35
    _arrow(axes, middle, 0.08, y)
    for text, weighted in boxes:
        corner = (middle - _WIDTH / 2, y - _HEIGHT)
        fill = "#cfe6f5" if weighted else "white"
        axes.add_patch(Rectangle(corner, _WIDTH, _HEIGHT, facecolor=fill, edgecolor="#555555"))
        axes.text(middle, y - _HEIGHT / 2, text, ha="center", va="center", fontsize=9.5)
        _arrow(axes, middle, y - _HEIGHT, y - _STEP)
        y -= _STEP
    plus = y - 0.14
    axes.text(middle, plus, "+", ha="center", va="center", fontsize=15, color=ORANGE, weight="bold")
    axes.plot(middle, plus, "o", markersize=17, fillstyle="none", color=ORANGE)
    side = middle + _WIDTH / 2 + 0.3
    corners = ((middle, -0.1), (side, -0.1), (side, plus), (middle + 0.2, plus))
    axes.plot(*zip(*corners, strict=True), color=BLUE, linewidth=2)
    axes.plot(*corners[-1], "<", color=BLUE, markersize=7)
    axes.text(side + 0.1, plus / 2, "x", color=BLUE, fontsize=11, va="center")
    axes.text(middle - _WIDTH / 2 - 0.12, (plus - 0.3) / 2, "F(x)", ha="right", fontsize=11)
    _arrow(axes, middle, plus - 0.14, plus - 0.34)
    corner = (middle - _WIDTH / 2, plus - 0.34 - _HEIGHT)
    axes.add_patch(Rectangle(corner, _WIDTH, _HEIGHT, facecolor="white", edgecolor="#555555"))
    axes.text(middle, plus - 0.34 - _HEIGHT / 2, "ReLU", ha="center", va="center", fontsize=9.5)
    _arrow(axes, middle, plus - 0.34 - _HEIGHT, plus - 0.84)
    axes.text(middle, plus - 0.88, leaving, ha="center", va="top", fontsize=10)


def _arrow(axes: Any, x: float, top: float, bottom: float) -> None:
    axes.annotate(
        "",
        (x, bottom),
        (x, top),
        arrowprops={"arrowstyle": "-|>", "color": "#333333", "shrinkA": 0, "shrinkB": 0},
    )
