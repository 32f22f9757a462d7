"""Winograd's convolution for whole layers, forward and backward, in NumPy: stride 1, small kernels.

Source: Lavin and Gray 2016, Fast algorithms for convolutional neural networks. A tile of 4x4
outputs is computed from a tile of (4 + k - 1) x (4 + k - 1) inputs by as many multiplications for
each channel and filter as the input tile has numbers: for a 3x3 kernel 36 in place of 16 * 9 = 144,
for a 5x5 kernel 64 in place of 400. With A, B and G applied on both axes,

    out = A [(G w) * (B x)],    * number by number, and summed over the channels,

is linear in w and in x, so the gradients need no more than the same three matrices, transposed.
It costs accuracy: the matrices hold powers of the points below, and of float32's 7 digits about 5
remain. Layout inside: rows and columns first, then images and channels, which a step treats alike.
"""

from functools import cache
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

Array = np.ndarray

# Where the polynomials of a tile are evaluated, small numbers first, and infinity besides.
_POINTS = (0, 1, -1, 2, -2, 0.5, -0.5)


@cache
def winograd_matrices(tile: int, kernel_size: int) -> tuple[Array, Array, Array]:
    """A (m, n), B (n, n), G (n, k) of one axis, for m = tile outputs and n = m + k - 1 inputs:
    A [(G w) * (B x)] is the cross-correlation of n numbers x with k numbers w.

    Raises ValueError where n is not 2 to 8. Source: Lavin and Gray 2016, sections 4 and 5; it is
    Toom and Cook's multiplication of polynomials (evaluate, multiply, interpolate), transposed.
    """
    count = tile + kernel_size - 2
    if min(tile, kernel_size) < 1 or not 1 <= count <= len(_POINTS):
        raise ValueError(
            f"tile and kernel_size are at least 1 and together 3 to {len(_POINTS) + 2}, "
            f"not {tile} and {kernel_size}"
        )
    points = np.array(_POINTS[:count])
    others = [np.delete(points, place) for place in range(count)]
    scales = [np.prod(point - other) for point, other in zip(points, others, strict=True)]
    A = _with_infinity(points[:, None] ** np.arange(tile)).T
    G = _with_infinity(points[:, None] ** np.arange(kernel_size) / np.array(scales)[:, None])
    # The coefficients of the polynomial that is zero at all other points, lowest power first.
    B = np.zeros((count + 1, count + 1))
    for row, zeros in zip(B, [*others, points], strict=True):
        row[: len(zeros) + 1] = np.polynomial.polynomial.polyfromroots(zeros)
    return A, B, G


