"""What the student's small network can do: on images as they are and moved, and where it errs."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from cs_utils.datasets import fashion_mnist
from cs_utils.demonstrations import Note, comes_alive
from cs_utils.exercises.architectures.capstone import STEPS
from cs_utils.language import _
from cs_utils.plots.figures import BLUE, ORANGE, Picture, panels, with_alt_text
from cs_utils.small_network import FURTHEST, SmallNetwork, as_tensor, moved

_SHOWN = 10


@comes_alive
def small_network(small: SmallNetwork | Note, names: Sequence[str]) -> Picture | Note:
    """Accuracy on the course's held-out images by how far they are moved, beside the steps that
    bring points; and some images that the network takes for something else."""
    if isinstance(small, Note):
        return small
    data = fashion_mnist()
    images, shifts = moved(data.test_images, np.random.default_rng(1))
    said = small.scores(as_tensor(images)).argmax(axis=1)
    right = said == data.test_labels
    distance = np.abs(shifts).sum(axis=1)
    shares = [right[distance == d].mean() for d in range(2 * FURTHEST + 1)]
    figure, axes = panels(1, 2, size=(9.4, 3.6))
    _draw_steps(axes[0, 0], shares, right.mean())
    _draw_errors(figure, axes[0, 1], images, data.test_labels, said, names)
    caption = _("{facts} {share:.1%} of the moved held-out images are right.").format(
        facts=small, share=right.mean()
    )
    listed = ", ".join(f"{share:.0%}" for share in shares)
    alt = _(
        "Left, the share of right answers for images moved by 0 to {last} pixels in all: {listed}; "
        "right, images that it mistakes. {facts}"
    )
    text = alt.format(last=2 * FURTHEST, listed=listed, facts=caption)
    return with_alt_text(figure, text, caption)


def _draw_steps(plot: Any, shares: Sequence[float], mean: float) -> None:
    for share, _points in STEPS:
        reached = mean >= share
        plot.axhline(100 * share, color=BLUE if reached else "#999999", linewidth=1, linestyle=":")
    plot.plot(100 * np.array(shares), "o-", color=BLUE, label=_("moved by so much"))
    plot.axhline(100 * mean, color=ORANGE, linewidth=2, label=_("all of them"))
    plot.set(
        xlabel=_("pixels down plus pixels sideways"),
        ylabel=_("right, % of the images"),
        ylim=(40, 100),
        title=_("dotted: what brings points"),
    )
    plot.set_xticks(range(len(shares)))
    plot.legend(frameon=False, loc="upper right")


def _draw_errors(
    figure: Any,
    plot: Any,
    images: np.ndarray,
    labels: np.ndarray,
    said: np.ndarray,
    names: Sequence[str],
) -> None:
    plot.axis("off")
    wrong = np.flatnonzero(said != labels)[:_SHOWN]
    grid = plot.get_subplotspec().subgridspec(2, _SHOWN // 2)
    for cell, index in enumerate(wrong):
        small = figure.add_subplot(grid[cell // (_SHOWN // 2), cell % (_SHOWN // 2)])
        small.imshow(images[index], cmap="gray_r", vmin=0, vmax=255)
        small.axis("off")
        text = _("{right},\nsays {said}")
        title = text.format(right=names[labels[index]], said=names[said[index]])
        small.set_title(title, fontsize=7.5)
