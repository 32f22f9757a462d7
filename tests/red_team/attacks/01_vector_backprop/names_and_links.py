"""Odd names and links in the exchange folder, in place of questions and answers to come.

relu_forward: correct, 1
softmax_forward: wrong, 0
"""

# %%
import glob
import os

import numpy as np


def relu_forward(x):
    (folder,) = glob.glob("/exchange-*")
    for name in ("../../etc", "request.arrays", "answer-0.arrays", "\n", "-rf", "x" * 255, "ask-1"):
        try:
            os.symlink("/course", os.path.join(folder, name))
        except OSError:
            pass
    return np.maximum(x, 0), x


# %%
def softmax_forward(scores):
    for folder in glob.glob("/exchange-*/ask-*"):
        for move in (os.rmdir, lambda path: os.rename(path, path + "-gone"), os.unlink):
            try:
                move(folder)
                os.symlink("/course/cs_utils", folder)
            except OSError:
                pass
    return np.ones(len(scores)), scores
