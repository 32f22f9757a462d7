"""Right solutions that no other test holds, each in its style: loops, lists, einsum, tensors."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from mutation.written_deep import DEEP
from mutation.written_networks import NETWORKS
from mutation.written_pooling import POOLING


def top_k_by_row(scores: Any, labels: Any, k: int) -> float:
    if k < 1 or k > len(scores[0]):
        raise ValueError("no such k")
    hits = 0
    for row, label in zip(scores, labels, strict=True):
        ranked = sorted(range(len(row)), key=lambda c: (-row[c], c))
        hits += label in ranked[:k]
    return hits / len(labels)


def top_k_with_lexsort(scores: Any, labels: Any, k: int) -> Any:
    N, C = scores.shape
    if k not in range(1, C + 1):
        raise ValueError(k)
    numbers = np.broadcast_to(np.arange(C), (N, C))
    order = np.lexsort((numbers, -scores), axis=1)
    return np.float32((order[:, :k] == labels.reshape(-1, 1)).sum() / N)


def stack_with_loop(kernel_sizes: Any, channels: int, bias: bool = False) -> int:
    total = 0
    for size in kernel_sizes:
        total += channels * size**2 * channels
        if bias:
            total += channels
    return total


def stack_of_modules(kernel_sizes: Any, channels: int, bias: bool = False) -> int:
    layers = [
        torch.nn.Conv2d(channels, channels, k, bias=bias, device="meta") for k in kernel_sizes
    ]
    return sum(one.numel() for layer in layers for one in layer.parameters())


def ops_step_by_step(height: int, width: int, out_channels: int, k: int, in_channels: int) -> int:
    for_one_number = k**2 * in_channels
    numbers = out_channels
    numbers *= height * width
    return numbers * for_one_number


def ops_of_shapes(height: int, width: int, out_channels: int, k: int, in_channels: int) -> Any:
    return np.prod([height, width, out_channels, in_channels, k, k], dtype=np.int64)


def neighbours_with_norms(features: Any, query: Any, k: int) -> list[int]:
    lengths = [sum((float(a) - float(b)) ** 2 for a, b in zip(row, query, strict=True))
               for row in features]  # fmt: skip
    return sorted(range(len(lengths)), key=lengths.__getitem__)[:k]


def neighbours_in_torch(features: Any, query: Any, k: int) -> Any:
    difference = torch.tensor(features).double() - torch.tensor(query).double()
    return torch.sort(torch.einsum("nd,nd->n", difference, difference), stable=True).indices[:k]


_EPS = 1e-5


def _normal(x: Any) -> Any:
    """Columns of mean 0 and variance 1, and by what they were divided."""
    std = np.sqrt(x.var(axis=0) + _EPS)
    return (x - x.mean(axis=0)) / std, std


def residual_alone(
    x: Any, w1: Any, gamma1: Any, beta1: Any, w2: Any, gamma2: Any, beta2: Any
) -> Any:
    """Normalises by itself and keeps a dictionary."""
    n1, std1 = _normal(np.einsum("nd,dh->nh", x, w1))
    hidden = (gamma1 * n1 + beta1).clip(0)
    n2, std2 = _normal(np.einsum("nh,hd->nd", hidden, w2))
    out = (gamma2 * n2 + beta2 + x).clip(0)
    kept = {"x": x, "w1": w1, "w2": w2, "hidden": hidden, "open": out > 0}
    return out, kept | {"one": (gamma1, n1, std1), "two": (gamma2, n2, std2)}


def _normal_backward(dout: Any, part: Any) -> Any:
    gamma, normal, std = part
    dnormal = dout * gamma
    share = dnormal.mean(axis=0) + normal * (dnormal * normal).mean(axis=0)
    return (dnormal - share) / std, np.einsum("nd,nd->d", dout, normal), np.sum(dout, 0)


def residual_backward_alone(dout: Any, cache: Any) -> Any:
    dsum = np.where(cache["open"], dout, 0)
    dsecond, dgamma2, dbeta2 = _normal_backward(dsum, cache["two"])
    dhidden = np.where(cache["hidden"] > 0, np.einsum("nd,hd->nh", dsecond, cache["w2"]), 0)
    dfirst, dgamma1, dbeta1 = _normal_backward(dhidden, cache["one"])
    dw1 = np.einsum("nd,nh->dh", cache["x"], dfirst)
    dw2 = np.einsum("nh,nd->hd", cache["hidden"], dsecond)
    return [dfirst @ cache["w1"].T + dsum, dw1, dgamma1, dbeta1, dw2, dgamma2, dbeta2]


def residual_in_torch(*inputs: Any) -> Any:
    """A graph of tensors is the cache."""
    leaves = [torch.tensor(one, requires_grad=True) for one in inputs]
    x, w1, gamma1, beta1, w2, gamma2, beta2 = leaves
    norm = torch.nn.functional.batch_norm
    hidden = norm(x @ w1, None, None, gamma1, beta1, True).relu()
    out = (norm(hidden @ w2, None, None, gamma2, beta2, True) + x).relu()
    return out, (out, leaves)


def residual_backward_by_autograd(dout: Any, cache: Any) -> Any:
    out, leaves = cache
    return torch.autograd.grad(out, leaves, torch.tensor(dout), retain_graph=True)


class ConvNetAlone:
    """Asks for no part of the lesson: windows, einsum, and maxima over reshaped maps."""

    def __init__(self, w1: Any, b1: Any, w2: Any, b2: Any) -> None:
        self.w1, self.b1, self.w2, self.b2 = w1, b1, w2, b2

    def loss(self, X: Any, y: Any = None) -> Any:
        k = self.w1.shape[2]
        border = (k // 2, k // 2)
        padded = np.pad(X, ((0, 0), (0, 0), border, border))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (k, k), (2, 3))
        maps = np.einsum("nchwij,fcij->nfhw", windows, self.w1) + self.b1[:, None, None]
        N, F, H, W = maps.shape
        even = maps[:, :, : H // 2 * 2, : W // 2 * 2].clip(0)
        squares = even.reshape(N, F, H // 2, 2, W // 2, 2).transpose(0, 1, 2, 4, 3, 5)
        squares = squares.reshape(N, F, H // 2, W // 2, 4)
        flat = squares.max(axis=-1).reshape(N, -1)
        scores = flat @ self.w2 + self.b2
        if y is None:
            return scores
        logs = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
        dscores = (np.exp(logs) - np.eye(scores.shape[1])[y]) / N
        dmax = (dscores @ self.w2.T).reshape(N, F, H // 2, W // 2, 1)
        first = np.arange(4) == squares.argmax(axis=-1)[..., None]
        dsquares = np.where(first & (squares > 0), dmax, 0)
        dsquares = dsquares.reshape(N, F, H // 2, W // 2, 2, 2).transpose(0, 1, 2, 4, 3, 5)
        dmaps = np.zeros_like(maps)
        dmaps[:, :, : H // 2 * 2, : W // 2 * 2] = dsquares.reshape(even.shape)
        gradients = {
            "w1": np.einsum("nchwij,nfhw->fcij", windows, dmaps),
            "b1": dmaps.sum(axis=(0, 2, 3)),
            "w2": flat.T @ dscores,
            "b2": dscores.sum(axis=0),
        }
        return -logs[np.arange(N), y].mean(), gradients


_ALONE = {"residual_forward": residual_alone, "residual_backward": residual_backward_alone}
_TENSORS = {
    "residual_forward": residual_in_torch,
    "residual_backward": residual_backward_by_autograd,
}
WRITTEN: list[tuple[str, dict[str, Callable[..., Any]]]] = [
    ("top_k_accuracy", {"top_k_accuracy": top_k_by_row}),
    ("top_k_accuracy", {"top_k_accuracy": top_k_with_lexsort}),
    ("stack_parameters", {"stack_parameters": stack_with_loop}),
    ("stack_parameters", {"stack_parameters": stack_of_modules}),
    ("conv_ops", {"conv_ops": ops_step_by_step}),
    ("conv_ops", {"conv_ops": ops_of_shapes}),
    ("nearest_neighbours", {"nearest_neighbours": neighbours_with_norms}),
    ("nearest_neighbours", {"nearest_neighbours": neighbours_in_torch}),
    *((name, functions) for functions in (_ALONE, _TENSORS) for name in functions),
    ("ConvNet", {"ConvNet": ConvNetAlone}),
    *POOLING,
    *((name, {name: network}) for name, network in (*NETWORKS, *DEEP)),
]
