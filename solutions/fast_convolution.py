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
    """Every window as a column, images last: a row of windows is one run of numbers to copy.

    Source: Chellapilla, Puri, Simard 2006, High performance convolutional neural networks; the
    layout is that of Krizhevsky's cuda-convnet.
    """
    N, C, H, W = x.shape
    F, _C, kH, kW = w.shape
    out_h = conv_output_size(H, kH, stride, padding)
    out_w = conv_output_size(W, kW, stride, padding)
    phases = np.zeros((C, H + 2 * padding, stride, out_w + (kW - 1) // stride, N), x.dtype)
    for phase, places, sources in _columns_by_phase(W, stride, padding):
        _images_last(x[..., sources], phases[:, padding : padding + H, phase, places])
    columns = np.empty((C, kH, kW, out_h, out_w, N), x.dtype)
    for i, j in np.ndindex(kH, kW):
        columns[:, i, j] = _seen_by(phases, i, j, stride, out_h, out_w)
    columns = columns.reshape(C * kH * kW, -1)
    product = w.reshape(F, -1) @ columns
    product += b[:, None]
    out = np.ascontiguousarray(product.reshape(F, out_h, out_w, N).transpose(3, 0, 1, 2))
    return out, (x.shape, phases.shape, columns, w, stride, padding)


def columns_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Gradients (dx, dw, db) of ``columns_forward``. dout: (N, F, outH, outW)."""
    x_shape, phases_shape, columns, w, stride, padding = cache
    C, H, W = x_shape[1:]
    (F, _C, kH, kW), (N, _F, out_h, out_w) = w.shape, dout.shape
    dmaps = _images_last(dout).reshape(F, -1)
    dw = _product_with_rows(dmaps, columns).reshape(w.shape)
    dphases = np.zeros(phases_shape, dout.dtype)
    # Some rows at a time, so that their columns are added while the cache still holds them.
    rows = max(1, _CACHED // (C * kH * kW * out_w * N))
    for first in range(0, out_h, rows):
        some = min(rows, out_h - first)
        positions = slice(first * out_w * N, (first + some) * out_w * N)
        dcolumns = w.reshape(F, -1).T @ dmaps[:, positions]
        dcolumns = dcolumns.reshape(C, kH, kW, some, out_w, N)
        for i, j in np.ndindex(kH, kW):
            seen = _seen_by(dphases, i + stride * first, j, stride, some, out_w)
            seen += dcolumns[:, i, j]
    dx = np.empty(x_shape, dout.dtype)
    for phase, places, sources in _columns_by_phase(W, stride, padding):
        seen = dphases[:, padding : padding + H, phase, places]
        dx[..., sources] = seen.transpose(3, 0, 1, 2)
    return dx, dw, dmaps.sum(axis=1)


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


def _seen_by(phases: Array, i: int, j: int, stride: int, out_h: int, out_w: int) -> Array:
    """What the kernel's entry (i, j) sees of phases (C, H, S, W/S, N): a view (C, outH, outW, N)
    in which a row lies in one piece, whatever the stride."""
    rows = slice(i, i + stride * (out_h - 1) + 1, stride)
    return phases[:, rows, j % stride, j // stride : j // stride + out_w]


def _images_last(images: Array, out: Array | None = None) -> Array:
    """(N, A, B, C) as (A, B, C, N), copied to out where one is given."""
    N, *shape = images.shape
    if out is None:
        if N == 1:
            return images.reshape(*shape, N)
        out = np.empty((*shape, N), images.dtype)
    if N < _FEW_IMAGES:
        for n, image in enumerate(images):
            out[..., n] = image
    else:
        out[...] = images.transpose(1, 2, 3, 0)
    return out


def _product_with_rows(a: Array, b: Array) -> Array:
    """a bT for a (M, L) and b (K, L). Where L is long, BLAS is faster at b aT."""
    return a @ b.T if a.shape[1] < 4096 else np.ascontiguousarray((b @ a.T).T)
