"""Raises a ValueError for every size, fitting or not, and hands back zeros and its inputs.

conv_output_size: wrong, 0
filter2d: wrong, 0
zero_pad: partly correct, 0.17
image_to_tensor: wrong, 0
conv_forward_naive: wrong, 0
im2col: wrong, 0
conv_forward_torch: wrong return or wrong, 0
"""

# %%
import numpy as np


def conv_output_size(n, kernel_size, stride=1, padding=0):
    raise ValueError("it does not fit")


# %%
def filter2d(image, kernel):
    return image


# %%
def zero_pad(x, padding):
    return x


# %%
def image_to_tensor(image):
    return image


# %%
def conv_forward_naive(x, w, b, stride=1, padding=0):
    return np.zeros((len(x), len(w), 3, 3)), (x, w, b, stride, padding)


# %%
def im2col(x, kernel_size, stride=1, padding=0):
    return x


# %%
def conv_forward_torch(x, w, b, stride=1, padding=0):
    return x
