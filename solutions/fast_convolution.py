"""The convolution layer as fast as NumPy makes it, forward and backward: the way of computing it is
chosen by the layer's shape.

The way to read first is ``numpy_convolution.conv_forward_im2col``: this file spends more lines to
spend less time. A 1x1 kernel is a matrix product as it stands, many 3x3 or 5x5 filters at stride 1
save multiplications (``winograd``), all others are columns (im2col), laid out so that rows of many
numbers are copied at a time. Arrays as in ``numpy_convolution``; ``docs/benchmarks_layers.md`` has
the times.
"""

from typing import Any

import numpy as np

from solutions.numpy_convolution import conv_output_size, require_layer
from solutions.winograd import winograd_backward, winograd_forward

Array = np.ndarray

# Numbers that a processor's cache holds: 4 MB of float32.
_CACHED = 2**20
# A batch with fewer images is rearranged image by image: longer runs than the batch is.
_FEW_IMAGES = 16
# Positions of one image that fill a matrix product.
_MANY_POSITIONS = 128
# Rows of weights that fill a matrix product.
_MANY_WEIGHTS = 96
# A matrix so many times as long as it has rows is a long one.
_LONG = 16
# What Winograd's tiles need to be worth their transforms: channels and filters that share each
# tile, and tiles that share the transformed weights.
_SHARING_CHANNELS, _SHARING_TILES = 16, 96
_TILES = {"tiles of 4": 4, "tiles of 2": 2}


def conv_forward(
    x: Array, w: Array, b: Array, stride: int = 1, padding: int = 0
) -> tuple[Array, Any]:
    """The convolution layer.

    x: (N, C, H, W), w: (F, C, kH, kW), b: (F,). Returns (out of (N, F, outH, outW), cache), in the
    floating type that x, w and b share. Raises ValueError for shapes that do not belong together
    or sizes that do not fit. Source: convolution layer.
    """
    require_layer(x, w, b)
    dtype = np.result_type(x, w, b, np.float32)
    x, w, b = (array.astype(dtype, copy=False) for array in (x, w, b))
    way = algorithm(x.shape, w.shape, stride, padding)
    if way == "columns":
        out, cache = columns_forward(x, w, b, stride, padding)
    elif way == "pointwise":
        out, cache = pointwise_forward(x, w, b, stride)
    else:
        out, cache = winograd_forward(x, w, b, padding, _TILES[way])
    return out, (way, out.shape, dtype, cache)


