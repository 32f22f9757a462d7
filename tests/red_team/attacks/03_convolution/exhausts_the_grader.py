"""Asks for values of working functions that would take the grader's memory, its time, or both.

conv_backward_naive: any broken, 0
conv_forward_im2col: any broken, 0
conv_forward_torch: any broken, 0
"""

# %%
import numpy as np

from cs_utils import kernel_side


def ask(name, *args, **kwargs):
    return kernel_side._stand_in(name, 0)(*args, **kwargs)


def conv_backward_naive(dout, cache):
    x, w, b = np.ones((1, 1, 2, 2)), np.ones((1, 1, 2, 2)), np.ones(1)
    return ask("conv_forward_naive", x, w, b, 1, 10**6), None, None


# %%
def conv_forward_im2col(x, w, b, stride=1, padding=0):
    return ask("zero_pad", np.ones((1, 1, 10, 10)), 10**7), None


# %%
def conv_forward_torch(x, w, b, stride=1, padding=0):
    return ask("conv_output_size", 10**400, 3, 1, 0)
