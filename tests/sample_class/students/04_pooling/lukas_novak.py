"""Lukáš Novák: mistakes that published solutions make: a search from 0, `=` for `+=`, the whole
gradient to every tie, the stride's square, strides forgotten; the pooling that he uses is right."""

import numpy as np
import torch

from cs_utils.earlier import (
    affine_backward,
    affine_forward,
    conv_backward_im2col,
    conv_forward_im2col,
    softmax_loss,
)


# %%
def local_correlation(image, distance):
    left, right = image[:, :-distance].ravel(), image[:, distance:].ravel()
    return np.corrcoef(left, right)[0, 1]


# %%
def receptive_field(layers):
    size, jump = 1, 1
    for kernel_size, stride in layers:
        size += kernel_size - 1
        jump *= stride
    return size, jump


# %%
def max_pool_forward(x, kernel_size, stride):
    N, C, H, W = x.shape
    out = np.zeros((N, C, (H - kernel_size) // stride + 1, (W - kernel_size) // stride + 1))
    for n, c, i, j in np.ndindex(out.shape):
        for a in range(kernel_size):
            for b in range(kernel_size):
                out[n, c, i, j] = max(out[n, c, i, j], x[n, c, i * stride + a, j * stride + b])
    return out, (x, kernel_size, stride)


# %%
def max_pool_backward(dout, cache):
    x, k, stride = cache
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dout.shape):
        window = x[n, c, i * stride : i * stride + k, j * stride : j * stride + k]
        mask = window == window.max()
        dx[n, c, i * stride : i * stride + k, j * stride : j * stride + k] += (
            mask * dout[n, c, i, j]
        )
    return dx


# %%
def avg_pool_forward(x, kernel_size, stride):
    N, C, H, W = x.shape
    out = np.zeros((N, C, (H - kernel_size) // stride + 1, (W - kernel_size) // stride + 1))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            top, left = i * stride, j * stride
            window = x[:, :, top : top + kernel_size, left : left + kernel_size]
            out[:, :, i, j] = window.sum(axis=(2, 3)) / stride**2
    return out, (x, kernel_size, stride)


# %%
def avg_pool_backward(dout, cache):
    x, k, stride = cache
    dx = np.zeros_like(x)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            share = dout[:, :, i, j][:, :, None, None] / (k * k)
            dx[:, :, i * stride : i * stride + k, j * stride : j * stride + k] = share
    return dx


# %%
def global_avg_pool_forward(x):
    return x.mean(axis=(2, 3), keepdims=True), x.shape


# %%
def global_avg_pool_backward(dout, cache):
    N, C, H, W = cache
    return np.broadcast_to(dout.reshape(N, C, 1, 1) / (H * H), cache)


# %%
def max_pool_forward_fast(x, kernel_size, stride):
    k, (H, W) = kernel_size, x.shape[2:]
    rows, columns = H - k + 1, W - k + 1
    parts = [
        x[:, :, a : a + rows : stride, b : b + columns : stride] for a in range(k) for b in range(k)
    ]
    return np.max(parts, axis=0), (x, np.max(parts, axis=0), k, stride)


# %%
def max_pool_backward_fast(dout, cache):
    x, out, k, stride = cache
    rows, columns = x.shape[2] - k + 1, x.shape[3] - k + 1
    dx = np.zeros_like(x)
    for a in range(k):
        for b in range(k):
            part = (
                slice(None),
                slice(None),
                slice(a, a + rows, stride),
                slice(b, b + columns, stride),
            )
            dx[part] += dout * (x[part] == out)
    return dx


# %%
def shift_invariance(layer, x, shift):
    before, after = layer(x), layer(np.roll(x, shift))
    return 1 - np.linalg.norm(after - before) / (np.linalg.norm(before) + np.linalg.norm(after))


# %%
class ConvNet:
    def __init__(self, w1, b1, w2, b2):
        self.w1, self.b1, self.w2, self.b2 = w1, b1, w2, b2

    def loss(self, X, y=None):
        maps, first = conv_forward_im2col(X, self.w1, self.b1, 1, self.w1.shape[2] // 2)
        pooled, pool = max_pool_forward_fast(np.maximum(maps, 0), 2, 2)
        scores, last = affine_forward(pooled, self.w2, self.b2)
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        dpooled, dw2, db2 = affine_backward(dscores, last)
        dmaps = max_pool_backward_fast(dpooled, pool)
        _, dw1, db1 = conv_backward_im2col(dmaps, first)
        return loss, {"w1": dw1, "b1": db1, "w2": dw2, "b2": db2}
