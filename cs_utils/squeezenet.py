"""SqueezeNet 1.1 as a PyTorch module: a chain of named layers, so that it can be cut after any.

Source: Iandola et al. 2016, SqueezeNet, arXiv:1602.07360, and its version 1.1,
https://github.com/forresti/SqueezeNet.
"""

from collections import OrderedDict

import torch
from torch import Tensor, nn

CLASSES = 1000
# Of the network's training pictures, for red, green and blue from 0 to 255.
MEAN = (123.68, 116.779, 103.939)
# Filters of each fire module: squeeze 1x1, expand 1x1, expand 3x3.
_FIRES = {
    "fire2": (16, 64, 64),
    "fire3": (16, 64, 64),
    "fire4": (32, 128, 128),
    "fire5": (32, 128, 128),
    "fire6": (48, 192, 192),
    "fire7": (48, 192, 192),
    "fire8": (64, 256, 256),
    "fire9": (64, 256, 256),
}
_POOLED_AFTER = {"fire3": "pool3", "fire5": "pool5"}


class Normalise(nn.Module):
    """From pixels of 0..1, red, green, blue, to what the network was trained on: 0..255 less the
    mean colour. Shapes stay as they are: (N, 3, H, W)."""

    def __init__(self) -> None:
        super().__init__()
        mean = torch.tensor(MEAN).reshape(3, 1, 1)
        self.register_buffer("mean", mean, persistent=False)
        self.mean: Tensor

    def forward(self, x: Tensor) -> Tensor:
        return 255 * x - self.mean


class Fire(nn.Module):
    """Few 1x1 filters squeeze the depth, then 1x1 and 3x3 filters side by side expand it.

    (N, channels, H, W) to (N, expand1x1 + expand3x3, H, W).
    """

    def __init__(self, channels: int, squeeze1x1: int, expand1x1: int, expand3x3: int) -> None:
        super().__init__()
        self.squeeze1x1 = nn.Conv2d(channels, squeeze1x1, 1)
        self.expand1x1 = nn.Conv2d(squeeze1x1, expand1x1, 1)
        self.expand3x3 = nn.Conv2d(squeeze1x1, expand3x3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        squeezed = self.squeeze1x1(x).relu()
        return torch.cat([self.expand1x1(squeezed), self.expand3x3(squeezed)], dim=1).relu()


class Convolution(nn.Conv2d):
    """A convolution with its ReLU."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).relu()


class Scores(nn.Module):
    """Global average pooling: a score for each class, (N, classes, H, W) to (N, classes)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(dim=(2, 3))


def layers() -> nn.Sequential:
    """The untrained network, layer by layer: pixels (N, 3, H, W) of 0..1 to scores (N, 1000)."""
    chain: OrderedDict[str, nn.Module] = OrderedDict(
        normalise=Normalise(), conv1=Convolution(3, 64, 3, stride=2), pool1=_pool()
    )
    channels = 64
    for name, filters in _FIRES.items():
        chain[name] = Fire(channels, *filters)
        channels = sum(filters[1:])
        if name in _POOLED_AFTER:
            chain[_POOLED_AFTER[name]] = _pool()
    chain["drop9"] = nn.Dropout(0.5)
    chain["conv10"] = Convolution(channels, CLASSES, 1)
    chain["pool10"] = Scores()
    return nn.Sequential(chain)


def _pool() -> nn.MaxPool2d:
    # A window that sticks out counts, as in Caffe, where the network was trained.
    return nn.MaxPool2d(3, stride=2, ceil_mode=True)
