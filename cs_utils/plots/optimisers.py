"""The paths that optimisers take down a bowl that is much steeper one way than the other."""

from collections.abc import Callable
from typing import Any

import numpy as np

from cs_utils.demonstrations import comes_alive
from cs_utils.language import _
from cs_utils.plots.figures import (
    BLACK,
    BLUE,
    GREEN,
    MAP,
    RED,
    Picture,
    panels,
    with_alt_text,
)
from cs_utils.training import Optimiser, with_adam, with_momentum

_STEEP = np.array([1.0, 100.0])
_START = np.array([-4.0, 1.0])


@comes_alive
def optimiser_paths(
    sgd_momentum: Callable[..., Any], adam: Callable[..., Any], steps: int = 100
) -> Picture:
    """Gradient descent, momentum and Adam on L = (w0^2 + 100 w1^2) / 2, from the same place."""
    ways: tuple[tuple[str, Optimiser, str, str], ...] = (
        (_("SGD"), with_momentum(sgd_momentum, 0.018, 0.0), RED, "s"),
        (_("SGD, momentum 0.9"), with_momentum(sgd_momentum, 0.018, 0.9), BLUE, "o"),
        (_("Adam"), with_adam(adam, 0.3), GREEN, "^"),
    )
    figure, axes = panels(1, 4, size=(11.6, 2.9))
    across, up = np.meshgrid(np.linspace(-5, 2.5, 121), np.linspace(-1.5, 1.5, 81))
    heights = _loss(np.stack([across, up], axis=-1))
    facts = []
    for plot, (name, optimiser, colour, marker) in zip(axes[0, :3], ways, strict=True):
        path = _path(optimiser, steps)
        plot.contourf(across, up, np.sqrt(heights), levels=12, cmap=MAP, alpha=0.35)
        plot.plot(*path.T, marker + "-", color=colour, markersize=2.5, linewidth=1)
        plot.plot(0, 0, "+", color=BLACK, markersize=10)
        plot.set(xlabel="$w_0$", ylabel="$w_1$", title=name, xlim=(-5, 2.5), ylim=(-1.5, 1.5))
        losses = np.maximum(_loss(path), 1e-300)
        axes[0, 3].semilogy(losses, "-", marker=marker, markevery=10, color=colour, label=name)
        text = _("{name} {loss:.1e}")
        facts.append(text.format(name=name, loss=losses[-1]))
    axes[0, 3].set(xlabel=_("step"), ylabel=_("loss"), title=_("loss"))
    axes[0, 3].set_ylim(top=1e4)
    axes[0, 3].legend(frameon=False, fontsize=8, loc="upper right")
    caption = _("Loss after {steps} steps from {start:.0f}: {facts}.")
    text = caption.format(steps=steps, start=_loss(_START), facts="; ".join(facts))
    alt = _(
        "Maps of a long narrow bowl with the path of each optimiser from the same place, the "
        "lowest point marked with a cross, and the loss over the steps on a logarithmic axis. "
        "{facts}"
    )
    return with_alt_text(figure, alt.format(facts=text), text)


def _loss(w: np.ndarray) -> Any:
    return (_STEEP * w**2).sum(axis=-1) / 2


def _path(optimiser: Optimiser, steps: int) -> np.ndarray:
    """The places (steps + 1, 2) on the way down."""
    step = optimiser()
    path = [_START]
    for _count in range(steps):
        path.append(step("w", path[-1].copy(), _STEEP * path[-1]))
    return np.array(path)
