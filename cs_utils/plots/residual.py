"""Pictures of residual networks: depth and loss, the scale of activations, images alike."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from cs_utils.degradation import LAYERS, Depths, scales_through_layers
from cs_utils.demonstrations import Note, comes_alive, numbers
from cs_utils.exercises.specification import WrongReturnError
from cs_utils.language import _
from cs_utils.machine import pytorch
from cs_utils.plots.figures import BLUE, GREEN, ORANGE, RED, Picture, panels, with_alt_text

_LOOKS = ((GREEN, ":"), (ORANGE, "--"), (BLUE, "-"))
_SMOOTH = 15


@comes_alive
def degradation(plain: Depths | Note, residual: Depths | Note | None = None) -> Picture | Note:
    """Training loss over the batches for networks of growing depth; of residual ones beside."""
    found = [(_("plain"), plain), *([] if residual is None else [(_("residual"), residual)])]
    for _name, depths in found:
        if isinstance(depths, Note):
            return depths
    figure, axes = panels(1, len(found), size=(4.9 * len(found), 3.5))
    told = []
    for plot, (name, depths) in zip(axes[0], found, strict=True):
        assert isinstance(depths, Depths)
        for depth, losses, (colour, line) in zip(
            depths.depths, depths.losses, _LOOKS, strict=False
        ):
            width = min(_SMOOTH, len(losses))
            smooth = np.convolve(losses, np.ones(width) / width, mode="valid")
            places = np.arange(len(smooth)) + width
            label = _("{depth} layers").format(depth=depth)
            plot.plot(places, smooth, line, color=colour, label=label)
        plot.set(xlabel=_("batch"), ylabel=_("training loss, nats"), title=name, ylim=(0, 2.5))
        plot.legend(frameon=False, loc="lower left" if name == _("plain") else "upper right")
        told.append(f"{name}: {depths}")
    caption = " ".join(told)
    alt = _(
        "Training loss over the batches, smoothed over {width} of them, a line for each depth. "
        "{facts}"
    )
    return with_alt_text(figure, alt.format(width=_SMOOTH, facts=caption), caption)


def residual_scales() -> Picture | Note:
    """The scale of activations through as many convolutions with ReLU as ResNet-34 has, for weights
    drawn as He et al. and as Glorot and Bengio (Xavier) do, without batchnorm."""
    if pytorch() is None:
        return Note(_("PyTorch is not here: it is needed for this picture."))
    figure, axes = panels(size=(6.6, 3.4))
    plot = axes[0, 0]
    told = []
    looks = ((_("He: variance 2 / fan-in"), 2.0, BLUE, "o-"), (_("Xavier"), 1.0, RED, "s--"))
    for name, gain, colour, line in looks:
        scales = scales_through_layers(gain)
        plot.semilogy(scales, line, color=colour, markersize=3.5, label=name)
        text = _("{name}: {scale:.1e}")
        told.append(text.format(name=name, scale=scales[-1]))
    plot.set(xlabel=_("layer"), ylabel=_("standard deviation of activations"))
    plot.legend(frameon=False, loc="lower left")
    caption = _("After {layers} layers, {facts}.").format(layers=LAYERS, facts="; ".join(told))
    alt = _("Scale of the activations on a logarithmic axis against the layer. {facts}")
    return with_alt_text(figure, alt.format(facts=caption), caption)


@comes_alive
def alike(
    nearest_neighbours: Callable[..., Any],
    images: np.ndarray,
    labels: np.ndarray,
    spaces: dict[str, np.ndarray | Note],
    queries: Sequence[int],
    names: Sequence[str],
    k: int = 5,
) -> Picture | Note:
    """For some images those that the student's search finds most alike, in each space of features.

    images: (N, height, width); labels: (N,). spaces: by title, features (N, ...) of all images.
    queries: indices of images, which are not their own neighbours.
    """
    for features in spaces.values():
        if isinstance(features, Note):
            return features
    columns = 1 + len(spaces) * (k + 1)
    figure, axes = panels(len(queries), columns, size=(0.72 * columns + 0.6, 0.84 * len(queries)))
    told = []
    for place, (title, features) in enumerate(spaces.items()):
        first = 2 + place * (k + 1)
        for plot in axes[:, first - 1]:
            plot.axis("off")
        rows = np.asarray(features).reshape(len(images), -1)
        same = 0
        for row, query in enumerate(queries):
            found = _others(nearest_neighbours, rows, query, k)
            for column, index in enumerate(found, start=first):
                right = bool(labels[index] == labels[query])
                same += right
                _show(axes[row, column], images[index], BLUE if right else RED)
        axes[0, first + k // 2].set_title(title, fontsize=10)
        told.append(
            _("{title}: {same} of {count} of the same kind").format(
                title=title, same=same, count=k * len(queries)
            )
        )
    for row, query in enumerate(queries):
        _show(axes[row, 0], images[query], "black")
        axes[row, 0].set_ylabel(names[labels[query]], rotation=0, ha="right", va="center")
    caption = _(
        "Left the query, beside it the {k} nearest in each space. Blue frame: the same kind; red, "
        "thick: another. {facts}."
    ).format(k=k, facts="; ".join(told))
    alt = _("Rows of small images of clothes. {facts}")
    return with_alt_text(figure, alt.format(facts=caption), caption)


def _others(search: Callable[..., Any], rows: np.ndarray, query: int, k: int) -> np.ndarray:
    """The k nearest rows but for the query itself."""
    found = numbers(
        search(rows, rows[query], k + 1), _("what nearest_neighbours returns"), (k + 1,)
    )
    indices = found.astype(int)
    if not ((indices >= 0) & (indices < len(rows))).all():
        raise WrongReturnError(_("nearest_neighbours returned indices that there are not."))
    return indices[indices != query][:k]


def same_kind(
    nearest_neighbours: Callable[..., Any],
    features: Any,
    labels: np.ndarray,
    count: int = 200,
    k: int = 5,
) -> float:
    """The share of neighbours of the same class, over the first ``count`` images as queries.

    Raises ValueError where there are no features yet.
    """
    if isinstance(features, Note):
        raise ValueError(_("there are no features yet"))
    rows = np.asarray(features).reshape(len(labels), -1)
    found = [
        labels[_others(nearest_neighbours, rows, query, k)] == labels[query]
        for query in range(count)
    ]
    return float(np.mean(found))


def _show(plot: Any, image: np.ndarray, colour: str) -> None:
    plot.imshow(image, cmap="gray_r", vmin=0, vmax=255)
    plot.set_xticks([])
    plot.set_yticks([])
    plot.spines[:].set_visible(True)
    plot.spines[:].set(color=colour, linewidth=3 if colour == RED else 1.4)
