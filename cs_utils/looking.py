"""Looking into the pretrained network: its maps by depth, what a shift does to them, pictures cut
into tiles, and what keeps a picture that climbs from becoming noise.

Needs PyTorch; the notebooks of this lesson's second half import it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from cs_utils.kernel_side import is_grading
from cs_utils.language import _
from cs_utils.machine import one_thread
from cs_utils.photos import NAMES, photo
from cs_utils.pretrained import SIDE, as_picture
from cs_utils.progress_bar import progress_bar

# Five depths of the pretrained network, beside the five layers of Zeiler and Fergus.
DEPTHS = ("conv1", "fire3", "fire5", "fire7", "fire9")


def device_of(network: nn.Module) -> torch.device:
    """Where the network's weights are."""
    return next(network.parameters()).device


def activations(
    network: nn.Sequential, images: Tensor, layers: Sequence[str] = DEPTHS
) -> dict[str, Tensor]:
    """The activation maps of some layers, by the layer's name, from one pass.

    images: (N, 3, H, W), 0..1, on any device. Returns (N, C, h, w) for each.
    """
    found = {}
    maps = images.to(device_of(network))
    with torch.no_grad():
        for name, layer in network.named_children():
            maps = layer(maps)
            if name in layers:
                found[name] = maps
            if len(found) == len(layers):
                break
    return found


def by_depth(network: nn.Sequential) -> dict[str, dict[str, dict[str, float]]]:
    """What changes from layer to layer: the share of silent units and the change by a shift on two
    photos, and how alike two halves of the cat are, and the cat and the coffee.

    By the measure's name, then by the line's, then by the layer's; empty in a grader's kernel,
    where nobody would look at it.
    """
    if is_grading():
        return {}
    cat = photo("chelsea")
    short = min(cat.shape[:2])
    left, right = as_picture(cat[:, :short]), as_picture(cat[:, -short:])
    names = ("chelsea", "coffee")
    return {
        _("share of silent units"): {name: silent(network, name) for name in names},
        _("change by a shift of 4 pixels"): {
            name: change_by_shift(network, name) for name in names
        },
        _("likeness (cosine)"): {
            _("cat and cat"): likeness(network, left, right),
            _("cat and coffee"): likeness(network, left, as_picture(photo("coffee"))),
        },
    }


def change_by_shift(network: nn.Sequential, name: str, pixels: int = 4) -> dict[str, float]:
    """How much each depth's maps change where the photo moves by some pixels to the right, as a
    share of their length: |a - b| / |a|. The last entry, ``scores``, is of the 1000 scores."""
    wide = as_picture(photo(name), SIDE + pixels)
    both = torch.stack([wide[:, pixels:, :SIDE], wide[:, pixels:, pixels:]])
    found = activations(network, both, (*DEPTHS, "pool10"))
    changes = {
        layer: float((maps[0] - maps[1]).norm() / maps[0].norm()) for layer, maps in found.items()
    }
    changes["scores"] = changes.pop("pool10")
    return changes


def likeness(network: nn.Sequential, one: Tensor, other: Tensor) -> dict[str, float]:
    """How alike two pictures are at each depth: the cosine between the means of all channels, each
    channel less its mean over the course's photos."""
    every = torch.stack([as_picture(photo(name)) for name in NAMES])
    usual = activations(network, every)
    found = activations(network, torch.stack([one, other]))
    alike = {}
    for layer in DEPTHS:
        means = found[layer].mean(dim=(2, 3)) - usual[layer].mean(dim=(0, 2, 3))
        alike[layer] = float(torch.nn.functional.cosine_similarity(means[0], means[1], dim=0))
    return alike


def silent(network: nn.Sequential, name: str) -> dict[str, float]:
    """The share of units that give 0 at each depth, for a photo."""
    found = activations(network, as_picture(photo(name))[None])
    return {layer: float((maps == 0).float().mean()) for layer, maps in found.items()}


def tiles(side: int = 125) -> Tensor:
    """The course's photos cut into tiles of side x side pixels, none over another, each scaled to
    what the network takes: (count, 3, 227, 227)."""
    found = []
    for name in NAMES:
        pixels = photo(name)
        rows, columns = (round(size / side) for size in pixels.shape[:2])
        tops, lefts = (
            np.linspace(0, size - side, count).astype(int)
            for size, count in zip(pixels.shape[:2], (rows, columns), strict=True)
        )
        for top in tops:
            for left in lefts:
                found.append(as_picture(pixels[top : top + side, left : left + side]))
    return torch.stack(found)


class Counting(nn.Module):
    """A network that moves a progress bar on by one for every image that passes."""

    def __init__(self, network: nn.Module, bar: Any) -> None:
        super().__init__()
        self.network = network
        self._bar = bar

    def forward(self, x: Tensor) -> Tensor:
        scores = self.network(x)
        self._bar.update(len(x))
        return scores


@contextmanager
def progress(total: int, unit: str) -> Iterator[Any]:
    """A progress bar, and one thread of the CPU."""
    with progress_bar(total, unit) as bar, one_thread():
        yield bar


def noise(side: int, seed: int = 0) -> Tensor:
    """A grey picture with soft noise, to start climbing from: (3, side, side), around 0.5."""
    generator = torch.Generator().manual_seed(seed)
    return 0.5 + blurred(0.3 * torch.randn(3, side, side, generator=generator), 1.0)


def blurred(image: Tensor, sigma: float) -> Tensor:
    """An image (3, H, W) through a Gaussian of this width in pixels; its edge is repeated."""
    radius = max(1, round(3 * sigma))
    places = torch.arange(-radius, radius + 1, dtype=image.dtype, device=image.device)
    row = torch.exp(-(places**2) / (2 * sigma**2))
    row = (row / row.sum()).expand(3, 1, 1, -1)
    padded = torch.nn.functional.pad(image[None], (radius,) * 4, mode="replicate")
    once = torch.nn.functional.conv2d(padded, row, groups=3)
    return torch.nn.functional.conv2d(once, row.swapaxes(2, 3), groups=3)[0]


class Gentle:
    """What keeps a climbing picture from becoming noise, as ``regularise``: after each step it is
    moved by a few pixels, blurred a little, drawn towards grey and kept between 0 and 1.

    Source: Yosinski et al. 2015, Understanding neural networks through deep visualization; Olah et
    al. 2017, Feature visualization, for the moves.
    """

    def __init__(self, sigma: float = 0.9, keep: float = 0.98, seed: int = 1) -> None:
        self._sigma = sigma
        self._keep = keep
        self._rng = np.random.default_rng(seed)

    def __call__(self, image: Tensor) -> Tensor:
        down, right = (int(pixels) for pixels in self._rng.integers(-8, 9, size=2))
        moved = torch.roll(image, (down, right), dims=(1, 2))
        return (0.5 + self._keep * (blurred(moved, self._sigma) - 0.5)).clamp(0, 1)
