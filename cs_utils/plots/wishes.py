"""What a channel likes to see: the strongest patches of real photos, and pictures made for it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from cs_utils.demonstrations import Note, comes_alive, numbers
from cs_utils.kernel_side import is_grading
from cs_utils.language import _
from cs_utils.machine import one_thread
from cs_utils.plots.figures import Picture, panels, with_alt_text
from cs_utils.plots.seeing import as_image, on_its_device, without_ticks
from cs_utils.pretrained import SIDE, best_classes, class_name, picture, seen_by, up_to

Channels = Mapping[str, Sequence[int]]


@comes_alive
def strongest_patches(
    strongest_units: Callable[..., Any], network: Any, channels: Channels, count: int = 6
) -> Picture:
    """For each channel the patches of the course's photos that its strongest units see.

    channels: their numbers by the layer's name, as many for each. What lies outside a picture is
    shown grey.
    """
    from cs_utils.looking import activations, tiles

    pictures = tiles()
    with one_thread():
        found = activations(network, pictures, list(channels))
    width = max(map(len, channels.values()))
    figure, axes = panels(len(channels), width * (count + 1) - 1, size=(9.8, 1.05 * len(channels)))
    figure.get_layout_engine().set(h_pad=0.12)
    without_ticks(axes)
    for plot in axes[:, count :: count + 1].flat:
        plot.set_visible(False)
    facts = []
    for row, (layer, wanted) in zip(axes, channels.items(), strict=True):
        row[0].set_ylabel(layer, fontsize=8, rotation=0, ha="right", va="center")
        for number, channel in enumerate(wanted):
            side = seen_by(layer, 0, 0, channel)[2]
            units = strongest_units(_inside(found[layer], layer, channel), channel, count)
            units = numbers(units, _("what strongest_units returns"), (count, 3)).astype(int)
            places = row[number * (count + 1) :]
            for plot, (image, i, j) in zip(places, units, strict=False):
                plot.imshow(_patch(as_image(pictures[image]), *seen_by(layer, i, j, channel)))
            title = _("channel {number}, {side} x {side} pixels")
            title = title.format(number=channel, side=side)
            # Wider than its patch, which is not to widen the column.
            corner = {"transform": places[0].transAxes, "in_layout": False}
            places[0].text(0, 1.1, title, fontsize=8, **corner)
            facts.append(f"{layer}, {title}")
    caption = _(
        "For each channel the {count} tiles of the photos that it answers most to, cut down to "
        "what the unit sees."
    ).format(count=count)
    alt = _(
        "Rows of patches from the course's photos, one row for each depth, some channels in each, "
        "strongest on the left. Going down, the patches show more and more of a picture. "
        "{caption} {facts}."
    )
    return with_alt_text(figure, alt.format(caption=caption, facts="; ".join(facts)), caption)


def _inside(maps: Any, layer: str, channel: int, outside: float = 0.42) -> Any:
    """The maps with 0 at units whose window sticks out of the picture: small ones may not at all,
    large ones, of which few would be left, by this share of their side."""
    kept = maps.clone()
    for axis, count in ((2, maps.shape[2]), (3, maps.shape[3])):
        for index in range(count):
            first, _left, side = seen_by(layer, index, 0, channel)
            allowed = outside * side if side > SIDE / 3 else 0
            if first < -allowed or first + side > SIDE + allowed:
                kept.select(axis, index).zero_()
    return kept


def _patch(image: np.ndarray, top: int, left: int, side: int) -> np.ndarray:
    """A window of an image (H, W, 3); what lies outside is grey."""
    framed = np.pad(image, ((side, side), (side, side), (0, 0)), constant_values=0.5)
    return framed[side + top : 2 * side + top, side + left : 2 * side + left]


def maximised(
    maximise_activation: Callable[..., Any],
    network: Any,
    channels: Channels,
    steps: int = 60,
    learning_rate: float = 10.0,
    side: int = 128,
) -> Picture | Note:
    """Pictures made by the student's function for some channels at each depth.

    channels: their numbers by the layer's name, as many for each. Returns a Note where the function
    is not right yet, and in a grader's kernel, where nobody would look at it.
    """
    from cs_utils.looking import progress

    if is_grading():
        return Note(_("While a notebook is graded no pictures are made: that earns no points."))
    with progress(steps * sum(map(len, channels.values())), _("step")) as bar:
        return _maximised(maximise_activation, network, channels, (steps, learning_rate), side, bar)


@comes_alive
def _maximised(
    maximise_activation: Callable[..., Any],
    network: Any,
    channels: Channels,
    way: tuple[int, float],
    side: int,
    bar: Any,
) -> Picture:
    from cs_utils.looking import Gentle, noise

    width = max(map(len, channels.values()))
    figure, axes = panels(len(channels), width, size=(1.7 * width + 0.9, 1.8 * len(channels)))
    start = on_its_device(noise(side), network)
    facts = []
    for row, (layer, wanted) in zip(axes, channels.items(), strict=True):
        part = up_to(network, layer)
        row[0].set_ylabel(layer, fontsize=9, rotation=0, ha="right", va="center")
        # Units that see much need no fine detail.
        deep = seen_by(layer, 0, 0)[2] > SIDE / 3
        rises = []
        for plot, channel in zip(row, wanted, strict=True):
            gentle = Gentle() if deep else Gentle(sigma=0.6, keep=0.97)

            def regularise(image: Any, gentle: Any = gentle) -> Any:
                bar.update(1)
                return gentle(image)

            image = maximise_activation(part, start.clone(), channel, *way, regularise)
            numbers(image, _("the image of maximise_activation"), tuple(start.shape))
            before, after = (_mean(part, one, channel) for one in (start, image))
            rises.append(f"{before:.1f} → {after:.1f}")
            plot.imshow(_stretched(as_image(image)))
            named = class_name(channel) if layer == "conv10" else str(channel)
            plot.set_title(f"{named}\n{rises[-1]}", fontsize=9, pad=3)
        facts.append(f"{layer}: {', '.join(rises)}")
    without_ticks(axes)
    caption = _("{steps} steps each. The mean of each map, before and after: {facts}.")
    text = caption.format(steps=way[0], facts="; ".join(facts))
    alt = _(
        "Pictures made for single channels, one row for each depth, the last one for whole "
        "classes. {facts}"
    )
    return with_alt_text(figure, alt.format(facts=text), text)


@comes_alive
def fooled(
    maximise_activation: Callable[..., Any],
    network: Any,
    name: str,
    label: int,
    steps: int = 20,
    learning_rate: float = 0.5,
    largest: float = 2 / 255,
) -> Picture:
    """A photo that the student's function climbs from towards another class, while no pixel value
    may change by more than ``largest``.

    name: of the photo; label: the class to climb to.
    """
    image = on_its_device(picture(name), network)

    def regularise(moved: Any) -> Any:
        return moved.clamp(image - largest, image + largest).clamp(0, 1)

    part = up_to(network, "conv10")
    with one_thread():
        made = maximise_activation(part, image.clone(), label, steps, learning_rate, regularise)
    numbers(made, _("the image of maximise_activation"), tuple(image.shape))
    change = (made - image).detach()
    figure, axes = panels(1, 3, size=(9.6, 3.2))
    shown = (as_image(image), as_image(0.5 + change / (2 * largest)), as_image(made))
    most = round(255 * float(change.abs().max()))
    titles = [_best(network, image), _("the change, {times:.0f} times").format(times=0.5 / largest)]
    titles.append(_best(network, made))
    for plot, pixels, title in zip(axes[0], shown, titles, strict=True):
        plot.imshow(pixels)
        plot.set_title(title)
    without_ticks(axes)
    caption = _(
        "Before: {before}. After {steps} steps: {after}. No pixel's value changed by more than "
        "{most} of 255."
    )
    text = caption.format(before=titles[0], steps=steps, after=titles[2], most=most)
    alt = _("A photo, the change that was made to it, and the changed photo. {text}")
    return with_alt_text(figure, alt.format(text=text), text)


def _best(network: Any, image: Any) -> str:
    ((label, share),) = best_classes(network, image.detach(), 1)
    return f"{class_name(label)} {share:.2f}"


def _mean(part: Any, image: Any, channel: int) -> float:
    import torch

    with torch.no_grad():
        return float(part(image[None])[0, channel].mean())


def _stretched(image: np.ndarray, deviations: float = 3.0) -> np.ndarray:
    """The picture with its contrast raised: so many standard deviations on each side of its mean
    fill the scale."""
    spread = max(float(image.std()), 1e-6)
    return np.clip(0.5 + (image - image.mean()) / (2 * deviations * spread), 0, 1)
