"""Plots of a training: its curves, what the first layer learned, and which classes are confused."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from cs_utils.demonstrations import Note, comes_alive
from cs_utils.language import _
from cs_utils.plots.figures import BLUE, MAP, ORANGE, Picture, panels, with_alt_text
from cs_utils.training import Training


@comes_alive
def training_curves(training: Training | Note) -> Picture | Note:
    """The loss of every batch and the accuracy after every epoch."""
    if isinstance(training, Note):
        return training
    losses, epochs = training.losses, training.test_accuracy.size
    figure, axes = panels(1, 2, size=(8.8, 3.2))
    figure.get_layout_engine().set(wspace=0.08)
    places = np.arange(1, losses.size + 1) * epochs / losses.size
    axes[0, 0].plot(places, losses, color=BLUE, linewidth=0.5, alpha=0.35)
    width = max(1, losses.size // (5 * epochs))
    smooth = np.convolve(losses, np.ones(width) / width, mode="valid")
    label = _("mean of {width} batches").format(width=width)
    axes[0, 0].plot(places[width - 1 :], smooth, color=BLUE, linewidth=2, label=label)
    axes[0, 0].set(xlabel=_("epoch"), ylabel=_("loss, nats"), title=_("loss of the batches"))
    axes[0, 0].set_ylim(bottom=0)
    axes[0, 0].legend(frameon=False)
    shown = range(1, epochs + 1)
    look = {"markersize": 4}
    learned, held_out = _("learned from"), _("held out")
    axes[0, 1].plot(
        shown, 100 * training.train_accuracy, "s--", color=ORANGE, label=learned, **look
    )
    axes[0, 1].plot(shown, 100 * training.test_accuracy, "o-", color=BLUE, label=held_out, **look)
    axes[0, 1].set(xlabel=_("epoch"), ylabel=_("right answers, %"), title=_("accuracy"))
    axes[0, 1].legend(frameon=False)
    alt = _(
        "Left, the loss of every batch over the epochs, with a smooth line. Right, the accuracy on "
        "examples it learned from, {train:.1%} at the end, and on examples held out, {test:.1%}. "
        "{facts}"
    )
    text = alt.format(
        train=training.train_accuracy[-1], test=training.test_accuracy[-1], facts=training
    )
    return with_alt_text(figure, text, str(training))


@comes_alive
def first_layer(
    training: Training | Note, name: str = "w1", shape: tuple[int, int] = (28, 28), count: int = 20
) -> Picture | Note:
    """What training added to the first layer's weights, as pictures: the units that changed most.

    name: of the weight, (height * width, units); shape: (height, width).
    """
    if isinstance(training, Note):
        return training
    learned = training.weights[name] - training.start[name]
    chosen = np.argsort(-np.linalg.norm(learned, axis=0))[:count]
    rows = -(-chosen.size // 10)
    figure, axes = panels(rows, min(10, chosen.size), size=(9.6, 1.0 * rows + 0.2))
    for plot in axes.flat:
        plot.axis("off")
    for plot, unit in zip(axes.flat, chosen, strict=False):
        picture = learned[:, unit].reshape(shape)
        limit = float(np.abs(picture).max()) or 1.0
        plot.imshow(picture, cmap=MAP, vmin=-limit, vmax=limit)
    caption = _(
        "What training added to the weights of {count} of the {units} hidden units, each as a "
        "picture. Bright pixels excite the unit, dark ones hold it back."
    ).format(count=chosen.size, units=learned.shape[1])
    alt = _("{count} pictures of {height} x {width} weights. {facts}")
    height, width = shape
    text = alt.format(count=chosen.size, height=height, width=width, facts=caption)
    return with_alt_text(figure, text, caption)


@comes_alive
def confusion(
    training: Training | Note, images: Any, labels: Any, names: Sequence[str]
) -> Picture | Note:
    """How often images of each class (row) are taken for each class (column), in per cent."""
    if isinstance(training, Note):
        return training
    labels = np.asarray(labels)
    taken_for = training.predict(images)
    counts = np.zeros((len(names), len(names)))
    np.add.at(counts, (labels, taken_for), 1)
    shares = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, axes = panels(size=(6.4, 5.0))
    plot = axes[0, 0]
    picture = plot.imshow(shares, cmap=MAP, vmin=0, vmax=100)
    figure.colorbar(picture, ax=plot, label=_("share of the row, %"))
    for place, value in np.ndenumerate(shares):
        if value >= 1:
            ink = "white" if value < 55 else "black"
            plot.text(*place[::-1], f"{value:.0f}", ha="center", va="center", fontsize=8, color=ink)
    plot.set_xticks(range(len(names)), names, rotation=45, ha="right")
    plot.set_yticks(range(len(names)), names)
    plot.set(xlabel=_("what the network says"), ylabel=_("what it is"))
    wrong = np.where(np.eye(len(names), dtype=bool), -1, shares)
    one, other = divmod(int(wrong.argmax()), len(names))
    hardest, easiest = int(np.diag(shares).argmin()), int(np.diag(shares).argmax())
    caption = _(
        "Easiest: {easiest}, {high:.0f} % right. Hardest: {hardest}, {low:.0f} %. Most frequent "
        "mistake: {one} taken for {other}, {share:.0f} %."
    ).format(
        easiest=names[easiest],
        high=shares[easiest, easiest],
        hardest=names[hardest],
        low=shares[hardest, hardest],
        one=names[one],
        other=names[other],
        share=wrong.max(),
    )
    alt = _("A square of coloured cells, a row for each class, a column for each answer. {facts}")
    return with_alt_text(figure, alt.format(facts=caption), caption)
