"""Images that the student's side never holds, and the cases drawn from them.

They are in no bundle and not in the sandbox; their labels never leave the grader.
"""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from cs_utils.exercises.architectures.capstone import NAME, capstone_cases
from cs_utils.exercises.specification import Case

FILE = Path(__file__).parent / "fashion_mnist.npz"
SHA256 = "e56667e0e1dde40de403dbe9bcad4984eacea130ff0912bbfb2bc7ef1788452f"
PER_CLASS = 250
_DRAWN_PER_CLASS = 200


class HeldOutError(OSError):
    """The held-out images are missing or damaged; the text says how to rebuild them."""


def held_out_images() -> tuple[np.ndarray, np.ndarray]:
    """Images (2500, 28, 28), uint8, and labels (2500,). Raises HeldOutError."""
    advice = "Rebuild them with:  python -m autograder.judging.held_out.rebuild"
    if not FILE.is_file():
        raise HeldOutError(f"{FILE} is missing. {advice}")
    if hashlib.sha256(FILE.read_bytes()).hexdigest() != SHA256:
        raise HeldOutError(f"{FILE} is damaged. {advice}")
    with np.load(FILE, allow_pickle=False) as stored:
        return stored["images"], stored["labels"]


def draw_capstone(seed: int) -> list[Case]:
    """The cases of the small network for this seed: 200 images of each class, in a random order."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, *NAME.encode()]))
    images, labels = held_out_images()
    drawn = [
        rng.permutation(np.flatnonzero(labels == label))[:_DRAWN_PER_CLASS]
        for label in range(labels.max() + 1)
    ]
    chosen = rng.permutation(np.concatenate(drawn))
    return capstone_cases(images[chosen], labels[chosen], rng, seed=int(rng.integers(2**31)))


# By the exercise's name: cases that the grader draws, in place of those that a notebook draws.
HELD_OUT: Mapping[str, Callable[[int], list[Case]]] = {NAME: draw_capstone}
