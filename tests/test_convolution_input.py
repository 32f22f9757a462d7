"""What the reference layers of lesson 3 refuse, and in which words."""

import numpy as np
import pytest
import torch

from solutions import numpy_convolution as numpy_layer
from solutions import numpy_convolution_options as options
from solutions import torch_layers

ONE = np.ones((1, 1, 4, 4))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((7, 3, 3), ("n=7", "kernel_size=3", "stride=3", "n=6 or n=9")),
        ((2, 7, 1, 1), ("n=2", "kernel_size=7", "padding=1", "n=5 at least")),
        ((0, 1), ("n=0",)),
        ((5, 3, 0), ("stride=0",)),
        ((5, 3, 1, -1), ("padding=-1",)),
    ],
)
def test_sizes(arguments: tuple[int, ...], words: tuple[str, ...]) -> None:
    with pytest.raises(ValueError) as told:
        numpy_layer.conv_output_size(*arguments)
    assert all(word in str(told.value) for word in words)


@pytest.mark.parametrize(
    ("x", "w", "b", "words"),
    [
        ((4, 4), (1, 1, 2, 2), (1,), "(4, 4)"),
        ((0, 1, 4, 4), (1, 1, 2, 2), (1,), "(0, 1, 4, 4)"),
        ((1, 2, 4, 4), (1, 3, 2, 2), (1,), "2"),
        ((1, 2, 4, 4), (2, 2, 2), (2,), "(2, 2, 2)"),
        ((1, 2, 4, 4), (3, 2, 2, 2), (1, 3), "(1, 3)"),
        ((1, 1, 3, 4), (1, 1, 4, 4), (1,), "3"),
    ],
)
def test_layers(x: tuple[int, ...], w: tuple[int, ...], b: tuple[int, ...], words: str) -> None:
    arrays = [np.ones(shape) for shape in (x, w, b)]
    with pytest.raises(ValueError) as told:
        numpy_layer.conv_forward_im2col(*arrays)
    assert words in str(told.value)
    with pytest.raises(ValueError):
        torch_layers.conv_forward_torch(*map(torch.tensor, arrays))


def test_others() -> None:
    _out, cache = numpy_layer.conv_forward_im2col(ONE, np.ones((1, 1, 2, 2)), np.ones(1))
    for refused in (
        lambda: numpy_layer.conv_backward_im2col(np.ones((1, 1, 4, 4)), cache),
        lambda: numpy_layer.col2im(np.ones((1, 4, 4)), (1, 1, 4, 4), (2, 2)),
        lambda: numpy_layer.im2col(ONE[0], (2, 2)),
        lambda: numpy_layer.filter2d(np.ones((2, 2)), np.ones((3, 1))),
        lambda: numpy_layer.filter2d(np.ones(4), np.ones((1, 1))),
        lambda: numpy_layer.image_to_tensor(np.ones(3)),
        lambda: options.grouped_conv_forward(ONE, np.ones((3, 1, 1, 1)), np.ones(3), 2),
    ):
        with pytest.raises(ValueError, match=r"\d"):
            refused()
