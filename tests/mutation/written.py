"""Right solutions that no other test holds, in styles of their own."""

from collections.abc import Callable
from typing import Any

WRITTEN: list[tuple[str, dict[str, Callable[..., Any]]]] = []
