"""Starts threads without end.

relu_forward: crashed or error or timed out, 0
"""

# %%
import threading
import time


def relu_forward(x):
    while True:
        threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