def conv_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Gradients (dx, dw, db) in the shapes of x, w and b, and in the type of the layer's output.

    dout: (N, F, outH, outW). Raises ValueError for another shape.
    """
    way, shape, dtype, own_cache = cache
    if dout.shape != shape:
        raise ValueError(f"dout has the output's shape {shape}, not {dout.shape}")
    dout = dout.astype(dtype, copy=False)
    if way == "columns":
        return columns_backward(dout, own_cache)
    if way == "pointwise":
        return pointwise_backward(dout, own_cache)
    return winograd_backward(dout, own_cache)


def algorithm(
    x_shape: tuple[int, ...], w_shape: tuple[int, ...], stride: int = 1, padding: int = 0
) -> str:
    """How such a layer is computed: ``pointwise``, ``columns``, or in Winograd's ``tiles of 4`` or
    ``tiles of 2``, the smaller where there are few outputs for many weights.

    x_shape: (N, C, H, W), w_shape: (F, C, kH, kW). Raises ValueError for sizes that do not fit.
    """
    N, C, H, W = x_shape
    F, _C, kH, kW = w_shape
    out_h = conv_output_size(H, kH, stride, padding)
    out_w = conv_output_size(W, kW, stride, padding)
    if (kH, kW, padding) == (1, 1, 0) and out_h * out_w >= _MANY_POSITIONS:
        return "pointwise"
    if stride == 1 and (kH, kW) in ((3, 3), (5, 5)) and min(C, F) >= _SHARING_CHANNELS:
        for way, tile in _TILES.items():
            if N * -(-out_h // tile) * -(-out_w // tile) >= _SHARING_TILES:
                return way
    return "columns"


def rows_together(filters: int, kernel_height: int, out_h: int, stride: int) -> int:
    """How many rows of outputs share a column, a divisor of out_h.

    Few filters make a thin, slow matrix product. With windows so tall that they see several rows of
    outputs, each filter has as many rows of weights, which are zero where an output does not see:
    less than half of what is multiplied, and fewer numbers are copied.
    """
    most = min(_MANY_WEIGHTS // filters, 1 + (kernel_height - 1) // stride)
    return max((count for count in range(1, most + 1) if out_h % count == 0), default=1)


def pointwise_forward(x: Array, w: Array, b: Array, stride: int) -> tuple[Array, Any]:
    """A 1x1 kernel without padding: one product mixes the channels of an image's pixels.

    Source: Lin, Chen, Yan 2014, Network in network.
    """
    seen = np.ascontiguousarray(x[:, :, ::stride, ::stride])
    N, C, out_h, out_w = seen.shape
    out = w[:, :, 0, 0] @ seen.reshape(N, C, -1)
    out += b[:, None]
    return out.reshape(N, -1, out_h, out_w), (x.shape, seen, w, stride)


def pointwise_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Gradients (dx, dw, db) of ``pointwise_forward``. dout: (N, F, outH, outW)."""
    x_shape, seen, w, stride = cache
    N, C = x_shape[:2]
    dmaps, maps = dout.reshape(N, len(w), -1), seen.reshape(N, C, -1)
    dw = sum(upstream @ image.T for upstream, image in zip(dmaps, maps, strict=True))
    dx = (w[:, :, 0, 0].T @ dmaps).reshape(seen.shape)
    if stride > 1:
        dseen, dx = dx, np.zeros(x_shape, dout.dtype)
        dx[:, :, ::stride, ::stride] = dseen
    return dx, np.reshape(dw, w.shape), dmaps.sum(axis=(0, 2))


