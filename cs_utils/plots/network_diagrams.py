"""Networks drawn from their published tables: volumes, inception modules, and GoogLeNet's road."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from cs_utils.exercises.architectures.googlenet import MODULES
from cs_utils.exercises.architectures.networks import SIZED, table_rows
from cs_utils.exercises.architectures.published import PUBLISHED
from cs_utils.exercises.architectures.rows import POOLING, Row
from cs_utils.language import _
from cs_utils.plots.figures import BLACK, BLUE, GREEN, ORANGE, RED, Picture, canvas, with_alt_text

_GREY = "#bbbbbb"
_NARROWEST = 0.45
_SHADES = {"1x1": "#9fd0ea", "3x3": "#6fb7de", "5x5": "#3f95c8"}


def network_volumes(name: str) -> Picture:
    """What each layer of a published network makes of an image, as boxes.

    name: LeNet5, AlexNet or VGG16. Height and depth of a box grow with the map's side, its width
    with the number of channels, both slowly.
    """
    published = PUBLISHED[name]
    rows, names = table_rows(published.table(), published.input_shape)
    channels, height, width = published.input_shape
    image = Row(0, channels=channels, height=height, width=width)
    shown = [(_("image"), image)] + [
        (label, row)
        for label, row in zip(names, rows, strict=True)
        if row.kind_name in SIZED and row.kind_name != "output"
    ]
    boxes = [_box(row) for _label, row in shown]
    gap = 0.17 if len(shown) < 15 else 0.11
    steps = [max(wide + deep + gap, _NARROWEST) for wide, _high, deep in boxes]
    size = 9.6 / (sum(steps) + 2 * gap)
    figure, axes = canvas(right=9.6, bottom=-1.35, top=2.6)
    left, letters = 2 * gap * size, 8.5 if len(shown) < 15 else 7
    for place, (label, row) in enumerate(shown):
        wide, high, deep = boxes[place]
        _draw_box(axes, left, wide * size, high, deep * size, _colour(place, row))
        middle = left + (wide * size + deep * size) / 2
        text = f"{row.height}x{row.width}x{row.channels}" if row.height > 1 else f"{row.channels}"
        axes.text(
            middle, -0.1, f"{label}\n{text}", ha="right", va="top", rotation=45, fontsize=letters
        )
        left += steps[place] * size
    for place, (colour, text) in enumerate(
        ((BLUE, _("convolution")), (ORANGE, _("pooling")), (GREEN, _("linear")))
    ):
        axes.text(6.3 + 1.2 * place, 2.42, text, color=colour, fontsize=10, fontweight="bold")
    told = ", ".join(f"{label} {row.height}x{row.width}x{row.channels}" for label, row in shown)
    alt = _("{name} as a row of boxes, one for the output of each layer: {told}.")
    return with_alt_text(figure, alt.format(name=name, told=told))


def _box(row: Row) -> tuple[float, float, float]:
    """Width, height and depth of a layer's box."""
    if row.height == row.width == 1:
        return 0.09, 0.35 + 0.15 * float(np.log2(row.channels)), 0.0
    high = 0.22 * float(np.log2(row.height + 1)) ** 1.05
    return 0.05 * float(np.log2(row.channels + 1)), high, 0.25 * high


def _colour(place: int, row: Row) -> str:
    if not place:
        return _GREY
    return ORANGE if row.kind_name in POOLING else GREEN if row.kind_name == "linear" else BLUE


def _draw_box(axes: Any, left: float, wide: float, high: float, deep: float, colour: str) -> None:
    """A box seen from the front, left and above."""
    from matplotlib.patches import Polygon

    up = 0.5 * deep
    front = [(left, 0), (left + wide, 0), (left + wide, high), (left, high)]
    top = [
        (left, high),
        (left + wide, high),
        (left + wide + deep, high + up),
        (left + deep, high + up),
    ]
    side = [
        (left + wide, 0),
        (left + wide + deep, up),
        (left + wide + deep, high + up),
        (left + wide, high),
    ]
    for corners, strength in ((front, 0.95), (top, 0.45), (side, 0.7)):
        axes.add_patch(
            Polygon(corners, facecolor=colour, edgecolor="white", alpha=strength, linewidth=0.6)
        )


