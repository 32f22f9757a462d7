"""Numbers for a network's parameters that depend on a seed, a role and a shape, and on nothing
else: not on names, and not on the order in which layers are written or called."""

import math
from typing import Any

import numpy as np

_ROLES = ("weight", "bias", "scale", "mean", "variance")
_DRAWN = 65_537  # a prime number: no row of a weight equals another


def draw(seed: int, role: str, shape: tuple[int, ...]) -> Any:
    """The values of a parameter as a float32 tensor on the CPU.

    role: ``weight`` (axis 0 counts the outputs; a convolution's and the linear layer's over the
        same numbers are equal), ``bias``; and of a batch normalisation ``scale``, ``mean`` and
        ``variance``, with ``bias`` for its shift.
    Weights have variance 2 / fan-in, which keeps the size of activations through many layers.
    """
    import torch

    flat = (shape[0], math.prod(shape[1:])) if len(shape) > 1 else shape
    stream = np.random.SeedSequence([seed, _ROLES.index(role), *flat])
    count = math.prod(flat)
    # Drawing millions of numbers takes long: large parameters repeat theirs, at odd intervals.
    uniform = np.random.default_rng(stream).random(min(count, _DRAWN), dtype=np.float32)
    uniform = np.resize(uniform, count)
    if role == "weight":
        uniform -= np.float32(0.5)
        uniform *= np.float32(math.sqrt(24 / flat[-1]))
    elif role in ("bias", "mean"):
        uniform = uniform * np.float32(0.6) - np.float32(0.3)
    else:
        uniform += np.float32(0.5)
    return torch.from_numpy(uniform).reshape(shape)


def fill(module: Any, seed: int) -> None:
    """Give a student's module these values: all its parameters and running statistics."""
    import torch

    with torch.no_grad():
        for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
            if tensor.is_floating_point() and tensor.ndim:
                values = draw(seed, _role(name, tensor.ndim), tuple(tensor.shape))
                # Not copied: what a layer had before takes no memory until it is written to.
                tensor.data = values.to(tensor.device, tensor.dtype)


def _role(name: str, axes: int) -> str:
    if axes > 1:
        return "weight"
    last = name.rsplit(".", 1)[-1]
    return {"weight": "scale", "running_mean": "mean", "running_var": "variance"}.get(last, "bias")
