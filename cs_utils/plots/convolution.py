"""Windows that slide: strides, padding, the slide's worked example, and activation maps."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from cs_utils.demonstrations import comes_alive, numbers, run_forward
from cs_utils.language import _
from cs_utils.plots.figures import (
    BLACK,
    BLUE,
    MAP,
    ORANGE,
    RED,
    Picture,
    canvas,
    panels,
    with_alt_text,
)
from cs_utils.plots.grids import CELL, cells, outline, square


def layer_volumes() -> Picture:
    """A 32x32x3 image, a 5x5x3 filter at one place, and the stack of six 28x28 maps."""
    figure, axes = canvas(right=8.6, bottom=0, top=3.1)
    _box(axes, (0.7, 0.35), 1.9, 0.35, "#cfe3f1", BLUE)
    axes.text(1.75, 0.12, _("image 32 x 32 x 3"), ha="center", va="center", fontsize=11)
    _box(axes, (1.35, 1.15), 0.42, 0.35, "#f7dfae", ORANGE)
    axes.text(4.05, 2.75, _("5 x 5 x 3 filter:"), ha="center", fontsize=11)
    axes.text(4.05, 2.5, _("75 products, one sum"), ha="center", fontsize=11)
    axes.annotate("", (4.02, 1.62), (2.2, 1.5), arrowprops={"arrowstyle": "-|>", "color": BLACK})
    axes.plot([4.12], [1.63], "o", color=ORANGE, markersize=8)
    axes.text(4.12, 1.85, _("1 number"), ha="center", fontsize=10)
    axes.annotate("", (5.25, 1.62), (4.3, 1.62), arrowprops={"arrowstyle": "-|>", "color": BLACK})
    for map_number in reversed(range(6)):
        corner = (5.4 + 0.22 * map_number, 0.35 + 0.13 * map_number)
        fill = "#f7dfae" if map_number == 0 else "#ffffff"
        square(axes, corner, 1.66, fill, ORANGE if map_number == 0 else "#666666")
    axes.plot([6.0], [1.5], "o", color=ORANGE, markersize=8)
    axes.text(6.75, 0.12, _("6 filters: 6 activation maps, 28 x 28 x 6"), ha="center", va="center")
    alt = _(
        "On the left an image as a box, 32 x 32 x 3. A small box in it, 5 x 5 x 3 and as deep as "
        "the image, is where the filter lies: 75 products and one sum make 1 number, a point in "
        "the first of six 28 x 28 activation maps on the right."
    )
    return with_alt_text(figure, alt)


@comes_alive
def strides(
    conv_output_size: Callable[..., Any],
    n: int = 7,
    kernel_size: int = 3,
    tried: Sequence[int] = (1, 2, 3),
) -> Picture:
    """Where the windows of a row lie for several strides, and what the student's function says."""
    figure, axes = canvas(right=9.6, bottom=-2.35, top=0.75)
    titles = []
    for number, stride in enumerate(tried):
        left = 0.25 + number * 3.25
        cells(axes, left, 0.0, [[""] * n])
        title = _outcome(conv_output_size, n, kernel_size, stride)
        axes.text(left + n * CELL / 2, 0.28, title, ha="center", fontsize=11)
        titles.append(title)
        for step, start in enumerate(range(0, n, stride)):
            fits = start + kernel_size <= n
            height = -0.55 - 0.3 * step
            style = {"color": BLUE if fits else RED, "linewidth": 5, "solid_capstyle": "butt"}
            ends = [left + start * CELL, left + (start + kernel_size) * CELL]
            axes.plot(ends, [height, height], linestyle="-" if fits else (0, (1, 0.6)), **style)
            if not fits:
                axes.text(ends[1], height - 0.28, _("sticks out"), ha="right", color=RED)
            if start + kernel_size >= n:
                break
    alt = _(
        "A row of {n} pixels three times, with the places of a window of {k} below it. {facts}. "
        "With stride 3 the third window sticks out of the row."
    )
    return with_alt_text(figure, alt.format(n=n, k=kernel_size, facts="; ".join(titles)))


def _outcome(conv_output_size: Callable[..., Any], n: int, kernel_size: int, stride: int) -> str:
    try:
        size = numbers(conv_output_size(n, kernel_size, stride, 0), _("the size"), ())
    except ValueError:
        return _("stride {stride}: doesn't fit").format(stride=stride)
    return _("stride {stride}: {size} windows").format(stride=stride, size=int(size))


