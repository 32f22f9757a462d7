"""Functions that derivative exercises are tried on: told by arrays, so that fresh ones can be
drawn and sent, and computable both in NumPy and in PyTorch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class TrialFunction:
    """A function of one array, told by its kind and parameters.

    kind: ``quadratic``: x -> sum(a x^2) + sum(b x) + c, a scalar, for x of any shape;
        ``cubic``: x -> sum(a x^3) + sum(b x), a scalar;
        ``square_of_sum``: x -> sum(a x)^2 + sum(b x), a scalar whose entries act on each other;
        ``affine``: x -> A x + b, a vector of M values, for x of N;
        ``squares``: x -> A (x * x) + b, a vector of M values;
        ``products``: x -> (A x) * (B x + c), a vector of M values.
    parameters: the arrays by their letter.
    """

    kind: str
    parameters: Mapping[str, Any]

    def __call__(self, x: Any) -> Any:
        """The value at ``x``: an array or number for those, a tensor for a tensor."""
        tensor = hasattr(x, "detach")
        if not tensor:
            x = np.asarray(x, dtype=np.float64)
        p = {name: _like(value, tensor) for name, value in self.parameters.items()}
        if self.kind == "quadratic":
            value = (p["a"] * x * x).sum() + (p["b"] * x).sum() + p["c"]
        elif self.kind == "cubic":
            value = (p["a"] * x * x * x).sum() + (p["b"] * x).sum()
        elif self.kind == "square_of_sum":
            value = (p["a"] * x).sum() ** 2 + (p["b"] * x).sum()
        elif self.kind == "affine":
            value = p["A"] @ x + p["b"]
        elif self.kind == "squares":
            value = p["A"] @ (x * x) + p["b"]
        elif self.kind == "products":
            value = (p["A"] @ x) * (p["B"] @ x + p["c"])
        else:
            raise ValueError(f"there is no trial function of kind {self.kind!r}")
        return float(value) if not tensor and np.ndim(value) == 0 else value


def _like(value: Any, tensor: bool) -> Any:
    if not tensor:
        return value
    import torch

    return torch.as_tensor(np.asarray(value, dtype=np.float64))
