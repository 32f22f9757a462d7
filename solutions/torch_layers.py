"""The layers on PyTorch tensors of any device, without PyTorch's own layer calls or autograd.

Only tensor operations: each function runs where its arguments are, in their precision, and gives
back tensors of that device. Shapes and signatures are those of the NumPy references.
"""

from typing import Any

import torch
from torch import Tensor

from solutions.numpy_convolution import conv_output_size


def affine_forward(x: Tensor, w: Tensor, b: Tensor) -> tuple[Tensor, Any]:
    """out = x w + b. x: (N, d1, ..., dk), w: (d1 * ... * dk, M), b: (M,). Returns (out, cache)."""
    return x.reshape(len(x), -1) @ w + b, (x, w)


def affine_backward(dout: Tensor, cache: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients (dx, dw, db) in the shapes of x, w and b. dout: (N, M)."""
    x, w = cache
    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(0)


def relu_forward(x: Tensor) -> tuple[Tensor, Any]:
    """max(0, x), entry by entry. Returns (out, cache)."""
    return x.clamp(min=0), x


def relu_backward(dout: Tensor, cache: Any) -> Tensor:
    """dx is dout where x > 0 and 0 elsewhere."""
    return dout * (cache > 0)


def softmax_loss(scores: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Mean cross-entropy over the batch. scores: (N, C), y: (N,) right classes, whole numbers.

    Returns (loss, dscores of (N, C)); each row's maximum is subtracted first: no overflow.
    """
    rows = torch.arange(len(y), device=scores.device)
    shifted = scores - scores.amax(1, keepdim=True)
    log_p = shifted - shifted.exp().sum(1, keepdim=True).log()
    dscores = log_p.exp()
    dscores[rows, y] -= 1
    return -log_p[rows, y].mean(), dscores / len(y)


def batchnorm_forward(
    x: Tensor,
    gamma: Tensor,
    beta: Tensor,
    running_mean: Tensor,
    running_var: Tensor,
    training: bool,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> tuple[Tensor, Any, Tensor, Tensor]:
    """Batch normalisation as PyTorch's BatchNorm1d. x: (N, D); the others (D,).

    Returns (out, cache, running_mean, running_var). Source: Ioffe and Szegedy, 2015.
    """
    mean, var = running_mean, running_var
    if training:
        mean, var = x.mean(0), x.var(0, correction=0)
        running_mean = (1 - momentum) * running_mean + momentum * mean
        running_var = (1 - momentum) * running_var + momentum * x.var(0, correction=1)
    std = (var + eps).sqrt()
    x_hat = (x - mean) / std
    return gamma * x_hat + beta, (x_hat, gamma, std, training), running_mean, running_var


def batchnorm_backward(dout: Tensor, cache: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients (dx, dgamma, dbeta) of shapes (N, D), (D,), (D,). dout: (N, D)."""
    x_hat, gamma, std, training = cache
    dx_hat = dout * gamma
    if training:
        dx_hat = dx_hat - dx_hat.mean(0) - x_hat * (dx_hat * x_hat).mean(0)
    return dx_hat / std, (dout * x_hat).sum(0), dout.sum(0)


def conv_forward(
    x: Tensor, w: Tensor, b: Tensor, stride: int = 1, padding: int = 0
) -> tuple[Tensor, Any]:
    """The convolution layer as one matrix product over the columns of all images.

    x: (N, C, H, W), w: (F, C, kH, kW), b: (F,). Returns (out of (N, F, outH, outW), cache).
    Raises ValueError for shapes that do not belong together or sizes that do not fit.
    """
    if x.ndim != 4 or w.ndim != 4 or b.ndim != 1:
        raise ValueError(
            "x, w and b have the shapes (N, C, H, W), (F, C, kH, kW) and (F,), "
            f"not {tuple(x.shape)}, {tuple(w.shape)} and {tuple(b.shape)}"
        )
    (N, C, H, W), (F, channels, kH, kW) = x.shape, w.shape
    if channels != C or len(b) != F or not N:
        raise ValueError(
            f"x {tuple(x.shape)}, w {tuple(w.shape)} and b {tuple(b.shape)} do not fit: w has as "
            "many channels as x and as many filters as b, and there is at least one image"
        )
    out_h = conv_output_size(H, kH, stride, padding)
    out_w = conv_output_size(W, kW, stride, padding)
    windows = _padded(x, padding).unfold(2, kH, stride).unfold(3, kW, stride)
    columns = windows.permute(1, 4, 5, 0, 2, 3).reshape(C * kH * kW, -1)
    out = torch.addmm(b[:, None], w.reshape(F, -1), columns)
    out = out.reshape(F, N, out_h, out_w).transpose(0, 1).contiguous()
    return out, (x.shape, w, columns, stride, padding)


def conv_backward(dout: Tensor, cache: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients (dx, dw, db) in the shapes of x, w and b. dout: (N, F, outH, outW)."""
    (N, C, H, W), w, columns, stride, padding = cache
    F, _C, kH, kW = w.shape
    _N, _F, out_h, out_w = dout.shape
    dmaps = dout.transpose(0, 1).reshape(F, -1)
    dw = (dmaps @ columns.T).reshape(w.shape)
    dwindows = (w.reshape(F, -1).T @ dmaps).reshape(C, kH, kW, N, out_h, out_w)
    dx = dout.new_zeros(C, N, H + 2 * padding, W + 2 * padding)
    for i in range(kH):
        for j in range(kW):
            rows = slice(i, i + stride * out_h, stride)
            dx[:, :, rows, j : j + stride * out_w : stride] += dwindows[:, i, j]
    dx = dx[:, :, padding : padding + H, padding : padding + W].transpose(0, 1)
    return dx.contiguous(), dw, dmaps.sum(1)


def conv_forward_torch(
    x: Tensor, w: Tensor, b: Tensor, stride: int = 1, padding: int = 0
) -> Tensor:
    """The layer's output alone, as ``conv_forward``."""
    return conv_forward(x, w, b, stride, padding)[0]


class Conv2dFunction(torch.autograd.Function):
    """The layer as an operation that autograd takes for its own."""

    @staticmethod
    def forward(  # type: ignore[override]
        ctx: Any, x: Tensor, w: Tensor, b: Tensor, stride: int, padding: int
    ) -> Tensor:
        """x: (N, C, H, W), w: (F, C, kH, kW), b: (F,). Returns (N, F, outH, outW)."""
        out, (ctx.x_shape, _w, columns, ctx.stride, ctx.padding) = conv_forward(
            x, w, b, stride, padding
        )
        ctx.save_for_backward(w, columns)
        return out

    @staticmethod
    def backward(ctx: Any, dout: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:  # type: ignore[override]
        """Gradients of x, w and b; stride and padding have none."""
        w, columns = ctx.saved_tensors
        gradients = conv_backward(dout, (ctx.x_shape, w, columns, ctx.stride, ctx.padding))
        return (*gradients, None, None)


def _padded(x: Tensor, padding: int) -> Tensor:
    if not padding:
        return x
    N, C, H, W = x.shape
    padded = x.new_zeros(N, C, H + 2 * padding, W + 2 * padding)
    padded[:, :, padding : padding + H, padding : padding + W] = x
    return padded
