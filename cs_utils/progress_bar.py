"""A bar of text for what takes longer than a second, the same in every lesson."""

import sys
from typing import Any


def progress_bar(total: int, unit: str) -> Any:
    """tqdm's bar, to be used in a ``with``; it goes away at the end.

    total: steps in all, to be told with ``update``. unit: what a step is, in a word.
    """
    from tqdm import tqdm

    look = {"ncols": 80, "mininterval": 0.5, "delay": 1, "leave": False}
    # Standard output, for Jupyter shows what goes to the error stream in red.
    return tqdm(total=total, unit=unit, file=sys.stdout, **look)
