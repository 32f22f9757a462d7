"""Lukáš Novák: the usual mistakes, one in every second function."""

import numpy as np


# %%
def matmul_forward(x, w):
    return x @ w, (x, w)


# %%
def matmul_backward(dy, cache):
    x, w = cache
    return dy @ w.T, dy.T @ x


# %%
def matmul_jacobian_x(x, w):
    J = np.zeros((x.shape[0], w.shape[1], x.shape[0], x.shape[1]))
    for n in range(x.shape[0]):
        J[n, :, n, :] = w.T
    return J


# %%
def jacobian_bytes(N, D, M, itemsize):
    return N * D * itemsize, D * M * itemsize


# %%
def affine_forward(x, w, b):
    return x.reshape(len(x), -1) @ w + b, (x, w, b)


# %%
def affine_backward(dout, cache):
    x, w, b = cache
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(len(x), -1).T @ dout
    return dx, dw, np.sum(dout, axis=0, keepdims=True)


# %%
def unbroadcast(grad, shape):
    while grad.ndim > len(shape):
        grad = grad.sum(axis=0)
    return grad


# %%
def softmax_loss(scores, y):
    n = np.arange(len(y))
    scores = scores - np.max(scores, axis=1, keepdims=True)
    log_p = scores - np.log(np.sum(np.exp(scores), axis=1, keepdims=True))
    loss = -np.mean(log_p[n, y])
    dscores = np.exp(log_p)
    dscores[n, y] -= 1
    return loss, dscores


# %%
def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    if training:
        mean, var = x.mean(0), x.var(0, ddof=1)
        running_mean = (1 - momentum) * running_mean + momentum * mean
        running_var = (1 - momentum) * running_var + momentum * var
    else:
        mean, var = running_mean, running_var
    x_hat = (x - mean) / np.sqrt(var + eps)
    return gamma * x_hat + beta, (x_hat, gamma, var, eps), running_mean, running_var


# %%
def batchnorm_backward(dout, cache):
    x_hat, gamma, var, eps = cache
    return dout * gamma / np.sqrt(var + eps), (dout * x_hat).sum(0), dout.sum(0)


# %%
def dropout_forward(x, p, training, rng):
    if not training:
        return x, (p, False)
    return x * (rng.random(x.shape) > p) / (1 - p), (p, True)


# %%
def dropout_backward(dout, cache):
    p, training = cache
    if not training:
        return dout
    return dout * (np.random.rand(*dout.shape) > p) / (1 - p)


# %%
def sgd_momentum(w, dw, velocity, learning_rate, momentum):
    velocity = dw - momentum * velocity
    return w - learning_rate * velocity, velocity


# %%
def adam(w, dw, m, v, t, learning_rate=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * dw
    v = beta2 * v + (1 - beta2) * dw**2
    return w - learning_rate * m / (np.sqrt(v) + eps), m, v


# %%
def kaiming_init(fan_in, fan_out, rng):
    return rng.normal(0, 2 / fan_in, (fan_in, fan_out))


# %%
def xavier_init(fan_in, fan_out, rng):
    return rng.normal(0, np.sqrt(1 / fan_in), (fan_in, fan_out))


# %%
class TwoLayerNet:
    def __init__(self, w1, b1, w2, b2):
        self.w1, self.b1, self.w2, self.b2 = w1, b1, w2, b2

    def loss(self, X, y=None):
        hidden, cache1 = affine_forward(X, self.w1, self.b1)
        scores, cache2 = affine_forward(np.maximum(0, hidden), self.w2, self.b2)
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        dz, dw2, db2 = affine_backward(dscores, cache2)
        dX, dw1, db1 = affine_backward(dz, cache1)
        return loss, {"w1": dw1, "b1": db1, "w2": dw2, "b2": db2}


# %%
def einsum_backward(subscripts, dout, x, w):
    ins, out = subscripts.split("->")
    a, b = ins.split(",")
    return np.einsum(f"{out},{b}->{a}", dout, w), np.einsum(f"{a},{out}->{b}", x, dout)
