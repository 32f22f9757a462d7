"""Hands back gigabytes: true ones, and one number seen as many.

relu_forward: any broken, 0
softmax_forward: any broken, 0
"""

# %%
import numpy as np


def relu_forward(x):
    return np.zeros(2**25), x


# %%
def softmax_forward(scores):
    return np.broadcast_to(1.0, (2**16, 2**16)), scores
