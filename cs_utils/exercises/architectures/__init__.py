"""The exercises of ``05_architectures``: networks that made history, as PyTorch modules.

A network is told by its published table (``tables``) and computed from it (``execution``,
``weights``). A student's module is followed through its layers (``tracing``, ``operators``,
``rows``) and compared row by row (``comparing``); ``networks`` makes the exercises of it.
"""

from cs_utils.exercises.architectures.alexnet import ALEXNET
from cs_utils.exercises.specification import Exercise

# In the notebook's order.
EXERCISES: tuple[Exercise, ...] = (ALEXNET,)
