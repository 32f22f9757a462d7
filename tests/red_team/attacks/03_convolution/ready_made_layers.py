"""Has SciPy, PyTorch's layer and PyTorch's autograd do the work, by their own names.

filter2d: error, 0
convolve2d: error, 0
conv_forward_naive: error, 0
conv_forward_torch: wrong return, 0
Conv2dFunction: wrong return, 0
"""


# %%
def filter2d(image, kernel):
    import scipy.signal

    return scipy.signal.correlate2d(image, kernel, "valid")


# %%
def convolve2d(image, kernel):
    from scipy.ndimage import convolve

    return convolve(image, kernel)


# %%
def conv_forward_naive(x, w, b, stride=1, padding=0):
    import torch

    x, w, b = map(torch.from_numpy, (x, w, b))
    return torch.nn.functional.conv2d(x, w, b, stride, padding).numpy(), None


# %%
def conv_forward_torch(x, w, b, stride=1, padding=0):
    import torch

    return torch.nn.functional.conv2d(x, w, b, stride, padding)


# %%
import torch


class Conv2dFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w, b, stride, padding):
        ctx.save_for_backward(x, w, b)
        ctx.options = stride, padding
        return layer(x, w, b, stride, padding)

    @staticmethod
    def backward(ctx, dout):
        with torch.enable_grad():
            leaves = [tensor.detach().requires_grad_() for tensor in ctx.saved_tensors]
            out = layer(*leaves, *ctx.options)
        return *torch.autograd.grad(out, leaves, dout), None, None


def layer(x, w, b, stride, padding):
    x = torch.nn.functional.pad(x, (padding,) * 4)
    windows = x.unfold(2, w.shape[2], stride).unfold(3, w.shape[3], stride)
    return torch.einsum("nchwij,fcij->nfhw", windows, w) + b[:, None, None]
