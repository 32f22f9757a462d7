"""What lesson 5 counts and measures, in NumPy and plain Python."""

import math
from collections.abc import Sequence

import numpy as np


def top_k_accuracy(scores: np.ndarray, labels: np.ndarray, k: int) -> float:
    """Share of images whose class is among the k with the highest scores.

    scores: (N, C); labels: (N,). Of equal scores the class with the lower number ranks first.
    Raises ValueError for k < 1 and k > C.
    """
    rows, classes = scores.shape
    if not 1 <= k <= classes:
        raise ValueError(f"k is {k}; there are {classes} classes to take it from")
    own = scores[np.arange(rows), labels][:, None]
    before = np.arange(classes) < labels[:, None]
    rank = ((scores > own) | ((scores == own) & before)).sum(axis=1)
    return float(np.mean(rank < k))


def stack_parameters(kernel_sizes: Sequence[int], channels: int, bias: bool = False) -> int:
    """Parameters of convolutions one behind the other, all with ``channels`` in and out."""
    return sum(channels * (channels * size**2 + bias) for size in kernel_sizes)


def conv_ops(height: int, width: int, out_channels: int, kernel_size: int, in_channels: int) -> int:
    """Multiplications of a convolution layer whose output is (out_channels, height, width)."""
    return math.prod((height, width, out_channels, kernel_size, kernel_size, in_channels))
