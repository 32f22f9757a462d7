"""Pictures of a matrix product: what one number touches, its Jacobian, and what that weighs."""

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

_GIB = 2**30
_CELL = 0.55


@comes_alive
def touched_row(matmul_forward: Callable[..., Any], x: Any, w: Any, n: int, d: int) -> Picture:
    """x, w and y = x w; x[n, d] is marked, and what changes in y when it grows by 1."""
    x, w = np.asarray(x, dtype=float), np.asarray(w, dtype=float)
    shape = (x.shape[0], w.shape[1])
    more = x.copy()
    more[n, d] += 1
    y, _cache = run_forward(matmul_forward, (x.copy(), w.copy()), shape)
    moved, _cache = run_forward(matmul_forward, (more, w.copy()), shape)
    change = moved - y
    height = _CELL * (w.shape[0] + x.shape[0]) + 1.2
    width = _CELL * (x.shape[1] + 2 * w.shape[1]) + 3.6
    figure, axes = canvas(right=width, bottom=0, top=height)
    right = 1.2 + _CELL * x.shape[1]
    far = right + _CELL * w.shape[1] + 1.5
    low = 0.35 + _CELL * x.shape[0]
    one = np.zeros_like(x, dtype=bool)
    one[n, d] = True
    row = np.zeros_like(w, dtype=bool)
    row[d] = True
    _table(axes, 0.6, low, x, _("x"), one, BLUE)
    _table(axes, right, height - 0.4, w, _("w"), row, ORANGE)
    touched = np.abs(change) > 1e-9
    _table(axes, right, low, y, _("y = x w"), touched, RED)
    _table(axes, far, low, change, _("change of y"), touched, RED)
    rows = sorted({int(place) for place in np.argwhere(touched)[:, 0]})
    caption = _(
        "x[{n}, {d}] (blue) grows by 1. Of y, row {rows} changes, by {change}; row {d} of w "
        "(orange) is {row}."
    )
    facts = {
        "n": n,
        "d": d,
        "rows": " and ".join(map(str, rows)) or _("none"),
        "change": _listed(change[rows[0]]) if rows else "0",
        "row": _listed(w[d]),
    }
    text = caption.format(**facts)
    alt = _("The matrices x, w and y = x w as tables, and the change of y. {facts}")
    return with_alt_text(figure, alt.format(facts=text), text)


@comes_alive
def jacobian_blocks(matmul_jacobian_x: Callable[..., Any], x: Any, w: Any) -> Picture:
    """The Jacobian dy/dx of y = x w as one matrix, a row for each x[n, d], a column for each
    y[i, m]."""
    x, w = np.asarray(x, dtype=float), np.asarray(w, dtype=float)
    (count, inputs), outputs = x.shape, w.shape[1]
    jacobian = numbers(
        matmul_jacobian_x(x.copy(), w.copy()), _("the Jacobian"), (count, inputs, count, outputs)
    ).reshape(count * inputs, count * outputs)
    figure, axes = panels(size=(6.6, 3.7))
    plot = axes[0, 0]
    limit = max(float(np.abs(jacobian).max()), 1e-12)
    picture = plot.imshow(jacobian, cmap=MAP, vmin=-limit, vmax=limit)
    figure.colorbar(picture, ax=plot, shrink=0.8, label=r"$\partial y_{i,m} / \partial x_{n,d}$")
    for place, value in np.ndenumerate(jacobian):
        ink = "white" if value < 0.2 * limit else "black"
        plot.text(*place[::-1], f"{value + 0.0:g}", ha="center", va="center", fontsize=9, color=ink)
    for edge in range(1, count):
        plot.axhline(edge * inputs - 0.5, color="white", linewidth=2.5)
        plot.axvline(edge * outputs - 0.5, color="white", linewidth=2.5)
    plot.set_xticks(range(count * outputs), _places("y", count, outputs), rotation=60, fontsize=8)
    plot.set_yticks(range(count * inputs), _places("x", count, inputs), fontsize=8)
    plot.set(xlabel=_("output y[i, m]"), ylabel=_("input x[n, d]"))
    zeros = float(np.mean(np.abs(jacobian) < 1e-9))
    text = _("{rows} x {columns} numbers, {zeros:.0%} of them zero.")
    text = text.format(rows=count * inputs, columns=count * outputs, zeros=zeros)
    alt = _(
        "The Jacobian as coloured squares, a row for each element of x, a column for each element "
        "of y, with lines between the examples of the batch. {facts} Blocks on the diagonal: "
        "{blocks}."
    )
    own = all(
        np.allclose(jacobian[i * inputs : (i + 1) * inputs, i * outputs : (i + 1) * outputs], w)
        for i in range(count)
    )
    blocks = _("each is w") if own else _("they are not w")
    return with_alt_text(figure, alt.format(facts=text, blocks=blocks), text)


