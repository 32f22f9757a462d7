"""What a notebook of the course imports: checks, comparisons with PyTorch, and plots.

Importing it costs nothing: each name is loaded, with what it needs, when it is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cs_utils.checks import Points, check
    from cs_utils.claim_table import Claim, claims
    from cs_utils.compare import compare_with_pytorch, jacobian_layouts
    from cs_utils.course_progress import progress
    from cs_utils.handing_in import hand_in

__all__ = [
    "Claim",
    "Points",
    "check",
    "claims",
    "compare_with_pytorch",
    "hand_in",
    "jacobian_layouts",
    "progress",
]

_WHERE = {
    "Claim": "cs_utils.claim_table",
    "Points": "cs_utils.checks",
    "check": "cs_utils.checks",
    "claims": "cs_utils.claim_table",
    "compare_with_pytorch": "cs_utils.compare",
    "hand_in": "cs_utils.handing_in",
    "jacobian_layouts": "cs_utils.compare",
    "progress": "cs_utils.course_progress",
}


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
