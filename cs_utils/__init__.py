"""What a notebook of the course imports: checks, comparisons with PyTorch, and plots.

Importing it costs neither PyTorch nor matplotlib; they are loaded by what needs them.
"""

from importlib import import_module
from typing import Any

from cs_utils.checks import Points, check

__all__ = ["Claim", "Points", "check", "claims", "compare_with_pytorch", "jacobian_layouts"]

_WHERE = {
    "Claim": "cs_utils.claim_table",
    "claims": "cs_utils.claim_table",
    "compare_with_pytorch": "cs_utils.compare",
    "jacobian_layouts": "cs_utils.compare",
}


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
