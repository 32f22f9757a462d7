"""Neighbouring pixels, what a stride leaves of a photo, and how much of it an output sees."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from cs_utils.demonstrations import Note, comes_alive, numbers
from cs_utils.exercises.specification import WrongReturnError
from cs_utils.language import _
from cs_utils.machine import one_thread, pytorch
from cs_utils.photos import photo
from cs_utils.plots.figures import (
    BLACK,
    BLUE,
    GREEN,
    MAP,
    ORANGE,
    RED,
    Picture,
    panels,
    with_alt_text,
)

_STYLES = (
    (BLUE, "-", "o"),
    (ORANGE, "-", "s"),
    (GREEN, "-", "^"),
    (RED, "--", "D"),
    (BLACK, ":", "v"),
)
_DISTANCES = (0, 1, 2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64)
_Layers = Sequence[tuple[int, int]]


@comes_alive
def local_correlations(
    local_correlation: Callable[..., Any],
    names: Sequence[str] = ("coffee", "chelsea", "brick", "grass"),
) -> Picture:
    """The student's correlation of pixels against their distance, for real photos, and for the
    first of them with its pixels shuffled."""
    grey = {name: photo(name).mean(axis=2) for name in names}
    first = grey[names[0]]
    title = _("{name}, shuffled").format(name=names[0])
    grey[title] = np.random.default_rng(0).permutation(first.ravel()).reshape(first.shape)
    figure, axes = panels(size=(6.8, 3.5))
    plot = axes[0, 0]
    facts = []
    for (name, image), (colour, line, marker) in zip(grey.items(), _STYLES, strict=True):
        found = [_number(local_correlation, image, distance) for distance in _DISTANCES]
        plot.plot(_DISTANCES, found, line, marker=marker, color=colour, label=name, markersize=4)
        listed = ", ".join(f"{found[_DISTANCES.index(d)]:.2f}" for d in (1, 4, 16))
        facts.append(f"{name} {listed}")
    plot.set_xscale("symlog", linthresh=4)
    shown = [0, 1, 2, 4, 8, 16, 32, 64]
    plot.set_xticks(shown, [str(distance) for distance in shown])
    plot.minorticks_off()
    plot.axhline(0, color="#888888", linewidth=0.8)
    plot.set(xlabel=_("distance, pixels"), ylabel=_("correlation"))
    plot.legend(frameon=False, fontsize=9)
    caption = _("Correlation 1, 4 and 16 pixels apart: {facts}.").format(facts="; ".join(facts))
    alt = _("Correlation of two pixels against their distance, a line for each photo. {facts}")
    return with_alt_text(figure, alt.format(facts=caption), caption)


def _number(local_correlation: Callable[..., Any], image: np.ndarray, distance: int) -> float:
    found = local_correlation(image.copy(), distance)
    return float(numbers(found, _("the correlation"), ()))


def strided_photos(
    pictures: Mapping[str, np.ndarray], strides: Sequence[int] = (1, 2, 3, 4)
) -> Picture:
    """Pictures of which only every s-th pixel was kept, drawn to full size again with straight
    lines between those, and by how much each is off.

    pictures: (H, W), 0..255, by their titles.
    """
    figure, axes = panels(len(pictures), len(strides), size=(9.6, 2.3 * len(pictures)))
    facts = []
    for row, (title, picture) in zip(axes, pictures.items(), strict=True):
        errors = []
        for plot, stride in zip(row, strides, strict=True):
            kept, whole = _kept_and_filled(picture.astype(float), stride)
            error = float(np.sqrt(np.mean((kept - whole) ** 2)))
            plot.imshow(kept, cmap="gray", vmin=0, vmax=255)
            text = _("stride {stride}, 1/{share} kept\noff by {error:.1f}")
            plot.set_title(text.format(stride=stride, share=stride**2, error=error), fontsize=10)
            plot.set(xticks=[], yticks=[])
            plot.spines[:].set(visible=True, color="#999999")
            errors.append(f"{error:.1f}")
        row[0].set_ylabel(title)
        facts.append(f"{title} {', '.join(errors)}")
    caption = _("Off by (root mean square, of 255) at stride {strides}: {facts}.")
    text = caption.format(strides=", ".join(map(str, strides)), facts="; ".join(facts))
    alt = _("Pictures drawn from fewer and fewer of their pixels, blurred more and more. {facts}")
    return with_alt_text(figure, alt.format(facts=text), text)


def _kept_and_filled(picture: np.ndarray, stride: int) -> tuple[np.ndarray, np.ndarray]:
    """The picture as every s-th pixel tells it, and as it is, both cut where those end."""
    from scipy.interpolate import RegularGridInterpolator

    height, width = ((n - 1) // stride * stride + 1 for n in picture.shape)
    whole = picture[:height, :width]
    places = np.arange(0, height, stride), np.arange(0, width, stride)
    grid = np.stack(np.meshgrid(np.arange(height), np.arange(width), indexing="ij"), axis=-1)
    return RegularGridInterpolator(places, whole[::stride, ::stride])(grid), whole


@comes_alive
def field_growth(
    receptive_field: Callable[..., Any], stacks: Mapping[str, _Layers], depth: int = 12
) -> Picture:
    """The student's receptive field against the number of layers.

    stacks: for each name the layers that are repeated, as (kernel_size, stride).
    """
    figure, axes = panels(size=(6.8, 3.4))
    plot = axes[0, 0]
    facts = []
    for (name, layers), (colour, line, marker) in zip(stacks.items(), _STYLES, strict=False):
        counts = range(depth + 1)
        sizes = [
            field_of(receptive_field, [layers[n % len(layers)] for n in range(count)])[0]
            for count in counts
        ]
        plot.semilogy(counts, sizes, line, marker=marker, color=colour, label=name, markersize=4)
        facts.append(_("{name}: {last:,} pixels").format(name=name, last=sizes[-1]))
    plot.axhline(224, color="#888888", linewidth=1, linestyle=":")
    plot.text(0.1, 240, _("a 224 x 224 picture"), fontsize=9, color="#555555")
    plot.set(xlabel=_("layers"), ylabel=_("receptive field, pixels wide"))
    plot.legend(frameon=False, fontsize=9)
    caption = _("After {depth} layers, {facts}.").format(depth=depth, facts="; ".join(facts))
    alt = _("Receptive field on a logarithmic axis against the number of layers. {facts}")
    return with_alt_text(figure, alt.format(facts=caption), caption)


def field_of(receptive_field: Callable[..., Any], layers: _Layers) -> tuple[int, int]:
    """The student's (size, jump) of these layers. Raises WrongReturnError."""
    found = receptive_field(list(layers))
    if not isinstance(found, tuple | list) or len(found) != 2:
        text = _("receptive_field must return the pair (size, jump); it returned {what}.")
        raise WrongReturnError(text.format(what=found))
    size, jump = (int(numbers(value, _("the size"), ())) for value in found)
    return size, jump


