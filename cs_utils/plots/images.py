"""Photos as numbers, in channels, and through the student's filters."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from cs_utils.demonstrations import comes_alive, numbers
from cs_utils.language import _
from cs_utils.plots.figures import BLUE, GREEN, RED, Picture, panels, with_alt_text

_CHANNELS = ("R", "G", "B")


def pixels(image: np.ndarray, top: int, left: int, side: int = 5) -> Picture:
    """A photo, and side x side of its pixels as numbers, one table for each channel.

    image: (H, W, 3), uint8; top, left: the corner of the part that is shown.
    """
    from matplotlib.patches import Rectangle

    part = image[top : top + side, left : left + side]
    figure, axes = panels(1, 4, size=(9.6, 2.7))
    axes[0, 0].imshow(image)
    frame = Rectangle((left - 3, top - 3), side + 6, side + 6, fill=False, edgecolor="white")
    axes[0, 0].add_patch(frame)
    frame.set_linewidth(2)
    axes[0, 0].set_title(_("{h} x {w} pixels").format(h=image.shape[0], w=image.shape[1]))
    for channel, (plot, name) in enumerate(zip(axes[0, 1:], _CHANNELS, strict=True)):
        plot.imshow(part[..., channel], cmap="gray", vmin=0, vmax=255)
        for place, value in np.ndenumerate(part[..., channel]):
            ink = "white" if value < 120 else "black"
            plot.text(*place[::-1], value, ha="center", va="center", fontsize=9, color=ink)
        plot.set_title(name, color=(RED, GREEN, BLUE)[channel], fontweight="bold")
    _without_ticks(axes)
    alt = _(
        "A photo with a small white frame on it, and the {side} x {side} pixels in the frame as "
        "three tables of brightness from 0 to 255: red from {r0} to {r1}, green from {g0} to {g1}, "
        "blue from {b0} to {b1}."
    )
    low, high = part.min(axis=(0, 1)), part.max(axis=(0, 1))
    facts = {f"{name}0": low[i] for i, name in enumerate("rgb")}
    facts |= {f"{name}1": high[i] for i, name in enumerate("rgb")}
    return with_alt_text(figure, alt.format(side=side, **facts))


@comes_alive
def channels(image_to_tensor: Callable[..., Any], image: np.ndarray) -> Picture:
    """A photo and the three channels of the student's tensor, each as a grey picture."""
    height, width, count = image.shape
    tensor = numbers(image_to_tensor(image.copy()), _("the tensor"), (count, height, width))
    figure, axes = panels(1, 4, size=(9.6, 1.95))
    axes[0, 0].imshow(image)
    axes[0, 0].set_title(_("photo"))
    for plot, name, channel in zip(axes[0, 1:], _CHANNELS, tensor, strict=True):
        plot.imshow(channel, cmap="gray", vmin=0, vmax=1)
        plot.set_title(_("{name}, mean {mean:.2f}").format(name=name, mean=channel.mean()))
    _without_ticks(axes)
    alt = _(
        "A photo beside its red, green and blue channels as grey pictures, bright where there is "
        "much of the colour. Their means are {r:.2f}, {g:.2f} and {b:.2f} of 1."
    )
    means = dict(zip("rgb", tensor.mean(axis=(1, 2)), strict=True))
    return with_alt_text(figure, alt.format(**means))


@comes_alive
def filtered(
    filter2d: Callable[..., Any], image: np.ndarray, kernels: Mapping[str, Any]
) -> Picture:
    """A grey picture as it is and through the student's filter, once for each kernel.

    image: (H, W), 0..255; kernels: by the titles of their pictures. Values above 255 are shown
    white. Where a kernel's weights add up to 0 the size of the result is shown, dark on white.
    """
    shown = {_("the photo"): image.astype(float)}
    for title, kernel in kernels.items():
        kernel = np.asarray(kernel, dtype=float)
        shape = tuple(np.array(image.shape) - kernel.shape + 1)
        shown[title] = numbers(filter2d(image.astype(float), kernel), _("the picture"), shape)
    figure, axes = panels(1, len(shown), size=(9.8, 2.3))
    descriptions = []
    for plot, (title, picture) in zip(axes.flat, shown.items(), strict=True):
        weights = np.sum(kernels.get(title, 1))
        is_edges = abs(weights) < 1e-9
        look = ("gray_r", 0.6 * np.abs(picture).max()) if is_edges else ("gray", 255)
        values = np.abs(picture) if is_edges else picture
        plot.imshow(values, cmap=look[0], vmin=0, vmax=look[1])
        facts = {"title": title, "mean": picture.mean(), "white": np.mean(picture > 255)}
        text = "{title}" if is_edges else _("{title}\nmean {mean:.0f}")
        plot.set_title(text.format(**facts), fontsize=10)
        more = _("{title}: mean {mean:.0f}, {white:.0%} of the pixels above 255")
        descriptions.append(title if is_edges else more.format(**facts))
    _without_ticks(axes)
    alt = _("A grey photo and what the kernels make of it. {facts}.")
    return with_alt_text(figure, alt.format(facts="; ".join(descriptions)))


@comes_alive
def equivariance(
    filter2d: Callable[..., Any], image: np.ndarray, kernel: Any, side: int = 72, shift: int = 24
) -> Picture:
    """A part of a picture and the same part some pixels on, each through the student's filter.

    image: (H, W), at least ``side`` high and ``side + shift`` wide.
    """
    kernel = np.asarray(kernel, dtype=float)
    parts = [image[:side, start : start + side].astype(float) for start in (0, shift)]
    shape = (side - kernel.shape[0] + 1, side - kernel.shape[1] + 1)
    found = [numbers(filter2d(part, kernel), _("the picture"), shape) for part in parts]
    difference = float(np.abs(found[0][:, shift:] - found[1][:, :-shift]).max())
    figure, axes = panels(1, 4, size=(9.6, 2.6))
    limit = max(float(np.abs(found).max()), 1e-12)
    titles = (_("the photo"), _("moved left"), _("filtered"), _("moved, then filtered"))
    for plot, picture, title in zip(axes.flat, [*parts, *found], titles, strict=True):
        look = {"cmap": "gray", "vmin": 0, "vmax": 255}
        if picture.shape != parts[0].shape:
            look = {"cmap": "gray_r", "vmin": 0, "vmax": 0.6 * limit}
        plot.imshow(np.abs(picture) if picture.shape != parts[0].shape else picture, **look)
        plot.set_title(title)
    _without_ticks(axes)
    caption = _("The picture moves by {shift} pixels; where both results show the same place they")
    exactly = _("agree exactly.")
    within = _("differ by {difference:.2g} at most.").format(difference=difference)
    text = f"{caption.format(shift=shift)} {within if difference else exactly}"
    alt = _("A part of a photo, the same part moved, and the edges of both. {facts}")
    return with_alt_text(figure, alt.format(facts=text), text)


def _without_ticks(axes: Any) -> None:
    for plot in axes.flat:
        plot.set(xticks=[], yticks=[])
        plot.spines[:].set_visible(False)
