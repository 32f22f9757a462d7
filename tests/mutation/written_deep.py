"""Right deep networks of lesson 5 in other styles, and other ways to train a small one."""

import math
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from mutation.written_networks import BasicBlockWritten, BottleneckOfLists, InceptionOfBranches


class AlexNetInOneSequence(nn.Sequential):
    """Layers from a table of rows, one behind the other."""

    def __init__(self, num_classes: int = 1000, image_size: int = 227, groups: int = 1) -> None:
        layers: list[nn.Module] = []
        rows = [
            (3, 96, 11, 4, 0, 1, True),
            (96, 256, 5, 1, 2, groups, True),
            (256, 384, 3, 1, 1, 1, False),
            (384, 384, 3, 1, 1, groups, False),
            (384, 256, 3, 1, 1, groups, True),
        ]
        side = image_size
        for before, after, k, stride, padding, parts, pooled in rows:
            layers += [nn.Conv2d(before, after, k, stride, padding, groups=parts), nn.ReLU()]
            side = math.floor((side + 2 * padding - k) / stride) + 1
            if pooled:
                layers.append(nn.MaxPool2d(kernel_size=(3, 3), stride=(2, 2)))
                side = math.floor((side - 3) / 2) + 1
        layers.append(nn.Flatten())
        for before, after in ((256 * side * side, 4096), (4096, 4096)):
            layers += [nn.Linear(before, after), nn.Dropout(), nn.ReLU()]
        super().__init__(*layers, nn.Linear(4096, num_classes))


class _Side(nn.Module):
    """An auxiliary classifier with functions for what has no weights."""

    def __init__(self, channels: int, num_classes: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, 128, kernel_size=1)
        self.fc1, self.fc2 = nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.conv(functional.avg_pool2d(x, 5, 3)))
        x = functional.relu(self.fc1(x.view(x.size(0), -1)))
        return self.fc2(functional.dropout(x, 0.7, training=self.training))


class GoogLeNetFromTable(nn.Module):
    """The nine modules by their names in a dictionary; poolings as functions."""

    table: ClassVar = {
        "3a": (192, 64, 96, 128, 16, 32, 32), "3b": (256, 128, 128, 192, 32, 96, 64),
        "4a": (480, 192, 96, 208, 16, 48, 64), "4b": (512, 160, 112, 224, 24, 64, 64),
        "4c": (512, 128, 128, 256, 24, 64, 64), "4d": (512, 112, 144, 288, 32, 64, 64),
        "4e": (528, 256, 160, 320, 32, 128, 128), "5a": (832, 256, 160, 320, 32, 128, 128),
        "5b": (832, 384, 192, 384, 48, 128, 128),
    }  # fmt: skip

    def __init__(self, num_classes: int = 1000, aux_logits: bool = True) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3)
        self.conv2 = nn.Conv2d(64, 64, 1)
        self.conv3 = nn.Conv2d(64, 192, 3, padding="same")
        modules = {name: InceptionOfBranches(*row) for name, row in self.table.items()}
        self.inception = nn.ModuleDict(modules)
        self.aux = nn.ModuleDict()
        if aux_logits:
            self.aux["4a"], self.aux["4d"] = _Side(512, num_classes), _Side(528, num_classes)
        self.fc = nn.Linear(1024, num_classes)

    def forward(self, x: Tensor) -> Any:
        x = functional.max_pool2d(self.conv1(x).relu(), 3, 2, ceil_mode=True)
        x = self.conv3(self.conv2(x).relu()).relu()
        x = functional.max_pool2d(x, 3, 2, ceil_mode=True)
        sides = []
        for name, module in self.inception.items():
            x = module(x)
            if name in ("3b", "4e"):
                x = functional.max_pool2d(x, 3, 2, ceil_mode=True)
            if self.training and name in self.aux:
                sides.append(self.aux[name](x))
        x = functional.dropout(x.mean(dim=-1).mean(dim=-1), p=0.4, training=self.training)
        logits = self.fc(x)
        return (logits, *sides) if sides else logits


class GoogLeNetLineByLine(nn.Module):
    """Attributes with the paper's names, a named result for each row, average pooling of 7x7."""

    def __init__(self, num_classes: int = 1000, aux_logits: bool = True) -> None:
        super().__init__()
        self.pool = nn.MaxPool2d(kernel_size=3, stride=2, padding=0, ceil_mode=True)
        self.stem = nn.Sequential(
            nn.Conv2d(3, 64, (7, 7), (2, 2), (3, 3)), self.pool, nn.ReLU(),
            nn.Conv2d(64, 64, 1), nn.ReLU(), nn.Conv2d(64, 192, 3, padding=1), nn.ReLU(), self.pool,
        )  # fmt: skip
        for name, row in GoogLeNetFromTable.table.items():
            setattr(self, f"inception{name}", InceptionOfBranches(*row))
        self.avgpool, self.dropout = nn.AvgPool2d(7, stride=1), nn.Dropout(p=0.4)
        self.linear = nn.Linear(1024, num_classes)
        self.aux1 = _Side(512, num_classes) if aux_logits else None
        self.aux2 = _Side(528, num_classes) if aux_logits else None

    def forward(self, x: Tensor) -> Any:
        m3 = self.pool(self.inception3b(self.inception3a(self.stem(x))))
        m4a = self.inception4a(m3)
        m4d = self.inception4d(self.inception4c(self.inception4b(m4a)))
        m4 = self.pool(self.inception4e(m4d))
        m5 = self.inception5b(self.inception5a(m4))
        flat = torch.flatten(self.avgpool(m5), 1)
        out = self.linear(self.dropout(flat))
        if self.training and self.aux1 is not None and self.aux2 is not None:
            return [out, self.aux1(m4a), self.aux2(m4d)]
        return out


