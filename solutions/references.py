"""The reference answer to every exercise, by the exercise's name."""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

_NUMPY = (
    "numpy_vectors",
    "numpy_layers",
    "numpy_convolution",
    "numpy_convolution_options",
    "numpy_pooling",
    "numpy_counting",
    "numpy_residual",
)
_TORCH = ("torch_layers", "torch_seeing", "architectures", "residual_networks", "small_network")


@cache
def reference_functions(library: str = "numpy") -> dict[str, Callable[..., Any]]:
    """All reference functions and classes of a library, ``numpy`` or ``torch``, by name."""
    found: dict[str, Callable[..., Any]] = {}
    for name in _TORCH if library == "torch" else _NUMPY:
        module = import_module(f"solutions.{name}")
        found |= {key: value for key, value in vars(module).items() if callable(value)}
    return found
