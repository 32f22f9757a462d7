"""Right answers to lesson 2 in other styles than the references': loops, einsum, dicts, tensors."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch


def matmul_with_loops(x: Any, w: Any) -> Any:
    y = np.zeros((x.shape[0], w.shape[1]))
    for n in range(x.shape[0]):
        for m in range(w.shape[1]):
            for d in range(x.shape[1]):
                y[n, m] += x[n, d] * w[d, m]
    return y, {"x": x, "w": w}


def matmul_backward_einsum(dy: Any, cache: Any) -> Any:
    dx = np.einsum("nm,dm->nd", dy, cache["w"])
    return [dx, np.einsum("nd,nm->dm", cache["x"], dy)]


def jacobian_with_loops(x: Any, w: Any) -> Any:
    (n, d), m = x.shape, w.shape[1]
    jacobian = np.zeros((n, d, n, m))
    for row in range(n):
        jacobian[row, :, row, :] = w
    return jacobian


def affine_by_example(x: Any, w: Any, b: Any) -> Any:
    rows = [example.ravel().dot(w) + b for example in x]
    return np.array(rows), {"x": x.copy(), "w": w}


def affine_backward_by_example(dout: Any, cache: Any) -> Any:
    x, w = cache["x"], cache["w"]
    dw, db = np.zeros_like(w), np.zeros(w.shape[1])
    dx = np.zeros_like(x)
    for n in range(len(x)):
        dx[n] = w.dot(dout[n]).reshape(x[n].shape)
        dw += np.outer(x[n], dout[n])
        db += dout[n]
    return dx, dw, db


def affine_in_torch(x: Any, w: Any, b: Any) -> Any:
    x, w, b = torch.tensor(x), torch.tensor(w), torch.tensor(b)
    return x.flatten(1) @ w + b, (x, w)


def affine_backward_in_torch(dout: Any, cache: Any) -> Any:
    x, w = cache
    dout = torch.tensor(dout)
    return (dout @ w.T).reshape(x.shape), x.flatten(1).T @ dout, dout.sum(0)


def unbroadcast_axis_by_axis(grad: Any, shape: Any) -> Any:
    while grad.ndim > len(shape):
        grad = grad.sum(0)
    for axis, size in enumerate(shape):
        if size == 1:
            grad = grad.sum(axis, keepdims=True)
    return grad


def softmax_loss_by_row(scores: Any, y: Any) -> Any:
    loss, dscores = 0.0, []
    for row, label in zip(scores, y, strict=True):
        logs = row - np.logaddexp.reduce(row)
        loss -= logs[label] / len(y)
        dscores.append((np.exp(logs) - (np.arange(len(row)) == label)) / len(y))
    return float(loss), dscores


def batchnorm_with_loops(
    x: Any,
    gamma: Any,
    beta: Any,
    running_mean: Any,
    running_var: Any,
    training: Any,
    momentum: Any = 0.1,
    eps: Any = 1e-5,
) -> Any:
    n, columns = x.shape
    out, cache = np.zeros((n, columns)), []
    means, variances = np.array(running_mean), np.array(running_var)
    for d in range(columns):
        mean, var = running_mean[d], running_var[d]
        if training:
            mean = sum(x[:, d]) / n
            var = sum((x[:, d] - mean) ** 2) / n
            means[d] += momentum * (mean - running_mean[d])
            variances[d] += momentum * (var * n / (n - 1) - running_var[d])
        normal = (x[:, d] - mean) / (var + eps) ** 0.5
        out[:, d] = gamma[d] * normal + beta[d]
        cache.append({"normal": normal, "scale": gamma[d] / (var + eps) ** 0.5})
    return out, (cache, training), means, variances


def batchnorm_backward_with_loops(dout: Any, cache: Any) -> Any:
    columns, training = cache
    dx, dgamma, dbeta = np.zeros(dout.shape), [], []
    for d, kept in enumerate(columns):
        up, normal = dout[:, d], kept["normal"]
        dgamma.append(sum(up * normal))
        dbeta.append(sum(up))
        paths = (dbeta[-1] + normal * dgamma[-1]) / len(up) if training else 0
        dx[:, d] = kept["scale"] * (up - paths)
    return dx, dgamma, dbeta


def dropout_with_choice(x: Any, p: Any, training: Any, rng: Any) -> Any:
    if not training:
        return x.copy(), {"mask": None}
    mask = rng.choice([False, True], size=x.shape, p=[p, 1 - p])
    return np.where(mask, x / (1 - p), 0), {"mask": mask, "p": p}


def dropout_backward_with_where(dout: Any, cache: Any) -> Any:
    if cache["mask"] is None:
        return dout
    return (np.where(cache["mask"], dout / (1 - cache["p"]), 0),)


def dropout_binomial(x: Any, p: Any, training: Any, rng: Any) -> Any:
    kept = rng.binomial(1, 1 - p, x.shape) / (1 - p) if training else np.ones(x.shape)
    return kept * x, kept


def momentum_by_entry(w: Any, dw: Any, velocity: Any, learning_rate: Any, momentum: Any) -> Any:
    new_w, new_velocity = w.copy(), velocity.copy()
    for index in np.ndindex(w.shape):
        new_velocity[index] = momentum * velocity[index] + dw[index]
        new_w[index] -= learning_rate * new_velocity[index]
    return [new_w, new_velocity]


def adam_by_rate(
    w: Any,
    dw: Any,
    m: Any,
    v: Any,
    t: Any,
    learning_rate: Any = 1e-3,
    beta1: Any = 0.9,
    beta2: Any = 0.999,
    eps: Any = 1e-8,
) -> Any:
    m = m + (1 - beta1) * (dw - m)
    v = v + (1 - beta2) * (dw**2 - v)
    root = np.sqrt(1 - beta2**t)
    return w - learning_rate * root / (1 - beta1**t) * m / (np.sqrt(v) + eps * root), m, v


def kaiming_standard_normal(fan_in: Any, fan_out: Any, rng: Any) -> Any:
    return [
        [x * (2 / fan_in) ** 0.5 for x in row] for row in rng.standard_normal((fan_in, fan_out))
    ]


def xavier_float32(fan_in: Any, fan_out: Any, rng: Any) -> Any:
    numbers = rng.standard_normal(fan_in * fan_out, dtype=np.float32).reshape(fan_in, fan_out)
    return numbers / np.float32(((fan_in + fan_out) / 2) ** 0.5)


class NetOfItsOwn:
    """Asks for no part of the lesson."""

    def __init__(self, w1: Any, b1: Any, w2: Any, b2: Any) -> None:
        self.parameters = {"w1": w1, "b1": b1, "w2": w2, "b2": b2}

    def loss(self, X: Any, y: Any = None) -> Any:
        rows = X.reshape(X.shape[0], -1)
        z = (rows @ self.parameters["w1"] + self.parameters["b1"]).clip(0)
        scores = z @ self.parameters["w2"] + self.parameters["b2"]
        if y is None:
            return scores
        p = np.exp(scores - scores.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        loss = -np.mean(np.log(p[np.arange(len(y)), y]))
        p[np.arange(len(y)), y] -= 1
        dz = p @ self.parameters["w2"].T * (z > 0)
        sums = {"w1": rows.T @ dz, "b1": dz.sum(0), "w2": z.T @ p, "b2": p.sum(0)}
        return loss, {"w0": None} | {name: total / len(y) for name, total in sums.items()}


def einsum_backward_in_torch(subscripts: Any, dout: Any, x: Any, w: Any) -> Any:
    x, w = torch.tensor(x, requires_grad=True), torch.tensor(w, requires_grad=True)
    torch.einsum(subscripts, x, w).backward(torch.tensor(dout))
    return x.grad, w.grad


def einsum_backward_with_ones(subscripts: Any, dout: Any, x: Any, w: Any) -> Any:
    operands, out = subscripts.split("->")
    of_x, of_w = operands.split(",")

    def gradient(of_this: str, this: Any, of_other: str, other: Any) -> Any:
        alone = "".join(index for index in of_this if index not in of_other + out)
        ones = np.ones([this.shape[of_this.index(index)] for index in alone])
        return np.einsum(f"{out},{of_other},{alone}->{of_this}", dout, other, ones)

    return gradient(of_x, x, of_w, w), gradient(of_w, w, of_x, x)


OTHER_STYLES: list[tuple[str, dict[str, Callable[..., Any]]]] = [
    ("matmul_forward", {"matmul_forward": matmul_with_loops}),
    (
        "matmul_backward",
        {"matmul_forward": matmul_with_loops, "matmul_backward": matmul_backward_einsum},
    ),
    ("matmul_jacobian_x", {"matmul_jacobian_x": jacobian_with_loops}),
    (
        "jacobian_bytes",
        {
            "jacobian_bytes": lambda N, D, M, itemsize: (
                [N * M * count * itemsize / 1 for count in (N * D, D * M)]
            )
        },
    ),
    ("affine_forward", {"affine_forward": affine_by_example}),
    ("affine_forward", {"affine_forward": affine_in_torch}),
    (
        "affine_backward",
        {"affine_forward": affine_by_example, "affine_backward": affine_backward_by_example},
    ),
    (
        "affine_backward",
        {"affine_forward": affine_in_torch, "affine_backward": affine_backward_in_torch},
    ),
    ("unbroadcast", {"unbroadcast": unbroadcast_axis_by_axis}),
    ("softmax_loss", {"softmax_loss": softmax_loss_by_row}),
    ("batchnorm_forward", {"batchnorm_forward": batchnorm_with_loops}),
    (
        "batchnorm_backward",
        {
            "batchnorm_forward": batchnorm_with_loops,
            "batchnorm_backward": batchnorm_backward_with_loops,
        },
    ),
    ("dropout_forward", {"dropout_forward": dropout_with_choice}),
    ("dropout_forward", {"dropout_forward": dropout_binomial}),
    (
        "dropout_backward",
        {"dropout_forward": dropout_with_choice, "dropout_backward": dropout_backward_with_where},
    ),
    ("dropout_backward", {"dropout_forward": dropout_binomial}),
    ("sgd_momentum", {"sgd_momentum": momentum_by_entry}),
    ("adam", {"adam": adam_by_rate}),
    ("kaiming_init", {"kaiming_init": kaiming_standard_normal}),
    ("xavier_init", {"xavier_init": xavier_float32}),
    ("TwoLayerNet", {"TwoLayerNet": NetOfItsOwn}),
    ("einsum_backward", {"einsum_backward": einsum_backward_in_torch}),
    ("einsum_backward", {"einsum_backward": einsum_backward_with_ones}),
]
