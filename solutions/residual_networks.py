"""Residual networks in PyTorch: the reference answers to the blocks and to ``ResNet``.

Source: K. He, X. Zhang, S. Ren and J. Sun, "Deep residual learning for image recognition", CVPR
2016. The stride of a bottleneck is taken by its 3x3 convolution, as in torchvision.
"""

from torch import Tensor, nn

_STAGES = {
    18: (2, 2, 2, 2),
    34: (3, 4, 6, 3),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
}


class _Residual(nn.Module):
    """ReLU(F(x) + x), with a projection of x where F changes its shape."""

    def __init__(self, branch: nn.Module, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        fits = in_channels == out_channels and stride == 1
        self.branch = branch
        self.shortcut = nn.Identity() if fits else _normalised(in_channels, out_channels, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        """x: (N, in_channels, H, W). Returns (N, out_channels, H / stride, W / stride)."""
        return (self.branch(x) + self.shortcut(x)).relu()


class BasicBlock(_Residual):
    """Two 3x3 convolutions beside the skip connection; the first takes the stride."""

    expansion = 1

    def __init__(self, in_channels: int, channels: int, stride: int = 1) -> None:
        branch = nn.Sequential(
            *_normalised(in_channels, channels, 3, stride),
            nn.ReLU(),
            *_normalised(channels, channels, 3),
        )
        super().__init__(branch, in_channels, channels, stride)


class Bottleneck(_Residual):
    """1x1, 3x3 and 1x1 convolutions beside the skip connection; 4 * channels come out."""

    expansion = 4

    def __init__(self, in_channels: int, channels: int, stride: int = 1) -> None:
        branch = nn.Sequential(
            *_normalised(in_channels, channels, 1),
            nn.ReLU(),
            *_normalised(channels, channels, 3, stride),
            nn.ReLU(),
            *_normalised(channels, 4 * channels, 1),
        )
        super().__init__(branch, in_channels, 4 * channels, stride)


class ResNet(nn.Module):
    """The residual network of 18, 34, 50, 101 or 152 layers, table 1 of the paper."""

    def __init__(self, depth: int, num_classes: int = 1000, width: int = 64) -> None:
        """width: channels of the first convolution. Raises ValueError for another depth."""
        super().__init__()
        if depth not in _STAGES:
            raise ValueError(f"there is no ResNet of {depth} layers, only of {list(_STAGES)}")
        block = BasicBlock if depth < 50 else Bottleneck
        stem = [*_normalised(3, width, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, padding=1)]
        blocks: list[nn.Module] = []
        arriving = width
        for stage, count in enumerate(_STAGES[depth]):
            channels = width * 2**stage
            for index in range(count):
                blocks.append(block(arriving, channels, 2 if stage and index == 0 else 1))
                arriving = channels * block.expansion
        self.features = nn.Sequential(*stem, *blocks)
        self.classifier = nn.Linear(arriving, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """x: (N, 3, H, W). Returns scores (N, num_classes)."""
        return self.classifier(self.features(x).mean(dim=(2, 3)))


def _normalised(in_channels: int, out_channels: int, size: int, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(in_channels, out_channels, size, stride, size // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(out_channels))
