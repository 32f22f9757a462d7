"""Reference answers of the pooling lesson in vectorised NumPy: receptive fields, pooling layers and
a convolutional network.

Images are NCHW. float32 inputs give float32 results. Where the windows do not fit, the last rows
and columns are left out, as in PyTorch.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from solutions.numpy_convolution import conv_backward_im2col, conv_forward_im2col
from solutions.numpy_layers import affine_backward, affine_forward, softmax_loss
from solutions.numpy_vectors import relu_backward, relu_forward

Array = np.ndarray

# Numbers of one block of maps: with what is computed from it, it stays in a processor's cache.
_BLOCK = 2**17
# So few windows of a map are averaged sooner by a matrix product than by sums of short rows.
_FEW_WINDOWS = 24


def local_correlation(image: Array, distance: int) -> float:
    """Pearson's correlation of all pairs of pixels so far apart in a row.

    image: (H, W), any dtype; distance: 0 to W - 2. Raises ValueError for another one.
    Source: pixels are locally correlated.
    """
    if not 0 <= distance <= image.shape[1] - 2:
        raise ValueError(f"distance must be 0 to {image.shape[1] - 2}, not {distance}")
    values = image.astype(np.float64)
    left, right = values[:, : values.shape[1] - distance], values[:, distance:]
    left, right = left - left.mean(), right - right.mean()
    return float(np.sum(left * right) / np.sqrt(np.sum(left**2) * np.sum(right**2)))


def receptive_field(layers: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """(size, jump): pixels along one axis that an output sees, and from one output to the next.

    layers: (kernel_size, stride) from the picture on. Source: the receptive field must grow faster.
    """
    size, jump = 1, 1
    for kernel_size, stride in layers:
        size += (kernel_size - 1) * jump
        jump *= stride
    return size, jump


def max_pool_forward(x: Array, kernel_size: int, stride: int) -> tuple[Array, Any]:
    """The largest value of every window.

    x: (N, C, H, W). Returns (out of (N, C, outH, outW), cache). Raises ValueError for a window
    larger than a map. Source: pooling layer.
    """
    shape = _pooled_shape(x, kernel_size, stride)
    out = np.empty(shape, x.dtype)
    for maps, pooled in _blocks(x, out):
        phases = _apart(maps, stride)
        for number, entries in enumerate(_entries(phases, shape, kernel_size, stride)):
            if number:
                np.maximum(pooled, entries, out=pooled)
            else:
                pooled[:] = entries
    return out, (x, out, kernel_size, stride)


def max_pool_backward(dout: Array, cache: Any) -> Array:
    """dx of x's shape: each window's gradient goes to the first of its largest values."""
    x, out, kernel_size, stride = cache
    dx = np.empty(x.shape, np.result_type(x, dout))
    for maps, pooled, upstream, gradient in _blocks(x, out, dout, dx):
        waiting = np.ones(pooled.shape, bool)
        # Copied apart once: every entry of the windows is then read and added to in one piece.
        phases = [np.ascontiguousarray(phase) for phase in _apart(maps, stride)]
        dphases = [np.zeros(phase.shape, dx.dtype) for phase in phases]
        sources, targets = (_entries(p, out.shape, kernel_size, stride) for p in (phases, dphases))
        for entries, target in zip(sources, targets, strict=True):
            chosen = entries == pooled
            chosen &= waiting
            waiting ^= chosen
            target += upstream * chosen
        for target, dphase in zip(_apart(gradient, stride), dphases, strict=True):
            target[:] = dphase
    return dx


def avg_pool_forward(x: Array, kernel_size: int, stride: int) -> tuple[Array, Any]:
    """The mean of every window. Shapes as for ``max_pool_forward``. Source: pooling layer."""
    shape = _pooled_shape(x, kernel_size, stride)
    out = np.empty(shape, np.result_type(x, np.float32))
    if shape[2] * shape[3] <= _FEW_WINDOWS:
        matrix = _averages(x.shape, shape, kernel_size, stride).astype(out.dtype)
        np.matmul(_flat_maps(x), matrix.T, out=_flat_maps(out))
        return out, (x.shape, kernel_size, stride)
    rows, columns = _steps(shape, stride)
    for maps, pooled in _blocks(x, out):
        sums = maps[:, rows(0)].astype(out.dtype)
        for i in range(1, kernel_size):
            sums += maps[:, rows(i)]
        pooled[:] = sums[:, :, columns(0)]
        for j in range(1, kernel_size):
            pooled += sums[:, :, columns(j)]
        pooled /= kernel_size**2
    return out, (x.shape, kernel_size, stride)


def avg_pool_backward(dout: Array, cache: Any) -> Array:
    """dx of x's shape: each window's gradient in equal shares."""
    x_shape, kernel_size, stride = cache
    if dout.shape[2] * dout.shape[3] <= _FEW_WINDOWS:
        matrix = _averages(x_shape, dout.shape, kernel_size, stride).astype(dout.dtype)
        # A product with a single row is slow in BLAS.
        dx = _flat_maps(dout) @ matrix if len(matrix) > 1 else _flat_maps(dout) * matrix
        return dx.reshape(x_shape)
    dx = np.zeros(x_shape, dout.dtype)
    rows, columns = _steps(dout.shape, stride)
    for upstream, gradient in _blocks(dout, dx):
        shares = upstream / kernel_size**2
        spread = np.zeros((*upstream.shape[:2], x_shape[3]), dout.dtype)
        for j in range(kernel_size):
            spread[:, :, columns(j)] += shares
        for i in range(kernel_size):
            gradient[:, rows(i)] += spread
    return dx


def global_avg_pool_forward(x: Array) -> tuple[Array, Any]:
    """The mean of every map. x: (N, C, H, W). Returns (out of (N, C), cache).

    Source: GoogLeNet, global average pooling.
    """
    N, C, height, width = x.shape
    shares = np.full(height * width, 1 / (height * width), np.result_type(x, np.float32))
    return (_flat_maps(x) @ shares).reshape(N, C), x.shape


def global_avg_pool_backward(dout: Array, cache: Any) -> Array:
    """dx of x's shape (N, C, H, W) for dout of (N, C)."""
    height, width = cache[2:]
    return np.broadcast_to(dout[:, :, None, None] / (height * width), cache).copy()


