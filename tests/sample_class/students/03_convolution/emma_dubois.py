"""Emma Dubois: the PyTorch exercises call PyTorch's own convolution and unfold; the rest that she
wrote is right."""

import numpy as np
import torch

# %%
import torch.nn as nn
import torch.nn.functional as F


# %%
def zero_pad(x, padding):
    N, C, H, W = x.shape
    padded = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    padded[:, :, padding : padding + H, padding : padding + W] = x
    return padded


# %%
def conv_forward_torch(x, w, b, stride=1, padding=0):
    columns = nn.Unfold(w.shape[2:], stride=stride, padding=padding)(x)
    out = w.reshape(len(w), -1) @ columns + b[:, None]
    height = (x.shape[2] + 2 * padding - w.shape[2]) // stride + 1
    return out.reshape(len(x), len(w), height, -1)


# %%
class Conv2dFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w, b, stride, padding):
        ctx.save_for_backward(x, w)
        ctx.stride, ctx.padding = stride, padding
        return F.conv2d(x, w, b, stride, padding)

    @staticmethod
    def backward(ctx, dout):
        x, w = ctx.saved_tensors
        dx = torch.nn.grad.conv2d_input(x.shape, w, dout, ctx.stride, ctx.padding)
        dw = torch.nn.grad.conv2d_weight(x, w.shape, dout, ctx.stride, ctx.padding)
        return dx, dw, dout.sum((0, 2, 3)), None, None


# %%
def conv1x1_forward(x, w, b):
    return np.tensordot(w[:, :, 0, 0], x, (1, 1)).swapaxes(0, 1) + b[:, None, None]
