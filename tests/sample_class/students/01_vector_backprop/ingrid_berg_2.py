"""Ingrid Berg, second version: three functions right, the better one."""

import numpy as np


# %%
def relu_forward(x):
    return np.maximum(0, x), x


# %%
def relu_backward(dz, cache):
    return dz * (cache > 0)


# %%
def jacobian_backward(jacobian, dz):
    return np.dot(jacobian, dz)
