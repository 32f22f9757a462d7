"""More memory than there is, spread over processes that each stay within the limit.

relu_forward: crashed, 0
"""

# %%
import os
import time


def relu_forward(x):
    for _ in range(12):
        if os.fork() == 0:
            kept = os.urandom(2**20) * 200
            time.sleep(600)
    time.sleep(600)
