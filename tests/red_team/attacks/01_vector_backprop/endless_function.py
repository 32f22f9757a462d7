"""Functions that never end: one takes no notice of interrupts, one waits in C code.

relu_forward: timed out, 0
softmax_forward: timed out, 0
"""

# %%
import time


def relu_forward(x):
    while True:
        try:
            time.sleep(0.1)
        except BaseException:
            pass


# %%
def softmax_forward(scores):
    return 7 ** (7**9) % 5, scores
