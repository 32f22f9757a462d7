"""LeNet-5, AlexNet, VGG-16 and GoogLeNet as PyTorch modules, from the papers."""

import torch
from torch import Tensor, nn


class LeNet5(nn.Module):
    """LeNet-5 for images (N, 1, 28, 28); returns logits (N, num_classes).

    Source: LeCun et al., 1998, with every map of C3 connected and a linear output.
    """

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        self.maps = nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2),
            nn.Tanh(),
            nn.AvgPool2d(2),
            nn.Conv2d(6, 16, 5),
            nn.Tanh(),
            nn.AvgPool2d(2),
        )
        self.classifier = nn.Sequential(
            nn.Linear(16 * 5 * 5, 120),
            nn.Tanh(),
            nn.Linear(120, 84),
            nn.Tanh(),
            nn.Linear(84, num_classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        """x: (N, 1, 28, 28)."""
        return self.classifier(self.maps(x).flatten(1))


def _fully_connected(in_features: int, num_classes: int) -> nn.Sequential:
    """The three linear layers of AlexNet and VGG."""
    return nn.Sequential(
        nn.Linear(in_features, 4096),
        nn.ReLU(inplace=True),
        nn.Dropout(0.5),
        nn.Linear(4096, 4096),
        nn.ReLU(inplace=True),
        nn.Dropout(0.5),
        nn.Linear(4096, num_classes),
    )


class AlexNet(nn.Module):
    """AlexNet for images (N, 3, image_size, image_size), without response normalisation.

    groups: 1 for one tower, 2 for the paper's two GPUs. Source: Krizhevsky et al., 2012.
    """

    def __init__(self, num_classes: int = 1000, image_size: int = 227, groups: int = 1) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 96, 11, stride=4),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(96, 256, 5, padding=2, groups=groups),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(256, 384, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(384, 384, 3, padding=1, groups=groups),
            nn.ReLU(inplace=True),
            nn.Conv2d(384, 256, 3, padding=1, groups=groups),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2),
        )
        side = (image_size - 11) // 4 + 1
        for _pool in range(3):
            side = (side - 3) // 2 + 1
        self.classifier = _fully_connected(256 * side * side, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """x: (N, 3, image_size, image_size). Returns logits (N, num_classes)."""
        return self.classifier(self.features(x).flatten(1))


class VGG16(nn.Module):
    """VGG-16 (configuration D) for images (N, 3, image_size, image_size).

    Source: Simonyan and Zisserman, 2014.
    """

    def __init__(self, num_classes: int = 1000, image_size: int = 224) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 3
        for width, convolutions in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
            for _layer in range(convolutions):
                layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(inplace=True)]
                channels = width
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.classifier = _fully_connected(512 * (image_size // 32) ** 2, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """x: (N, 3, image_size, image_size). Returns logits (N, num_classes)."""
        return self.classifier(self.features(x).flatten(1))


def _conv_relu(in_channels: int, out_channels: int, kernel_size: int) -> nn.Sequential:
    """A convolution that keeps the size, and ReLU."""
    padding = kernel_size // 2
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size, padding=padding), nn.ReLU(inplace=True)
    )


class _SideBySide(nn.Module):
    """Branches over the same input, their maps stacked."""

    branches: nn.ModuleList

    def forward(self, x: Tensor) -> Tensor:
        """x: (N, in_channels, H, W). Returns (N, all branches' channels, H, W)."""
        return torch.cat([branch(x) for branch in self.branches], dim=1)


class InceptionNaive(_SideBySide):
    """The inception module of figure 2 (a). Source: Szegedy et al., 2014."""

    def __init__(self, in_channels: int, ch1x1: int, ch3x3: int, ch5x5: int) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            [
                _conv_relu(in_channels, ch1x1, 1),
                _conv_relu(in_channels, ch3x3, 3),
                _conv_relu(in_channels, ch5x5, 5),
                nn.MaxPool2d(3, stride=1, padding=1),
            ]
        )


class Inception(_SideBySide):
    """The inception module with dimension reductions, figure 2 (b)."""

    def __init__(
        self,
        in_channels: int,
        ch1x1: int,
        ch3x3red: int,
        ch3x3: int,
        ch5x5red: int,
        ch5x5: int,
        pool_proj: int,
    ) -> None:
        super().__init__()
        pool = nn.MaxPool2d(3, stride=1, padding=1)
        reduce3 = _conv_relu(in_channels, ch3x3red, 1)
        reduce5 = _conv_relu(in_channels, ch5x5red, 1)
        self.branches = nn.ModuleList(
            [
                _conv_relu(in_channels, ch1x1, 1),
                nn.Sequential(reduce3, _conv_relu(ch3x3red, ch3x3, 3)),
                nn.Sequential(reduce5, _conv_relu(ch5x5red, ch5x5, 5)),
                nn.Sequential(pool, _conv_relu(in_channels, pool_proj, 1)),
            ]
        )


class _Auxiliary(nn.Module):
    """A classifier at the side of GoogLeNet, for maps of 14x14."""

    def __init__(self, in_channels: int, num_classes: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.AvgPool2d(5, stride=3),
            _conv_relu(in_channels, 128, 1),
            nn.Flatten(),
            nn.Linear(128 * 4 * 4, 1024),
            nn.ReLU(inplace=True),
            nn.Dropout(0.7),
            nn.Linear(1024, num_classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        """x: (N, in_channels, 14, 14). Returns logits (N, num_classes)."""
        return self.layers(x)


class GoogLeNet(nn.Module):
    """GoogLeNet for images (N, 3, 224, 224), without response normalisation.

    Source: Szegedy et al., 2014, table 1 and section 5.
    """

    def __init__(self, num_classes: int = 1000, aux_logits: bool = True) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 64, 7, stride=2, padding=3),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2, ceil_mode=True),
            _conv_relu(64, 64, 1),
            _conv_relu(64, 192, 3),
            nn.MaxPool2d(3, stride=2, ceil_mode=True),
        )
        self.to_4a = nn.Sequential(
            Inception(192, 64, 96, 128, 16, 32, 32),
            Inception(256, 128, 128, 192, 32, 96, 64),
            nn.MaxPool2d(3, stride=2, ceil_mode=True),
            Inception(480, 192, 96, 208, 16, 48, 64),
        )
        self.to_4d = nn.Sequential(
            Inception(512, 160, 112, 224, 24, 64, 64),
            Inception(512, 128, 128, 256, 24, 64, 64),
            Inception(512, 112, 144, 288, 32, 64, 64),
        )
        self.to_5b = nn.Sequential(
            Inception(528, 256, 160, 320, 32, 128, 128),
            nn.MaxPool2d(3, stride=2, ceil_mode=True),
            Inception(832, 256, 160, 320, 32, 128, 128),
            Inception(832, 384, 192, 384, 48, 128, 128),
        )
        self.head = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.4), nn.Linear(1024, num_classes)
        )
        self.sides = nn.ModuleList(
            [_Auxiliary(512, num_classes), _Auxiliary(528, num_classes)] if aux_logits else []
        )

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        """x: (N, 3, 224, 224). Returns logits (N, num_classes); in training, where there are
        auxiliary outputs, (logits, after 4a, after 4d)."""
        after_4a = self.to_4a(self.stem(x))
        after_4d = self.to_4d(after_4a)
        logits = self.head(self.to_5b(after_4d))
        if not self.training or not len(self.sides):
            return logits
        return logits, self.sides[0](after_4a), self.sides[1](after_4d)
