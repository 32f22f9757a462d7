"""A network that has learned from 1.2 million photos, small enough to ship, and what it needs:
photos as it takes them, its layers' windows, and names for some of its thousand classes.

PyTorch is imported where it is used. ``data/README.md`` tells the weights' licence and origin.
"""

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np

from cs_utils.datasets import data_file
from cs_utils.language import _
from cs_utils.photos import photo

if TYPE_CHECKING:
    from torch import Tensor, nn

SIDE = 227

# Those that come up with the course's photos; all 1000 are in ImageNet's list (ILSVRC 2012).
CLASS_NAMES = {
    130: "flamingo",
    281: "tabby cat",
    282: "tiger cat",
    285: "Egyptian cat",
    287: "lynx",
    293: "cheetah",
    437: "beacon",
    504: "coffee mug",
    517: "crane",
    540: "drilling platform",
    557: "flagpole",
    682: "obelisk",
    733: "pole",
    809: "soup bowl",
    825: "stone wall",
    925: "consomme",
    967: "espresso",
    968: "cup",
    980: "volcano",
}

# What each layer adds to the receptive field: kernel size and stride of its widest way. A fire
# module's squeeze is 1x1, its widest filters are 3x3.
WINDOWS: dict[str, tuple[tuple[int, int], ...]] = {
    "conv1": ((3, 2),),
    "pool1": ((3, 2),),
    "fire2": ((1, 1), (3, 1)),
    "fire3": ((1, 1), (3, 1)),
    "pool3": ((3, 2),),
    "fire4": ((1, 1), (3, 1)),
    "fire5": ((1, 1), (3, 1)),
    "pool5": ((3, 2),),
    "fire6": ((1, 1), (3, 1)),
    "fire7": ((1, 1), (3, 1)),
    "fire8": ((1, 1), (3, 1)),
    "fire9": ((1, 1), (3, 1)),
    "conv10": ((1, 1),),
}
# How many of a fire module's channels come from its 1x1 filters: the first ones.
EXPAND1X1 = {
    "fire2": 64,
    "fire3": 64,
    "fire4": 128,
    "fire5": 128,
    "fire6": 192,
    "fire7": 192,
    "fire8": 256,
    "fire9": 256,
}
# Zeros on each side, where a layer has any.
_PADDING = {(3, 1): 1}


def squeezenet() -> "nn.Sequential":
    """SqueezeNet 1.1 with the weights it learned on ImageNet: 1,235,496 parameters.

    It takes pictures (N, 3, H, W) of 0..1, red, green, blue, and gives scores (N, 1000), one for
    each class; softmax makes probabilities of them. It comes in eval mode, in float32, its weights
    fixed (``requires_grad`` is False). Each call gives a fresh one. Raises DatasetError.
    Source: Iandola et al. 2016, SqueezeNet, arXiv:1602.07360.
    """
    import torch

    from cs_utils.squeezenet import layers

    network = layers()
    with np.load(data_file("squeezenet.npz"), allow_pickle=False) as stored:
        weights = {
            name.replace("/", "."): torch.as_tensor(stored[name].astype(np.float32))
            for name in stored.files
        }
    network.load_state_dict(weights)
    return network.eval().requires_grad_(False)


def up_to(network: "nn.Sequential", layer: str) -> "nn.Sequential":
    """The network's first part, up to and with the layer of this name: its activation maps.

    Raises ValueError for a name that it has not.
    """
    names = [name for name, _layer in network.named_children()]
    if layer not in names:
        text = _("There is no layer {layer!r}; there are {names}.")
        raise ValueError(text.format(layer=layer, names=", ".join(names)))
    from torch import nn

    kept = list(network.named_children())[: names.index(layer) + 1]
    return nn.Sequential(OrderedDict(kept))


def windows_up_to(layer: str) -> list[tuple[int, int]]:
    """(kernel_size, stride) of every layer up to this one, as ``receptive_field`` takes them."""
    names = list(WINDOWS)
    if layer not in names:
        text = _("There is no layer {layer!r}; there are {names}.")
        raise ValueError(text.format(layer=layer, names=", ".join(names)))
    return [window for name in names[: names.index(layer) + 1] for window in WINDOWS[name]]


def seen_by(layer: str, row: int, column: int, channel: int | None = None) -> tuple[int, int, int]:
    """The pixels that a unit of a layer's map can see: (top, left, side); top and left are
    negative where its window begins in the padding.

    channel: a fire module's first half comes from its 1x1 filters, and sees less; without a
    channel it is the widest window.
    """
    windows = windows_up_to(layer)
    if channel is not None and channel < EXPAND1X1.get(layer, 0):
        windows = windows[:-1]
    start, side, jump = 0, 1, 1
    for kernel_size, stride in windows:
        start -= _PADDING.get((kernel_size, stride), 0) * jump
        side += (kernel_size - 1) * jump
        jump *= stride
    return start + row * jump, start + column * jump, side


def picture(name: str, side: int = SIDE) -> "Tensor":
    """A photo as the network takes it: its middle square, scaled to side x side pixels.

    name: one of ``photos.NAMES``. Returns a float32 tensor of shape (3, side, side), 0..1.
    """
    return as_picture(photo(name), side)


def as_picture(image: np.ndarray, side: int = SIDE) -> "Tensor":
    """The middle square of an image (H, W, 3), uint8, scaled: (3, side, side), float32, 0..1."""
    import torch

    height, width = image.shape[:2]
    short = min(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    square = np.ascontiguousarray(image[top : top + short, left : left + short])
    pixels = torch.as_tensor(square).movedim(2, 0)[None].float() / 255
    scaled = torch.nn.functional.interpolate(
        pixels, size=(side, side), mode="bilinear", antialias=True
    )
    return scaled[0]


def class_name(label: int) -> str:
    """A class of ImageNet in words: 'Egyptian cat', or 'class 7' where no name is kept."""
    return CLASS_NAMES.get(label, _("class {label}").format(label=label))


def best_classes(network: Any, image: Any, count: int = 5) -> list[tuple[int, float]]:
    """The most probable classes of an image (3, H, W): (label, probability), best first."""
    import torch

    with torch.no_grad():
        probabilities = network(image[None]).softmax(dim=1)[0]
    best = probabilities.topk(count)
    return [(int(i), float(p)) for i, p in zip(best.indices, best.values, strict=True)]
