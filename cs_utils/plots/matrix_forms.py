"""Convolution as a matrix product: windows as columns, and the layer as one sparse matrix."""

from collections.abc import Callable
from typing import Any

import numpy as np

from cs_utils.demonstrations import comes_alive, numbers
from cs_utils.language import _
from cs_utils.plots.figures import (
    BLUE,
    GREEN,
    MAP,
    ORANGE,
    RED,
    Picture,
    canvas,
    panels,
    with_alt_text,
)
from cs_utils.plots.grids import CELL, cells, outline


@comes_alive
def windows_as_columns(im2col: Callable[..., Any], image: Any, kernel_size: int = 2) -> Picture:
    """A small image of numbers and the student's columns, one window a column, in four colours."""
    image = np.asarray(image, dtype=float)
    places = [
        (i, j)
        for i in range(image.shape[0] - kernel_size + 1)
        for j in range(image.shape[1] - kernel_size + 1)
    ]
    shape = (1, kernel_size**2, len(places))
    columns = numbers(
        im2col(image[None, None].copy(), (kernel_size, kernel_size)), _("the columns"), shape
    )[0]
    colours = (BLUE, ORANGE, GREEN, RED)
    figure, axes = canvas(right=6.6, bottom=-2.0, top=0.6)
    cells(axes, 0.6, -0.2, [[f"{value:g}" for value in row] for row in image])
    for number, ((i, j), colour) in enumerate(zip(places, colours, strict=False)):
        inset = 0.02 + 0.025 * number
        outline(axes, 0.6 + j * CELL, -0.2 - i * CELL, kernel_size, colour, inset)
    axes.text(0.6 + 1.5 * CELL, 0.05, _("x"), ha="center", fontsize=12)
    axes.annotate("", (3.1, -0.75), (2.2, -0.75), arrowprops={"arrowstyle": "-|>"})
    left = 3.5
    cells(axes, left, -0.2, [[f"{value:g}" for value in row] for row in columns])
    for number, colour in zip(range(len(places)), colours, strict=False):
        ends = [left + (number + 0.12) * CELL, left + (number + 0.88) * CELL]
        axes.plot(ends, [-0.1, -0.1], color=colour, linewidth=5, solid_capstyle="butt")
    title = _("im2col(x), a window a column")
    axes.text(left + len(places) * CELL / 2, 0.05, title, ha="center", fontsize=11)
    alt = _("An image {image} and its windows as the columns of a matrix with the rows {columns}.")
    rows = "; ".join(" ".join(f"{value:g}" for value in row) for row in columns)
    own = "; ".join(" ".join(f"{value:g}" for value in row) for row in image)
    return with_alt_text(figure, alt.format(image=own, columns=rows))


@comes_alive
def layer_as_matrix(
    conv_matrix: Callable[..., Any], kernel: Any, side: int, padding: int
) -> Picture:
    """The student's convolution matrix for one channel of side x side and a kernel (k, k)."""
    kernel = np.asarray(kernel, dtype=float)
    matrix = conv_matrix(kernel[None, None], side, side, 1, padding)
    dense = matrix.toarray() if hasattr(matrix, "toarray") else np.asarray(matrix)
    outputs = (side + 2 * padding - len(kernel) + 1) ** 2
    dense = numbers(dense, _("the matrix"), (outputs, side * side))
    figure, axes = panels(size=(5.6, 4.6))
    plot = axes[0, 0]
    picture = plot.imshow(dense, cmap=MAP)
    figure.colorbar(picture, ax=plot, shrink=0.7, label=_("weight"))
    for edge in range(1, side):
        plot.axvline(edge * side - 0.5, color="white", linewidth=0.6)
    for edge in range(1, side + 2 * padding - len(kernel) + 1):
        plot.axhline(edge * int(outputs**0.5) - 0.5, color="white", linewidth=0.6)
    plot.set(xlabel=_("pixel of the input, row by row"), ylabel=_("pixel of the output"))
    filled = int(np.count_nonzero(dense))
    caption = _(
        "{rows} x {columns} = {size:,} entries, {filled} of them not zero: {count} weights, "
        "over and over."
    )
    text = caption.format(
        rows=dense.shape[0],
        columns=dense.shape[1],
        size=dense.size,
        filled=filled,
        count=int(np.count_nonzero(kernel)),
    )
    alt = _(
        "The matrix as coloured squares, white lines between the rows of the image: the kernel's "
        "rows repeat along diagonals, all else is zero. {facts}"
    )
    return with_alt_text(figure, alt.format(facts=text), text)
