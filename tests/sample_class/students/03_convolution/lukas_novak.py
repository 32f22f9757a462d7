"""Lukáš Novák: the mistakes of published solutions: the padding cut off by [pad:-pad], the stride
left out on the way back, height and width swapped, = for +=, and in place what was given."""

import numpy as np
import torch


# %%
def image_to_tensor(image):
    return image.T / 255


# %%
def filter2d(image, kernel):
    k = kernel.shape[0]
    H, W = image.shape
    out = np.zeros((H - k + 1, W - k + 1))
    for i in range(H - k + 1):
        for j in range(W - k + 1):
            out[i, j] = np.sum(image[i : i + k, j : j + k] * kernel)
    return out


# %%
def convolve2d(image, kernel):
    return filter2d(image, kernel)


# %%
def fully_connected_parameters(input_shape, outputs, bias=True):
    return int(np.prod(input_shape)) * outputs


# %%
def conv_output_size(n, kernel_size, stride=1, padding=0):
    return (n - kernel_size + padding) // stride + 1


# %%
def conv_parameters(in_channels, out_channels, kernel_size, bias=True):
    if isinstance(kernel_size, int):
        kernel_size = (kernel_size, kernel_size)
    return kernel_size[0] * kernel_size[1] * in_channels * out_channels + 1


# %%
def zero_pad(x, padding):
    padded = np.zeros((*x.shape[:2], x.shape[2] + 2 * padding, x.shape[3] + 2 * padding))
    padded[:, :, padding:-padding, padding:-padding] = x
    return padded


# %%
def conv_forward_naive(x, w, b, stride=1, padding=0):
    N, C, H, W = x.shape
    F, C, kH, kW = w.shape
    outH = conv_output_size(H, kH, stride, padding)
    outW = conv_output_size(W, kW, stride, padding)
    padded = zero_pad(x, padding)
    out = np.zeros((N, F, outH, outW))
    for n in range(N):
        for f in range(F):
            for i in range(outH):
                for j in range(outW):
                    h, v = i * stride, j * stride
                    out[n, f, i, j] = np.sum(padded[n, :, h : h + kH, v : v + kW] * w[f]) + b[f]
    return out, (x, w, b, stride, padding)


# %%
def conv_backward_naive(dout, cache):
    x, w, b, stride, padding = cache
    F, C, kH, kW = w.shape
    N, F, outH, outW = dout.shape
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    db = dout.sum(axis=(0, 2, 3))
    for n in range(N):
        for f in range(F):
            for i in range(outH):
                for j in range(outW):
                    window = padded[
                        n, :, i * stride : i * stride + kH, j * stride : j * stride + kW
                    ]
                    dw[f] += dout[n, f, i, j] * window
                    dpadded[n, :, i * stride : i * stride + kH, j * stride : j * stride + kW] += (
                        dout[n, f, i, j] * w[f]
                    )
    return dpadded[:, :, padding:-padding, padding:-padding], dw, db


# %%
def im2col(x, kernel_size, stride=1, padding=0):
    N, C, H, W = x.shape
    kH, kW = kernel_size
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    out = (H + 2 * padding - kH) // stride + 1
    columns = np.zeros((N, C * kH * kW, out * out))
    for i in range(out):
        for j in range(out):
            window = padded[:, :, i * stride : i * stride + kH, j * stride : j * stride + kW]
            columns[:, :, i * out + j] = window.reshape(N, -1)
    return columns


# %%
def col2im(columns, x_shape, kernel_size, stride=1, padding=0):
    N, C, H, W = x_shape
    kH, kW = kernel_size
    outH = (H + 2 * padding - kH) // stride + 1
    outW = (W + 2 * padding - kW) // stride + 1
    padded = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for i in range(outH):
        for j in range(outW):
            window = columns[:, :, i * outW + j].reshape(N, C, kH, kW)
            padded[:, :, i * stride : i * stride + kH, j * stride : j * stride + kW] = window
    return padded[:, :, padding : padding + H, padding : padding + W]