def winograd_forward(
    x: Array, w: Array, b: Array, padding: int = 0, tile: int = 4
) -> tuple[Array, Any]:
    """The convolution layer at stride 1, in tiles of tile x tile outputs.

    x: (N, C, H, W), w: (F, C, kH, kW), b: (F,), of one floating type. Returns (out of
    (N, F, outH, outW), cache). Raises ValueError where tile and kernel are too large together.
    """
    (N, C, H, W), (F, _C, kH, kW) = x.shape, w.shape
    A, B, G = _both_axes(tile, kH, kW, x.dtype)
    out_h, out_w = H + 2 * padding - kH + 1, W + 2 * padding - kW + 1
    rows, columns = -(-out_h // tile), -(-out_w // tile)
    padded = np.zeros((rows * tile + kH - 1, columns * tile + kW - 1, N, C), x.dtype)
    padded[padding : padding + H, padding : padding + W] = x.transpose(2, 3, 0, 1)
    tiles = _tiles(padded, tile + kH - 1, tile + kW - 1, tile)
    tiles = _product(B, tiles).reshape(len(B), -1, C)
    weights = (G @ w.reshape(F * C, kH * kW).T).reshape(len(G), F, C)
    products = _product(A, tiles @ weights.transpose(0, 2, 1))
    out = _from_tiles(products.reshape(tile, tile, rows, columns, N, F), b, out_h, out_w)
    return out, (x.shape, w.shape, padding, tile, tiles, weights)


def winograd_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Gradients (dx, dw, db) of ``winograd_forward``. dout: (N, F, outH, outW)."""
    (N, C, H, W), (F, _C, kH, kW), padding, tile, tiles, weights = cache
    A, B, G = _both_axes(tile, kH, kW, dout.dtype)
    out_h, out_w = dout.shape[2:]
    rows, columns = -(-out_h // tile), -(-out_w // tile)
    whole = np.zeros((rows * tile, columns * tile, N, F), dout.dtype)
    whole[:out_h, :out_w] = dout.transpose(2, 3, 0, 1)
    dproducts = _product(A.T, _tiles(whole, tile, tile, tile)).reshape(len(B), -1, F)
    dweights = dproducts.transpose(0, 2, 1) @ tiles
    dw = (dweights.reshape(len(G), -1).T @ G).reshape(F, C, kH, kW)
    dtiles = dproducts @ weights
    # Large as tiles and no longer needed: what is freed early needn't be asked of the system anew.
    del whole, dproducts
    dtiles = _product(B.T, dtiles)
    padded = np.zeros((rows * tile + kH - 1, columns * tile + kW - 1, N, C), dout.dtype)
    places = _tiles(padded, tile + kH - 1, tile + kW - 1, tile)
    dtiles = dtiles.reshape(places.shape)
    # Neighbouring tiles overlap: one entry of all tiles at a time.
    for i, j in np.ndindex(places.shape[:2]):
        places[i, j] += dtiles[i, j]
    dx = np.empty((N, C, H, W), dout.dtype)
    _channels_first(padded[padding : padding + H, padding : padding + W], dx)
    return dx, dw, dout.sum(axis=(0, 2, 3))


def _with_infinity(values: Array) -> Array:
    """The same with a last row for the point at infinity, which sees the highest power alone."""
    last = np.zeros((1, values.shape[1]))
    last[0, -1] = 1
    return np.vstack([values, last])


@cache
def _both_axes(tile: int, kernel_height: int, kernel_width: int, dtype: Any) -> tuple[Array, ...]:
    """A, B and G that act on rows and columns of a flattened tile at once."""
    on_rows, on_columns = (winograd_matrices(tile, k) for k in (kernel_height, kernel_width))
    return tuple(
        np.kron(one, other).astype(dtype) for one, other in zip(on_rows, on_columns, strict=True)
    )


def _tiles(maps: Array, height: int, width: int, step: int) -> Array:
    """The tiles height x width of (H, W, N, C), one every ``step`` rows and columns, as a view
    (height, width, tiles down, tiles across, N, C)."""
    H, W, *images = maps.shape
    down, right, *inner = maps.strides
    shape = (height, width, (H - height) // step + 1, (W - width) // step + 1, *images)
    return as_strided(maps, shape, (down, right, step * down, step * right, *inner))


def _product(matrix: Array, tiles: Array) -> Array:
    """The matrix on each flattened tile. tiles: (height, width, ...) or (n, ...)."""
    return matrix @ tiles.reshape(matrix.shape[1], -1)


def _from_tiles(tiles: Array, b: Array, out_h: int, out_w: int) -> Array:
    """Tiles (tile, tile, rows, columns, N, F) laid side by side, b added: (N, F, outH, outW)."""
    tile, _tile, rows, columns, N, F = tiles.shape
    maps = np.empty((rows * tile, columns * tile, N, F), tiles.dtype)
    np.add(tiles, b, out=_tiles(maps, tile, tile, tile))
    out = np.empty((N, F, out_h, out_w), tiles.dtype)
    _channels_first(maps[:, :out_w], out)
    return out


def _channels_first(maps: Array, out: Array) -> None:
    """Copy (H, W, N, C) to (N, C, H, W), row by row: the cache holds a row in both orders."""
    for row in range(out.shape[2]):
        out[:, :, row] = maps[row].transpose(1, 2, 0)
