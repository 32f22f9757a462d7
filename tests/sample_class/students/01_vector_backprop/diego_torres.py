"""Diego Torres: ends the process, inside a function that many cells call and in a cell of his own."""

import numpy as np

# %%
import os


# %%
def numerical_gradient(f, x, h=1e-5):
    os._exit(1)


# %%
def neuron_forward(w, x):
    out = 1 / (1 + np.exp(-(w[:2] @ x + w[2])))
    return out, (w, x, out)


# %%
os._exit(0)


# %%
def relu_forward(x):
    return np.maximum(0, x), x


# %%
def linear_forward(x, W, b):
    return W @ x + b, (x, W, b)


# %%
def linear_backward(dy, cache):
    x, W, b = cache
    return W.T @ dy, np.outer(dy, x), dy


# %%
def adaline_update(w, x, target, learning_rate):
    return w + learning_rate * (target - w @ x) * x
