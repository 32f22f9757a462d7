"""Real photos to look at, small enough to ship: ``photo("chelsea")`` is a cat."""

import numpy as np

from cs_utils.datasets import data_file
from cs_utils.language import _

NAMES = ("chelsea", "coffee", "rocket", "brick", "grass")


def photo(name: str) -> np.ndarray:
    """A photo as an array of shape (height, width, 3), uint8: red, green, blue from 0 to 255.

    name: one of NAMES; brick and grass are grey, their three channels equal.
    Raises ValueError for another name, DatasetError where the file is missing or damaged.
    """
    if name not in NAMES:
        text = _("There is no photo {name!r}; there are {names}.")
        raise ValueError(text.format(name=name, names=", ".join(NAMES)))
    from matplotlib.image import imread

    # matplotlib reads a PNG as floats from 0 to 1.
    pixels = np.round(255 * imread(data_file(f"photos/{name}.png"))).astype(np.uint8)
    return pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)
