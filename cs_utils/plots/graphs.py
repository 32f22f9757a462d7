"""Computational graphs: nodes, values above the edges and gradients below them."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from cs_utils.demonstrations import comes_alive, run_backward, run_forward
from cs_utils.language import _
from cs_utils.plots.figures import BLACK, BLUE, RED, Picture, canvas, with_alt_text
from cs_utils.plots.stepping import Steps


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
) -> Steps:
    """The neuron's graph with values above its edges and the student's gradients below them: step
    by step the values come from the left, then the gradients from the right."""
    w, x = np.asarray(w, dtype=float), np.asarray(x, dtype=float)
    out, cache = run_forward(neuron_forward, (w, x), ())
    dw, dx = run_backward(neuron_backward, 1.0, cache, [(3,), (2,)])
    edges = _neuron_edges(w, x, float(out), dw, dx)

    def draw(step: int) -> Picture:
        return _neuron_picture(edges, forward=step, back=step - _WAVES)

    return Steps(draw, 2 * _WAVES, _("forward, then backward"))


class _Edge(NamedTuple):
    """An edge of the neuron's graph, and in which wave its numbers come: 0 is first."""

    start: tuple[float, float]
    end: tuple[float, float]
    name: str
    value: float
    gradient: float
    forward_wave: int
    backward_wave: int


_WAVES = 5
_PRODUCTS, _SUMS, _SQUASH = [(2.6, 3.8), (2.6, 1.8)], [(4.3, 2.8), (6.0, 2.3)], (7.7, 2.3)


def _neuron_edges(
    w: np.ndarray, x: np.ndarray, out: float, dw: np.ndarray, dx: np.ndarray
) -> list[_Edge]:
    first, second = w[0] * x[0], w[1] * x[1]
    # A sum hands its upstream gradient on unchanged: every edge into it carries that of w2.
    passed = dw[2]
    return [
        _Edge((0.7, 4.3), _PRODUCTS[0], "w0", w[0], dw[0], 0, 4),
        _Edge((0.7, 3.3), _PRODUCTS[0], "x0", x[0], dx[0], 0, 4),
        _Edge((0.7, 2.3), _PRODUCTS[1], "w1", w[1], dw[1], 0, 4),
        _Edge((0.7, 1.3), _PRODUCTS[1], "x1", x[1], dx[1], 0, 4),
        _Edge((0.7, 0.4), _SUMS[1], "w2", w[2], passed, 0, 2),
        _Edge(_PRODUCTS[0], _SUMS[0], "", first, passed, 1, 3),
        _Edge(_PRODUCTS[1], _SUMS[0], "", second, passed, 1, 3),
        _Edge(_SUMS[0], _SUMS[1], "", first + second, passed, 2, 2),
        _Edge(_SUMS[1], _SQUASH, "", first + second + w[2], passed, 3, 1),
        _Edge(_SQUASH, (9.4, 2.3), "out", out, 1.0, 4, 0),
    ]


def _neuron_picture(edges: Sequence[_Edge], forward: int, back: int) -> Picture:
    """The graph with the values of waves 0..forward and the gradients of waves 0..back."""
    figure, axes = canvas(right=9.6, bottom=0.1, top=4.75)
    values, gradients = [], []
    for edge in edges:
        value = f"{edge.value:.2f}" if edge.forward_wave <= forward else ""
        gradient = f"{edge.gradient:.2f}" if edge.backward_wave <= back else ""
        _draw_edge(axes, edge.start, edge.end, value, gradient, 0.3 if edge.start[0] < 1 else 0.5)
        if edge.start[0] < 1:
            place = (edge.start[0] - 0.15, edge.start[1])
            letter = f"${edge.name[0]}_{edge.name[1]}$"
            axes.text(*place, letter, ha="right", va="center", fontsize=13)
        name = edge.name or _("inner edge")
        values += [f"{name} = {value}"] if value else []
        gradients += [f"{name}: {gradient}"] if gradient else []
    for centre in _PRODUCTS:
        _draw_node(axes, centre, r"$\times$")
    for centre in _SUMS:
        _draw_node(axes, centre, "$+$")
    _draw_node(axes, _SQUASH, r"$\sigma$")
    axes.text(7.2, 4.45, _("above, blue: value (forward)"), color=BLUE, fontsize=11)
    axes.text(7.2, 4.12, _("below, red: gradient (backward)"), color=RED, fontsize=11)
    alt = _(
        "The neuron as a graph: two products, two sums, and the sigmoid. Values: {values}. "
        "Gradients below the edges: {gradients}."
    )
    facts = {"values": ", ".join(values), "gradients": ", ".join(gradients) or _("none yet")}
    return with_alt_text(figure, alt.format(**facts))


def _draw_node(axes: Any, centre: tuple[float, float], text: str, radius: float = 0.3) -> None:
    from matplotlib.patches import Circle

    axes.add_patch(Circle(centre, radius, facecolor="#f2f2f2", edgecolor=BLACK, zorder=2))
    axes.text(*centre, text, ha="center", va="center", fontsize=15, zorder=3)


def _draw_edge(axes: Any, start: Any, end: Any, value: str, gradient: str, share: float) -> None:
    """An edge with its value above and its gradient below, at this share of its length."""
    start, end = np.asarray(start), np.asarray(end)
    axes.plot(*zip(start, end, strict=True), color="#888888", linewidth=1.2, zorder=1)
    along = end - start
    place = start + share * along
    # On a steep edge the texts need more room, or the line runs through them.
    aside = np.array([0.0, 0.04 + 0.2 * abs(along[1] / along[0])])
    look: dict[str, Any] = {"ha": "center", "fontsize": 11}
    axes.text(*(place + aside), value, va="bottom", color=BLUE, **look)
    axes.text(*(place - aside), gradient, va="top", color=RED, **look)


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