class ResNetInStages(nn.Module):
    """Stages by a method, as torchvision builds them, with blocks that know their expansion."""

    plans: ClassVar = {
        18: (BasicBlockWritten, 1, [2, 2, 2, 2]),
        34: (BasicBlockWritten, 1, [3, 4, 6, 3]),
        50: (BottleneckOfLists, 4, [3, 4, 6, 3]),
        101: (BottleneckOfLists, 4, [3, 4, 23, 3]),
        152: (BottleneckOfLists, 4, [3, 8, 36, 3]),
    }

    def __init__(self, depth: int, num_classes: int = 1000, width: int = 64) -> None:
        super().__init__()
        self.block, self.expansion, counts = self.plans[depth]
        self.channels = width
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = self._stage(width, counts[0], 1)
        self.layer2 = self._stage(2 * width, counts[1], 2)
        self.layer3 = self._stage(4 * width, counts[2], 2)
        self.layer4 = self._stage(8 * width, counts[3], 2)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(8 * width * self.expansion, num_classes)

    def _stage(self, channels: int, count: int, stride: int) -> nn.Sequential:
        blocks = []
        for step in [stride] + [1] * (count - 1):
            blocks.append(self.block(self.channels, channels, step))
            self.channels = channels * self.expansion
        return nn.Sequential(*blocks)

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(self.avgpool(x).squeeze(-1).squeeze(-1))


def shifted_batches(images: Tensor, labels: Tensor, size: int) -> Iterator[tuple[Tensor, Tensor]]:
    """All images in a new order, each batch moved as a whole."""
    for chosen in torch.randperm(len(images)).split(size):
        down, right = torch.randint(-2, 3, (2,)).tolist()
        yield images[chosen].roll((down, right), dims=(2, 3)), labels[chosen]


class SeparableNet(nn.Module):
    """Depthwise and pointwise convolutions, and a global average at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 24, 5, stride=2, padding=2)
        widths = [24, 48, 96, 96]
        self.depthwise = nn.ModuleList(
            nn.Conv2d(before, before, 3, padding=1, groups=before) for before in widths[:-1]
        )
        self.pointwise = nn.ModuleList(map(nn.Conv2d, widths, widths[1:], [1, 1, 1]))
        self.norms = nn.ModuleList(map(nn.BatchNorm2d, widths[1:]))
        self.last = nn.Linear(96, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x).relu()
        for place, layers in enumerate(
            zip(self.depthwise, self.pointwise, self.norms, strict=True)
        ):
            for layer in layers:
                x = layer(x)
            x = functional.relu(x)
            x = functional.max_pool2d(x, 2) if place < 2 else x
        return self.last(x.amax(dim=(2, 3)))


def train_separable(images: Tensor, labels: Tensor, seed: int) -> nn.Module:
    """Adam with a rate that falls as a cosine."""
    torch.manual_seed(seed)
    network, epochs = SeparableNet(), 10
    adam = torch.optim.Adam(network.parameters(), lr=4e-3)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(adam, epochs)
    for _epoch in range(epochs):
        for x, y in shifted_batches(images, labels, 64):
            adam.zero_grad()
            nn.CrossEntropyLoss()(network(x), y).backward()
            adam.step()
        falling.step()
    network.eval()
    return network


def train_plain_convolutions(images: Tensor, labels: Tensor, seed: int) -> nn.Module:
    """Momentum written by hand over plain convolutions; the rate falls in a line."""
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    for before, after in ((1, 16), (16, 32), (32, 64)):
        layers += [nn.Conv2d(before, after, 3, 1, 1, bias=False), nn.BatchNorm2d(after)]
        layers += [nn.ReLU(True), nn.MaxPool2d(2)]
    network = nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * 9, 10))
    velocities = [torch.zeros_like(one) for one in network.parameters()]
    epochs, size = 6, 50
    steps, step = epochs * -(-len(images) // size), 0
    for _epoch in range(epochs):
        for chosen in torch.randperm(len(images), generator=generator).split(size):
            down, right = torch.randint(-2, 3, (2,), generator=generator).tolist()
            scores = network(torch.roll(images[chosen], (down, right), (2, 3)))
            loss = -functional.log_softmax(scores, 1).gather(1, labels[chosen][:, None]).mean()
            gradients = torch.autograd.grad(loss, list(network.parameters()))
            rate, step = 0.05 * (1 - step / steps), step + 1
            with torch.no_grad():
                for one, velocity, gradient in zip(
                    network.parameters(), velocities, gradients, strict=True
                ):
                    velocity.mul_(0.9).add_(gradient)
                    one.sub_(rate * velocity)
    return network.train(False)


DEEP: list[tuple[str, Callable[..., Any]]] = [
    ("AlexNet", AlexNetInOneSequence),
    ("GoogLeNet", GoogLeNetFromTable),
    ("GoogLeNet", GoogLeNetLineByLine),
    ("ResNet", ResNetInStages),
    ("train_small_network", train_separable),
    ("train_small_network", train_plain_convolutions),
]