@comes_alive
def jacobian_memory(
    jacobian_bytes: Callable[..., Any], N: int, D: int, M: int, itemsize: int = 4
) -> Picture:
    """Bytes of x, w, y and of both Jacobians of y = x w, on a logarithmic axis."""
    of_x, of_w = jacobian_bytes(N, D, M, itemsize)
    of_x = float(numbers(of_x, _("the bytes of dy/dx"), ()))
    of_w = float(numbers(of_w, _("the bytes of dy/dw"), ()))
    sizes = {
        "x": itemsize * N * D,
        "w": itemsize * D * M,
        "y": itemsize * N * M,
        "dy/dx": of_x,
        "dy/dw": of_w,
    }
    figure, axes = panels(size=(7.2, 2.9))
    plot = axes[0, 0]
    colours = (BLUE, BLUE, BLUE, RED, RED)
    bars = plot.barh(list(sizes), list(sizes.values()), color=colours, height=0.6, log=True)
    shown = [_in_units(size) for size in sizes.values()]
    plot.bar_label(bars, shown, padding=4, fontsize=10)
    plot.axvline(16 * _GIB, color=BLACK, linewidth=1, linestyle=":")
    plot.text(16 * _GIB * 0.85, 0, _("a laptop's 16 GiB"), ha="right", va="center", fontsize=9)
    plot.set(xlabel=_("memory, bytes"), xlim=(1e5, max(*sizes.values(), 1e6) * 60))
    plot.invert_yaxis()
    facts = ", ".join(f"{name} {size}" for name, size in zip(sizes, shown, strict=True))
    text = _("N = {N}, D = {D}, M = {M}, {itemsize} bytes a number: {facts}.")
    text = text.format(N=N, D=D, M=M, itemsize=itemsize, facts=facts)
    alt = _("Bars on a logarithmic axis of bytes, beside a laptop's 16 GiB. {facts}")
    return with_alt_text(figure, alt.format(facts=text))


@comes_alive
def image_samples(images: Any, labels: Any, names: Sequence[str], each: int = 2) -> Picture:
    """The first images of every class. images: (count, height, width), values 0..255."""
    images, labels = np.asarray(images), np.asarray(labels)
    figure, axes = panels(each, len(names), size=(0.96 * len(names), 0.35 + 1.0 * each))
    for label, name in enumerate(names):
        for row, place in enumerate(np.flatnonzero(labels == label)[:each]):
            axes[row, label].imshow(images[place], cmap="gray", vmin=0, vmax=255)
        axes[0, label].set_title(name, fontsize=9)
    for plot in axes.flat:
        plot.axis("off")
    alt = _("{each} grey images of each of {count} classes: {names}.")
    return with_alt_text(figure, alt.format(each=each, count=len(names), names=", ".join(names)))


def _table(
    axes: Any,
    left: float,
    top: float,
    values: np.ndarray,
    title: str,
    marked: np.ndarray,
    colour: str,
) -> None:
    """A matrix as a table of numbers; marked cells get a coloured ground."""
    from matplotlib.patches import Rectangle

    columns = values.shape[1]
    axes.text(left + _CELL * columns / 2, top + 0.1, title, ha="center", va="bottom", fontsize=12)
    for (i, j), value in np.ndenumerate(values):
        corner = (left + j * _CELL, top - (i + 1) * _CELL)
        ground = (*_rgb(colour), 0.35) if marked[i, j] else "white"
        axes.add_patch(Rectangle(corner, _CELL, _CELL, facecolor=ground, edgecolor="#888888"))
        axes.text(
            corner[0] + _CELL / 2,
            corner[1] + _CELL / 2,
            f"{value + 0.0:g}",
            ha="center",
            va="center",
            fontsize=12,
        )


def _rgb(colour: str) -> tuple[float, ...]:
    from matplotlib.colors import to_rgb

    return to_rgb(colour)


def _listed(values: np.ndarray) -> str:
    return "(" + ", ".join(f"{value + 0.0:g}" for value in values) + ")"


def _places(name: str, rows: int, columns: int) -> list[str]:
    return [f"{name}[{i}, {j}]" for i in range(rows) for j in range(columns)]


def _in_units(size: float) -> str:
    """A number of bytes as people say it: 256 GiB."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.4g} {unit}"
        size /= 1024
    return f"{size:.4g} TiB"
