"""Wrong layers of lesson 2 as people write them, each with the name of its mistake."""

from collections.abc import Callable
from typing import Any

import numpy as np


def affine_backward(
    dout: Any, cache: Any, keepdims: bool = False, share: float = 1.0, shape: bool = True
) -> Any:
    x, w, _b = cache
    dx = dout @ w.T
    dw = x.reshape(len(x), -1).T @ dout
    db = np.sum(dout, axis=0, keepdims=keepdims) * share
    return dx.reshape(x.shape) if shape else dx, dw, db


def every_row_touched(x: Any, w: Any) -> Any:
    (n, d), m = x.shape, w.shape[1]
    jacobian = np.zeros((n, d, n, m))
    jacobian[:] = w[None, :, None, :]
    return jacobian


def torchs_layout(x: Any, w: Any) -> Any:
    return np.einsum("ni,dm->nmid", np.eye(len(x)), w)


def without_inner_ones(grad: Any, shape: Any) -> Any:
    while grad.ndim > len(shape):
        grad = grad.sum(axis=0)
    return grad


def without_keepdims(grad: Any, shape: Any) -> Any:
    grad = without_inner_ones(grad, shape)
    return grad.sum(axis=tuple(axis for axis, size in enumerate(shape) if size == 1))


def loss_of(
    scores: Any,
    y: Any,
    gradient_mean: bool = True,
    columns: bool = False,
    shift: Any = None,
) -> Any:
    rows = np.arange(len(y))
    shift = scores.max(axis=1, keepdims=True) if shift is None else shift
    p = np.exp(scores - shift)
    p = p / p.sum(axis=1, keepdims=True)
    loss = -np.log(p[rows, y]).mean()
    dscores = p.copy()
    if columns:
        dscores[:, y] -= 1
    else:
        dscores[rows, y] -= 1
    return loss, dscores / len(y) if gradient_mean else dscores


def softmax_loss_with_logs(scores: Any, y: Any, **mistake: Any) -> Any:
    """The loss is stable; what is wrong is in the gradient alone."""
    logs = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
    return -logs[np.arange(len(y)), y].mean(), loss_of(scores, y, **mistake)[1]


def batchnorm(
    x: Any,
    gamma: Any,
    beta: Any,
    running_mean: Any,
    running_var: Any,
    training: Any,
    momentum: Any = 0.1,
    eps: Any = 1e-5,
    batch: int = 0,
    running: int = 1,
    turned_round: bool = False,
    always_batch: bool = False,
) -> Any:
    mean, var = running_mean, running_var
    if training or always_batch:
        mean, var = x.mean(0), x.var(0, ddof=batch)
    if training:
        keep = momentum if turned_round else 1 - momentum
        running_mean = keep * running_mean + (1 - keep) * mean
        running_var = keep * running_var + (1 - keep) * x.var(0, ddof=running)
    std = np.sqrt(var + eps)
    normal = (x - mean) / std
    return gamma * normal + beta, (normal, gamma, std, training), running_mean, running_var


def without(**mistake: Any) -> Callable[..., Any]:
    return lambda *args: batchnorm(*args, **mistake)


def batchnorm_backward(
    dout: Any,
    cache: Any,
    scale: bool = True,
    mean: bool = True,
    var: bool = True,
    asks_mode: bool = True,
) -> Any:
    normal, gamma, std, training = cache
    up = dout * gamma if scale else dout
    dx = up.copy()
    if training or not asks_mode:
        dx -= up.mean(0) if mean else 0
        dx -= normal * (up * normal).mean(0) if var else 0
    return dx / std, (dout * normal).sum(0), dout.sum(0)


WRITTEN: list[tuple[str, Callable[..., Any], str]] = [
    ("matmul_forward", lambda x, w: (x @ w.T, x), "w transposed"),
    ("matmul_forward", lambda x, w: (x * w, x), "entry by entry"),
    ("matmul_backward", lambda dy, c: (dy @ c[1], c[0].T @ dy), "w not transposed in dx"),
    ("matmul_backward", lambda dy, c: (dy @ c[1].T, dy.T @ c[0]), "dw transposed"),
    ("matmul_jacobian_x", every_row_touched, "every row touched"),
    ("matmul_jacobian_x", torchs_layout, "PyTorch's layout"),
    (
        "jacobian_bytes",
        lambda N, D, M, itemsize: (N * D * itemsize, D * M * itemsize),
        "sizes of x and w",
    ),
    (
        "jacobian_bytes",
        lambda N, D, M, itemsize: (N * D * N * M * itemsize,) * 2,
        "both as large as dy/dx",
    ),
    (
        "affine_backward",
        lambda dout, cache: affine_backward(dout, cache, keepdims=True),
        "db with two axes",
    ),
    (
        "affine_backward",
        lambda dout, cache: affine_backward(dout, cache, share=1 / len(dout)),
        "db averaged over the batch",
    ),
    (
        "affine_backward",
        lambda dout, cache: affine_backward(dout, cache, shape=False),
        "dx left flattened",
    ),
    ("unbroadcast", without_inner_ones, "only leading axes summed"),
    ("unbroadcast", without_keepdims, "axes of size 1 lost"),
    (
        "softmax_loss",
        lambda scores, y: softmax_loss_with_logs(scores, y, gradient_mean=False),
        "gradient not divided by N",
    ),
    (
        "softmax_loss",
        lambda scores, y: softmax_loss_with_logs(scores, y, columns=True),
        "1 subtracted in whole columns",
    ),
    ("softmax_loss", lambda scores, y: loss_of(scores, y, shift=0), "maximum not subtracted"),
    (
        "softmax_loss",
        lambda scores, y: softmax_loss_with_logs(scores, y, shift=scores.max()),
        "one maximum for the whole batch",
    ),
    ("softmax_loss", loss_of, "log of a probability that is 0"),
    ("batchnorm_forward", without(batch=1), "unbiased variance for the batch"),
    ("batchnorm_forward", without(running=0), "biased variance in running_var"),
    ("batchnorm_forward", without(turned_round=True), "momentum turned round"),
    (
        "batchnorm_forward",
        without(always_batch=True),
        "the batch's statistics outside training",
    ),
    (
        "batchnorm_backward",
        lambda dout, cache: batchnorm_backward(dout, cache, scale=False),
        "gamma forgotten in dx",
    ),
    (
        "batchnorm_backward",
        lambda dout, cache: batchnorm_backward(dout, cache, mean=False, var=False),
        "mean and variance taken as constants",
    ),
    (
        "batchnorm_backward",
        lambda dout, cache: batchnorm_backward(dout, cache, var=False),
        "variance taken as a constant",
    ),
    (
        "batchnorm_backward",
        lambda dout, cache: batchnorm_backward(dout, cache, mean=False),
        "mean taken as a constant",
    ),
    (
        "batchnorm_backward",
        lambda dout, cache: batchnorm_backward(dout, cache, asks_mode=False),
        "training's formula in both modes",
    ),
]
