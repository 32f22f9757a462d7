"""Emma Dubois: copied a check cell, and a solution cell to keep her first draft (the build does)."""

import numpy as np


# %%
def neuron_forward(w, x):
    out = 1 / (1 + np.exp(-(w[0] * x[0] + w[1] * x[1] + w[2])))
    return out, (w, x, out)


# %%
def relu_forward(x):
    return x * (x > 0), x


# %%
def relu_backward(dz, cache):
    return dz * (cache > 0)


# %%
def softmax_forward(scores):
    powers = np.exp(scores - scores.max())
    return powers / powers.sum(), powers / powers.sum()
