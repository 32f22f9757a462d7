"""The fast convolution layer against PyTorch: each of its ways, the choice, types, errors."""

from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from solutions import fast_convolution as fast
from solutions.winograd import winograd_backward, winograd_forward, winograd_matrices

F = torch.nn.functional


@st.composite
def layers(draw: st.DrawFn, kernels: int = 4, strides: int = 3, paddings: int = 2) -> Any:
    """x, w, b and the upstream gradient of a random layer that fits, its stride and padding."""

    def between(low: int, high: int) -> int:
        return draw(st.integers(low, high))

    stride, padding = between(1, strides), between(0, paddings)
    kernel = between(1, kernels), between(1, kernels)
    outputs = [between(1, 6), between(1, 6)]
    sides = [(n - 1) * stride + k - 2 * padding for n, k in zip(outputs, kernel, strict=True)]
    for axis, side in enumerate(sides):
        # Nothing but padding is no picture: more windows, until there is a pixel.
        more = max(0, -(-(1 - side) // stride))
        outputs[axis], sides[axis] = outputs[axis] + more, side + more * stride
    N, C, filters = draw(st.sampled_from((1, 2, 17))), between(1, 4), between(1, 4)
    rng = np.random.default_rng(between(0, 2**32))
    shapes = (N, C, *sides), (filters, C, *kernel), (filters,), (N, filters, *outputs)
    return [rng.normal(size=shape) for shape in shapes], stride, padding


def by_pytorch(arrays: list[np.ndarray], stride: int, padding: int) -> list[np.ndarray]:
    """Output, dx, dw, db."""
    leaves: list[Any] = [torch.tensor(array, requires_grad=True) for array in arrays[:-1]]
    out = F.conv2d(*leaves, stride=stride, padding=padding)
    return [
        one.detach().numpy()
        for one in (out, *torch.autograd.grad(out, leaves, torch.tensor(arrays[-1])))
    ]


def assert_close(found: Any, wanted: list[np.ndarray], tolerance: float) -> None:
    for one, right in zip(found, wanted, strict=True):
        assert one.shape == right.shape
        np.testing.assert_allclose(one, right, rtol=0, atol=tolerance * max(1, np.abs(right).max()))


def run(forward: Any, backward: Any, arrays: list[np.ndarray]) -> tuple[np.ndarray, ...]:
    *layer, dout = arrays
    out, cache = forward(*layer)
    return out, *backward(dout, cache)


@settings(max_examples=60, deadline=None)
@given(layer=layers())
def test_columns(layer: Any) -> None:
    arrays, stride, padding = layer
    forward = partial(fast.columns_forward, stride=stride, padding=padding)
    found = run(forward, fast.columns_backward, arrays)
    assert_close(found, by_pytorch(*layer), 1e-12)


@settings(max_examples=25, deadline=None)
@given(layer=layers(kernels=1, paddings=0))
def test_pointwise(layer: Any) -> None:
    arrays, stride, _padding = layer
    forward = partial(fast.pointwise_forward, stride=stride)
    found = run(forward, fast.pointwise_backward, arrays)
    assert_close(found, by_pytorch(*layer), 1e-12)


@settings(max_examples=60, deadline=None)
@given(layer=layers(kernels=5, strides=1), tile=st.integers(2, 4))
def test_winograd(layer: Any, tile: int) -> None:
    arrays, _stride, padding = layer
    forward = partial(winograd_forward, padding=padding, tile=tile)
    wanted = by_pytorch(*layer)
    assert_close(run(forward, winograd_backward, arrays), wanted, 1e-11)
    small = [array.astype(np.float32) for array in arrays]
    found = run(forward, winograd_backward, small)
    assert {one.dtype for one in found} == {np.dtype(np.float32)}
    assert_close(found, wanted, 1e-4)


@pytest.mark.parametrize("tile", [2, 3, 4, 5])
@pytest.mark.parametrize("kernel_size", [1, 2, 3, 4])
def test_the_matrices_correlate(tile: int, kernel_size: int) -> None:
    A, B, G = winograd_matrices(tile, kernel_size)
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=tile + kernel_size - 1), rng.normal(size=kernel_size)
    np.testing.assert_allclose(A @ ((G @ w) * (B @ x)), np.correlate(x, w), atol=1e-12)


def test_the_published_matrices() -> None:
    """F(2, 3) of Lavin and Gray, section 4.1, but for signs that cancel between its parts."""
    A, B, G = winograd_matrices(2, 3)
    published: Any = (
        [[1, 1, 1, 0], [0, 1, -1, -1]],
        [[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]],
        [[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]],
    )
    for own, right in zip((A, B, G), published, strict=True):
        np.testing.assert_array_equal(np.abs(own), np.abs(right))


# By name: x, w, stride, padding, and the way.
CHOICES: dict[str, Any] = {
    "LeNet-5, few channels": ((128, 6, 14, 14), (16, 6, 5, 5), 1, 0, "columns"),
    "AlexNet, stride 4": ((4, 3, 227, 227), (96, 3, 11, 11), 4, 0, "columns"),
    "VGG, 3x3": ((1, 128, 112, 112), (128, 128, 3, 3), 1, 1, "tiles of 4"),
    "VGG, small maps": ((2, 512, 14, 14), (512, 512, 3, 3), 1, 1, "tiles of 2"),
    "ResNet, smallest maps": ((4, 512, 7, 7), (512, 512, 3, 3), 1, 1, "columns"),
    "GoogLeNet, 1x1": ((8, 192, 28, 28), (64, 192, 1, 1), 1, 0, "pointwise"),
}


@pytest.mark.parametrize("name", CHOICES)
def test_the_choice(name: str) -> None:
    *layer, way = CHOICES[name]
    assert fast.algorithm(*layer) == way


@pytest.mark.parametrize(
    "shape",
    [
        ((2, 17, 15, 22), (18, 17, 5, 5), 1, 2),
        ((6, 16, 17, 15), (16, 16, 3, 3), 1, 1),
        ((30, 16, 4, 5), (16, 16, 3, 3), 1, 1),
        ((2, 5, 25, 23), (4, 5, 1, 1), 2, 0),
        ((2, 3, 15, 17), (4, 3, 3, 5), 2, 1),
    ],
)
def test_the_layer_in_float32(shape: Any) -> None:
    x, w, stride, padding = shape
    rng = np.random.default_rng(0)
    small = [rng.normal(size=s).astype(np.float32) for s in (x, w, w[:1])]
    forward = partial(fast.conv_forward, stride=stride, padding=padding)
    dout = rng.normal(size=forward(*small)[0].shape).astype(np.float32)
    kept = [array.copy() for array in (*small, dout)]
    found = run(forward, fast.conv_backward, [*small, dout])
    assert {one.dtype for one in found} == {np.dtype(np.float32)}
    wanted = by_pytorch([array.astype(np.float64) for array in kept], stride, padding)
    assert_close(found, wanted, 1e-4)
    for array, before in zip((*small, dout), kept, strict=True):
        np.testing.assert_array_equal(array, before)


def test_what_cannot_be() -> None:
    x, w, b = np.ones((2, 3, 5, 6)), np.ones((4, 3, 3, 3)), np.ones(4)
    with pytest.raises(ValueError, match=r"w .* is for 3 channels"):
        fast.conv_forward(x[:, :2], w, b)
    with pytest.raises(ValueError, match="do not fit"):
        fast.conv_forward(x, w, b, stride=2)
    out, cache = fast.conv_forward(x, w, b)
    with pytest.raises(ValueError, match="dout has the output's shape"):
        fast.conv_backward(out[:, :1], cache)
    with pytest.raises(ValueError, match="together 3 to 9, not 6 and 4"):
        winograd_matrices(6, 4)
