"""Ana Clara Souza: half done: three sections right, then one function begun and left."""

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
def neuron_forward(w, x):
    s = w[0] * x[0] + w[1] * x[1] + w[2]
    out = 1 / (1 + np.exp(-s))
    return out, (w, x, out)


# %%
def neuron_backward(dout, cache):
    w, x, out = cache
    ds = dout * out * (1 - out)
    return ds * np.array([x[0], x[1], 1.0]), ds * np.array([w[0], w[1]])


# %%
def relu_jacobian(x):
    return np.eye(len(x)) * (x > 0)


# %%
def relu_forward(x):
    return np.maximum(0, x), x


# %%
def relu_backward(dz, cache):
    return (cache > 0) * dz


# %%
def softmax_forward(scores):
    exponentials = np.exp(scores - np.max(scores))
    total = exponentials.sum()
    # TODO


# %%
def softmax_backward(dp, cache):
    p = cache
    for i in range(len(p)):
        ...
