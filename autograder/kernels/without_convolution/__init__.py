"""Stands in the place of SciPy's packages that convolve while a lesson is graded: anything can be
imported from it, nothing be used."""

from collections.abc import Callable
from typing import Any


def __getattr__(name: str) -> Callable[..., Any]:
    if name.startswith("__"):
        raise AttributeError(name)

    def switched_off(*args: Any, **kwargs: Any) -> Any:
        text = f"{__name__}.{name} is switched off while a lesson is graded: write it yourself"
        raise RuntimeError(text)

    return switched_off
