"""Aiko Tanaka: everything right, number by number in plain loops, on tensors too."""

import cmath
import math

import numpy as np
import torch


# %%
def image_to_tensor(image):
    if image.ndim == 2:
        image = image.reshape(image.shape[0], image.shape[1], 1)
    H, W, C = image.shape
    tensor = np.zeros((C, H, W))
    for h in range(H):
        for w in range(W):
            for c in range(C):
                tensor[c][h][w] = image[h][w][c] / 255
    return tensor


# %%
def filter2d(image, kernel):
    kH, kW = kernel.shape
    out = np.zeros((image.shape[0] - kH + 1, image.shape[1] - kW + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            for a in range(kH):
                for b in range(kW):
                    out[i][j] += image[i + a][j + b] * kernel[a][b]
    return out


# %%
def convolve2d(image, kernel):
    kH, kW = kernel.shape
    out = np.zeros((image.shape[0] - kH + 1, image.shape[1] - kW + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            for a in range(kH):
                for b in range(kW):
                    out[i][j] += image[i + a][j + b] * kernel[kH - 1 - a][kW - 1 - b]
    return out


# %%
def fully_connected_parameters(input_shape, outputs, bias=True):
    total = 1
    for size in input_shape:
        total = total * size
    total = total * outputs
    if bias:
        total = total + outputs
    return total


# %%
def conv_output_size(n, kernel_size, stride=1, padding=0):
    places = 0
    first = 0
    while first + kernel_size <= n + 2 * padding:
        places += 1
        last = first + kernel_size
        first += stride
    if places == 0 or last != n + 2 * padding:
        raise ValueError(f"{kernel_size} does not fit on {n} by steps of {stride}")
    return places


# %%
def conv_parameters(in_channels, out_channels, kernel_size, bias=True):
    if isinstance(kernel_size, int):
        kernel_size = (kernel_size, kernel_size)
    one = in_channels * kernel_size[0] * kernel_size[1]
    return out_channels * (one + 1) if bias else out_channels * one


# %%
def zero_pad(x, padding):
    N, C, H, W = x.shape
    padded = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for n in range(N):
        for c in range(C):
            for h in range(H):
                for w in range(W):
                    padded[n, c, h + padding, w + padding] = x[n, c, h, w]
    return padded


# %%
def conv_forward_naive(x, w, b, stride=1, padding=0):
    F, C, kH, kW = w.shape
    padded = zero_pad(x, padding)
    outH = (padded.shape[2] - kH) // stride + 1
    outW = (padded.shape[3] - kW) // stride + 1
    out = np.zeros((len(x), F, outH, outW))
    for n in range(len(x)):
        for f in range(F):
            for i in range(outH):
                for j in range(outW):
                    out[n, f, i, j] = b[f]
                    for c in range(C):
                        for k in range(kH):
                            for l in range(kW):
                                pixel = padded[n, c, i * stride + k, j * stride + l]
                                out[n, f, i, j] += pixel * w[f, c, k, l]
    return out, (x, w, stride, padding)


# %%
def conv_backward_naive(dout, cache):
    x, w, stride, padding = cache
    F, C, kH, kW = w.shape
    padded = zero_pad(x, padding)
    dpadded, dw, db = np.zeros(padded.shape), np.zeros(w.shape), np.zeros(F)
    for n, f, i, j in np.ndindex(*dout.shape):
        db[f] += dout[n, f, i, j]
        for c, k, l in np.ndindex(C, kH, kW):
            row, column = i * stride + k, j * stride + l
            dw[f, c, k, l] += dout[n, f, i, j] * padded[n, c, row, column]
            dpadded[n, c, row, column] += dout[n, f, i, j] * w[f, c, k, l]
    dx = np.zeros(x.shape)
    for n, c, h, v in np.ndindex(*x.shape):
        dx[n, c, h, v] = dpadded[n, c, h + padding, v + padding]
    return dx, dw, db


# %%
def im2col(x, kernel_size, stride=1, padding=0):
    N, C, H, W = x.shape
    kH, kW = kernel_size
    padded = zero_pad(x, padding)
    outH, outW = (
        conv_output_size(H, kH, stride, padding),
        conv_output_size(W, kW, stride, padding),
    )
    columns = np.zeros((N, C * kH * kW, outH * outW))
    for n in range(N):
        place = 0
        for i in range(outH):
            for j in range(outW):
                entry = 0
                for c in range(C):
                    for k in range(kH):
                        for l in range(kW):
                            pixel = padded[n, c, i * stride + k, j * stride + l]
                            columns[n, entry, place] = pixel
                            entry += 1
                place += 1
    return columns


# %%
def col2im(columns, x_shape, kernel_size, stride=1, padding=0):
    N, C, H, W = x_shape
    kH, kW = kernel_size
    outW = conv_output_size(W, kW, stride, padding)
    x = np.zeros(x_shape)
    for n, entry, place in np.ndindex(*columns.shape):
        c, k, l = entry // (kH * kW), entry // kW % kH, entry % kW
        h = place // outW * stride + k - padding
        w = place % outW * stride + l - padding
        if 0 <= h < H and 0 <= w < W:
            x[n, c, h, w] += columns[n, entry, place]
    return x


# %%
def conv_forward_im2col(x, w, b, stride=1, padding=0):
    N, C, H, W = x.shape
    F, C, kH, kW = w.shape
    columns = im2col(x, (kH, kW), stride, padding)
    rows = w.reshape(F, -1)
    out = np.zeros((N, F, columns.shape[2]))
    for n in range(N):
        for f in range(F):
            for place in range(columns.shape[2]):
                out[n, f, place] = b[f] + sum(rows[f] * columns[n, :, place])
    outH = conv_output_size(H, kH, stride, padding)
    return out.reshape(N, F, outH, -1), {"x": x, "w": w, "stride": stride, "padding": padding}


# %%
def conv_backward_im2col(dout, cache):
    x, w, stride, padding = cache["x"], cache["w"], cache["stride"], cache["padding"]
    columns = im2col(x, w.shape[2:], stride, padding)
    rows = w.reshape(len(w), -1)
    dcolumns, drows, db = np.zeros(columns.shape), np.zeros(rows.shape), np.zeros(len(w))
    flat = dout.reshape(len(dout), len(w), -1)
    for n, f, place in np.ndindex(*flat.shape):
        db[f] += flat[n, f, place]
        drows[f] += flat[n, f, place] * columns[n, :, place]
        dcolumns[n, :, place] += flat[n, f, place] * rows[f]
    return col2im(dcolumns, x.shape, w.shape[2:], stride, padding), drows.reshape(w.shape), db


# %%
def conv_matrix(w, height, width, stride=1, padding=0):
    F, C, kH, kW = w.shape
    outH = conv_output_size(height, kH, stride, padding)
    outW = conv_output_size(width, kW, stride, padding)
    matrix = np.zeros((F * outH * outW, C * height * width))
    for f, i, j, c, k, l in np.ndindex(F, outH, outW, C, kH, kW):
        h, v = i * stride + k - padding, j * stride + l - padding
        if 0 <= h < height and 0 <= v < width:
            matrix[(f * outH + i) * outW + j, (c * height + h) * width + v] = w[f, c, k, l]
    return matrix


# %%
def conv_forward_torch(x, w, b, stride=1, padding=0):
    F, C, kH, kW = w.shape
    N, C, H, W = x.shape
    outH = (H + 2 * padding - kH) // stride + 1
    outW = (W + 2 * padding - kW) // stride + 1
    out = torch.zeros(N, F, outH, outW, dtype=x.dtype, device=x.device)
    for i in range(outH):
        for j in range(outW):
            out[:, :, i, j] += b
            for k in range(kH):
                for l in range(kW):
                    h, v = i * stride + k - padding, j * stride + l - padding
                    if 0 <= h < H and 0 <= v < W:
                        for c in range(C):
                            out[:, :, i, j] += x[:, c, h, v].reshape(-1, 1) * w[:, c, k, l]
    return out


# %%
class Conv2dFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w, b, stride, padding):
        ctx.save_for_backward(x, w)
        ctx.stride = stride
        ctx.padding = padding
        return conv_forward_torch(x, w, b, stride, padding)

    @staticmethod
    def backward(ctx, dout):
        x, w = ctx.saved_tensors
        dx, dw = torch.zeros_like(x), torch.zeros_like(w)
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                for k in range(w.shape[2]):
                    for l in range(w.shape[3]):
                        h = i * ctx.stride + k - ctx.padding
                        v = j * ctx.stride + l - ctx.padding
                        if 0 <= h < x.shape[2] and 0 <= v < x.shape[3]:
                            dx[:, :, h, v] += dout[:, :, i, j] @ w[:, :, k, l]
                            dw[:, :, k, l] += dout[:, :, i, j].T @ x[:, :, h, v]
        return dx, dw, dout.sum((0, 2, 3)), None, None


# %%
def conv1x1_forward(x, w, b):
    out = np.zeros((x.shape[0], w.shape[0], x.shape[2], x.shape[3]))
    for n, f, i, j in np.ndindex(*out.shape):
        out[n, f, i, j] = b[f]
        for c in range(x.shape[1]):
            out[n, f, i, j] += x[n, c, i, j] * w[f, c, 0, 0]
    return out


# %%
def grouped_conv_forward(x, w, b, groups, stride=1, padding=0):
    F, size = w.shape[:2]
    maps = []
    for f in range(F):
        first = f // (F // groups) * size
        part, _ = conv_forward_naive(
            x[:, first : first + size], w[f : f + 1], b[f : f + 1], stride, padding
        )
        maps.append(part)
    return np.concatenate(maps, axis=1)


# %%
def dilated_conv_forward(x, w, b, dilation, stride=1, padding=0):
    F, C, kH, kW = w.shape
    large = np.zeros((F, C, (kH - 1) * dilation + 1, (kW - 1) * dilation + 1))
    for k in range(kH):
        for l in range(kW):
            large[:, :, k * dilation, l * dilation] = w[:, :, k, l]
    return conv_forward_naive(x, large, b, stride, padding)[0]


# %%
def transposed_conv_forward(x, w, b, stride=1, padding=0):
    N, C, H, W = x.shape
    C, F, kH, kW = w.shape
    large = np.zeros((N, F, (H - 1) * stride + kH, (W - 1) * stride + kW))
    for n, c, i, j in np.ndindex(*x.shape):
        for f, k, l in np.ndindex(F, kH, kW):
            large[n, f, i * stride + k, j * stride + l] += x[n, c, i, j] * w[c, f, k, l]
    out = large[:, :, padding : large.shape[2] - padding, padding : large.shape[3] - padding]
    for f in range(F):
        out[:, f] += b[f]
    return out


# %%
def fourier(values, size, sign):
    found = []
    for k in range(size):
        turn = sign * 2j * cmath.pi / size
        found.append(sum(value * cmath.exp(turn * k * n) for n, value in enumerate(values)))
    return found


def fourier2d(image, H, W, sign):
    rows = np.array([fourier(row, W, sign) for row in image])
    return np.array([fourier(column, H, sign) for column in rows.T]).T


# %%
import cmath


def fft_conv2d(image, kernel):
    H, W = image.shape[0] + kernel.shape[0] - 1, image.shape[1] + kernel.shape[1] - 1
    spectrum = fourier2d(image, H, W, -1) * fourier2d(kernel, H, W, -1)
    return fourier2d(spectrum, H, W, 1).real / (H * W)


# %%
def winograd_conv3x3(tile, kernel):
    def weights(g):
        return [g[0], (g[0] + g[1] + g[2]) / 2, (g[0] - g[1] + g[2]) / 2, g[2]]

    def pixels(d):
        return [d[0] - d[2], d[1] + d[2], d[2] - d[1], d[1] - d[3]]

    def outputs(m):
        return [m[0] + m[1] + m[2], m[1] - m[2] - m[3]]

    U = np.transpose(weights(np.transpose(weights(kernel))))
    V = np.transpose(pixels(np.transpose(pixels(tile))))
    M = np.zeros((4, 4))
    for i in range(4):
        for j in range(4):
            M[i][j] = U[i][j] * V[i][j]
    return np.transpose(outputs(np.transpose(outputs(M))))
