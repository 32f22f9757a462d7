"""Ends the process by every door, each in a function of its own.

numerical_gradient: crashed, 0
neuron_forward: error, 0
numerical_jacobian: crashed or error or wrong return, 0
relu_jacobian: crashed, 0
relu_forward: crashed, 0
softmax_forward: crashed or timed out or error or wrong, 0
"""

# %%
import ctypes
import os
import signal
import sys


def numerical_gradient(f, x, h=1e-5):
    os._exit(0)


# %%
def neuron_forward(w, x):
    sys.exit("all points please")


# %%
def numerical_jacobian(f, x, h=1e-5):
    get_ipython().kernel.do_shutdown(False)
    get_ipython().ask_exit()
    exit()


# %%
def relu_jacobian(x):
    os.kill(os.getpid(), signal.SIGKILL)


# %%
def relu_forward(x):
    ctypes.string_at(0)


# %%
def softmax_forward(scores):
    sys.setrecursionlimit(10**9)

    def deeper(n):
        return deeper(n + 1) + 1

    return deeper(0), scores