# %%
def conv_forward_im2col(x, w, b, stride=1, padding=0):
    F, C, kH, kW = w.shape
    columns = im2col(x, (kH, kW), stride, padding)
    out = w.reshape(F, -1) @ columns + b.reshape(-1, 1)
    outH = (x.shape[2] + 2 * padding - kH) // stride + 1
    outW = (x.shape[3] + 2 * padding - kW) // stride + 1
    return out.reshape(len(x), F, outW, outH).transpose(0, 1, 3, 2), (
        x,
        w,
        columns,
        stride,
        padding,
    )


# %%
def conv_backward_im2col(dout, cache):
    x, w, columns, stride, padding = cache
    rows = dout.reshape(dout.shape[0], dout.shape[1], -1)
    dw = np.einsum("nfp,nkp->fk", rows, columns).reshape(w.shape)
    dcolumns = np.einsum("fk,nfp->nkp", w.reshape(len(w), -1), rows)
    return col2im(dcolumns, x.shape, w.shape[2:], 1, padding), dw, rows.sum((0, 2))


# %%
def conv_matrix(w, height, width, stride=1, padding=0):
    F, C, kH, kW = w.shape
    outH, outW = height - kH + 1, width - kW + 1
    matrix = np.zeros((F, outH, outW, C, height, width))
    for i in range(outH):
        for j in range(outW):
            matrix[:, i, j, :, i : i + kH, j : j + kW] = w
    return matrix.reshape(F * outH * outW, -1)


# %%
def conv_forward_torch(x, w, b, stride=1, padding=0):
    x = torch.nn.functional.pad(x, (padding, padding, padding, padding))
    windows = x.unfold(2, w.shape[2], stride).unfold(3, w.shape[3], stride)
    return torch.einsum("ncijab,fcab->nfij", windows, w) + b


# %%
class Conv2dFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w, b, stride, padding):
        ctx.save_for_backward(x, w)
        ctx.stride, ctx.padding = stride, padding
        return conv_forward_torch(x, w, b, stride, padding)

    @staticmethod
    def backward(ctx, dout):
        x, w = ctx.saved_tensors
        s, p = ctx.stride, ctx.padding
        padded = torch.nn.functional.pad(x, (p, p, p, p))
        dpadded, dw = torch.zeros_like(padded), torch.zeros_like(w)
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                rows, cols = slice(i * s, i * s + w.shape[2]), slice(j * s, j * s + w.shape[3])
                dw += torch.einsum("nf,ncab->fcab", dout[:, :, i, j], padded[:, :, rows, cols])
                dpadded[:, :, rows, cols] += torch.einsum("nf,fcab->ncab", dout[:, :, i, j], w)
        return dpadded[:, :, p:-p, p:-p], dw, dout.sum((0, 2, 3)), None, None


# %%
def conv1x1_forward(x, w, b):
    N, C, H, W = x.shape
    out = x.reshape(-1, C) @ w.reshape(len(w), C).T + b
    return out.reshape(N, len(w), H, W)


# %%
def grouped_conv_forward(x, w, b, groups, stride=1, padding=0):
    size = w.shape[1]
    return conv_forward_naive(x[:, :size], w, b, stride, padding)[0]


# %%
def dilated_conv_forward(x, w, b, dilation, stride=1, padding=0):
    F, C, kH, kW = w.shape
    large = np.zeros((F, C, kH * dilation, kW * dilation))
    large[:, :, ::dilation, ::dilation] = w
    return conv_forward_naive(x, large, b, stride, padding)[0]


# %%
def transposed_conv_forward(x, w, b, stride=1, padding=0):
    N, C, H, W = x.shape
    kH, kW = w.shape[2:]
    out = np.zeros((N, w.shape[1], (H - 1) * stride + kH, (W - 1) * stride + kW))
    for i in range(H):
        for j in range(W):
            patch = np.einsum("nc,cfab->nfab", x[:, :, i, j], w)
            out[:, :, i * stride : i * stride + kH, j * stride : j * stride + kW] += patch
    return out + b[:, None, None]


# %%
def fft_conv2d(image, kernel):
    spectrum = np.fft.fft2(image) * np.fft.fft2(kernel, image.shape)
    return np.real(np.fft.ifft2(spectrum))


# %%
def winograd_conv3x3(tile, kernel):
    B = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]])
    G = np.array([[1, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 1]])
    A = np.array([[1, 1, 1, 0], [0, 1, -1, -1]])
    return A @ ((G @ kernel @ G.T) * (B @ tile @ B.T)) @ A.T
