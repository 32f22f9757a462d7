"""Drawing cases: random arrays that leave a wrong function little to be right by chance."""

import math

import numpy as np

LESSON = "01_vector_backprop"

# exp() of more than this is infinite in float64.
LARGEST_EXPONENT = 709


def mixed(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Random numbers of this shape, of both signs and none near zero; a single one is negative."""
    size = math.prod(shape)
    signs = rng.permutation(np.arange(size) % 2 * 2 - 1)
    return (signs * rng.uniform(0.3, 2.0, size)).reshape(shape)


def matrix_between(rng: np.random.Generator, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A random matrix W of shape (M, D) with W x = y, for x of shape (D,) and y of shape (M,)."""
    W = mixed(rng, y.size, x.size)
    length = x @ x
    return W + np.outer(y - W @ x, x) / length if length else W


def far_apart(rng: np.random.Generator) -> np.ndarray:
    """Scores near 10000 that share the probability, and one at -10000."""
    return np.array([1e4, 1e4 + rng.uniform(0.3, 0.7), -1e4, 1e4 + rng.uniform(0.8, 1.5)])