@comes_alive
def field_of_gradient(
    receptive_field: Callable[..., Any], stacks: Mapping[str, _Layers], side: int = 41
) -> Picture | Note:
    """How strongly each pixel moves the output in the middle, by PyTorch's gradients through random
    layers of 8 channels with ReLUs, and the square that the student's function gives.

    stacks: layers as (kernel_size, stride), by the titles of their pictures.
    """
    from matplotlib.patches import Rectangle

    torch = pytorch()
    if torch is None:
        return Note(_("There is no PyTorch here, so there is nothing to ask for a gradient."))
    figure, axes = panels(1, len(stacks), size=(9.6, 3.3))
    facts = []
    for plot, (title, layers) in zip(axes.flat, stacks.items(), strict=True):
        size, _jump = field_of(receptive_field, layers)
        strength, box = _strength(torch, layers, side)
        shown = strength / strength.max()
        picture = plot.imshow(np.sqrt(shown), cmap=MAP, vmin=0, vmax=1)
        top = box[0] + (box[2] - size) / 2, box[1] + (box[2] - size) / 2
        frame = Rectangle((top[1] - 0.5, top[0] - 0.5), size, size, fill=False)
        frame.set(edgecolor="white", linewidth=1.5, linestyle="--")
        plot.add_patch(frame)
        half = _half_of(strength)
        text = _("{title}\nyours {size}, gradient {seen}")
        plot.set_title(text.format(title=title, size=size, seen=box[2]), fontsize=10)
        plot.set(xlabel=_("pixel"))
        fact = _(
            "{title}: your size {size}, the gradient covers {seen} x {seen} pixels, and half "
            "of its strength lies in the middle {half} x {half}"
        )
        facts.append(fact.format(title=title, size=size, seen=box[2], half=half))
    axes[0, 0].set_ylabel(_("pixel"))
    figure.colorbar(picture, ax=axes, label=_("root of strength"), shrink=0.8)
    caption = "; ".join(facts) + "."
    alt = _("Maps of gradient strength, each with a dashed square of your size on it. {facts}")
    return with_alt_text(figure, alt.format(facts=caption), caption)


def _strength(torch: Any, layers: _Layers, side: int) -> tuple[np.ndarray, tuple[int, int, int]]:
    """The gradient's size at each pixel, mean over random networks, and where it is not zero: the
    top row, the left column and the width."""
    from torch import nn

    total = np.zeros((side, side))
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for _network in range(16):
            parts: list[Any] = []
            for k, stride in layers:
                parts += [nn.Conv2d(8 if parts else 1, 8, k, stride, k // 2), nn.ReLU()]
            x = torch.randn(1, 1, side, side, requires_grad=True)
            out = nn.Sequential(*parts)(x).sum(1)[0]
            (gradient,) = torch.autograd.grad(out[out.shape[0] // 2, out.shape[1] // 2], x)
            total += gradient[0, 0].abs().numpy()
    rows, columns = np.nonzero(total)
    return total / 16, (int(rows.min()), int(columns.min()), int(np.ptp(rows)) + 1)


def _half_of(strength: np.ndarray) -> int:
    """The side of the smallest square around the middle with half of the strength in it."""
    rows, columns = np.nonzero(strength)
    middle = [(int(one.min()) + int(one.max())) // 2 for one in (rows, columns)]
    for reach in range(len(strength)):
        part = strength[
            max(middle[0] - reach, 0) : middle[0] + reach + 1,
            max(middle[1] - reach, 0) : middle[1] + reach + 1,
        ]
        if part.sum() >= strength.sum() / 2:
            return 2 * reach + 1
    return len(strength)
