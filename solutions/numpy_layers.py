"""The layers of lessons 2 to 4 on whole batches, in vectorised NumPy: the reference answers.

Arrays are batch first: x (N, D), w (D, M). float32 inputs give float32 results. The sections named
are those of the lecture on backprop with matrices.
"""

from typing import Any

import numpy as np

Array = np.ndarray


def matmul_forward(x: Array, w: Array) -> tuple[Array, Any]:
    """y = x w. x: (N, D), w: (D, M). Returns (y of (N, M), cache). Source: matrix multiply."""
    return x @ w, (x, w)


def matmul_backward(dy: Array, cache: Any) -> tuple[Array, Array]:
    """dx = dy wT, dw = xT dy: "the only way to make shapes match up".

    dy: (N, M). Returns (dx of (N, D), dw of (D, M)). Source: matrix multiply.
    """
    x, w = cache
    return dy @ w.T, x.T @ dy


def matmul_jacobian_x(x: Array, w: Array) -> Array:
    """J[n, d, i, m] = dy[i, m] / dx[n, d], which is w[d, m] for i = n and 0 elsewhere.

    x: (N, D), w: (D, M). Returns (N, D, N, M). Source: the Jacobian's layout
    [(N x D) x (N x M)].
    """
    same_row = np.eye(len(x), dtype=w.dtype)
    return np.einsum("ni,dm->ndim", same_row, w)


def jacobian_bytes(N: int, D: int, M: int, itemsize: int) -> tuple[int, int]:
    """Bytes of the explicit Jacobians dy/dx and dy/dw of y = x w.

    x: (N, D), w: (D, M); itemsize: bytes of one number. Source: "~256 GB", with N = 64 and
    D = M = 4096.
    """
    outputs = N * M
    return N * D * outputs * itemsize, D * M * outputs * itemsize


def affine_forward(x: Array, w: Array, b: Array) -> tuple[Array, Any]:
    """out = x w + b with every example of x as a row.

    x: (N, d1, ..., dk), w: (d1 * ... * dk, M), b: (M,). Returns (out of (N, M), cache).
    """
    return x.reshape(len(x), -1) @ w + b, (x, w, b)


def affine_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Gradients (dx, dw, db) in the shapes of x, w and b; b reaches every row of the batch."""
    x, w, _b = cache
    dx, dw = matmul_backward(dout, (x.reshape(len(x), -1), w))
    return dx.reshape(x.shape), dw, dout.sum(axis=0)


def unbroadcast(grad: Array, shape: tuple[int, ...]) -> Array:
    """The gradient of an array of this shape that was broadcast to the shape of ``grad``.

    Returns an array of ``shape``: the sum over all axes that broadcasting added or stretched.
    """
    added = grad.ndim - len(shape)
    stretched = (added + axis for axis, size in enumerate(shape) if size == 1)
    return grad.sum(axis=(*range(added), *stretched)).reshape(shape)


def softmax_loss(scores: Array, y: Array) -> tuple[float, Array]:
    """Mean cross-entropy over the batch, each row's maximum subtracted first: no overflow.

    scores: (N, C), y: (N,) right classes. Returns (loss, dscores of (N, C)).
    """
    rows = np.arange(len(y))
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    dscores = np.exp(log_p)
    dscores[rows, y] -= 1
    return -log_p[rows, y].mean(), dscores / len(y)


def batchnorm_forward(
    x: Array,
    gamma: Array,
    beta: Array,
    running_mean: Array,
    running_var: Array,
    training: bool,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> tuple[Array, Any, Array, Array]:
    """Batch normalisation as PyTorch's BatchNorm1d: out = gamma x_hat + beta.

    x: (N, D); the others (D,). Training takes the batch's mean and biased variance and moves
    the running ones towards the batch, with the unbiased variance; else the running ones are used
    and kept. Returns (out, cache, running_mean, running_var). Source: Ioffe and Szegedy, 2015.
    """
    mean, var = running_mean, running_var
    if training:
        mean, var = x.mean(axis=0), x.var(axis=0)
        running_mean = (1 - momentum) * running_mean + momentum * mean
        running_var = (1 - momentum) * running_var + momentum * x.var(axis=0, ddof=1)
    std = np.sqrt(var + eps)
    x_hat = (x - mean) / std
    return gamma * x_hat + beta, (x_hat, gamma, std, training), running_mean, running_var


def batchnorm_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Gradients (dx, dgamma, dbeta); in training the batch's mean and variance depend on x.

    dout: (N, D). Returns shapes (N, D), (D,), (D,). Source: Ioffe and Szegedy, 2015.
    """
    x_hat, gamma, std, training = cache
    dx_hat = dout * gamma
    if training:
        dx_hat = dx_hat - dx_hat.mean(axis=0) - x_hat * (dx_hat * x_hat).mean(axis=0)
    return dx_hat / std, (dout * x_hat).sum(axis=0), dout.sum(axis=0)


