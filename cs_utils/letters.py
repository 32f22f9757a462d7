"""Letters for a retina of 20 x 20 photocells, like the one the Mark I Perceptron looked through."""

import numpy as np

from cs_utils.language import _

SIDE = 20

# Each letter is drawn on 10 x 10 squares; a square is 2 x 2 photocells.
_DRAWINGS = {
    "T": ["######", "..##..", "..##..", "..##..", "..##..", "..##.."],
    "J": ["..####", "....##", "....##", "....##", "##..##", ".####."],
    "L": ["##....", "##....", "##....", "##....", "##....", "######"],
    "X": ["##..##", ".####.", "..##..", "..##..", ".####.", "##..##"],
    "O": [".####.", "##..##", "##..##", "##..##", "##..##", ".####."],
    "E": ["######", "##....", "#####.", "##....", "##....", "######"],
}

NAMES = tuple(_DRAWINGS)


def letter(name: str) -> np.ndarray:
    """A letter as light on the photocells: shape (20, 20), values 0 and 1. Raises ValueError."""
    if name not in _DRAWINGS:
        text = _("There is no letter {name!r}; there are {names}.")
        raise ValueError(text.format(name=name, names=", ".join(NAMES)))
    squares = np.array([[mark == "#" for mark in row] for row in _DRAWINGS[name]], dtype=float)
    return np.kron(np.pad(squares, 2), np.ones((2, 2)))


def samples(
    first: str = "T",
    second: str = "J",
    count: int = 200,
    shift: int = 3,
    noise: float = 0.05,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of two letters, moved about and with some photocells failing.

    shift: largest move in each direction, in pixels, at most 4; noise: share of flipped pixels.
    Returns inputs (count, 401), the 400 pixels and a constant 1 for the bias, and targets
    (count,): 1 for the first letter, 0 for the second, alternating.
    """
    if not 0 <= shift <= 4:
        raise ValueError(_("shift must be from 0 to 4 pixels, so that the letter stays in view"))
    rng = np.random.default_rng(seed)
    clean = (letter(second), letter(first))
    targets = np.arange(1, count + 1) % 2
    pictures = np.empty((count, SIDE * SIDE + 1))
    for picture, target in zip(pictures, targets, strict=True):
        moved = np.roll(clean[target], rng.integers(-shift, shift + 1, size=2), axis=(0, 1))
        flipped = rng.random(moved.shape) < noise
        picture[:-1] = np.where(flipped, 1 - moved, moved).ravel()
        picture[-1] = 1
    return pictures, targets


def mistakes(w: np.ndarray, inputs: np.ndarray, targets: np.ndarray) -> int:
    """How many pictures the neuron with these weights takes for the other letter.

    w: (401,); inputs: (count, 401); targets: (count,) of 0 and 1.
    """
    return int(np.sum((inputs @ w > 0) != (targets == 1)))
