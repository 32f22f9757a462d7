"""Waits for somebody to type, in a cell and in functions.

relu_forward: error or wrong return or timed out, 0
softmax_forward: error or wrong return or timed out, 0
"""

# %%
name = input("Your name?")

# %%
import getpass


def relu_forward(x):
    return input("max(0, x)?"), x


# %%
def softmax_forward(scores):
    return getpass.getpass("exp?"), scores
