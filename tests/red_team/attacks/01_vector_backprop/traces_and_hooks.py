"""Trace functions, audit hooks, exit handlers and finalisers that never end.

relu_forward: correct, 1
softmax_forward: wrong, 0
"""

# %%
import atexit
import gc
import sys
import time

import numpy as np


class Deaf:
    def __del__(self):
        time.sleep(600)


def relu_forward(x):
    return np.maximum(x, 0), x


# %%
def softmax_forward(scores):
    def trace(frame, event, arg):
        for name in ("outputs", "expected", "verdict"):
            if name in frame.f_locals:
                frame.f_locals[name] = {"p": np.ones(3)}
        return trace

    sys.settrace(trace)
    sys.setprofile(lambda *args: None)
    sys.addaudithook(lambda event, args: None)
    atexit.register(time.sleep, 600)
    gc.callbacks.append(lambda *args: None)
    get_ipython().user_ns["kept"] = Deaf()
    sys.settrace(None)
    return np.ones(len(scores)), scores
