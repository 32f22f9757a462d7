"""What the modules of this lesson share: its name, random images and kernels, and sizes."""

from typing import Any

import numpy as np

from cs_utils.exercises.vector_backprop.drawing import mixed

LESSON = "03_convolution"


def layer_inputs(
    rng: np.random.Generator,
    x_shape: tuple[int, int, int, int],
    filters: int,
    kernel_size: tuple[int, int],
    **options: int,
) -> dict[str, Any]:
    """A random batch of images, weights and biases, and the options behind them, in this order."""
    weights = mixed(rng, filters, x_shape[1], *kernel_size)
    return {"x": mixed(rng, *x_shape), "w": weights, "b": mixed(rng, filters), **options}