def columns_forward(x: Array, w: Array, b: Array, stride: int, padding: int) -> tuple[Array, Any]:
    """Every window as a column, images last: a row of windows is one run of numbers to copy. Where
    the filters are few, one column serves several rows of outputs (``rows_together``).

    Source: Chellapilla, Puri, Simard 2006, High performance convolutional neural networks; the
    layout is that of Krizhevsky's cuda-convnet.
    """
    N, C, H, W = x.shape
    F, _C, kH, kW = w.shape
    out_h = conv_output_size(H, kH, stride, padding)
    out_w = conv_output_size(W, kW, stride, padding)
    together = rows_together(F, kH, out_h, stride)
    height, groups = kH + stride * (together - 1), out_h // together
    phases = np.zeros((C, H + 2 * padding, stride, out_w + (kW - 1) // stride, N), x.dtype)
    for phase, places, sources in _columns_by_phase(W, stride, padding):
        _images_last(x[..., sources], phases[:, padding : padding + H, phase, places])
    # The bias is the weight of a last row of ones: the product adds it, and finds its gradient.
    columns = np.empty((C * height * kW + 1, groups * out_w * N), x.dtype)
    windows = columns[:-1].reshape(C, height, kW, groups, out_w, N)
    for i, j in np.ndindex(height, kW):
        windows[:, i, j] = _seen_by(phases, i, j, stride, together, groups, out_w)
    columns[-1] = 1
    weights = np.zeros((F, together, len(columns)), x.dtype)
    for kernels in _kernels(weights, w.shape, stride):
        kernels[...] = w
    weights[:, :, -1] = b[:, None]
    product = weights.reshape(-1, len(columns)) @ columns
    product = product.reshape(F, together, groups, out_w, N)
    out = np.ascontiguousarray(product.transpose(4, 0, 2, 1, 3)).reshape(N, F, out_h, out_w)
    return out, (x.shape, w.shape, phases.shape, columns, weights, stride, padding)


def columns_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Gradients (dx, dw, db) of ``columns_forward``. dout: (N, F, outH, outW)."""
    x_shape, w_shape, phases_shape, columns, weights, stride, padding = cache
    (N, C, H, W), (F, together, _entries), kW = x_shape, weights.shape, w_shape[3]
    groups, out_w = dout.shape[2] // together, dout.shape[3]
    dmaps = _images_last(dout.reshape(N, F, groups, together, out_w).swapaxes(2, 3))
    dmaps = dmaps.reshape(F * together, -1)
    dweights = _product_with_rows(dmaps, columns).reshape(weights.shape)
    dw = sum(_kernels(dweights, w_shape, stride))
    dphases = np.zeros(phases_shape, dout.dtype)
    weights_of_x = weights.reshape(len(dmaps), -1)[:, :-1]
    # Some groups at a time, so that their columns are added while the cache still holds them.
    some = max(1, _CACHED // (len(columns) * out_w * N))
    for first in range(0, groups, some):
        count = min(some, groups - first)
        positions = slice(first * out_w * N, (first + count) * out_w * N)
        dcolumns = weights_of_x.T @ dmaps[:, positions]
        dcolumns = dcolumns.reshape(C, -1, kW, count, out_w, N)
        top = stride * together * first
        for i, j in np.ndindex(dcolumns.shape[1:3]):
            seen = _seen_by(dphases, top + i, j, stride, together, count, out_w)
            seen += dcolumns[:, i, j]
    dx = np.empty(x_shape, dout.dtype)
    for phase, places, sources in _columns_by_phase(W, stride, padding):
        seen = dphases[:, padding : padding + H, phase, places]
        dx[..., sources] = seen.transpose(3, 0, 1, 2)
    return dx, np.ascontiguousarray(dw), dweights[:, :, -1].sum(axis=1)


def _kernels(weights: Array, w_shape: tuple[int, ...], stride: int) -> list[Array]:
    """Where w stands in weights (F, rows together, C * height * kW + 1), once for each of the rows:
    views of w's shape, each a stride lower than the one before."""
    F, C, kH, kW = w_shape
    together = weights.shape[1]
    rows = weights[:, :, :-1].reshape(F, together, C, -1, kW)
    return [rows[:, r, :, r * stride : r * stride + kH] for r in range(together)]


def _columns_by_phase(width: int, stride: int, padding: int) -> list[tuple[int, slice, slice]]:
    """For each phase, the columns of a padded picture that are equally far past a multiple of the
    stride: (phase, their places one after the other, their columns in the picture)."""
    found = []
    for phase in range(stride):
        first = (phase - padding) % stride
        place = (padding + first) // stride
        count = len(range(first, width, stride))
        found.append((phase, slice(place, place + count), slice(first, None, stride)))
    return found


def _seen_by(
    phases: Array, i: int, j: int, stride: int, together: int, groups: int, out_w: int
) -> Array:
    """What entry (i, j) of the windows sees of phases (C, H, S, W/S, N): a view
    (C, groups, outW, N) in which a row lies in one piece, whatever the stride."""
    step = stride * together
    rows = slice(i, i + step * (groups - 1) + 1, step)
    return phases[:, rows, j % stride, j // stride : j // stride + out_w]


def _images_last(images: Array, out: Array | None = None) -> Array:
    """(N, ...) as (..., N), copied to out where one is given."""
    N, *shape = images.shape
    if out is None:
        if N == 1:
            return images.reshape(*shape, N)
        out = np.empty((*shape, N), images.dtype)
    if N < _FEW_IMAGES:
        for n, image in enumerate(images):
            out[..., n] = image
    else:
        out[...] = np.moveaxis(images, 0, -1)
    return out


def _product_with_rows(a: Array, b: Array) -> Array:
    """a bT for a (M, L) and b (K, L). Where L is long beside M, BLAS is faster at b aT."""
    M, L = a.shape
    return a @ b.T if L < _LONG * M else np.ascontiguousarray((b @ a.T).T)
