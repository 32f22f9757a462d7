"""Right networks of lesson 5 in other styles: sequences, lists of modules, functions."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


class SequentialLeNet(nn.Sequential):
    def __init__(self, num_classes: int = 10) -> None:
        super().__init__(
            nn.Conv2d(1, 6, (5, 5), padding="same"), nn.Tanh(), nn.AvgPool2d(2, 2),
            nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2, 2), nn.Flatten(),
            nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(),
            nn.Linear(84, num_classes),
        )  # fmt: skip


class VGGFromList(nn.Module):
    """The configuration as torchvision writes it, and modules kept in a list."""

    plan = (64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M")

    def __init__(self, num_classes: int = 1000, image_size: int = 224) -> None:
        super().__init__()
        self.layers, width = nn.ModuleList(), 3
        for one in self.plan:
            if isinstance(one, int):
                self.layers.append(nn.Conv2d(width, one, 3, 1, 1))
                width = one
            else:
                self.layers.append(nn.MaxPool2d(2, 2))
        inputs = width * (image_size // 32) ** 2
        self.linear = nn.ModuleList([nn.Linear(inputs, 4096), nn.Linear(4096, 4096)])
        self.scores = nn.Linear(4096, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x).relu() if isinstance(layer, nn.Conv2d) else layer(x)
        x = torch.flatten(x, start_dim=1)
        for linear in self.linear:
            x = functional.dropout(functional.relu(linear(x)), training=self.training)
        return self.scores(x)


class VGGByBlocks(nn.Module):
    """Blocks of their own; ReLU behind the pooling, which the maximum does not mind."""

    def __init__(self, num_classes: int = 1000, image_size: int = 224) -> None:
        super().__init__()
        widths = [3, 64, 128, 256, 512, 512]
        counts = [2, 2, 3, 3, 3]
        self.blocks = nn.Sequential(*map(self._block, counts, widths, widths[1:]))
        side = image_size // 2**5
        self.head = nn.Sequential(
            nn.Flatten(), nn.Linear(512 * side**2, 4096), nn.ReLU(inplace=True), nn.Dropout(),
            nn.Linear(4096, 4096), nn.ReLU(inplace=True), nn.Dropout(),
            nn.Linear(4096, num_classes),
        )  # fmt: skip

    @staticmethod
    def _block(count: int, before: int, width: int) -> nn.Sequential:
        convs = [
            nn.Conv2d(before if not i else width, width, 3, padding="same") for i in range(count)
        ]
        between = [one for conv in convs for one in (conv, nn.ReLU())][:-1]
        return nn.Sequential(*between, nn.MaxPool2d(2), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.blocks(x))


class NaiveInceptionOfBranches(nn.Module):
    def __init__(self, in_channels: int, ch1x1: int, ch3x3: int, ch5x5: int) -> None:
        super().__init__()
        widths = {1: ch1x1, 3: ch3x3, 5: ch5x5}
        self.branches = nn.ModuleList(
            nn.Sequential(nn.Conv2d(in_channels, width, k, padding=k // 2), nn.ReLU())
            for k, width in widths.items()
        )
        self.pool = nn.MaxPool2d(3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in (*self.branches, self.pool)], 1)


class NaiveInceptionInPlace(nn.Module):
    """Writes each branch into its place of the result."""

    def __init__(self, in_channels: int, ch1x1: int, ch3x3: int, ch5x5: int) -> None:
        super().__init__()
        self.five = nn.Conv2d(in_channels, ch5x5, 5, padding="same")
        self.three = nn.Conv2d(in_channels, ch3x3, 3, padding="same")
        self.one = nn.Conv2d(in_channels, ch1x1, 1)

    def forward(self, x: Tensor) -> Tensor:
        parts = torch.cat((self.one(x), self.three(x), self.five(x)), dim=-3).clamp(min=0)
        return torch.hstack((parts, functional.max_pool2d(x, 3, 1, 1)))


class InceptionOfBranches(nn.Module):
    def __init__(
        self, in_channels: int, ch1x1: int, ch3x3red: int, ch3x3: int, ch5x5red: int, ch5x5: int,
        pool_proj: int,
    ) -> None:  # fmt: skip
        super().__init__()

        def conv(before: int, width: int, k: int) -> nn.Sequential:
            return nn.Sequential(nn.Conv2d(before, width, k, padding=k // 2), nn.ReLU())

        self.branches = nn.ModuleList([
            conv(in_channels, ch1x1, 1),
            nn.Sequential(conv(in_channels, ch3x3red, 1), conv(ch3x3red, ch3x3, 3)),
            nn.Sequential(conv(in_channels, ch5x5red, 1), conv(ch5x5red, ch5x5, 5)),
            nn.Sequential(nn.MaxPool2d(3, 1, 1), conv(in_channels, pool_proj, 1)),
        ])  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.branches], dim=1)


class _Skipping(nn.Module):
    """max(0, F(x) + x), with the convolutions and norms of F in lists."""

    def __init__(self, sizes: list[tuple[int, int, int, int]], stride: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Conv2d(before, after, k, step, k // 2, bias=False)
            for before, after, k, step in sizes
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(after) for _before, after, _k, _step in sizes)
        before, after = sizes[0][0], sizes[-1][1]
        self.down = None
        if stride > 1 or before != after:
            self.down = nn.Conv2d(before, after, 1, stride, bias=False)
            self.down_norm = nn.BatchNorm2d(after)

    def forward(self, x: Tensor) -> Tensor:
        out = x
        for place, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True)):
            out = norm(conv(out if not place else out.relu()))
        return functional.relu(out.add(x if self.down is None else self.down_norm(self.down(x))))


class BasicBlockOfLists(_Skipping):
    def __init__(self, in_channels: int, channels: int, stride: int = 1) -> None:
        super().__init__([(in_channels, channels, 3, stride), (channels, channels, 3, 1)], stride)


class BottleneckOfLists(_Skipping):
    def __init__(self, in_channels: int, channels: int, stride: int = 1) -> None:
        first, last = (in_channels, channels, 1, 1), (channels, 4 * channels, 1, 1)
        super().__init__([first, (channels, channels, 3, stride), last], stride)


class BasicBlockWritten(nn.Module):
    """Line by line, with in-place ReLUs, as torchvision does."""

    def __init__(self, in_channels: int, channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, (3, 3), (stride, stride), 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding="same", bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        if stride != 1 or in_channels != channels:
            projection = nn.Conv2d(in_channels, channels, 1, stride, bias=False)
            self.downsample = nn.Sequential(projection, nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        identity = self.downsample(x) if hasattr(self, "downsample") else x
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += identity
        return self.relu(out)


NETWORKS: list[tuple[str, Callable[..., Any]]] = [
    ("LeNet5", SequentialLeNet),
    ("VGG16", VGGFromList),
    ("VGG16", VGGByBlocks),
    ("InceptionNaive", NaiveInceptionOfBranches),
    ("InceptionNaive", NaiveInceptionInPlace),
    ("Inception", InceptionOfBranches),
    ("BasicBlock", BasicBlockOfLists),
    ("BasicBlock", BasicBlockWritten),
    ("Bottleneck", BottleneckOfLists),
]
