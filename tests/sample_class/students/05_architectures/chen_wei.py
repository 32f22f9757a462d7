"""Chen Wei: GoogLeNet is right, and built on an inception module whose pooling branch is missing;
LeNet-5 has a softmax inside."""

import torch
from torch import nn
from torch.nn import functional as F


# %%
class LeNet5(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.c1 = nn.Conv2d(1, 6, 5, padding=2)
        self.c3 = nn.Conv2d(6, 16, 5)
        self.c5 = nn.Linear(400, 120)
        self.f6 = nn.Linear(120, 84)
        self.out = nn.Linear(84, num_classes)

    def forward(self, x):
        x = F.avg_pool2d(F.tanh(self.c1(x)), 2)
        x = F.avg_pool2d(F.tanh(self.c3(x)), 2)
        x = F.tanh(self.f6(F.tanh(self.c5(x.view(x.size(0), -1)))))
        return F.softmax(self.out(x), dim=1)


# %%
class Inception(nn.Module):
    def __init__(self, in_channels, ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, pool_proj):
        super().__init__()
        self.a = nn.Conv2d(in_channels, ch1x1, 1)
        self.b = nn.Conv2d(in_channels, ch3x3red, 1)
        self.c = nn.Conv2d(ch3x3red, ch3x3, 3, padding=1)
        self.d = nn.Conv2d(in_channels, ch5x5red, 1)
        self.e = nn.Conv2d(ch5x5red, ch5x5, 5, padding=2)

    def forward(self, x):
        a = F.relu(self.a(x))
        b = F.relu(self.c(F.relu(self.b(x))))
        c = F.relu(self.e(F.relu(self.d(x))))
        return torch.cat([a, b, c], 1)


# %%
class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux_logits=True):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3)
        self.reduce = nn.Conv2d(64, 64, 1)
        self.conv2 = nn.Conv2d(64, 192, 3, padding=1)
        widths = {
            "3a": (192, 64, 96, 128, 16, 32, 32),
            "3b": (256, 128, 128, 192, 32, 96, 64),
            "4a": (480, 192, 96, 208, 16, 48, 64),
            "4b": (512, 160, 112, 224, 24, 64, 64),
            "4c": (512, 128, 128, 256, 24, 64, 64),
            "4d": (512, 112, 144, 288, 32, 64, 64),
            "4e": (528, 256, 160, 320, 32, 128, 128),
            "5a": (832, 256, 160, 320, 32, 128, 128),
            "5b": (832, 384, 192, 384, 48, 128, 128),
        }
        self.blocks = nn.ModuleDict({name: Inception(*width) for name, width in widths.items()})
        self.linear = nn.Linear(1024, num_classes)
        self.aux = nn.ModuleDict()
        if aux_logits:
            for name, channels in (("4a", 512), ("4d", 528)):
                self.aux[name] = nn.ModuleList(
                    [
                        nn.Conv2d(channels, 128, 1),
                        nn.Linear(2048, 1024),
                        nn.Linear(1024, num_classes),
                    ]
                )

    def side(self, name, x):
        conv, first, second = self.aux[name]
        x = F.relu(conv(F.avg_pool2d(x, 5, 3)))
        x = F.dropout(F.relu(first(x.flatten(1))), 0.7, self.training)
        return second(x)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 3, 2, ceil_mode=True)
        x = F.relu(self.conv2(F.relu(self.reduce(x))))
        x = F.max_pool2d(x, 3, 2, ceil_mode=True)
        sides = []
        for name, block in self.blocks.items():
            x = block(x)
            if self.training and name in self.aux:
                sides.append(self.side(name, x))
            if name in ("3b", "4e"):
                x = F.max_pool2d(x, 3, 2, ceil_mode=True)
        x = F.dropout(x.mean((2, 3)), 0.4, self.training)
        x = self.linear(x)
        return (x, *sides) if sides else x
