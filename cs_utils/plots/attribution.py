"""Which part of a photo speaks for a class: by hiding it, and by the gradient."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from cs_utils.demonstrations import Note, comes_alive, numbers
from cs_utils.kernel_side import is_grading
from cs_utils.language import _
from cs_utils.machine import one_thread
from cs_utils.plots.figures import MAP, Picture, panels, with_alt_text
from cs_utils.plots.seeing import as_image, on_its_device, without_ticks
from cs_utils.pretrained import SIDE, best_classes, class_name, picture


def occlusion(
    occlusion_map: Callable[..., Any],
    network: Any,
    labels: Mapping[str, int],
    size: int = 48,
    stride: int = 16,
) -> Picture | Note:
    """Photos, one patched photo, and the student's map of a class's probability over each.

    labels: the class by the photo's name. Returns a Note where the function is not right yet, and
    in a grader's kernel, where nobody would look at it.
    """
    from cs_utils.looking import progress

    if is_grading():
        return Note(_("While a notebook is graded nothing is hidden: that would earn no points."))
    count = (SIDE - size) // stride + 1
    with progress(len(labels) * count**2, _("picture")) as bar:
        return _occlusion(occlusion_map, network, labels, size, stride, bar)


@comes_alive
def _occlusion(
    occlusion_map: Callable[..., Any],
    network: Any,
    labels: Mapping[str, int],
    size: int,
    stride: int,
    bar: Any,
) -> Picture:
    from cs_utils.looking import Counting

    count = (SIDE - size) // stride + 1
    figure, axes = panels(len(labels), 3, size=(9.6, 2.9 * len(labels)))
    facts, counting = [], Counting(network, bar)
    for row, (name, label) in zip(axes, labels.items(), strict=True):
        image = on_its_device(picture(name), network)
        found = occlusion_map(counting, image.clone(), label, size, stride, 0.5)
        probabilities = numbers(found, _("the map of occlusion_map"), (count, count))
        whole = dict(best_classes(network, image, 1000))[label]
        facts.append(_show(figure, row, name, label, image, probabilities, whole, size, stride))
    without_ticks(axes)
    caption = _("A grey patch of {size} x {size} pixels at {count} x {count} places. {facts}.")
    text = caption.format(size=size, count=count, facts="; ".join(facts))
    alt = _(
        "Each photo, the photo with the grey patch where it does most harm, and a map of the "
        "probability of its class with the patch at each place, dark where it falls. {facts}"
    )
    return with_alt_text(figure, alt.format(facts=text), text)


def _show(
    figure: Any,
    row: Any,
    name: str,
    label: int,
    image: Any,
    probabilities: np.ndarray,
    whole: float,
    size: int,
    stride: int,
) -> str:
    place = np.unravel_index(probabilities.argmin(), probabilities.shape)
    top, left = (int(index) * stride for index in place)
    hidden = image.clone()
    hidden[:, top : top + size, left : left + size] = 0.5
    row[0].imshow(as_image(image))
    row[0].set_title(
        _("{name}: {label} {p:.2f}").format(name=name, label=class_name(label), p=whole)
    )
    row[1].imshow(as_image(hidden))
    row[1].set_title(_("worst place: {p:.2f}").format(p=probabilities.min()))
    # The value of a place is drawn where the patch's middle was.
    first, last = size / 2 - stride / 2, size / 2 + (len(probabilities) - 0.5) * stride
    row[2].imshow(as_image(image).mean(axis=2), cmap="gray", vmin=0, vmax=1)
    heat = row[2].imshow(probabilities, cmap=MAP, alpha=0.8, extent=(first, last, last, first))
    row[2].set(xlim=(-0.5, SIDE - 0.5), ylim=(SIDE - 0.5, -0.5))
    row[2].set_title(_("patch's middle here"))
    bar = figure.colorbar(heat, ax=row[2])
    bar.set_label(_("probability of {label}").format(label=class_name(label)))
    fact = _("{name}: {whole:.2f} without the patch, from {low:.2f} to {high:.2f} with it")
    numbers_ = {"low": probabilities.min(), "high": probabilities.max(), "whole": whole}
    return fact.format(name=name, **numbers_)


@comes_alive
def saliency(saliency_map: Callable[..., Any], network: Any, labels: Mapping[str, int]) -> Picture:
    """Photos and the student's saliency map of each, from 0 to its 99th percentile."""
    figure, axes = panels(len(labels), 3, size=(9.6, 2.9 * len(labels)))
    facts = []
    for row, (name, label) in zip(axes, labels.items(), strict=True):
        image = on_its_device(picture(name), network)
        with one_thread():
            found = saliency_map(network, image.clone(), label)
        found = numbers(found, _("the map of saliency_map"), (SIDE, SIDE))
        limit = max(float(np.percentile(found, 99)), 1e-12)
        row[0].imshow(as_image(image))
        row[0].set_title(f"{name}: {class_name(label)}")
        heat = row[1].imshow(found, cmap=MAP, vmin=0, vmax=limit)
        row[1].set_title(_("saliency"))
        bar = figure.colorbar(heat, ax=row[1])
        bar.set_label(_("|change of the score per pixel value|"))
        strongest = found >= np.percentile(found, 90)
        row[2].imshow(as_image(image) * np.where(strongest, 1.0, 0.15)[..., None])
        row[2].set_title(_("the strongest tenth"))
        row_, column, mean = _strongest_square(found)
        fact = _("{name}: mean {mean:.2f}, most around row {row}, column {column}: {most:.2f}")
        facts.append(fact.format(name=name, mean=found.mean(), row=row_, column=column, most=mean))
    without_ticks(axes)
    caption = _("Pixel values go from 0 to 1. {facts}.").format(facts="; ".join(facts))
    alt = _(
        "Each photo, its saliency map, and the photo with all but its most salient tenth darkened. "
        "{facts}"
    )
    return with_alt_text(figure, alt.format(facts=caption), caption)


def _strongest_square(found: np.ndarray, side: int = 32) -> tuple[int, int, float]:
    """The middle of the square of a map (H, W) with the highest mean, and that mean."""
    sums = np.pad(found, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    squares = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    top, left = np.unravel_index(squares.argmax(), squares.shape)
    return int(top) + side // 2, int(left) + side // 2, float(squares.max()) / side**2
