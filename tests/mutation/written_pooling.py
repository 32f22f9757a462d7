"""Right pooling layers in other styles: windows and einsum, and PyTorch's own gradients."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.nn import functional


def _windows(x: Any, k: int, stride: int) -> Any:
    """(N, C, outH, outW, k, k)."""
    return np.lib.stride_tricks.sliding_window_view(x, (k, k), (2, 3))[:, :, ::stride, ::stride]


def max_by_windows(x: Any, kernel_size: int, stride: int) -> Any:
    return _windows(x, kernel_size, stride).max(axis=(4, 5)), None


def mean_by_windows(x: Any, kernel_size: int, stride: int) -> Any:
    out = np.einsum("nchwij->nchw", _windows(x, kernel_size, stride)) / kernel_size**2
    return out, (x.shape, kernel_size, stride)


def mean_backward_by_windows(dout: Any, cache: Any) -> Any:
    shape, k, stride = cache
    dx = np.zeros(shape)
    spread = np.einsum("nchw,ij->nchwij", dout, np.full((k, k), 1 / k**2))
    for n, c, i, j in np.ndindex(dout.shape):
        dx[n, c, i * stride :, j * stride :][:k, :k] += spread[n, c, i, j]
    return dx


def global_by_einsum(x: Any) -> Any:
    height, width = x.shape[2:]
    return np.einsum("nchw->nc", x) / (height * width), [height, width]


def global_backward_by_einsum(dout: Any, cache: Any) -> Any:
    height, width = cache
    return np.einsum("nc,h,w->nchw", dout, np.full(height, 1 / height), np.full(width, 1 / width))


def _graph(layer: Callable[..., Any]) -> Callable[..., Any]:
    """The layer on tensors; the graph is the cache."""

    def forward(x: Any, *options: int) -> Any:
        leaf = torch.tensor(x, requires_grad=True)
        out = layer(leaf, *options)
        return out, (leaf, out)

    return forward


def backward_by_autograd(dout: Any, cache: Any) -> Any:
    leaf, out = cache
    return torch.autograd.grad(out, leaf, torch.tensor(dout), retain_graph=True)[0]


_WINDOWS = {
    "max_pool_forward": max_by_windows,
    "avg_pool_forward": mean_by_windows,
    "avg_pool_backward": mean_backward_by_windows,
    "global_avg_pool_forward": global_by_einsum,
    "global_avg_pool_backward": global_backward_by_einsum,
}
_TENSORS: dict[str, Callable[..., Any]] = {
    "max_pool_forward": _graph(functional.max_pool2d),
    "max_pool_backward": backward_by_autograd,
    "avg_pool_forward": _graph(functional.avg_pool2d),
    "avg_pool_backward": backward_by_autograd,
    "global_avg_pool_forward": _graph(lambda x: x.mean(dim=(2, 3))),
    "global_avg_pool_backward": backward_by_autograd,
}
POOLING: list[tuple[str, dict[str, Callable[..., Any]]]] = [
    (name, functions) for functions in (_WINDOWS, _TENSORS) for name in functions
]
