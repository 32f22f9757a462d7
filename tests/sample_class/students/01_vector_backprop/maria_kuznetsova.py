"""Мария Кузнецова: right as far as she came; her editor dropped all metadata and cell ids."""

import numpy as np


# %%
def numerical_gradient(f, x, h=1e-5):
    x = np.array(x, dtype=float)
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[index] = h
        gradient[index] = (f(x + step) - f(x - step)) / (2 * h)
    return gradient


# %%
# отрицательные числа не проходят
def relu_forward(x):
    return np.where(x > 0, x, 0), x


# %%
def relu_backward(dz, cache):
    return np.where(cache > 0, dz, 0)


# %%
def linear_forward(x, W, b):
    return W @ x + b, (x, W)


# %%
def linear_backward(dy, cache):
    x, W = cache
    return W.T @ dy, np.outer(dy, x), dy


# %%
def adaline_update(w, x, target, learning_rate):
    ошибка = target - w @ x
    return w + learning_rate * ошибка * x
