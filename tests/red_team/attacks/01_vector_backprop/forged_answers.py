"""Hands back what is no plain array: objects, pickles, subclasses of odd kinds, text, structures.

numerical_gradient: wrong return or error, 0
neuron_forward: wrong return, 0
numerical_jacobian: wrong return or wrong, 0
relu_jacobian: wrong return, 0
relu_forward: wrong return or error, 0
sigmoid_forward: wrong, 0
softmax_forward: wrong return, 0
cross_entropy_forward: wrong return or error, 0
perceptron_update: wrong return or wrong, 0
adaline_update: wrong, 0
"""

# %%
import numpy as np


class Trap:
    def __reduce__(self):
        return exec, ("import os; os._exit(0)",)

    def __array__(self, *args, **kwargs):
        raise SystemExit("1.0")

    def __float__(self):
        return 34.0


def numerical_gradient(f, x, h=1e-5):
    return np.array([Trap()] * np.size(x), dtype=object)


# %%
def neuron_forward(w, x):
    return np.array(["1.0"]), (w, x)


# %%
def numerical_jacobian(f, x, h=1e-5):
    return np.ma.masked_all((len(x), len(f(x))))


# %%
def relu_jacobian(x):
    return np.zeros((len(x), len(x)), dtype=[("score", "f8")])


# %%
def relu_forward(x):
    return Trap(), x


# %%
def sigmoid_forward(x):
    return np.full(len(x), np.nan), x


# %%
def softmax_forward(scores):
    return np.full(len(scores), 1 + 0j), scores


# %%
class Tensor:
    def detach(self):
        return self

    cpu = detach

    def numpy(self):
        return Trap()


def cross_entropy_forward(scores, label):
    return Tensor(), scores


# %%
def perceptron_update(w, x, target, learning_rate):
    return np.datetime64("now")


# %%
def adaline_update(w, x, target, learning_rate):
    return np.full((len(w), 2), np.inf)
