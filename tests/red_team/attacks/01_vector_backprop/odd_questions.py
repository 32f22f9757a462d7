"""Asks the grader what is no question: garbage, objects, gigabytes, thousands at once.

relu_backward: error or wrong return or timed out or crashed, 0
sigmoid_backward: error or wrong return or timed out or crashed, 0
softmax_backward: any broken, 0
"""

# %%
import base64

import numpy as np

from cs_utils.exchange import pack


def relu_backward(dz, cache):
    for question in ("", "zzz", "\ud800", base64.b64encode(b"PK\x03\x04" * 99).decode(), "é" * 99):
        input(question)
    packed = pack({"name": ["relu_forward"], "args": 7, "kwargs": [dz]})
    return input(base64.b64encode(packed).decode())


# %%
def sigmoid_backward(dy, cache):
    return input("x" * 2**25)


# %%
def softmax_backward(dp, cache):
    kernel = get_ipython().kernel
    ident = kernel._parent_ident["shell"]
    while True:
        kernel.session.send(
            kernel.stdin_socket, "input_request", {"prompt": ["?"]}, parent={}, ident=ident
        )
