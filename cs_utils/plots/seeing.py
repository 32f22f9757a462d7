"""What a trained network has learned: its guesses, its first filters, its maps by depth."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cs_utils.demonstrations import comes_alive
from cs_utils.language import _
from cs_utils.plots.figures import BLACK, BLUE, GREEN, MAP, ORANGE, Picture, panels, with_alt_text
from cs_utils.pretrained import best_classes, class_name, picture, seen_by


def predictions(network: Any, names: Sequence[str], count: int = 5) -> Picture:
    """Photos and the classes that the network finds most probable, as bars.

    names: of the course's photos.
    """
    figure, axes = panels(2, len(names), size=(3.2 * len(names), 4.6))
    facts = []
    for (shown, bars), name in zip(axes.T, names, strict=True):
        image = picture(name)
        shown.imshow(as_image(image))
        best = best_classes(network, on_its_device(image, network), count)
        labels = [class_name(label) for label, _share in best]
        shares = [share for _label, share in best]
        bars.barh(range(count), shares, color=BLUE)
        bars.set(yticks=range(count), xlim=(0, 1), xlabel=_("probability"))
        bars.set_yticklabels(labels, fontsize=9)
        bars.invert_yaxis()
        for place, share in enumerate(shares):
            bars.text(share + 0.02, place, f"{share:.2f}", va="center", fontsize=9)
        listed = ", ".join(f"{a} {b:.2f}" for a, b in zip(labels[:3], shares[:3], strict=True))
        facts.append(f"{name}: {listed}")
    without_ticks(axes[0])
    alt = _("Photos, and below each its most probable classes as bars. {facts}.")
    return with_alt_text(figure, alt.format(facts="; ".join(facts)))


def learned_filters(network: Any, columns: int = 16) -> Picture:
    """The filters of the first layer as small colour pictures: weight 0 is grey, and each filter
    is scaled by its own largest weight. Those that see no colour come first."""
    weights = network.conv1.weight.detach().cpu().numpy()
    grey = weights.mean(axis=1, keepdims=True)
    colour = ((weights - grey) ** 2).sum(axis=(1, 2, 3)) / (weights**2).sum(axis=(1, 2, 3))
    rows = -(-len(weights) // columns)
    figure, axes = panels(rows, columns, size=(9.6, 0.62 * rows))
    for plot, number in zip(axes.flat, np.argsort(colour, kind="stable"), strict=False):
        kernel = weights[number]
        plot.imshow(np.moveaxis(0.5 + 0.5 * kernel / np.abs(kernel).max(), 0, -1))
    without_ticks(axes)
    coloured = int((colour > 0.5).sum())
    caption = _(
        "The {count} filters of 3 x 3 x 3, from the least colourful to the most. In {coloured} of "
        "them most of the weights' square is difference between the channels: those see colour."
    ).format(count=len(weights), coloured=coloured)
    alt = _(
        "A table of small colour pictures, one for each filter. The first ones are grey: bright on "
        "one side and dark on the other, upright, flat or slanted. The last ones are plain or "
        "two-coloured patches. {caption}"
    )
    return with_alt_text(figure, alt.format(caption=caption), caption)


def feature_maps(network: Any, name: str, count: int = 6) -> Picture:
    """A photo, and for each depth the maps of the channels that answer most, as heat maps."""
    from cs_utils.looking import activations

    image = picture(name)
    found = activations(network, image[None])
    figure, axes = panels(len(found), count + 1, size=(9.8, 1.5 * len(found)))
    facts = []
    for row, (layer, maps) in zip(axes, found.items(), strict=True):
        one = maps[0].cpu()
        order = one.mean(dim=(1, 2)).argsort(descending=True)[:count]
        height, width = one.shape[1:]
        side = seen_by(layer, 0, 0)[2]
        row[0].imshow(as_image(image))
        title = _("{layer}: {c} maps\nof {h} x {w}")
        text = title.format(layer=layer, c=len(one), h=height, w=width)
        row[0].set_ylabel(text, fontsize=9, rotation=0, ha="right", va="center")
        for plot, channel in zip(row[1:], order, strict=True):
            plot.imshow(one[channel], cmap=MAP, vmin=0)
            plot.set_title(_("channel {number}").format(number=int(channel)), fontsize=8, pad=2)
        fact = _("{layer}: {h} x {w} units, each sees {side} x {side} pixels")
        facts.append(fact.format(layer=layer, h=height, w=width, side=side))
    without_ticks(axes)
    alt = _(
        "A photo and, row by row, the {count} maps with the highest means at five depths. The "
        "first rows are still like the photo, edges and fur; the last ones are coarse, with a few "
        "bright spots. {facts}."
    )
    caption = _("Yellow is each map's own highest value, dark blue is 0. {facts}.")
    text = "; ".join(facts)
    return with_alt_text(figure, alt.format(count=count, facts=text), caption.format(facts=text))


@comes_alive
def by_depth(measured: Mapping[str, Mapping[str, Mapping[str, float]]]) -> Picture:
    """Numbers that change with depth, as lines, one panel for each title.

    measured: by the panel's title, which is its vertical axis; in it by the line's name; in it by
    the layer.
    """
    figure, axes = panels(1, len(measured), size=(9.8, 3.0))
    facts = []
    for plot, (title, lines) in zip(axes.flat, measured.items(), strict=True):
        styles = zip((BLUE, ORANGE, GREEN, BLACK), "os^v", strict=True)
        for (name, values), (colour, marker) in zip(lines.items(), styles, strict=False):
            plot.plot(list(values), list(values.values()), f"{marker}-", color=colour, label=name)
            listed = ", ".join(f"{layer} {value:.2f}" for layer, value in values.items())
            facts.append(f"{title}, {name}: {listed}")
        plot.set(xlabel=_("layer"), ylabel=title)
        plot.axhline(0, color="#999999", linewidth=0.8)
        plot.tick_params(axis="x", labelrotation=40)
        plot.legend(fontsize=8, frameon=False)
    alt = _("Lines over the depth of the network. {facts}.")
    return with_alt_text(figure, alt.format(facts="; ".join(facts)))


def as_image(tensor: Any) -> np.ndarray:
    """A picture tensor (3, H, W) of 0..1 as matplotlib shows it, (H, W, 3)."""
    return np.clip(np.moveaxis(tensor.detach().cpu().numpy(), 0, -1), 0, 1)


def on_its_device(image: Any, network: Any) -> Any:
    """The picture where the network's weights are."""
    return image.to(next(network.parameters()).device)


def without_ticks(axes: Any) -> None:
    """Pictures need no scale."""
    for plot in np.asarray(axes).flat:
        plot.set(xticks=[], yticks=[])
        plot.spines[:].set_visible(False)
