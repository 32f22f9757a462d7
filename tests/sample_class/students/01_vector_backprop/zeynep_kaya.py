"""Zeynep Kaya: right but for a syntax error in the cell of linear_forward (the build puts it in)."""

import numpy as np


# %%
def relu_forward(x):
    return np.maximum(0, x), x


# %%
def relu_backward(dz, cache):
    return dz * (cache > 0)


# %%
def linear_forward(x, W, b):
    return W @ x + b, (x, W, b)


# %%
def linear_backward(dy, cache):
    x, W, b = cache
    return W.T @ dy, np.outer(dy, x), dy


# %%
def two_layer_forward(x, W1, W2):
    hidden, first = linear_forward(x, W1, np.zeros(len(W1)))
    z, gate = relu_forward(hidden)
    scores, second = linear_forward(z, W2, np.zeros(len(W2)))
    return scores, (first, gate, second)


# %%
def two_layer_backward(dscores, cache):
    first, gate, second = cache
    dz, dW2, _ = linear_backward(dscores, second)
    dx, dW1, _ = linear_backward(relu_backward(dz, gate), first)
    return dx, dW1, dW2
