"""Floods of output: text, in and below Python, and rich displays.

relu_forward: any broken, 0
softmax_forward: any broken, 0
"""

# %%
import os
import sys

from IPython.display import display

for _ in range(300):
    print("x" * 2**16)
for n in range(3000):
    display({"text/plain": "y" * 2000}, raw=True)


# %%
def relu_forward(x):
    while True:
        sys.__stdout__.write("z" * 2**16)
        os.write(1, b"z" * 2**16)


# %%
def softmax_forward(scores):
    while True:
        get_ipython().kernel.send_response(
            get_ipython().kernel.iopub_socket, "stream", {"name": "stdout", "text": "z" * 2**20}
        )