@comes_alive
def padded_example(
    conv_forward_naive: Callable[..., Any], image: Any, kernel: Any, printed: Any
) -> Picture:
    """The window at its first three places on the padded image, and the output of the student's
    layer with the part that the slide prints.

    image: (5, 5); kernel: (3, 3), its weights are the small numbers; printed: (3, 3).
    """
    image, kernel = np.asarray(image, dtype=float), np.asarray(kernel, dtype=float)
    inputs = (image[None, None], kernel[None, None], np.zeros(1), 1, 1)
    out = run_forward(conv_forward_naive, inputs, (1, 1, 5, 5))[0][0, 0]
    padded = np.pad(image, 1).astype(int)
    size = len(padded)
    figure, axes = canvas(right=9.9, bottom=-3.25, top=0.55)
    sums = []
    for column in range(3):
        left = 0.1 + column * 2.65
        texts = [[str(value) for value in row] for row in padded]
        cells(axes, left, 0.0, texts)
        outline(axes, left + column * CELL, 0.0, 3, ORANGE)
        for (i, j), weight in np.ndenumerate(kernel.astype(int)):
            place = (left + (column + j + 0.98) * CELL, -(i + 0.93) * CELL)
            axes.text(*place, weight, ha="right", va="bottom", fontsize=7, color=RED)
        window = padded[0:3, column : column + 3]
        sums.append(int(np.sum(window * kernel)))
        terms = [
            f"{value}·{weight}"
            for value, weight in zip(window.flat, kernel.astype(int).flat, strict=True)
            if value and weight
        ]
        line = " + ".join(terms) + f" = {sums[-1]}"
        axes.text(left + size * CELL / 2, -size * CELL - 0.25, line, ha="center", fontsize=9)
        title = _("output place (0, {column})").format(column=column)
        axes.text(left + size * CELL / 2, 0.15, title, ha="center", fontsize=10)
    left = 8.05
    cells(axes, left, -CELL, [[f"{value:g}" for value in row] for row in out])
    outline(axes, left, -CELL, 3, BLUE)
    axes.text(left + 2.5 * CELL, 0.15 - CELL, _("your output"), ha="center", fontsize=10)
    same = bool(np.allclose(out[:3, :3], printed))
    verdict = _("is what the slide prints") if same else _("is not what the slide prints")
    text = _("framed: its 3 x 3\ncorner {verdict}").format(verdict=verdict)
    axes.text(left + 2.5 * CELL, -2.45, text, ha="center", va="top", fontsize=9, color=BLUE)
    alt = _(
        "The padded 7 x 7 input three times, a 3 x 3 window one place further to the right each "
        "time, with the kernel's weights as small numbers; the sums are {sums}. On the right the "
        "5 x 5 output, first row {row}; its top left 3 x 3 corner {verdict}."
    )
    row = " ".join(f"{value:g}" for value in out[0])
    facts = {"sums": ", ".join(map(str, sums)), "row": row, "verdict": verdict}
    return with_alt_text(figure, alt.format(**facts))


@comes_alive
def activation_maps(
    conv_forward_naive: Callable[..., Any], image: np.ndarray, filters: dict[str, Any]
) -> Picture:
    """A small colour image and the activation map of each filter, by the student's layer.

    image: (H, W, 3), 0..255; filters: by their names, each (3, k, k).
    """
    x = np.moveaxis(image, -1, 0)[None] / 255
    w = np.array(list(filters.values()), dtype=float)
    side = (image.shape[0] - w.shape[2] + 1, image.shape[1] - w.shape[3] + 1)
    out, _cache = run_forward(
        conv_forward_naive, (x, w, np.zeros(len(w)), 1, 0), (1, len(w), *side)
    )
    figure, axes = panels(1, 1 + len(w), size=(9.8, 1.9))
    axes[0, 0].imshow(image)
    axes[0, 0].set_title(_("image"), fontsize=10)
    for plot, name, activation in zip(axes[0, 1:], filters, out[0], strict=True):
        limit = max(float(np.abs(activation).max()), 1e-12)
        plot.imshow(activation, cmap=MAP, vmin=-limit, vmax=limit)
        plot.set_title(name, fontsize=10)
    for plot in axes.flat:
        plot.set(xticks=[], yticks=[])
        plot.spines[:].set_visible(False)
    caption = _(
        "{count} filters of {depth} x {k} x {k} on {shape}: output {out}. Bright is positive, "
        "dark negative."
    )
    text = caption.format(
        count=len(w), depth=w.shape[1], k=w.shape[2], shape=x.shape, out=out.shape
    )
    alt = _("A small image and its activation maps for the filters {names}. {facts}")
    return with_alt_text(figure, alt.format(names=", ".join(filters), facts=text), text)


def _box(
    axes: Any, corner: tuple[float, float], side: float, depth: float, fill: str, edge: str
) -> None:
    """A box seen from the front and a little from the right and above."""
    from matplotlib.patches import Polygon

    x, y = corner
    top = [(x, y + side), (x + depth, y + side + depth), (x + side + depth, y + side + depth)]
    right = [(x + side, y), (x + side + depth, y + depth), (x + side + depth, y + side + depth)]
    for face in ([*top, (x + side, y + side)], [*right, (x + side, y + side)]):
        axes.add_patch(Polygon(face, closed=True, facecolor=fill, edgecolor=edge, alpha=0.9))
    square(axes, corner, side, fill, edge)
