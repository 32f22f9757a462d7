"""Computational graphs: nodes, values above the edges and gradients below them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from cs_utils.demonstrations import comes_alive, run_backward, run_forward
from cs_utils.language import _
from cs_utils.plots.figures import BLACK, BLUE, RED, Picture, canvas, with_alt_text


def node() -> Picture:
    """One node z = f(x, y) with its upstream, local and downstream gradients."""
    figure, axes = canvas(right=7.2, bottom=0.4, top=3.05)
    centre = (3.6, 1.7)
    for height, name in ((2.6, "x"), (0.8, "y")):
        start, end = np.array([0.5, height]), np.array([3.1, 1.7 + 0.28 * np.sign(height - 1.7)])
        _two_arrows(axes, start, end, f"${name}$", rf"$\partial L/\partial {name}$")
    _two_arrows(axes, np.array([4.2, 1.7]), np.array([6.7, 1.7]), "$z$", r"$\partial L/\partial z$")
    _draw_node(axes, centre, "$f$", radius=0.6)
    local = r"$\partial z/\partial x,\ \partial z/\partial y$"
    axes.text(3.6, 2.75, _("local gradients"), ha="center", fontsize=11)
    axes.text(3.6, 2.42, local, ha="center", fontsize=11)
    axes.text(5.6, 0.95, _("upstream gradient"), ha="center", fontsize=11, color=RED)
    axes.text(
        1.0, 1.65, _("downstream\ngradients"), ha="center", va="center", fontsize=11, color=RED
    )
    alt = _(
        "A node f with inputs x and y on its left and output z on its right. Solid blue arrows "
        "carry values from left to right. Dashed red arrows carry gradients from right to left: "
        "dL/dz arrives at the node, the upstream gradient; dL/dx and dL/dy leave it, the "
        "downstream gradients. Inside are the local gradients dz/dx and dz/dy."
    )
    return with_alt_text(figure, alt)


@comes_alive
def neuron_graph(
    neuron_forward: Callable[..., Any], neuron_backward: Callable[..., Any], w: Any, x: Any
) -> Picture:
    """The neuron's graph with values above its edges and the student's gradients below them."""
    w, x = np.asarray(w, dtype=float), np.asarray(x, dtype=float)
    out, cache = run_forward(neuron_forward, (w, x), ())
    dw, dx = run_backward(neuron_backward, 1.0, cache, [(3,), (2,)])
    figure, axes = canvas(right=9.6, bottom=0.1, top=4.75)
    names = ("$w_0$", "$x_0$", "$w_1$", "$x_1$", "$w_2$")
    values = (w[0], x[0], w[1], x[1], w[2])
    gradients = (dw[0], dx[0], dw[1], dx[1], dw[2])
    starts = [(0.7, 4.3), (0.7, 3.3), (0.7, 2.3), (0.7, 1.3), (0.7, 0.4)]
    products, sums, squash = [(2.6, 3.8), (2.6, 1.8)], [(4.3, 2.8), (6.0, 2.3)], (7.7, 2.3)
    ends = [products[0], products[0], products[1], products[1], sums[1]]
    for name, value, gradient, start, end in zip(
        names, values, gradients, starts, ends, strict=True
    ):
        axes.text(start[0] - 0.15, start[1], name, ha="right", va="center", fontsize=13)
        _edge(axes, start, end, value, gradient, share=0.3)
    first, second = w[0] * x[0], w[1] * x[1]
    total = first + second + w[2]
    # A sum hands its upstream gradient on unchanged: every edge into it carries that of w2.
    _edge(axes, products[0], sums[0], first, dw[2])
    _edge(axes, products[1], sums[0], second, dw[2])
    _edge(axes, sums[0], sums[1], first + second, dw[2])
    _edge(axes, sums[1], squash, total, dw[2])
    _edge(axes, squash, (9.4, 2.3), float(out), 1.0)
    for centre in products:
        _draw_node(axes, centre, r"$\times$")
    for centre in sums:
        _draw_node(axes, centre, "$+$")
    _draw_node(axes, squash, r"$\sigma$")
    axes.text(7.2, 4.45, _("above, blue: value (forward)"), color=BLUE, fontsize=11)
    axes.text(7.2, 4.12, _("below, red: gradient (backward)"), color=RED, fontsize=11)
    alt = _(
        "The neuron as a graph: two products, two sums, and the sigmoid. Values: w = {w}, x = {x}, "
        "out = {out:.2f}. Gradients below the edges: dw = {dw}, dx = {dx}, and 1.00 at the output."
    )
    text = alt.format(w=_list(w), x=_list(x), out=float(out), dw=_list(dw), dx=_list(dx))
    return with_alt_text(figure, text)


def _list(values: np.ndarray) -> str:
    return "(" + ", ".join(f"{value:.2f}" for value in values) + ")"


def _draw_node(axes: Any, centre: tuple[float, float], text: str, radius: float = 0.3) -> None:
    from matplotlib.patches import Circle

    axes.add_patch(Circle(centre, radius, facecolor="#f2f2f2", edgecolor=BLACK, zorder=2))
    axes.text(*centre, text, ha="center", va="center", fontsize=15, zorder=3)


def _edge(
    axes: Any, start: Any, end: Any, value: float, gradient: float, share: float = 0.5
) -> None:
    """An edge with its value above and its gradient below, at this share of its length."""
    start, end = np.asarray(start), np.asarray(end)
    axes.plot(*zip(start, end, strict=True), color="#888888", linewidth=1.2, zorder=1)
    along = end - start
    place = start + share * along
    # On a steep edge the texts need more room, or the line runs through them.
    aside = np.array([0.0, 0.04 + 0.2 * abs(along[1] / along[0])])
    look: dict[str, Any] = {"ha": "center", "fontsize": 11}
    axes.text(*(place + aside), f"{value:.2f}", va="bottom", color=BLUE, **look)
    axes.text(*(place - aside), f"{gradient:.2f}", va="top", color=RED, **look)


def _two_arrows(axes: Any, start: Any, end: Any, value: str, gradient: str) -> None:
    """The value's arrow, and the gradient's arrow going back beside it."""
    along = (end - start) / np.linalg.norm(end - start)
    aside = 0.1 * np.array([-along[1], along[0]])
    solid = {"arrowstyle": "-|>", "color": BLUE, "linewidth": 1.8}
    dashed = {"arrowstyle": "-|>", "color": RED, "linewidth": 1.8, "linestyle": (0, (4, 2))}
    axes.annotate("", end + aside, start + aside, arrowprops=solid)
    axes.annotate("", start - aside, end - aside, arrowprops=dashed)
    middle = (start + end) / 2
    axes.text(*(middle + 2.6 * aside), value, color=BLUE, ha="center", va="center", fontsize=13)
    axes.text(*(middle - 3.4 * aside), gradient, color=RED, ha="center", va="center", fontsize=12)
