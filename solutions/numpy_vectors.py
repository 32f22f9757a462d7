"""Reference answers of the first lesson in NumPy: vectorised, float64, vectors of shape (N,).

The grader uses them as a second answer, independent of PyTorch. The sections named are those of
the lecture on backprop with vectors.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray


def numerical_gradient(f: Callable[[Array], float], x: Any, h: float = 1e-5) -> Array:
    """Central difference (f(x + h) - f(x - h)) / 2h for each entry.

    f: a scalar function; x: an array of any shape or a number, left unchanged.
    Returns the gradient in the shape of x. Source: scalars, vectors and their derivatives.
    """
    x = np.asarray(x, dtype=np.float64)
    gradient = np.empty(x.size)
    for n, step in enumerate(h * np.eye(x.size)):
        step = step.reshape(x.shape)
        gradient[n] = (f(x + step) - f(x - step)) / (2 * h)
    return gradient.reshape(x.shape)


def neuron_forward(w: Array, x: Array) -> tuple[float, Any]:
    """out = 1 / (1 + exp(-(w0 x0 + w1 x1 + w2))).

    w: (3,), x: (2,). Returns (out, cache). Source: the worked scalar graph.
    """
    out = 1 / (1 + np.exp(-(w[:2] @ x + w[2])))
    return out, (w, x, out)


def neuron_backward(dout: float, cache: Any) -> tuple[Array, Array]:
    """Gradients (dw, dx) of the neuron, of shapes (3,) and (2,). Source: as its forward."""
    w, x, out = cache
    dsum = dout * out * (1 - out)
    return dsum * np.append(x, 1.0), dsum * w[:2]


def numerical_jacobian(f: Callable[[Array], Array], x: Array, h: float = 1e-5) -> Array:
    """J[n, m] = dy_m / dx_n by central differences.

    f: (N,) -> (M,); x: (N,), left unchanged. Returns (N, M), the transpose of PyTorch's layout.
    Source: the derivative of a vector by a vector.
    """
    rows = [(f(x + step) - f(x - step)) / (2 * h) for step in h * np.eye(x.size)]
    return np.array(rows)


def relu_jacobian(x: Array) -> Array:
    """ReLU's Jacobian (N, N), with slope 0 at x = 0. Source: the 4-D ReLU example."""
    return np.diag((x > 0).astype(np.float64))


def jacobian_backward(jacobian: Array, dz: Array) -> Array:
    """dx = J dz for J (N, M) and dz (M,). Source: backprop with vectors."""
    return jacobian @ dz


def relu_forward(x: Array) -> tuple[Array, Any]:
    """z = max(0, x), entry by entry. Returns (z, cache). Source: the 4-D ReLU example."""
    return np.maximum(0, x), x


def relu_backward(dz: Array, cache: Any) -> Array:
    """dx is dz where x > 0 and 0 elsewhere. Source: the Jacobian is never formed explicitly."""
    return dz * (cache > 0)


def sigmoid_forward(x: Array) -> tuple[Array, Any]:
    """y = 1 / (1 + exp(-x)), written with tanh, which cannot overflow. Returns (y, cache)."""
    y = 0.5 + 0.5 * np.tanh(0.5 * x)
    return y, y


def sigmoid_backward(dy: Array, cache: Any) -> Array:
    """dx = dy y (1 - y)."""
    return dy * cache * (1 - cache)


def softmax_forward(scores: Array) -> tuple[Array, Any]:
    """p = exp(scores) / sum(exp(scores)), with the maximum subtracted first: no overflow.

    scores: (C,). Returns (p, cache).
    """
    exponentials = np.exp(scores - scores.max())
    p = exponentials / exponentials.sum()
    return p, p


def softmax_backward(dp: Array, cache: Any) -> Array:
    """dscores = (diag(p) - p pT) dp, without forming the matrix. dp: (C,). Returns (C,)."""
    p = cache
    return p * (dp - p @ dp)


def linear_forward(x: Array, W: Array, b: Array) -> tuple[Array, Any]:
    """y = W x + b for one vector. x: (D,), W: (M, D), b: (M,). Returns (y of (M,), cache)."""
    return W @ x + b, (x, W, b)


def linear_backward(dy: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Gradients (dx, dW, db) in the shapes of x, W and b. Source: f = W x."""
    x, W, _b = cache
    return W.T @ dy, np.outer(dy, x), dy.copy()


def cross_entropy_forward(scores: Array, label: int) -> tuple[float, Any]:
    """loss = log(sum(exp(scores))) - scores[label], with the maximum subtracted first.

    scores: (C,), label: the right class. Returns (loss, cache).
    """
    shifted = scores - scores.max()
    return np.log(np.exp(shifted).sum()) - shifted[label], (scores, label)


def cross_entropy_backward(dloss: float, cache: Any) -> Array:
    """dscores = dloss (p - one_hot(label)), of shape (C,)."""
    scores, label = cache
    gradient, _cache = softmax_forward(scores)
    gradient[label] -= 1
    return dloss * gradient


def two_layer_forward(x: Array, W1: Array, W2: Array) -> tuple[Array, Any]:
    """f = W2 max(0, W1 x). x: (D,), W1: (H, D), W2: (C, H). Returns (scores of (C,), cache)."""
    hidden, first = linear_forward(x, W1, np.zeros(len(W1)))
    z, gate = relu_forward(hidden)
    scores, second = linear_forward(z, W2, np.zeros(len(W2)))
    return scores, (first, gate, second)


def two_layer_backward(dscores: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Gradients (dx, dW1, dW2): the layers' backward functions, last layer first."""
    first, gate, second = cache
    dz, dW2, _db2 = linear_backward(dscores, second)
    dx, dW1, _db1 = linear_backward(relu_backward(dz, gate), first)
    return dx, dW1, dW2


def perceptron_update(w: Array, x: Array, target: int, learning_rate: float) -> Array:
    """Mark I: w + a (d - y) x with y = 1 where w.x > 0, else 0.

    w, x: (N,), the bias last with the input 1; target: 0 or 1. Returns new weights (N,).
    Source: the history slides.
    """
    answer = int(w @ x > 0)
    return w + learning_rate * (target - answer) * x


def adaline_update(w: Array, x: Array, target: int, learning_rate: float) -> Array:
    """Widrow-Hoff: w + a (d - w.x) x, the error taken before the threshold.

    w, x: (N,); target: -1 or 1. Returns new weights (N,). Source: the history slides.
    """
    return w + learning_rate * (target - w @ x) * x
