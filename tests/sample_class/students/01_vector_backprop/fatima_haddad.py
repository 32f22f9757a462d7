"""Fatima Haddad: a cell of her own never ends and takes no notice of interrupts."""

import numpy as np


# %%
def relu_forward(x):
    return np.maximum(0, x), x


# %%
def relu_backward(dz, cache):
    return dz * (cache > 0)


# %%
import time

loss = 1.0
while loss > 0:
    try:
        time.sleep(0.1)
        loss = loss / 2 + 1
    except:
        pass


# %%
def sigmoid_forward(x):
    y = 0.5 + 0.5 * np.tanh(x / 2)
    return y, y


# %%
def sigmoid_backward(dy, cache):
    return dy * cache * (1 - cache)
