"""Ten cells that end the process, one after the other; what is right between them counts.

relu_forward: correct, 1
"""

# %%
import os

os._exit(0)

# %%
import os

os._exit(1)

# %%
import os

os.abort()

# %%
import sys

sys.exit("done")

# %%
import os

os.kill(os.getpid(), 9)

# %%
import os

os.kill(-1, 9)

# %%
import numpy as np


def relu_forward(x):
    return np.maximum(0, x), x


# %%
import os

os._exit(2)
