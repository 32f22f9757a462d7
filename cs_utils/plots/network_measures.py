"""Where a network's weights and its work are, which digits it mistakes, its five best guesses."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from cs_utils.datasets import Images
from cs_utils.demonstrations import Note, comes_alive
from cs_utils.exercises.architectures.published import PUBLISHED
from cs_utils.exercises.architectures.rows import WEIGHTED
from cs_utils.language import _
from cs_utils.layer_tables import network_rows
from cs_utils.machine import pytorch
from cs_utils.plots.figures import BLUE, GREEN, ORANGE, Picture, panels, with_alt_text
from cs_utils.training import Training


@comes_alive
def weights_and_work(network: Callable[..., Any], **arguments: Any) -> Picture | Note:
    """The share of each weighted layer in a network's parameters and in its operations."""
    rows = network_rows(network, PUBLISHED[network.__name__].input_shape, **arguments)
    rows = [row for row in rows if row.kind_name in WEIGHTED]
    conv = np.array([row.kind_name == "convolution" for row in rows])
    parameters, work = np.array([(row.parameters, row.operations) for row in rows], float).T
    numbers = (np.cumsum(conv), np.cumsum(~conv))
    names = [
        _("convolution {number}").format(number=numbers[0][place])
        if is_conv
        else _("linear {number}").format(number=numbers[1][place])
        for place, is_conv in enumerate(conv)
    ]
    figure, axes = panels(1, 2, size=(8.8, 0.7 + 0.2 * len(rows)))
    colours = [BLUE if is_conv else GREEN for is_conv in conv]
    shares = [100 * values / values.sum() for values in (parameters, work)]
    labels = (_("share of the parameters, %"), _("share of the operations, %"))
    for plot, share, label in zip(axes[0], shares, labels, strict=True):
        plot.barh(range(len(rows)), share, color=colours)
        plot.set(xlabel=label)
        plot.set_yticks(range(len(rows)), names)
        plot.invert_yaxis()
    axes[0, 1].set_yticklabels([])
    caption = _(
        "{name}: {parameters:,.0f} parameters, {held:.0%} of them in convolutions; "
        "{work:,.0f} multiplications for one image, {done:.0%} of them in convolutions."
    ).format(
        name=network.__name__,
        parameters=parameters.sum(),
        held=parameters[conv].sum() / parameters.sum(),
        work=work.sum(),
        done=work[conv].sum() / work.sum(),
    )
    alt = _("Two rows of bars, one for each layer: left its parameters, right its operations.")
    return with_alt_text(figure, f"{alt} {caption}", caption)


@comes_alive
def mistaken_digits(training: Training | Note, images: Images, count: int = 12) -> Picture | Note:
    """Held-out images that a trained network takes for something else, those it is surest of first.

    training: of ``train_module``; images: those it was trained with.
    """
    if isinstance(training, Note):
        return training
    scores = training.network().loss(images.test_images)
    scores = np.asarray(scores, dtype=np.float64)
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    sure = odds / odds.sum(axis=1, keepdims=True)
    said = scores.argmax(axis=1)
    wrong = np.flatnonzero(said != images.test_labels)
    if not wrong.size:
        return Note(_("Every image is right: there is no mistake to show."))
    chosen = wrong[np.argsort(-sure[wrong, said[wrong]])][:count]
    figure, axes = panels(2, -(-chosen.size // 2), size=(9.6, 3.4))
    for plot in axes.flat:
        plot.axis("off")
    told = []
    for plot, index in zip(axes.flat, chosen, strict=False):
        plot.imshow(images.test_images[index], cmap="gray_r", vmin=0, vmax=255)
        facts = {"right": images.test_labels[index], "said": said[index]}
        plot.set_title(_("{right}, taken for {said}").format(**facts), fontsize=9)
        told.append(_("a {right} for a {said}").format(**facts))
    caption = _(
        "{wrong} of {total} held-out digits are wrong; here the {count} mistakes that the network "
        "is surest of."
    ).format(wrong=wrong.size, total=len(said), count=chosen.size)
    alt = _("Digits by hand that the network mistakes: {told}. {caption}")
    return with_alt_text(figure, alt.format(told=", ".join(told), caption=caption), caption)


def top_five(names: Sequence[str]) -> Picture | Note:
    """The five classes that the shipped network finds likeliest on each of the course's photos."""
    if pytorch() is None:
        return Note(_("PyTorch is not here: it is needed for the shipped network."))
    import torch

    from cs_utils.photos import photo
    from cs_utils.pretrained import CLASS_NAMES, picture, squeezenet

    network = squeezenet()
    figure, axes = panels(len(names), 2, size=(8.2, 2.1 * len(names)))
    told = []
    for (left, right), name in zip(axes, names, strict=True):
        with torch.no_grad():
            chances = network(picture(name)[None]).softmax(dim=1)[0]
        values, classes = chances.topk(5)
        labels = [CLASS_NAMES.get(int(one), str(int(one))) for one in classes]
        left.imshow(photo(name))
        left.axis("off")
        right.barh(range(5), 100 * values.numpy(), color=[BLUE, *[ORANGE] * 4])
        right.set_yticks(range(5), labels)
        right.invert_yaxis()
        right.set(xlabel=_("probability, %"), xlim=(0, 100))
        said = ", ".join(
            f"{label} {float(value):.0%}" for label, value in zip(labels, values, strict=True)
        )
        told.append(f"{name}: {said}")
    alt = _("Photos and the five classes that the network finds likeliest. {told}.")
    return with_alt_text(figure, alt.format(told="; ".join(told)))
