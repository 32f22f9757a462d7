"""Ana Clara Souza: half done: the products and the affine layer right, then begun and left."""

import numpy as np


# %%
def matmul_forward(x, w):
    return np.dot(x, w), (x, w)


# %%
def matmul_backward(dy, cache):
    x, w = cache
    return np.dot(dy, w.T), np.dot(x.T, dy)


# %%
def jacobian_bytes(N, D, M, itemsize):
    y = N * M
    return y * N * D * itemsize, y * D * M * itemsize


# %%
def affine_forward(x, w, b):
    x2 = x.reshape(x.shape[0], -1)
    return np.dot(x2, w) + b, (x, w)


# %%
def affine_backward(dout, cache):
    x, w = cache
    x2 = x.reshape(x.shape[0], -1)
    return np.dot(dout, w.T).reshape(x.shape), np.dot(x2.T, dout), np.sum(dout, axis=0)


# %%
def softmax_loss(scores, y):
    p = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    p = p / p.sum(axis=1, keepdims=True)
    loss = -np.mean(np.log(p[np.arange(len(y)), y]))
    # TODO the gradient
    return loss


# %%
def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    mean = x.mean(axis=0)
    # TODO


# %%
def kaiming_init(fan_in, fan_out, rng):
    return rng.normal(0, np.sqrt(2 / fan_in), (fan_in, fan_out))


# %%
class TwoLayerNet:
    def __init__(self, w1, b1, w2, b2):
        self.w1, self.b1, self.w2, self.b2 = w1, b1, w2, b2

    def loss(self, X, y=None):
        hidden, _ = affine_forward(X, self.w1, self.b1)
        scores, _ = affine_forward(np.maximum(0, hidden), self.w2, self.b2)
        if y is None:
            return scores
        raise NotImplementedError
