"""Sofia Rossi: everything right, with matrices and caches that nobody else would think of."""

import numpy as np


# %%
def numerical_gradient(f, x, h=1e-5):
    x = np.array(x, dtype="float64")
    flat = x.ravel()
    out = np.empty_like(flat)
    for i, value in enumerate(flat.copy()):
        flat[i] = value + h
        above = f(x.copy())
        flat[i] = value - h
        below = f(x.copy())
        flat[i] = value
        out[i] = (above - below) / h / 2
    return out.reshape(x.shape)


# %%
def neuron_forward(w, x):
    A = np.array([[x[0], x[1], 1.0]])
    s = (A @ w).item()
    return 1 / (1 + np.exp(-s)), {"A": A, "s": s, "w": w.copy()}


# %%
def neuron_backward(dout, cache):
    y = 1 / (1 + np.exp(-cache["s"]))
    d = np.array([dout * y * (1 - y)])
    return cache["A"].T @ d, np.outer(cache["w"][:2], d)[:, 0]


# %%
def numerical_jacobian(f, x, h=1e-5):
    E = np.identity(len(x))
    plus = np.vstack([f(x + h * e) for e in E])
    minus = np.vstack([f(x - h * e) for e in E])
    return (plus - minus) / (2 * h)


# %%
def relu_jacobian(x):
    return np.einsum("i,ij->ij", np.heaviside(x, 0), np.eye(len(x)))


# %%
def jacobian_backward(jacobian, dz):
    return np.einsum("nm,m->n", jacobian, dz)


# %%
def relu_forward(x):
    D = relu_jacobian(x)
    return D @ x, D


# %%
def relu_backward(dz, cache):
    return jacobian_backward(cache, dz)


# %%
def sigmoid_forward(x):
    y = 0.5 * (1 + np.tanh(x / 2))
    return y, np.diag(y - y**2)


# %%
def sigmoid_backward(dy, cache):
    return jacobian_backward(cache, dy)


# %%
def softmax_forward(scores):
    p = np.exp(scores - np.logaddexp.reduce(scores))
    return p, np.diag(p) - np.outer(p, p)


# %%
def softmax_backward(dp, cache):
    return jacobian_backward(cache, dp)


# %%
def linear_forward(x, W, b):
    return np.einsum("md,d->m", W, x) + b, {"x": x.copy(), "W": W.copy()}


# %%
def linear_backward(dy, cache):
    dx = np.einsum("md,m->d", cache["W"], dy)
    dW = np.einsum("m,d->md", dy, cache["x"])
    return dx, dW, np.eye(len(dy)) @ dy


# %%
def cross_entropy_forward(scores, label):
    p, _ = softmax_forward(scores)
    gradient = p.copy()
    gradient[label] -= 1
    return np.logaddexp.reduce(scores) - scores[label], gradient


# %%
def cross_entropy_backward(dloss, cache):
    return cache * dloss


# %%
def two_layer_forward(x, W1, W2):
    h = W1 @ x
    z = h * (h > 0)
    return W2 @ z, [x, W1, W2, h, z]


# %%
def two_layer_backward(dscores, cache):
    x, W1, W2, h, z = cache
    dh = (dscores @ W2) * np.sign(z)
    return [dh @ W1, np.outer(dh, x), np.outer(dscores, z)]


# %%
def perceptron_update(w, x, target, learning_rate):
    y = np.heaviside(np.inner(w, x), 0)
    return w - learning_rate * (y - target) * x


# %%
def adaline_update(w, x, target, learning_rate):
    return (np.eye(len(w)) - learning_rate * np.outer(x, x)) @ w + learning_rate * target * x
