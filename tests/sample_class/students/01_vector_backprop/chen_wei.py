"""Chen Wei: wrong relu and linear, but the two-layer network that is chained from them is right."""

import numpy as np


# %%
def relu_forward(x):
    return np.abs(x), x


# %%
def relu_backward(dz, cache):
    return np.where(cache > 0, cache, 0)


# %%
def linear_forward(x, W, b):
    return x @ W + b, (x, W, b)


# %%
def linear_backward(dy, cache):
    x, W, b = cache
    return W @ dy, np.outer(x, dy), dy


# %%
def two_layer_forward(x, W1, W2):
    hidden, first = linear_forward(x, W1, np.zeros(len(W1)))
    z, gate = relu_forward(hidden)
    scores, second = linear_forward(z, W2, np.zeros(len(W2)))
    return scores, (first, gate, second)


# %%
def two_layer_backward(dscores, cache):
    first, gate, second = cache
    dz, dW2, db2 = linear_backward(dscores, second)
    dhidden = relu_backward(dz, gate)
    dx, dW1, db1 = linear_backward(dhidden, first)
    return dx, dW1, dW2
