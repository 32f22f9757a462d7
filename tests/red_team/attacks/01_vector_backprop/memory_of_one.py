"""More memory than there is, in one piece and in small ones.

relu_forward: any broken, 0
softmax_forward: any broken, 0
"""

# %%
import numpy as np


def relu_forward(x):
    return np.ones((2**37, len(x))), x


# %%
def softmax_forward(scores):
    kept = []
    while True:
        kept.append(np.ones(2**22))
