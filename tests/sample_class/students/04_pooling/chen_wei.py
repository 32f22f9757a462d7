"""Chen Wei: his loops again where no loop was allowed, and a network on top of them that is right;
two PyTorch functions, one of them right."""

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
def max_pool_forward(x, kernel_size, stride):
    out = np.array(
        [
            [
                x[:, :, i : i + kernel_size, j : j + kernel_size].max(axis=(2, 3))
                for j in range(0, x.shape[3] - kernel_size + 1, stride)
            ]
            for i in range(0, x.shape[2] - kernel_size + 1, stride)
        ]
    )
    return out.transpose(2, 3, 0, 1), (x, kernel_size, stride)


# %%
def max_pool_backward(dout, cache):
    x, k, stride = cache
    dx = np.zeros(x.shape)
    for n, c, i, j in np.ndindex(dout.shape):
        place = x[n, c, i * stride : i * stride + k, j * stride : j * stride + k].argmax()
        dx[n, c, i * stride + place // k, j * stride + place % k] += dout[n, c, i, j]
    return dx


# %%
def max_pool_forward_fast(x, kernel_size, stride):
    return max_pool_forward(x, kernel_size, stride)


# %%
def max_pool_backward_fast(dout, cache):
    return max_pool_backward(dout, cache)


# %%
class ConvNet:
    def __init__(self, w1, b1, w2, b2):
        self.w1, self.b1, self.w2, self.b2 = w1, b1, w2, b2

    def loss(self, X, y=None):
        conv, c1 = conv_forward_im2col(X, self.w1, self.b1, 1, (self.w1.shape[2] - 1) // 2)
        # ReLU and the maximum may change places
        pool, c2 = max_pool_forward_fast(conv, 2, 2)
        relu, c3 = relu_forward(pool)
        scores, c4 = affine_forward(relu, self.w2, self.b2)
        if y is None:
            return scores
        loss, d = softmax_loss(scores, y)
        d, dw2, db2 = affine_backward(d, c4)
        d = max_pool_backward_fast(relu_backward(d, c3), c2)
        d, dw1, db1 = conv_backward_im2col(d, c1)
        return loss, dict(w1=dw1, b1=db1, w2=dw2, b2=db2)


# %%
def saliency_map(model, image, label):
    model.eval()
    x = image.detach().clone().requires_grad_()
    probability = model(x[None]).softmax(dim=1)[0, label]
    return torch.autograd.grad(probability, x)[0].abs().amax(dim=0)


# %%
def strongest_units(maps, channel, count):
    flat = maps[:, channel].flatten(1)
    best, place = flat.max(dim=1)
    order = best.topk(count).indices
    width = maps.shape[-1]
    rows = torch.div(place[order], width, rounding_mode="floor")
    return torch.stack((order, rows, place[order] % width), dim=1)
