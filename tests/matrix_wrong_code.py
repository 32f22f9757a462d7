"""Wrong answers to lesson 2 as people write them, each with the name of its mistake."""

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


def dropout(
    x: Any,
    p: Any,
    training: Any,
    rng: Any,
    keep: Any = lambda p: 1 - p,
    scale: Any = lambda p: 1 / (1 - p),
    rows: bool = True,
    evaluation: float | None = 1.0,
) -> Any:
    if not training and evaluation is not None:
        return x * evaluation, np.full(x.shape, evaluation)
    mask = (rng.random(x.shape if rows else x.shape[1:]) < keep(p)) * scale(p)
    return x * mask, np.broadcast_to(mask, x.shape)


def dropout_unseeded(x: Any, p: Any, training: Any, rng: Any) -> Any:
    return dropout(x, p, training, np.random)


def dropout_with_own_seed(x: Any, p: Any, training: Any, rng: Any) -> Any:
    return dropout(x, p, training, np.random.default_rng(42))


def redrawn(dout: Any, cache: Any) -> Any:
    if np.all(cache == 1):
        return dout
    kept = np.mean(cache > 0)
    return dout * (np.random.default_rng().random(dout.shape) < kept) * cache.max()


def momentum_minus(w: Any, dw: Any, velocity: Any, learning_rate: Any, momentum: Any) -> Any:
    velocity = dw - momentum * velocity
    return w - learning_rate * velocity, velocity


def velocity_in_steps(w: Any, dw: Any, velocity: Any, learning_rate: Any, momentum: Any) -> Any:
    velocity = momentum * velocity - learning_rate * dw
    return w + velocity, velocity


def running_mean(w: Any, dw: Any, velocity: Any, learning_rate: Any, momentum: Any) -> Any:
    velocity = momentum * velocity + (1 - momentum) * dw
    return w - learning_rate * velocity, velocity


def adam(
    w: Any,
    dw: Any,
    m: Any,
    v: Any,
    t: Any,
    learning_rate: Any = 1e-3,
    beta1: Any = 0.9,
    beta2: Any = 0.999,
    eps: Any = 1e-8,
    corrected: bool = True,
    count: int = 0,
    handed_on: bool = False,
    inside: bool = False,
) -> Any:
    m, v = beta1 * m + (1 - beta1) * dw, beta2 * v + (1 - beta2) * dw**2
    t = t + count
    m_hat, v_hat = (m / (1 - beta1**t), v / (1 - beta2**t)) if corrected else (m, v)
    root = np.sqrt(v_hat + eps) if inside else np.sqrt(v_hat) + eps
    w = w - learning_rate * m_hat / root
    return (w, m_hat, v_hat) if handed_on else (w, m, v)


def adam_with(**mistake: Any) -> Callable[..., Any]:
    return lambda *args: adam(*args, **mistake)


class UngatedNet:
    def __init__(self, w1: Any, b1: Any, w2: Any, b2: Any) -> None:
        self.w1, self.b1, self.w2, self.b2 = w1, b1, w2, b2

    def hidden(self, X: Any) -> Any:
        return np.maximum(0, X.reshape(len(X), -1) @ self.w1 + self.b1)

    def gate(self, dhidden: Any, hidden: Any) -> Any:
        return dhidden

    def loss(self, X: Any, y: Any = None) -> Any:
        hidden = self.hidden(X)
        scores = hidden @ self.w2 + self.b2
        if y is None:
            return scores
        loss, dscores = loss_of(scores, y)
        dhidden = self.gate(dscores @ self.w2.T, hidden)
        dw1 = X.reshape(len(X), -1).T @ dhidden
        gradients = {"w1": dw1, "b1": dhidden.sum(0)}
        return loss, gradients | {"w2": hidden.T @ dscores, "b2": dscores.sum(0)}


class GradientGatedNet(UngatedNet):
    def gate(self, dhidden: Any, hidden: Any) -> Any:
        return np.maximum(0, dhidden)


class LinearNet(UngatedNet):
    def hidden(self, X: Any) -> Any:
        return X.reshape(len(X), -1) @ self.w1 + self.b1


def einsum_not_spread(subscripts: Any, dout: Any, x: Any, w: Any) -> Any:
    operands, out = subscripts.split("->")
    of_x, of_w = operands.split(",")
    alone_x, alone_w = set(of_x) - set(of_w + out), set(of_w) - set(of_x + out)

    def gradient(wanted: str, alone: set[str], of_other: str, other: Any) -> Any:
        found = np.einsum(
            f"{out},{of_other}->{''.join(i for i in wanted if i not in alone)}", dout, other
        )
        return np.expand_dims(found, [wanted.index(index) for index in alone])

    return gradient(of_x, alone_x, of_w, w), gradient(of_w, alone_w, of_x, x)


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
    ("dropout_forward", lambda *args: dropout(*args, scale=lambda p: 1), "kept numbers not scaled"),
    (
        "dropout_forward",
        lambda *args: dropout(*args, keep=lambda p: p, scale=lambda p: 1 / p),
        "p taken as the probability to keep",
    ),
    (
        "dropout_forward",
        lambda *args: dropout(*args, keep=lambda p: p),
        "kept and dropped exchanged",
    ),
    ("dropout_forward", lambda *args: dropout(*args, rows=False), "one mask for all rows"),
    (
        "dropout_forward",
        lambda *args: dropout(*args, scale=lambda p: 1, evaluation=1 - args[1]),
        "scaled outside training",
    ),
    ("dropout_forward", lambda *args: dropout(*args, evaluation=None), "dropped outside training"),
    ("dropout_forward", dropout_unseeded, "generator not used"),
    ("dropout_forward", dropout_with_own_seed, "the same mask at every call"),
    ("dropout_backward", lambda dout, cache: dout, "mask forgotten"),
    ("dropout_backward", lambda dout, cache: dout * (cache > 0), "scale forgotten"),
    ("dropout_backward", redrawn, "mask drawn anew"),
    ("sgd_momentum", momentum_minus, "sign of the momentum"),
    ("sgd_momentum", velocity_in_steps, "velocity that holds the learning rate"),
    ("sgd_momentum", running_mean, "gradient damped"),
    ("adam", adam_with(corrected=False), "no bias correction"),
    ("adam", adam_with(count=-1), "t counted from 0"),
    ("adam", adam_with(handed_on=True), "corrected moments handed on"),
    ("adam", adam_with(inside=True), "eps inside the root"),
    (
        "kaiming_init",
        lambda fan_in, fan_out, rng: rng.normal(0, 2 / fan_in, (fan_in, fan_out)),
        "variance in place of the standard deviation",
    ),
    (
        "kaiming_init",
        lambda fan_in, fan_out, rng: rng.uniform(-1, 1, (fan_in, fan_out)) * np.sqrt(6 / fan_in),
        "uniform numbers",
    ),
    (
        "xavier_init",
        lambda fan_in, fan_out, rng: rng.normal(0, fan_in**-0.5, (fan_in, fan_out)),
        "fan_in alone",
    ),
    (
        "xavier_init",
        lambda fan_in, fan_out, rng: np.random.normal(
            0, np.sqrt(2 / (fan_in + fan_out)), (fan_in, fan_out)
        ),
        "generator not used",
    ),
    ("TwoLayerNet", UngatedNet, "ReLU's gate left out"),
    ("TwoLayerNet", GradientGatedNet, "gate set by the gradient"),
    ("TwoLayerNet", LinearNet, "ReLU left out"),
    ("einsum_backward", einsum_not_spread, "not spread along a summed index"),
]
