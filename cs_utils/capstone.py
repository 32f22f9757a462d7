"""The small network that ends the course, as the notebook trains it."""

from collections.abc import Callable
from typing import Any

from cs_utils.demonstrations import Note, in_a_sentence
from cs_utils.kernel_side import is_grading
from cs_utils.language import _
from cs_utils.small_network import SmallNetwork, trained


def train(train_small_network: Callable[..., Any], seed: int = 0) -> SmallNetwork | Note:
    """Train the student's network; its check then uses what was trained here.

    Returns a Note where that fails, and in a grader's kernel, which trains by itself.
    """
    if is_grading():
        return Note(_("The grader trains the network itself."))
    try:
        return trained(train_small_network, seed)
    except (Exception, SystemExit) as error:
        return Note(in_a_sentence(error))
