"""Aiko Tanaka: everything is right, in a style of her own; her small network is still missing."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from cs_utils.earlier import batchnorm_backward, batchnorm_forward


# %%
class LeNet5(nn.Sequential):
    def __init__(self, num_classes=10):
        super().__init__(
            nn.Conv2d(1, 6, kernel_size=5, padding="same"),
            nn.Tanh(),
            nn.AvgPool2d(kernel_size=2, stride=2),
            nn.Conv2d(6, 16, kernel_size=5),
            nn.Tanh(),
            nn.AvgPool2d(kernel_size=2, stride=2),
            nn.Conv2d(16, 120, kernel_size=5),
            nn.Tanh(),
            nn.Flatten(),
            nn.Linear(120, 84),
            nn.Tanh(),
            nn.Linear(84, num_classes),
        )


# %%
def top_k_accuracy(scores, labels, k):
    n, c = scores.shape
    if k < 1 or k > c:
        raise ValueError(f"k must be between 1 and {c}, not {k}")
    hits = 0
    for i in range(n):
        order = sorted(range(c), key=lambda j: (-scores[i, j], j))
        hits += labels[i] in order[:k]
    return hits / n


# %%
class AlexNet(nn.Module):
    def __init__(self, num_classes=1000, image_size=227, groups=1):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 96, 11, 4)
        self.conv2 = nn.Conv2d(96, 256, 5, padding=2, groups=groups)
        self.conv3 = nn.Conv2d(256, 384, 3, padding=1)
        self.conv4 = nn.Conv2d(384, 384, 3, padding=1, groups=groups)
        self.conv5 = nn.Conv2d(384, 256, 3, padding=1, groups=groups)
        with torch.no_grad():
            size = self.maps(torch.zeros(1, 3, image_size, image_size)).shape[1:].numel()
        self.fc6 = nn.Linear(size, 4096)
        self.fc7 = nn.Linear(4096, 4096)
        self.fc8 = nn.Linear(4096, num_classes)

    def maps(self, x):
        x = F.max_pool2d(self.conv1(x), 3, 2).relu()
        x = F.max_pool2d(self.conv2(x), 3, 2).relu()
        x = F.relu(self.conv4(F.relu(self.conv3(x))))
        return F.max_pool2d(F.relu(self.conv5(x), inplace=True), 3, 2)

    def forward(self, x):
        x = torch.flatten(self.maps(x), 1)
        x = F.dropout(F.relu(self.fc6(x)), training=self.training)
        x = F.dropout(F.relu(self.fc7(x)), training=self.training)
        return self.fc8(x)


# %%
def stack_parameters(kernel_sizes, channels, bias=False):
    return sum((k * k * channels + bool(bias)) * channels for k in kernel_sizes)


# %%
class VGG16(nn.Module):
    def __init__(self, num_classes=1000, image_size=224):
        super().__init__()
        plan = "64 64 P 128 128 P 256 256 256 P 512 512 512 P 512 512 512 P".split()
        self.convs, channels = nn.ModuleDict(), 3
        self.plan = []
        for number, entry in enumerate(plan):
            if entry != "P":
                self.convs[str(number)] = nn.Conv2d(channels, int(entry), 3, 1, 1)
                channels = int(entry)
            self.plan.append((str(number), entry))
        for _ in range(5):
            image_size //= 2
        self.drop = nn.Dropout()
        self.fc6 = nn.Linear(512 * image_size**2, 4096)
        self.fc7 = nn.Linear(4096, 4096)
        self.fc8 = nn.Linear(4096, num_classes)

    def forward(self, x):
        for number, entry in self.plan:
            x = F.max_pool2d(x, 2) if entry == "P" else F.relu_(self.convs[number](x))
        x = self.drop(F.relu(self.fc6(x.reshape(len(x), -1))))
        return self.fc8(self.drop(F.relu(self.fc7(x))))


# %%
def conv_ops(height, width, out_channels, kernel_size, in_channels):
    return height * width * out_channels * in_channels * kernel_size**2


# %%
class InceptionNaive(nn.Module):
    def __init__(self, in_channels, ch1x1, ch3x3, ch5x5):
        super().__init__()
        self.one = nn.Sequential(nn.Conv2d(in_channels, ch1x1, 1), nn.ReLU())
        self.three = nn.Sequential(nn.Conv2d(in_channels, ch3x3, 3, padding=1), nn.ReLU())
        self.five = nn.Sequential(nn.Conv2d(in_channels, ch5x5, 5, padding=2), nn.ReLU())
        self.pool = nn.MaxPool2d(3, 1, 1)

    def forward(self, x):
        return torch.cat((self.one(x), self.three(x), self.five(x), self.pool(x)), 1)


# %%
class Inception(nn.Module):
    def __init__(self, in_channels, ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, pool_proj):
        super().__init__()
        self.reduce3 = nn.Conv2d(in_channels, ch3x3red, 1)
        self.reduce5 = nn.Conv2d(in_channels, ch5x5red, 1)
        self.one = nn.Conv2d(in_channels, ch1x1, 1)
        self.three = nn.Conv2d(ch3x3red, ch3x3, 3, padding=1)
        self.five = nn.Conv2d(ch5x5red, ch5x5, 5, padding=2)
        self.project = nn.Conv2d(in_channels, pool_proj, 1)

    def forward(self, x):
        five = self.five(self.reduce5(x).relu())
        three = self.three(self.reduce3(x).relu())
        pooled = self.project(F.max_pool2d(x, 3, stride=1, padding=1))
        return F.relu(torch.cat([self.one(x), three, five, pooled], dim=-3))


# %%
class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux_logits=True):
        super().__init__()

        def conv(in_channels, out_channels, kernel_size, **options):
            return nn.Sequential(
                nn.Conv2d(in_channels, out_channels, kernel_size, **options), nn.ReLU()
            )

        def pool():
            return nn.MaxPool2d(3, stride=2, ceil_mode=True)

        def side_output(in_channels):
            return nn.Sequential(
                nn.AvgPool2d(5, stride=3),
                conv(in_channels, 128, 1),
                nn.Flatten(),
                nn.Linear(128 * 4 * 4, 1024),
                nn.ReLU(),
                nn.Dropout(0.7),
                nn.Linear(1024, num_classes),
            )

        self.until_4a = nn.Sequential(
            conv(3, 64, 7, stride=2, padding=3),
            pool(),
            conv(64, 64, 1),
            conv(64, 192, 3, padding=1),
            pool(),
            Inception(192, 64, 96, 128, 16, 32, 32),
            Inception(256, 128, 128, 192, 32, 96, 64),
            pool(),
            Inception(480, 192, 96, 208, 16, 48, 64),
        )
        self.until_4d = nn.Sequential(
            Inception(512, 160, 112, 224, 24, 64, 64),
            Inception(512, 128, 128, 256, 24, 64, 64),
            Inception(512, 112, 144, 288, 32, 64, 64),
        )
        self.until_5b = nn.Sequential(
            Inception(528, 256, 160, 320, 32, 128, 128),
            pool(),
            Inception(832, 256, 160, 320, 32, 128, 128),
            Inception(832, 384, 192, 384, 48, 128, 128),
        )
        self.dropout = nn.Dropout(0.4)
        self.linear = nn.Linear(1024, num_classes)
        self.aux_logits = aux_logits
        if aux_logits:
            self.aux1, self.aux2 = side_output(512), side_output(528)

    def forward(self, x):
        after_4a = self.until_4a(x)
        after_4d = self.until_4d(after_4a)
        maps = self.until_5b(after_4d)
        logits = self.linear(self.dropout(maps.mean(dim=(2, 3))))
        if self.training and self.aux_logits:
            return logits, self.aux1(after_4a), self.aux2(after_4d)
        return logits


# %%
def residual_forward(x, w1, gamma1, beta1, w2, gamma2, beta2):
    zeros, ones = np.zeros_like, np.ones_like
    first, cache1, _, _ = batchnorm_forward(x @ w1, gamma1, beta1, zeros(beta1), ones(beta1), True)
    hidden = np.maximum(0, first)
    second, cache2, _, _ = batchnorm_forward(
        hidden @ w2, gamma2, beta2, zeros(beta2), ones(beta2), True
    )
    out = np.maximum(0, second + x)
    return out, (x, w1, cache1, hidden, w2, cache2, out)


# %%
def residual_backward(dout, cache):
    x, w1, cache1, hidden, w2, cache2, out = cache
    dsum = dout * (out > 0)
    dsecond, dgamma2, dbeta2 = batchnorm_backward(dsum, cache2)
    dhidden = dsecond @ w2.T
    dfirst, dgamma1, dbeta1 = batchnorm_backward(dhidden * (hidden > 0), cache1)
    dx = dfirst @ w1.T + dsum
    return dx, x.T @ dfirst, dgamma1, dbeta1, hidden.T @ dsecond, dgamma2, dbeta2


# %%
class BasicBlock(nn.Module):
    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)
        self.shortcut = nn.Identity()
        if stride != 1 or in_channels != channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, channels, 1, stride, bias=False),
                nn.BatchNorm2d(channels),
            )

    def forward(self, x):
        hidden = F.relu(self.norm1(self.conv1(x)))
        return F.relu(self.norm2(self.conv2(hidden)) + self.shortcut(x))


# %%
class Bottleneck(nn.Module):
    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, 4 * channels, 1, bias=False)
        self.norm3 = nn.BatchNorm2d(4 * channels)
        self.shortcut = nn.Identity()
        if stride != 1 or in_channels != 4 * channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, 4 * channels, 1, stride, bias=False),
                nn.BatchNorm2d(4 * channels),
            )

    def forward(self, x):
        hidden = F.relu(self.norm1(self.conv1(x)))
        hidden = F.relu(self.norm2(self.conv2(hidden)))
        return F.relu(self.norm3(self.conv3(hidden)) + self.shortcut(x))


# %%
class ResNet(nn.Module):
    def __init__(self, depth, num_classes=1000, width=64):
        super().__init__()
        counts = {
            18: (2, 2, 2, 2),
            34: (3, 4, 6, 3),
            50: (3, 4, 6, 3),
            101: (3, 4, 23, 3),
            152: (3, 8, 36, 3),
        }[depth]
        block, expansion = (BasicBlock, 1) if depth < 50 else (Bottleneck, 4)
        layers = [
            nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2, padding=1),
        ]
        arriving = width
        for stage, count in enumerate(counts):
            channels = width * 2**stage
            for index in range(count):
                stride = 2 if stage > 0 and index == 0 else 1
                layers.append(block(arriving, channels, stride))
                arriving = expansion * channels
        self.features = nn.Sequential(*layers)
        self.fc = nn.Linear(arriving, num_classes)

    def forward(self, x):
        return self.fc(self.features(x).mean(dim=(2, 3)))


# %%
def nearest_neighbours(features, query, k):
    differences = features.astype(float) - query.astype(float)
    return np.argsort((differences**2).sum(axis=1), kind="stable")[:k]
