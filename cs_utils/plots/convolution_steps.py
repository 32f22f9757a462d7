"""The convolution stepped by hand, and im2col's columns lighting up window by window."""

from collections.abc import Callable
from typing import Any

import numpy as np

from cs_utils.demonstrations import comes_alive, numbers, run_forward
from cs_utils.language import _
from cs_utils.plots.figures import BLUE, ORANGE, Picture, canvas, with_alt_text
from cs_utils.plots.grids import CELL, cells, outline
from cs_utils.plots.stepping import Steps


@comes_alive
def convolution_steps(
    conv_forward_naive: Callable[..., Any],
    image: Any,
    kernel: Any,
    stride: int = 1,
    padding: int = 0,
) -> Steps:
    """The window, its products with the kernel, their sum, and the student's output so far.

    image: (H, W); kernel: (k, k), both whole numbers.
    """
    image, kernel = np.asarray(image, dtype=float), np.asarray(kernel, dtype=float)
    padded, k = np.pad(image, padding), len(kernel)
    rows, columns = ((side - k) // stride + 1 for side in padded.shape)
    inputs = (image[None, None], kernel[None, None], np.zeros(1), stride, padding)
    out = run_forward(conv_forward_naive, inputs, (1, 1, rows, columns))[0][0, 0]

    def draw(step: int) -> Picture:
        i, j = divmod(step, columns)
        window = padded[i * stride : i * stride + k, j * stride : j * stride + k]
        written = [
            [_whole(out[a, b]) if a * columns + b <= step else "" for b in range(columns)]
            for a in range(rows)
        ]
        return _convolution_step(padded, kernel, window, written, (i, j), stride)

    return Steps(draw, rows * columns, _("output place"))


def _convolution_step(
    padded: np.ndarray,
    kernel: np.ndarray,
    window: np.ndarray,
    written: list[list[str]],
    place: tuple[int, int],
    stride: int,
) -> Picture:
    """One step, from left to right: padded input, kernel, products, output."""
    (i, j), k = place, len(kernel)
    input_width, output_width = padded.shape[1] * CELL, len(written[0]) * CELL
    kernel_left = 0.2 + input_width + 0.55
    products_left = kernel_left + k * CELL + 0.55
    output_left = products_left + k * CELL + 0.55
    height = max(len(padded) * CELL, len(written) * CELL)
    figure, axes = canvas(right=output_left + output_width + 0.2, bottom=-height - 0.6, top=0.5)
    products = window * kernel
    top = -(height - k * CELL) / 2
    tables = (
        (0.2, 0.0, _texts(padded), _("input, padded")),
        (kernel_left, top, _texts(kernel), _("kernel")),
        (products_left, top, _texts(products), _("products")),
        (output_left, 0.0, written, _("your output")),
    )
    for left, start, texts, title in tables:
        cells(axes, left, start, texts)
        axes.text(left + len(texts[0]) * CELL / 2, start + 0.14, title, ha="center", fontsize=10)
    outline(axes, 0.2 + j * stride * CELL, -i * stride * CELL, k, ORANGE)
    outline(axes, output_left + j * CELL, -i * CELL, 1, BLUE)
    for left, sign in ((kernel_left, r"$\times$"), (products_left, "=")):
        axes.text(left - 0.27, -height / 2, sign, ha="center", va="center", fontsize=14)
    axes.text(output_left - 0.27, -height / 2, "Σ", ha="center", va="center", fontsize=14)
    terms = [
        f"{_whole(value)}·{_whole(weight)}"
        for value, weight in zip(window.flat, kernel.flat, strict=True)
        if value and weight
    ]
    line = " + ".join(terms) + f" = {_whole(products.sum())}" if terms else "0"
    axes.text(0.2, -height - 0.4, line, fontsize=10)
    alt = _(
        "Window at row {row}, column {column} of the input: {window}. Its products with the kernel "
        "are {products}; their sum is {total}. Your output there is {out}."
    )
    facts = {
        "row": i * stride,
        "column": j * stride,
        "window": _in_words(window),
        "products": _in_words(products),
        "total": _whole(products.sum()),
        "out": written[i][j],
    }
    return with_alt_text(figure, alt.format(**facts))


@comes_alive
def column_steps(im2col: Callable[..., Any], image: Any, kernel_size: int = 3) -> Steps:
    """A window of the image and the column of the student's matrix that it becomes.

    image: (H, W), whole numbers.
    """
    image = np.asarray(image, dtype=float)
    rows, columns = (side - kernel_size + 1 for side in image.shape)
    shape = (1, kernel_size**2, rows * columns)
    size = (kernel_size, kernel_size)
    matrix = numbers(im2col(image[None, None].copy(), size), _("the columns"), shape)[0]

    def draw(step: int) -> Picture:
        i, j = divmod(step, columns)
        left = 0.2 + image.shape[1] * CELL + 0.9
        height = max(len(image), len(matrix)) * CELL
        right = left + matrix.shape[1] * CELL + 0.2
        figure, axes = canvas(right=right, bottom=-height - 0.1, top=0.5)
        cells(axes, 0.2, 0.0, _texts(image))
        shown = [["" if n > step else _whole(v) for n, v in enumerate(row)] for row in matrix]
        cells(axes, left, 0.0, shown)
        outline(axes, 0.2 + j * CELL, -i * CELL, kernel_size, ORANGE)
        for row in range(len(matrix)):
            outline(axes, left + step * CELL, -row * CELL, 1, ORANGE, inset=0.02)
        axes.text(0.2 + image.shape[1] * CELL / 2, 0.14, "x", ha="center", fontsize=11)
        middle = left + matrix.shape[1] * CELL / 2
        axes.text(middle, 0.14, _("im2col(x), so far"), ha="center", fontsize=11)
        alt = _(
            "The window at row {row}, column {column}, {window}, becomes column {step}: {filled}."
        )
        window = image[i : i + kernel_size, j : j + kernel_size]
        filled = " ".join(_whole(value) for value in matrix[:, step])
        facts = {"row": i, "column": j, "step": step, "filled": filled}
        return with_alt_text(figure, alt.format(window=_in_words(window), **facts))

    return Steps(draw, rows * columns, _("window"))


def _texts(table: np.ndarray) -> list[list[str]]:
    return [[_whole(value) for value in row] for row in table]


def _whole(value: float) -> str:
    return f"{value + 0.0:g}"


def _in_words(table: np.ndarray) -> str:
    return "; ".join(" ".join(_whole(value) for value in row) for row in table)