def dropout_forward(
    x: Array, p: float, training: bool, rng: np.random.Generator
) -> tuple[Array, Any]:
    """Inverted dropout: in training each entry is 0 with probability p, else x / (1 - p).

    x: any shape; 0 <= p < 1. Returns (out, cache). Source: Srivastava et al., 2014.
    """
    if not training:
        return x, None
    scale = (rng.random(x.shape) >= p).astype(x.dtype) / (1 - p)
    return x * scale, scale


def dropout_backward(dout: Array, cache: Any) -> Array:
    """dx: the forward pass's mask and scale, on the gradient."""
    return dout if cache is None else dout * cache


def sgd_momentum(
    w: Array, dw: Array, velocity: Array, learning_rate: float, momentum: float
) -> tuple[Array, Array]:
    """One step of torch.optim.SGD. Returns the new (w, velocity), the old ones unchanged."""
    velocity = momentum * velocity + dw
    return w - learning_rate * velocity, velocity


def adam(
    w: Array,
    dw: Array,
    m: Array,
    v: Array,
    t: int,
    learning_rate: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> tuple[Array, Array, Array]:
    """Step number t = 1, 2, ... of Adam. Returns the new (w, m, v), the old ones unchanged.

    Source: Kingma and Ba, 2015, algorithm 1.
    """
    m = beta1 * m + (1 - beta1) * dw
    v = beta2 * v + (1 - beta2) * dw * dw
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
    return w - learning_rate * m_hat / (np.sqrt(v_hat) + eps), m, v


def kaiming_init(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    """Weights (fan_in, fan_out) for ReLU: normal with variance 2 / fan_in. Source: He, 2015."""
    return rng.normal(0, np.sqrt(2 / fan_in), (fan_in, fan_out))


def xavier_init(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    """Weights (fan_in, fan_out): normal with variance 2 / (fan_in + fan_out).

    Source: Glorot and Bengio, 2010.
    """
    return rng.normal(0, np.sqrt(2 / (fan_in + fan_out)), (fan_in, fan_out))


class TwoLayerNet:
    """affine - ReLU - affine - softmax loss. Source: the two-layer network f = W2 max(0, W1 x)."""

    def __init__(self, w1: Array, b1: Array, w2: Array, b2: Array) -> None:
        """w1: (D, H), b1: (H,), w2: (H, C), b2: (C,)."""
        self.w1, self.b1, self.w2, self.b2 = w1, b1, w2, b2

    def loss(self, X: Array, y: Array | None = None) -> Any:
        """Scores (N, C) of the examples X (N, d1, ..., dk) where no labels y (N,) are given.

        Else (loss, gradients), gradients a dict with the keys w1, b1, w2, b2.
        """
        hidden, first = affine_forward(X, self.w1, self.b1)
        scores, second = affine_forward(np.maximum(0, hidden), self.w2, self.b2)
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        dz, dw2, db2 = affine_backward(dscores, second)
        _dx, dw1, db1 = affine_backward(dz * (hidden > 0), first)
        return loss, {"w1": dw1, "b1": db1, "w2": dw2, "b2": db2}


def einsum_backward(subscripts: str, dout: Array, x: Array, w: Array) -> tuple[Array, Array]:
    """Gradients (dx, dw) of out = einsum(subscripts, x, w), for two operands and an explicit "->".

    An index that one operand alone has was summed out: its gradient is the same all along it.
    """
    operands, out = subscripts.replace(" ", "").split("->")
    of_x, of_w = operands.split(",")
    dx = _einsum_gradient(out, dout, of_w, w, of_x, x)
    return dx, _einsum_gradient(out, dout, of_x, x, of_w, w)


def _einsum_gradient(
    out: str, dout: Array, of_other: str, other: Array, wanted: str, like: Array
) -> Array:
    """The gradient of the operand ``like`` with the indices ``wanted``."""
    found = "".join(index for index in wanted if index in out + of_other)
    gradient = np.einsum(f"{out},{of_other}->{found}", dout, other)
    alone = [axis for axis, index in enumerate(wanted) if index not in found]
    return np.broadcast_to(np.expand_dims(gradient, alone), like.shape).copy()
