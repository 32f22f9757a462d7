"""Too many values, too few, none, a generator of them without end.

neuron_backward: wrong return or error or missing or part not written yet, 0
relu_forward: wrong return, 0
softmax_forward: wrong return, 0
sigmoid_forward: wrong return, 0
cross_entropy_forward: wrong return, 0
linear_backward: wrong return, 0
"""

# %%
import itertools

import numpy as np


def neuron_backward(dout, cache):
    return (1.0,) * 1000


# %%
def relu_forward(x):
    return itertools.count()


# %%
def softmax_forward(scores):
    return ()


# %%
def sigmoid_forward(x):
    return x, x, x


# %%
def cross_entropy_forward(scores, label):
    yield 1.0


# %%
def linear_backward(dy, cache):
    return [np.ones(3)] * 2
