"""Aiko Tanaka: everything right, step by step, with caches of her own."""

import numpy as np
import torch

from cs_utils.earlier import (
    affine_backward,
    affine_forward,
    conv_backward_im2col,
    conv_forward_im2col,
    relu_backward,
    relu_forward,
    softmax_loss,
)


# %%
def local_correlation(image, distance):
    pixels = np.array(image, dtype=float)
    width = pixels.shape[1]
    a = pixels[:, 0 : width - distance]
    b = pixels[:, distance:width]
    a = a - np.mean(a)
    b = b - np.mean(b)
    return np.sum(a * b) / (np.sum(a**2) * np.sum(b**2)) ** 0.5


# %%
def receptive_field(layers):
    # from the output back to the picture
    size, jump = 1, 1
    for kernel_size, stride in reversed(layers):
        size = (size - 1) * stride + kernel_size
        jump = jump * stride
    return size, jump


# %%
def places(x, kernel_size, stride):
    """The rows and columns that belong to each output."""
    for i, top in enumerate(range(0, x.shape[2] - kernel_size + 1, stride)):
        for j, left in enumerate(range(0, x.shape[3] - kernel_size + 1, stride)):
            yield i, j, slice(top, top + kernel_size), slice(left, left + kernel_size)


# %%
def max_pool_forward(x, kernel_size, stride):
    N, C, H, W = x.shape
    out = np.full((N, C, (H - kernel_size) // stride + 1, (W - kernel_size) // stride + 1), -np.inf)
    for i, j, rows, columns in places(x, kernel_size, stride):
        for n in range(N):
            for c in range(C):
                for value in x[n, c, rows, columns].ravel():
                    if value > out[n, c, i, j]:
                        out[n, c, i, j] = value
    return out, {"x": x, "out": out, "k": kernel_size, "s": stride}


# %%
def max_pool_backward(dout, cache):
    x, out = cache["x"], cache["out"]
    dx = np.zeros(x.shape)
    for i, j, rows, columns in places(x, cache["k"], cache["s"]):
        largest = x[:, :, rows, columns] == out[:, :, i : i + 1, j : j + 1]
        # who ties shares
        shares = largest / largest.sum(axis=(2, 3), keepdims=True)
        dx[:, :, rows, columns] += shares * dout[:, :, i : i + 1, j : j + 1]
    return dx


# %%
def avg_pool_forward(x, kernel_size, stride):
    N, C, H, W = x.shape
    out = np.zeros((N, C, (H - kernel_size) // stride + 1, (W - kernel_size) // stride + 1))
    for i, j, rows, columns in places(x, kernel_size, stride):
        out[:, :, i, j] = np.mean(x[:, :, rows, columns], axis=(2, 3))
    return out, {"x": x, "k": kernel_size, "s": stride}


# %%
def avg_pool_backward(dout, cache):
    k = cache["k"]
    dx = np.zeros(cache["x"].shape)
    for i, j, rows, columns in places(cache["x"], k, cache["s"]):
        dx[:, :, rows, columns] += dout[:, :, i : i + 1, j : j + 1] / (k * k)
    return dx


# %%
def global_avg_pool_forward(x):
    N, C, H, W = x.shape
    return x.reshape(N, C, H * W).sum(axis=2) / (H * W), (H, W)


# %%
def global_avg_pool_backward(dout, cache):
    H, W = cache
    return np.einsum("nc,hw->nchw", dout, np.full((H, W), 1 / (H * W)))


# %%
def max_pool_forward_fast(x, kernel_size, stride):
    H, W = x.shape[2:]
    out_h, out_w = (H - kernel_size) // stride + 1, (W - kernel_size) // stride + 1
    parts = []
    for a in range(kernel_size):
        for b in range(kernel_size):
            rows = slice(a, a + stride * (out_h - 1) + 1, stride)
            columns = slice(b, b + stride * (out_w - 1) + 1, stride)
            parts.append(x[:, :, rows, columns])
    parts = np.array(parts)
    return parts.max(axis=0), (x.shape, parts.argmax(axis=0), kernel_size, stride)


# %%
def max_pool_backward_fast(dout, cache):
    shape, which, kernel_size, stride = cache
    dx = np.zeros(shape)
    out_h, out_w = dout.shape[2:]
    for number in range(kernel_size**2):
        a, b = divmod(number, kernel_size)
        rows = slice(a, a + stride * (out_h - 1) + 1, stride)
        columns = slice(b, b + stride * (out_w - 1) + 1, stride)
        dx[:, :, rows, columns] += np.where(which == number, dout, 0)
    return dx


# %%
def shift_invariance(layer, x, shift):
    moved = np.roll(x, shift, axis=-1)
    a, b = layer(x), layer(moved)

    def length(v):
        return np.sqrt(np.sum(v * v))

    return 1 - length(b - a) / (length(a) + length(b))


# %%
class ConvNet:
    def __init__(self, w1, b1, w2, b2):
        self.w1, self.b1, self.w2, self.b2 = w1, b1, w2, b2

    def loss(self, X, y=None):
        steps = [
            (lambda x: conv_forward_im2col(x, self.w1, self.b1, 1, self.w1.shape[3] // 2)),
            relu_forward,
            (lambda x: max_pool_forward_fast(x, 2, 2)),
            (lambda x: affine_forward(x, self.w2, self.b2)),
        ]
        x, caches = X, []
        for step in steps:
            x, cache = step(x)
            caches.append(cache)
        if y is None:
            return x
        loss, dx = softmax_loss(x, y)
        grads = {}
        dx, grads["w2"], grads["b2"] = affine_backward(dx, caches[3])
        dx = max_pool_backward_fast(dx, caches[2])
        dx = relu_backward(dx, caches[1])
        dx, grads["w1"], grads["b1"] = conv_backward_im2col(dx, caches[0])
        return loss, grads


# %%
def strongest_units(maps, channel, count):
    found = []
    for picture in range(len(maps)):
        own = maps[picture, channel]
        place = int(own.argmax())
        row, column = divmod(place, own.shape[1])
        found.append((float(own[row, column]), [picture, row, column]))
    found.sort(key=lambda one: one[0], reverse=True)
    return torch.tensor([place for value, place in found[:count]])


# %%
def occlusion_map(model, image, label, size, stride, fill=0.5):
    model.eval()
    H, W = image.shape[1:]
    tops, lefts = range(0, H - size + 1, stride), range(0, W - size + 1, stride)
    out = torch.zeros(len(tops), len(lefts))
    with torch.no_grad():
        for i, top in enumerate(tops):
            for j, left in enumerate(lefts):
                copy = image.clone()
                copy[:, top : top + size, left : left + size] = fill
                scores = model(copy.unsqueeze(0))
                out[i, j] = torch.softmax(scores[0], dim=0)[label]
    return out


# %%
def saliency_map(model, image, label):
    model.eval()
    x = image.detach().clone().unsqueeze(0)
    x.requires_grad_()
    grad = torch.autograd.grad(model(x)[0, label], x)[0]
    return grad[0].abs().max(dim=0).values


# %%
def maximise_activation(model, image, channel, steps, learning_rate, regularise):
    model.eval()
    x = image.clone().detach()
    for _ in range(steps):
        x = x.detach().requires_grad_()
        (grad,) = torch.autograd.grad(model(x[None])[:, channel].mean(), x)
        length = grad.norm()
        with torch.no_grad():
            if length > 0:
                x = x + learning_rate * grad / length
            x = regularise(x)
    return x.detach()
