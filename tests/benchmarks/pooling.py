"""The reference pooling layers beside PyTorch's, over those of five networks: rows for
``tests.benchmarks.layers``."""

from dataclasses import dataclass

import numpy as np
import torch

from solutions import numpy_pooling
from tests.benchmarks.measuring import Row, Run, in_turn, upstream


@dataclass(frozen=True)
class Pool:
    """A pooling layer: batch, channels and side of its input, window and stride."""

    name: str
    kind: str
    batch: int
    channels: int
    side: int
    kernel: int
    stride: int

    def images(self) -> np.ndarray:
        """Random input."""
        shape = self.batch, self.channels, self.side, self.side
        return np.random.default_rng(0).standard_normal(shape, dtype=np.float32)


# Where a network pads its maps before it pools, the side is the padded one. LeNet-5's averages are
# those of its subsampling layers without their coefficients.
POOLS = (
    Pool("LeNet-5 S2, 2x2/2", "max", 128, 6, 28, 2, 2),
    Pool("AlexNet pool1, 3x3/2", "max", 4, 96, 55, 3, 2),
    Pool("VGG-16 pool1, 2x2/2", "max", 1, 64, 224, 2, 2),
    Pool("VGG-16 pool3, 2x2/2", "max", 2, 256, 56, 2, 2),
    Pool("GoogLeNet pool1, 3x3/2", "max", 2, 64, 113, 3, 2),
    Pool("GoogLeNet 3a, 3x3/1", "max", 4, 192, 30, 3, 1),
    Pool("LeNet-5 S2, 2x2/2", "avg", 128, 6, 28, 2, 2),
    Pool("a map of VGG-16, 2x2/2", "avg", 2, 256, 56, 2, 2),
    Pool("GoogLeNet aux, 5x5/3", "avg", 8, 512, 14, 5, 3),
    Pool("GoogLeNet, 7x7", "avg", 8, 1024, 7, 7, 1),
    Pool("ResNet-50, 7x7", "avg", 8, 2048, 7, 7, 1),
)


def pooling_rows(rounds: int) -> list[Row]:
    """Forward and backward of every pooling layer."""
    return [
        Row(
            f"{pool.kind} {pool.name}",
            *in_turn(_numpy(pool), _pytorch(pool), rounds),
        )
        for pool in POOLS
    ]


def _numpy(pool: Pool) -> Run:
    forward = getattr(numpy_pooling, f"{pool.kind}_pool_forward")
    backward = getattr(numpy_pooling, f"{pool.kind}_pool_backward")
    x = pool.images()
    dout = upstream(forward(x, pool.kernel, pool.stride)[0].shape)

    def run() -> tuple[np.ndarray, np.ndarray]:
        out, cache = forward(x, pool.kernel, pool.stride)
        return out, backward(dout, cache)

    return run


def _pytorch(pool: Pool) -> Run:
    layer = getattr(torch.nn.functional, f"{pool.kind}_pool2d")
    x = torch.tensor(pool.images(), requires_grad=True)
    dout = torch.tensor(upstream(layer(x, pool.kernel, pool.stride).shape))

    def run() -> tuple[torch.Tensor, torch.Tensor]:
        out = layer(x, pool.kernel, pool.stride)
        return out.detach(), *torch.autograd.grad(out, x, dout)

    return run
