# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] name="title"
# # 5. Architectures

# %% nbgrader={"grade": false, "grade_id": "set-up", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="set-up"
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from cs_utils import Claim, check, claims
from cs_utils import plots

# %% [markdown] name="resnet"
# ## ResNet
