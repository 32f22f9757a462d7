"""Writes bytes that are no messages to the grader, and one message of a hundred megabytes.

relu_forward: any broken, 0
softmax_forward: any broken, 0
"""

# %%
import numpy as np

kernel = get_ipython().kernel


def relu_forward(x):
    ident = kernel._parent_ident["shell"][0]
    socket = getattr(kernel.shell_stream, "socket", kernel.shell_stream)
    signed = b"<IDS|MSG>"
    for parts in ([b"x"], [signed], [signed, b"", b"{", b"[", b"]", b"}"], [signed, *[b"{}"] * 5]):
        socket.send_multipart([ident, *parts])
    return np.full(len(x), 34.0), x


# %%
def softmax_forward(scores):
    kernel.send_response(kernel.iopub_socket, "stream", {"name": "stdout", "text": "x" * 10**8})
    return np.full(len(scores), 34.0), scores