def inception_modules() -> Picture:
    """The naive inception module and the one with dimension reductions, side by side."""
    figure, axes = canvas(right=9.6, bottom=-0.1, top=4.6)
    naive = (("1x1\n128",), ("3x3\n192",), ("5x5\n96",), (_("max pool\n3x3"),))
    reduced = (
        ("1x1\n128",),
        ("1x1\n64", "3x3\n192"),
        ("1x1\n64", "5x5\n96"),
        (_("max pool\n3x3"), "1x1\n64"),
    )
    titles = (_("naive"), _("with dimension reductions"))
    for left, branches, title in zip((0.15, 5.0), (naive, reduced), titles, strict=True):
        axes.text(left + 2.2, 4.35, title, ha="center", fontsize=11, fontweight="bold")
        _draw_module(axes, left, branches)
    alt = _(
        "Two modules, each read from the input at the bottom to a concatenation at the top. The "
        "naive one has four branches: 1x1 to 128 channels, 3x3 to 192, 5x5 to 96, and a 3x3 "
        "maximum pooling, all straight from the input of 28x28x256. In the other, a 1x1 "
        "convolution to 64 channels stands before the 3x3, before the 5x5, and behind the pooling."
    )
    return with_alt_text(figure, alt)


def _draw_module(axes: Any, left: float, branches: Sequence[tuple[str, ...]]) -> None:
    bottom, top = 0.35, 3.85
    for place, branch in enumerate(branches):
        across = left + 0.55 + 1.1 * place
        heights = (1.55, 2.75) if len(branch) == 2 else (2.15,)
        axes.plot((across, across), (bottom, top), color="#888888", linewidth=1.1, zorder=1)
        for height, text in zip(heights, branch, strict=True):
            colour = _SHADES.get(text[:3], ORANGE)
            _draw_label(axes, (across, height), text, colour, (0.92, 0.62))
    middle, bar = left + 2.2, (4.3, 0.42)
    _draw_label(axes, (middle, bottom), _("input 28x28x256"), _GREY, bar)
    _draw_label(axes, (middle, top), _("concatenation of the channels"), _GREY, bar)


def _draw_label(
    axes: Any,
    centre: tuple[float, float],
    text: str,
    colour: str,
    size: tuple[float, float],
    letters: float = 9.5,
) -> None:
    from matplotlib.patches import FancyBboxPatch

    wide, high = size
    corner = (centre[0] - wide / 2, centre[1] - high / 2)
    look: dict[str, Any] = {
        "boxstyle": "round,pad=0,rounding_size=0.06",
        "edgecolor": BLACK,
        "linewidth": 0.8,
    }
    axes.add_patch(FancyBboxPatch(corner, wide, high, facecolor=colour, zorder=2, **look))
    axes.text(*centre, text, ha="center", va="center", fontsize=letters, zorder=3)


def googlenet_road() -> Picture:
    """GoogLeNet from the image to its outputs: stem, nine modules, two classifiers at the side."""
    figure, axes = canvas(right=9.6, bottom=-0.15, top=2.75)
    stops = [
        (_("image"), "224x224x3", _GREY),
        (_("conv 7x7\npool"), "56x56x64", "#6fb7de"),
        (_("conv 1x1\nconv 3x3\npool"), "28x28x192", "#6fb7de"),
    ]
    sizes = {"3": (28, 14), "4": (14, 7), "5": (7, 7)}
    for name, (first, _red3, third, _red5, fifth, projected) in MODULES.items():
        last = name in ("3b", "4e")
        side = sizes[name[0]][last]
        shape = f"{side}x{side}x{first + third + fifth + projected}"
        stops.append((f"{name}\n" + _("pool") if last else name, shape, "#f2c75c"))
    stops.append((_("global\naverage"), "1024", ORANGE))
    stops.append((_("linear"), "1000", "#7cc8ae"))
    places = np.linspace(0.4, 9.2, len(stops))
    for place, (text, shape, colour) in zip(places, stops, strict=True):
        _draw_label(axes, (float(place), 0.85), text, colour, (0.57, 0.78), 8)
        axes.text(place, 0.36, shape, ha="right", va="top", fontsize=7.5, rotation=40)
    axes.plot(places[[0, -1]], (0.85, 0.85), color="#888888", linewidth=1.1, zorder=1)
    for module, number in (("4a", 1), ("4d", 2)):
        index = next(i for i, stop in enumerate(stops) if stop[0] == module)
        start = float(places[index])
        axes.annotate(
            "",
            (start, 1.78),
            (start, 1.24),
            arrowprops={"arrowstyle": "-|>", "color": RED, "linewidth": 1.4},
        )
        text = _("auxiliary output {number}\npool, 1x1, linear, linear").format(number=number)
        _draw_label(axes, (start, 2.05), text, "#f3d0d6", (1.85, 0.5))
    alt = _(
        "GoogLeNet from left to right: {stops}. Behind the modules 4a and 4d a way leads to an "
        "auxiliary output each."
    )
    told = ", ".join(f"{text} {shape}".replace("\n", " ") for text, shape, _colour in stops)
    return with_alt_text(figure, alt.format(stops=told))
