"""Lukáš Novák: the mistakes that everybody makes: one-sided difference, bias and upstream gradient
forgotten, products transposed, ``>=`` for ``>``, maximum not subtracted, inputs changed in place."""

import numpy as np


# %%
def numerical_gradient(f, x, h=1e-5):
    x = np.array(x, dtype=float)
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[index] = h
        gradient[index] = (f(x + step) - f(x)) / h
    return gradient


# %%
def neuron_forward(w, x):
    out = 1 / (1 + np.exp(-(w[0] * x[0] + w[1] * x[1])))
    return out, (w, x, out)


# %%
def neuron_backward(dout, cache):
    w, x, out = cache
    slope = out * (1 - out)
    return slope * np.array([x[0], x[1], 1]), slope * w[:2]


# %%
def numerical_jacobian(f, x, h=1e-5):
    x = np.array(x, dtype=float)
    columns = []
    for n in range(len(x)):
        step = np.zeros(len(x))
        step[n] = h
        columns.append((f(x + step) - f(x - step)) / (2 * h))
    return np.array(columns).T


# %%
def relu_jacobian(x):
    return np.diag((x >= 0).astype(float))


# %%
def jacobian_backward(jacobian, dz):
    return jacobian.T @ dz


# %%
def relu_forward(x):
    cache = x.copy()
    x[x < 0] = 0
    return x, cache


# %%
def relu_backward(dz, cache):
    return dz * (cache >= 0)


# %%
def sigmoid_forward(x):
    y = np.exp(x) / (1 + np.exp(x))
    return y, y


# %%
def sigmoid_backward(dy, cache):
    return cache * (1 - cache)


# %%
def softmax_forward(scores):
    p = np.exp(scores) / np.sum(np.exp(scores))
    return p, p


# %%
def softmax_backward(dp, cache):
    return dp * cache * (1 - cache)


# %%
def linear_forward(x, W, b):
    return W @ x, (x, W, b)


# %%
def linear_backward(dy, cache):
    x, W, b = cache
    return W.T @ dy, np.outer(x, dy), dy


# %%
def cross_entropy_forward(scores, label):
    p = np.exp(scores) / np.sum(np.exp(scores))
    return -np.log(p[label]), (scores, label)


# %%
def cross_entropy_backward(dloss, cache):
    scores, label = cache
    p = np.exp(scores - scores.max())
    p = p / p.sum()
    p[label] -= 1
    return p


# %%
def two_layer_forward(x, W1, W2):
    return W2 @ (W1 @ x), (x, W1, W2)


# %%
def two_layer_backward(dscores, cache):
    x, W1, W2 = cache
    dh = W2.T @ dscores
    return W1.T @ dh, np.outer(dh, x), np.outer(dscores, W1 @ x)


# %%
def perceptron_update(w, x, target, learning_rate):
    y = 1 if w @ x >= 0 else 0
    return w + learning_rate * (target - y) * x


# %%
def adaline_update(w, x, target, learning_rate):
    w += learning_rate * (target - w @ x) * x
    return w
