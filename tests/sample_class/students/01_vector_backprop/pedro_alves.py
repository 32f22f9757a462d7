"""Pedro Alves: his file was cut off on its way (the build does)."""

import numpy as np


# %%
def relu_forward(x):
    return np.maximum(0, x), x