# The lesson's loops are their own reference, in the notebook: here both names mean the same layer.
max_pool_forward_fast = max_pool_forward
max_pool_backward_fast = max_pool_backward


def shift_invariance(layer: Callable[[Array], Array], x: Array, shift: int) -> float:
    """How little a layer's output changes when its pictures move: 1 for not at all.

    layer: from (N, C, H, W) to an array; x: moved right by ``shift`` pixels, what leaves on the
    right comes in on the left. Returns 1 - |b - a| / (|a| + |b|), from 0 to 1.
    """
    before, after = layer(x), layer(np.roll(x, shift, axis=3))
    size = np.sqrt(np.sum(before**2)) + np.sqrt(np.sum(after**2))
    return float(1 - np.sqrt(np.sum((after - before) ** 2)) / size)


class ConvNet:
    """conv - ReLU - 2x2 max pooling - affine - softmax.

    w1: (F, C, k, k), k odd, laid with a border that keeps the maps' size; b1: (F,);
    w2: (F H/2 W/2, classes), the halves rounded down; b2: (classes,).
    """

    def __init__(self, w1: Array, b1: Array, w2: Array, b2: Array) -> None:
        self.w1, self.b1, self.w2, self.b2 = w1, b1, w2, b2

    def loss(self, X: Array, y: Array | None = None) -> Any:
        """Scores (N, classes) of images (N, C, H, W); with labels the loss and all gradients."""
        padding = self.w1.shape[2] // 2
        maps, conv = conv_forward_im2col(X, self.w1, self.b1, 1, padding)
        features, gate = relu_forward(maps)
        pooled, pool = max_pool_forward(features, 2, 2)
        scores, affine = affine_forward(pooled, self.w2, self.b2)
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        dpooled, dw2, db2 = affine_backward(dscores, affine)
        dmaps = relu_backward(max_pool_backward(dpooled, pool), gate)
        _dX, dw1, db1 = conv_backward_im2col(dmaps, conv)
        return loss, {"w1": dw1, "b1": db1, "w2": dw2, "b2": db2}


def _pooled_shape(x: Array, kernel_size: int, stride: int) -> tuple[int, int, int, int]:
    N, C, H, W = x.shape
    if min(kernel_size, stride) < 1 or kernel_size > min(H, W):
        raise ValueError(
            f"kernel_size must be 1 to {min(H, W)} for maps of {H} x {W} and stride at least 1, "
            f"not {kernel_size} and {stride}"
        )
    return N, C, (H - kernel_size) // stride + 1, (W - kernel_size) // stride + 1


def _steps(shape: Sequence[int], stride: int) -> tuple[Callable[[int], slice], ...]:
    """For rows and for columns: from a place in the window to that entry of all windows."""

    def of(count: int) -> Callable[[int], slice]:
        return lambda first: slice(first, first + stride * (count - 1) + 1, stride)

    return tuple(of(count) for count in shape[2:])


def _averages(x_shape: Sequence[int], shape: Sequence[int], kernel_size: int, stride: int) -> Array:
    """Average pooling as a matrix on a flattened map: (outH outW, H W)."""
    on_rows, on_columns = (
        [
            [0 <= place - stride * window < kernel_size for place in range(n)]
            for window in range(out)
        ]
        for n, out in zip(x_shape[2:], shape[2:], strict=True)
    )
    return np.kron(on_rows, on_columns) / kernel_size**2


def _flat_maps(maps: Array) -> Array:
    """(N, C, H, W) as (N C, H W)."""
    return maps.reshape(-1, maps.shape[2] * maps.shape[3])


def _apart(maps: Array, stride: int) -> list[Array]:
    """Every stride-th row and column of maps (maps, H, W), from each of the first rows and columns:
    stride**2 views, in which what windows see at the same place lies side by side."""
    return [maps[:, i::stride, j::stride] for i, j in np.ndindex(stride, stride)]


def _entries(
    phases: Sequence[Array], shape: Sequence[int], kernel_size: int, stride: int
) -> Iterator[Array]:
    """For each place in the window, row by row, that entry of all windows, as a view."""
    for i, j in np.ndindex(kernel_size, kernel_size):
        (down, row), (right, column) = divmod(i, stride), divmod(j, stride)
        phase = phases[row * stride + column]
        yield phase[:, down : down + shape[2], right : right + shape[3]]


def _blocks(*arrays: Array) -> Iterator[tuple[Array, ...]]:
    """Views of some maps at a time, (maps, height, width), of arrays (N, C, height, width)."""
    flat = [array.reshape(-1, *array.shape[2:]) for array in arrays]
    largest = max(one[0].size for one in flat)
    count = max(1, _BLOCK // largest)
    for first in range(0, len(flat[0]), count):
        yield tuple(one[first : first + count] for one in flat)
