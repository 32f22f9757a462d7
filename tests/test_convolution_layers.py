"""The reference layers of lesson 3 against each other: loops, NumPy, tensors and PyTorch."""

from typing import Any

import numpy as np
import pytest
import scipy.signal
import torch
from convolution_submissions import lesson_functions
from hypothesis import given, settings
from hypothesis import strategies as st

from solutions import numpy_convolution as numpy_layer
from solutions import numpy_convolution_options as options
from solutions import torch_layers

F = torch.nn.functional
TOLERANCE = 1e-10


@st.composite
def layers(draw: st.DrawFn, side: int = 7) -> dict[str, Any]:
    """A layer's random arguments, sizes that fit."""

    def between(low: int, high: int) -> int:
        return draw(st.integers(low, high))

    stride, padding = between(1, 3), between(0, 2)
    kernel = between(1, 4), between(1, 4)
    # The size that a number of windows takes, at least one pixel of it inside the border.
    sizes = [
        max(k + stride * between(0, (side - k) // stride if side > k else 0) - 2 * padding, 0)
        for k in kernel
    ]
    sizes = [n or _smallest(k, stride, padding) for n, k in zip(sizes, kernel, strict=True)]
    rng = np.random.default_rng(between(0, 2**32))
    N, C, filters = between(1, 3), between(1, 4), between(1, 4)
    return {
        "x": rng.normal(size=(N, C, *sizes)),
        "w": rng.normal(size=(filters, C, *kernel)),
        "b": rng.normal(size=filters),
        "stride": stride,
        "padding": padding,
    }


def _smallest(kernel: int, stride: int, padding: int) -> int:
    return next(n for n in range(1, 20) if _fits(n - kernel + 2 * padding, stride))


def _fits(room: int, stride: int) -> bool:
    return room >= 0 and room % stride == 0


def tensors(layer: dict[str, Any]) -> list[Any]:
    return [torch.tensor(layer[name], requires_grad=True) for name in ("x", "w", "b")]


def pytorch(layer: dict[str, Any], dout: np.ndarray | None = None) -> tuple[np.ndarray, Any]:
    """Output and gradients by F.conv2d and autograd."""
    leaves = tensors(layer)
    out = F.conv2d(*leaves, layer["stride"], layer["padding"])
    upstream = torch.tensor(dout) if dout is not None else torch.ones_like(out)
    gradients = torch.autograd.grad(out, leaves, upstream)
    return out.detach().numpy(), [gradient.numpy() for gradient in gradients]


def upstream(layer: dict[str, Any]) -> np.ndarray:
    out, _gradients = pytorch(layer)
    return np.random.default_rng(0).normal(size=out.shape)


def assert_same(found: Any, wanted: Any) -> None:
    np.testing.assert_allclose(found, wanted, rtol=TOLERANCE, atol=TOLERANCE)


class TestThreeAnswers:
    @settings(max_examples=60, deadline=None)
    @given(layer=layers())
    def test_numpy(self, layer: dict[str, Any]) -> None:
        dout = upstream(layer)
        out, gradients = pytorch(layer, dout)
        found, cache = numpy_layer.conv_forward_im2col(**layer)
        assert_same(found, out)
        for one, right in zip(
            numpy_layer.conv_backward_im2col(dout, cache), gradients, strict=True
        ):
            assert_same(one, right)

    @settings(max_examples=60, deadline=None)
    @given(layer=layers())
    def test_tensors(self, layer: dict[str, Any]) -> None:
        dout = upstream(layer)
        out, gradients = pytorch(layer, dout)
        arguments = *tensors(layer), layer["stride"], layer["padding"]
        assert_same(torch_layers.conv_forward_torch(*arguments).detach(), out)
        found = torch_layers.Conv2dFunction.apply(*arguments)
        assert_same(found.detach(), out)
        for one, right in zip(
            torch.autograd.grad(found, arguments[:3], torch.tensor(dout)), gradients, strict=True
        ):
            assert_same(one, right)

    @pytest.mark.parametrize("ending", ["naive", "im2col"])
    @settings(max_examples=25, deadline=None)
    @given(layer=layers(side=5))
    def test_lesson(self, ending: str, layer: dict[str, Any]) -> None:
        functions = lesson_functions()
        dout = upstream(layer)
        out, gradients = pytorch(layer, dout)
        found, cache = functions[f"conv_forward_{ending}"](**layer)
        assert_same(found, out)
        backward = functions[f"conv_backward_{ending}"](dout, cache)
        for one, right in zip(backward, gradients, strict=True):
            assert_same(one, right)

    @settings(max_examples=40, deadline=None)
    @given(layer=layers())
    def test_float32_stays(self, layer: dict[str, Any]) -> None:
        small = {
            name: value.astype(np.float32) if isinstance(value, np.ndarray) else value
            for name, value in layer.items()
        }
        out, cache = numpy_layer.conv_forward_im2col(**small)
        gradients = numpy_layer.conv_backward_im2col(np.ones_like(out), cache)
        assert {out.dtype, *(one.dtype for one in gradients)} == {np.dtype(np.float32)}
        right, _gradients = pytorch(layer)
        np.testing.assert_allclose(out, right, rtol=1e-4, atol=1e-4)


class TestColumns:
    @settings(max_examples=60, deadline=None)
    @given(layer=layers())
    def test_unfold(self, layer: dict[str, Any]) -> None:
        kernel_size, where = layer["w"].shape[2:], (layer["stride"], layer["padding"])
        x = torch.tensor(layer["x"])
        right = F.unfold(x, kernel_size, stride=where[0], padding=where[1]).numpy()
        for im2col in (numpy_layer.im2col, lesson_functions()["im2col"]):
            assert_same(im2col(layer["x"], kernel_size, *where), right)

    @settings(max_examples=60, deadline=None)
    @given(layer=layers())
    def test_adjoint(self, layer: dict[str, Any]) -> None:
        x, kernel_size = layer["x"], layer["w"].shape[2:]
        where = layer["stride"], layer["padding"]
        columns = numpy_layer.im2col(x, kernel_size, *where)
        y = np.random.default_rng(1).normal(size=columns.shape)
        for col2im in (numpy_layer.col2im, lesson_functions()["col2im"]):
            back = col2im(y, x.shape, kernel_size, *where)
            assert np.vdot(columns, y) == pytest.approx(np.vdot(x, back), rel=TOLERANCE, abs=1e-9)

    @settings(max_examples=40, deadline=None)
    @given(layer=layers(side=5))
    def test_matrix(self, layer: dict[str, Any]) -> None:
        dout = upstream(layer)
        out, (dx, _dw, _db) = pytorch({**layer, "b": np.zeros_like(layer["b"])}, dout)
        sizes = *layer["x"].shape[2:], layer["stride"], layer["padding"]
        for conv_matrix in (numpy_layer.conv_matrix, lesson_functions()["conv_matrix"]):
            matrix = conv_matrix(layer["w"], *sizes)
            assert_same((matrix @ layer["x"][0].reshape(-1)), out[0].reshape(-1))
            assert_same((matrix.T @ dout[0].reshape(-1)), dx[0].reshape(-1))


def test_gradcheck() -> None:
    generator = torch.Generator().manual_seed(0)
    shapes = ((2, 2, 5, 4), (3, 2, 3, 2), (3,))
    leaves = [torch.randn(s, generator=generator, dtype=torch.float64) for s in shapes]
    inputs = [leaf.requires_grad_() for leaf in leaves]
    assert torch.autograd.gradcheck(torch_layers.Conv2dFunction.apply, (*inputs, 2, 1))


class TestOptions:
    @pytest.mark.parametrize(
        "functions", [vars(options), lesson_functions()], ids=["numpy", "lesson"]
    )
    def test_of_pytorch(self, functions: dict[str, Any]) -> None:
        rng = np.random.default_rng(0)

        def arrays(*shapes: tuple[int, ...]) -> list[np.ndarray]:
            return [rng.normal(size=shape) for shape in shapes]

        def right(function: Any, values: list[np.ndarray], **words: int) -> np.ndarray:
            return function(*map(torch.tensor, values), **words).numpy()

        values = arrays((2, 6, 5, 7), (9, 2, 3, 3), (9,))
        words = {"groups": 3, "stride": 2, "padding": 1}
        assert_same(
            functions["grouped_conv_forward"](*values, **words), right(F.conv2d, values, **words)
        )
        values = arrays((2, 3, 7, 6), (4, 3, 3, 2), (4,))
        words = {"dilation": 2, "stride": 1, "padding": 1}
        assert_same(
            functions["dilated_conv_forward"](*values, **words), right(F.conv2d, values, **words)
        )
        values = arrays((2, 3, 4, 3), (3, 5, 3, 2), (5,))
        words = {"stride": 2, "padding": 1}
        found = functions["transposed_conv_forward"](*values, **words)
        assert_same(found, right(F.conv_transpose2d, values, **words))
        values = arrays((2, 3, 4, 5), (6, 3, 1, 1), (6,))
        assert_same(functions["conv1x1_forward"](*values), right(F.conv2d, values))
        image, kernel = arrays((6, 7), (3, 4))
        assert_same(functions["fft_conv2d"](image, kernel), scipy.signal.convolve2d(image, kernel))
        tile, kernel = arrays((4, 4), (3, 3))
        right_tile = scipy.signal.correlate2d(tile, kernel, mode="valid")
        assert_same(functions["winograd_conv3x3"](tile, kernel), right_tile)


class TestOtherLayers:
    """torch_layers beside PyTorch's own, output and gradients."""

    def test_batchnorm(self) -> None:
        x, gamma, beta, mean = (
            torch.randn(shape, dtype=torch.float64) for shape in ((6, 3), (3,), (3,), (3,))
        )
        variance, dout = torch.rand(3, dtype=torch.float64) + 0.5, torch.randn_like(x)
        for training in (True, False):
            moved = mean.clone(), variance.clone()
            leaves = [one.clone().requires_grad_() for one in (x, gamma, beta)]
            right = F.batch_norm(leaves[0], *moved, *leaves[1:], training)
            out, cache, *running = torch_layers.batchnorm_forward(
                x, gamma, beta, mean, variance, training
            )
            found = torch_layers.batchnorm_backward(dout, cache)
            wanted = torch.autograd.grad(right, leaves, dout)
            for one, other in zip((out, *running, *found), (right, *moved, *wanted), strict=True):
                torch.testing.assert_close(one, other.detach())

    def test_affine_relu_softmax(self) -> None:
        x, w, b = (torch.randn(s, dtype=torch.float64) for s in ((5, 2, 3), (6, 4), (4,)))
        y = torch.tensor([0, 3, 1, 1, 2])
        leaves = [one.clone().requires_grad_() for one in (x, w, b)]
        loss = F.cross_entropy(F.relu(F.linear(leaves[0].flatten(1), leaves[1].T, leaves[2])), y)
        hidden, first = torch_layers.affine_forward(x, w, b)
        scores, gate = torch_layers.relu_forward(hidden)
        own_loss, dscores = torch_layers.softmax_loss(scores, y)
        gradients = torch_layers.affine_backward(torch_layers.relu_backward(dscores, gate), first)
        torch.testing.assert_close(own_loss, loss.detach())
        for one, other in zip(gradients, torch.autograd.grad(loss, leaves), strict=True):
            torch.testing.assert_close(one, other)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_on_a_gpu() -> None:
    layer = {"x": (2, 3, 7, 5), "w": (4, 3, 3, 3), "b": (4,)}
    arrays = [np.random.default_rng(0).normal(size=shape) for shape in layer.values()]
    own, right = ([torch.tensor(a, device="cuda").requires_grad_() for a in arrays] for _ in "12")
    out, wanted = (
        torch_layers.Conv2dFunction.apply(*own, 2, 1),
        F.conv2d(*right, stride=2, padding=1),
    )
    assert out.device == wanted.device
    torch.testing.assert_close(out, wanted)
    dout = torch.randn_like(out)
    for one, other in zip(
        torch.autograd.grad(out, own, dout), torch.autograd.grad(wanted, right, dout), strict=True
    ):
        torch.testing.assert_close(one, other)
