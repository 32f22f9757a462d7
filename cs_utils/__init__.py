"""What a notebook of the course imports: checks, comparisons with PyTorch, and plots.

Importing it costs neither PyTorch nor matplotlib; they are loaded by what needs them.
"""

from cs_utils.checks import Points, check

__all__ = ["Points", "check"]
