"""Wrong dropout, optimisers, weights and networks as people write them, each with the name of its
mistake; and the bonus."""

from collections.abc import Callable
from typing import Any

import numpy as np
from matrix_wrong_layers import loss_of


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
