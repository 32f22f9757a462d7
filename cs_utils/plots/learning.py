"""Plots of what a network is told by its loss, and of what it learns."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from cs_utils import experiments
from cs_utils.demonstrations import comes_alive, run_backward, run_forward
from cs_utils.language import _
from cs_utils.plots.figures import BLUE, GREEN, MAP, RED, Picture, panels, with_alt_text

_HIDDEN = 8


@comes_alive
def loss_gradient(
    softmax_forward: Callable[..., Any],
    cross_entropy_forward: Callable[..., Any],
    cross_entropy_backward: Callable[..., Any],
    scores: Any,
    label: int,
) -> Picture:
    """Scores, their probabilities, and the gradient of the loss, as three bar charts."""
    scores = np.asarray(scores, dtype=float)
    p, _cache = run_forward(softmax_forward, (scores.copy(),), scores.shape)
    loss, cache = run_forward(cross_entropy_forward, (scores.copy(), label), ())
    (gradient,) = run_backward(cross_entropy_backward, 1.0, cache, [scores.shape])
    figure, axes = panels(1, 3, size=(8.4, 2.8))
    titles = (_("scores"), _("probabilities p"), _("gradient dL/ds"))
    for plot, title, values, colour in zip(
        axes.flat, titles, (scores, p, gradient), (BLUE, GREEN, RED), strict=True
    ):
        bars = plot.bar(range(scores.size), values, color=colour, width=0.6)
        bars[label].set_hatch("//")
        bars[label].set_edgecolor("white")
        plot.bar_label(bars, fmt="%.2f", fontsize=10, padding=2)
        plot.axhline(0, color="#888888", linewidth=0.8)
        plot.margins(y=0.2)
        plot.set(title=title, xlabel=_("class"), ylabel=title, xticks=range(scores.size))
    caption = _("The right class is {label} (hatched); the loss is {loss:.3f}.")
    alt = _(
        "Three bar charts over the classes. Scores {scores}; probabilities {p}; gradient of the "
        "loss {gradient}, negative for the right class {label} alone."
    )
    text = alt.format(
        scores=np.round(scores, 2), p=np.round(p, 2), gradient=np.round(gradient, 2), label=label
    )
    return with_alt_text(figure, text, caption.format(label=label, loss=float(loss)))


@comes_alive
def crossed_clusters(
    linear: experiments.Network, two_layer: experiments.Network, cross_entropy: experiments.Network
) -> Picture:
    """What f = W x and f = W2 max(0, W1 x) learn of two classes at crossed corners.

    Each argument is the student's pair (forward, backward).
    """
    points, labels = experiments.crossed_clusters()
    rng = np.random.default_rng(3)
    no_bias = np.zeros(2)

    @functools.wraps(linear[0])
    def without_bias(x: Any, W: Any) -> Any:
        return linear[0](x, W, no_bias)

    @functools.wraps(linear[1])
    def drop_bias(dscores: Any, cache: Any) -> Any:
        return linear[1](dscores, cache)[:2]

    score: experiments.Network = (without_bias, drop_bias)
    W = [rng.normal(scale=0.1, size=(2, 3))]
    W1_W2 = [rng.normal(size=(_HIDDEN, 3)), rng.normal(scale=0.5, size=(2, _HIDDEN))]
    figure, axes = panels(1, 3, size=(9.6, 3.2))
    facts, ends = [], []
    styles = ((score, W, "--", RED, "$W x$"), (two_layer, W1_W2, "-", BLUE, r"$W_2\max(0, W_1x)$"))
    for plot, (network, weights, line, colour, name) in zip(axes[0, :2], styles, strict=True):
        losses = experiments.train(network, cross_entropy, weights, points, labels)
        axes[0, 2].plot(range(1, losses.size + 1), losses, line, color=colour, label=name)
        right = _draw_decision(plot, network[0], weights, points, labels)
        plot.set_title(_("{name}: {right:.0%} right").format(name=name, right=right))
        facts.append(right)
        ends.append(losses[-1])
    axes[0, 2].set(xlabel=_("epoch"), ylabel=_("mean loss, nats"), title=_("learning"))
    axes[0, 2].set_ylim(bottom=0)
    axes[0, 2].legend(frameon=False)
    alt = _(
        "Two maps of the plane with four clouds of points, opposite corners of one class. A "
        "straight border of W x leaves {one:.0%} of the points right. The bent border of the "
        "two-layer network leaves {two:.0%} right. A third panel shows the mean loss over the "
        "epochs: {one_loss:.2f} at the end for W x, {two_loss:.2f} for the two layers."
    )
    text = alt.format(one=facts[0], two=facts[1], one_loss=ends[0], two_loss=ends[1])
    return with_alt_text(figure, text)


def _draw_decision(
    plot: Any,
    forward: Callable[..., Any],
    weights: list[np.ndarray],
    points: np.ndarray,
    labels: np.ndarray,
) -> float:
    """Colour the plane by the class that the scores prefer; returns the share of points right."""

    def preference(x: np.ndarray) -> float:
        scores, _cache = run_forward(forward, (x, *weights), (2,))
        return float(scores[1] - scores[0])

    line = np.linspace(-2, 2, 41)
    plane = np.array([[preference(np.array([x, y, 1.0])) for x in line] for y in line])
    far = float(np.abs(plane).max()) + 1
    plot.contourf(line, line, plane, levels=[-far, 0, far], cmap=MAP, alpha=0.45)
    for label, marker in ((0, "o"), (1, "^")):
        mine = points[labels == label]
        plot.plot(
            *mine[:, :2].T, marker, color="black", markersize=4, fillstyle=("none", "full")[label]
        )
    plot.set(xlabel="$x_0$", ylabel="$x_1$", xlim=(-2, 2), ylim=(-2, 2))
    preferred = np.array([preference(point) > 0 for point in points])
    return float(np.mean(preferred == labels))
