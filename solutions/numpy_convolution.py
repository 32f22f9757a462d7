"""Reference answers of the convolution lesson in vectorised NumPy: the layer and what leads to it.

Images are NCHW, weights (F, C, kH, kW). float32 inputs give float32 results. The sections named
are those of the lecture on convolutional networks; the options beyond it are in
``numpy_convolution_options``.
"""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view
from scipy.sparse import csr_array

Array = np.ndarray

# Numbers that a processor's cache holds: 4 MB of float32.
_CACHED = 2**20


def image_to_tensor(image: Array) -> Array:
    """A picture of 0..255, (H, W, 3) or grey (H, W), as channels of 0..1, (C, H, W) or (1, H, W).

    Raises ValueError for another number of axes. Source: how a computer sees a picture.
    """
    if image.ndim not in (2, 3):
        raise ValueError(f"a picture has the shape (H, W, 3) or (H, W), not {image.shape}")
    channels = image[None] if image.ndim == 2 else image.transpose(2, 0, 1)
    return np.ascontiguousarray(channels) / 255


def filter2d(image: Array, kernel: Array) -> Array:
    """The kernel's dot product with every window: cross-correlation.

    image: (H, W), kernel: (kH, kW). Returns (H - kH + 1, W - kW + 1). Raises ValueError for a
    kernel larger than the image. Source: slide over the image, computing dot products.
    """
    if image.ndim != 2 or kernel.ndim != 2:
        raise ValueError(f"image and kernel have two axes, not {image.shape} and {kernel.shape}")
    for n, k in zip(image.shape, kernel.shape, strict=True):
        conv_output_size(n, k)
    return np.tensordot(sliding_window_view(image, kernel.shape), kernel, axes=2)


def convolve2d(image: Array, kernel: Array) -> Array:
    """The convolution f * g: as ``filter2d``, with the kernel turned round on both axes.

    Source: we call the layer convolutional because it is related to convolution of two signals.
    """
    return filter2d(image, kernel[::-1, ::-1])


def fully_connected_parameters(
    input_shape: tuple[int, int, int], outputs: int, bias: bool = True
) -> int:
    """Weights, and biases, of a layer that joins every number of (C, H, W) to every output."""
    channels, height, width = input_shape
    return outputs * (channels * height * width + bias)


def conv_output_size(n: int, kernel_size: int, stride: int = 1, padding: int = 0) -> int:
    """(N - F + 2P) / S + 1 along one axis.

    Raises ValueError where that is no whole number of windows, with the nearest n that would fit.
    Source: a closer look at spatial dimensions; the padding from the activation map's slide.
    """
    if n < 1 or kernel_size < 1 or stride < 1 or padding < 0:
        raise ValueError(
            f"n, kernel_size and stride are at least 1 and padding at least 0, not n={n}, "
            f"kernel_size={kernel_size}, stride={stride}, padding={padding}"
        )
    room = n - kernel_size + 2 * padding
    if room < 0:
        raise ValueError(
            f"kernel_size={kernel_size} is larger than n={n} with padding={padding} on both sides, "
            f"{n + 2 * padding}: it takes n={kernel_size - 2 * padding} at least"
        )
    steps, left_over = divmod(room, stride)
    if left_over:
        smaller = n - left_over
        sizes = f"n={smaller} or n={smaller + stride}" if smaller > 0 else f"n={smaller + stride}"
        raise ValueError(
            f"n={n}, kernel_size={kernel_size}, stride={stride}, padding={padding} do not fit: "
            f"({n} - {kernel_size} + 2*{padding}) / {stride} is not whole; {sizes} would fit"
        )
    return steps + 1


def conv_parameters(
    in_channels: int, out_channels: int, kernel_size: int | tuple[int, int], bias: bool = True
) -> int:
    """Weights, and biases, of a convolution layer. Source: 10 5x5 filters on 3 channels: 760."""
    height, width = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
    return out_channels * (in_channels * height * width + bias)


def zero_pad(x: Array, padding: int) -> Array:
    """A border of zeros around every map. x: (N, C, H, W). Returns (N, C, H + 2P, W + 2P).

    Source: in practice: common to zero pad the border.
    """
    N, C, H, W = x.shape
    padded = np.zeros((N, C, H + 2 * padding, W + 2 * padding), x.dtype)
    padded[:, :, padding : padding + H, padding : padding + W] = x
    return padded


def im2col(x: Array, kernel_size: tuple[int, int], stride: int = 1, padding: int = 0) -> Array:
    """Every window as a column, in the layout of torch.nn.functional.unfold.

    x: (N, C, H, W). Returns (N, C kH kW, outH outW). Raises ValueError for sizes that do not fit.
    Source: Chellapilla, Puri, Simard 2006, High performance convolutional neural networks.
    """
    _require_images(x)
    windows = _windows(zero_pad(x, padding) if padding else x, kernel_size, stride)
    N, C, kH, kW, out_h, out_w = windows.shape
    return windows.reshape(N, C * kH * kW, out_h * out_w)


def col2im(
    columns: Array,
    x_shape: tuple[int, int, int, int],
    kernel_size: tuple[int, int],
    stride: int = 1,
    padding: int = 0,
) -> Array:
    """The adjoint of ``im2col``: every column added back where its window lay.

    columns: (N, C kH kW, outH outW). Returns x_shape. Raises ValueError where they do not belong
    together. Layout of torch.nn.functional.fold.
    """
    N, C, H, W = x_shape
    kH, kW = kernel_size
    out_h = conv_output_size(H, kH, stride, padding)
    out_w = conv_output_size(W, kW, stride, padding)
    if columns.shape != (N, C * kH * kW, out_h * out_w):
        raise ValueError(
            f"columns of {x_shape} with kernel_size={kernel_size}, stride={stride} and "
            f"padding={padding} have the shape {(N, C * kH * kW, out_h * out_w)}, "
            f"not {columns.shape}"
        )
    x = np.zeros((N, C, H + 2 * padding, W + 2 * padding), columns.dtype)
    _add_windows(x, columns.reshape(N, C, kH, kW, out_h, out_w), stride)
    return x[:, :, padding : padding + H, padding : padding + W]


def conv_forward_im2col(
    x: Array, w: Array, b: Array, stride: int = 1, padding: int = 0
) -> tuple[Array, Any]:
    """The convolution layer as one matrix product over the columns of all images.

    x: (N, C, H, W), w: (F, C, kH, kW), b: (F,). Returns (out of (N, F, outH, outW), cache).
    Raises ValueError for shapes that do not belong together or sizes that do not fit.
    Source: convolution layer.
    """
    require_layer(x, w, b)
    F, C, kH, kW = w.shape
    # Channels first: one product serves all images, and none is shorter than a map.
    maps = x.transpose(1, 0, 2, 3)
    windows = _windows(zero_pad(maps, padding) if padding else maps, (kH, kW), stride)
    columns = np.ascontiguousarray(windows.transpose(0, 2, 3, 1, 4, 5)).reshape(C * kH * kW, -1)
    product = w.reshape(F, -1) @ columns
    product = product.reshape(F, len(x), *windows.shape[-2:]).transpose(1, 0, 2, 3)
    out = np.empty(product.shape, product.dtype)
    np.add(product, b[:, None, None], out=out)
    return out, (x.shape, w, columns, stride, padding)


def conv_backward_im2col(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Gradients (dx, dw, db) in the shapes of x, w and b.

    dout: (N, F, outH, outW). Raises ValueError for another shape.
    """
    x_shape, w, columns, stride, padding = cache
    N, C, H, W = x_shape
    F, _C, kH, kW = w.shape
    out_h = conv_output_size(H, kH, stride, padding)
    out_w = conv_output_size(W, kW, stride, padding)
    if dout.shape != (N, F, out_h, out_w):
        raise ValueError(f"dout has the output's shape {(N, F, out_h, out_w)}, not {dout.shape}")
    dmaps = np.ascontiguousarray(dout.transpose(1, 0, 2, 3)).reshape(F, -1)
    dw = (dmaps @ columns.T).reshape(w.shape)
    dx = np.zeros((C, N, H + 2 * padding, W + 2 * padding), np.result_type(w, dout))
    weights, entries = w.reshape(F, -1).T, kH * kW
    # Some channels at a time, so that their columns are added while the cache still holds them.
    channels = max(1, _CACHED // (entries * dmaps.shape[1]))
    for first in range(0, C, channels):
        dcolumns = weights[first * entries : (first + channels) * entries] @ dmaps
        dwindows = dcolumns.reshape(-1, kH, kW, N, out_h, out_w).transpose(0, 3, 1, 2, 4, 5)
        _add_windows(dx[first : first + channels], dwindows, stride)
    dx = dx[:, :, padding : padding + H, padding : padding + W].transpose(1, 0, 2, 3)
    return np.ascontiguousarray(dx), dw, dmaps.sum(axis=1)


# The lesson's loops are their own reference, in the notebook: here both names mean the same layer.
conv_forward_naive = conv_forward_im2col
conv_backward_naive = conv_backward_im2col


def conv_matrix(w: Array, height: int, width: int, stride: int = 1, padding: int = 0) -> csr_array:
    """The convolution of one (C, height, width) image as a sparse matrix, without the bias.

    w: (F, C, kH, kW). Returns (F outH outW, C height width), so that matrix @ x.reshape(-1) is the
    layer's output and its transpose the backward pass. Raises ValueError for sizes that don't fit.
    """
    F, C, kH, kW = w.shape
    # Every pixel carries its number, from 1: the zeros of the border then belong to none.
    pixels = np.arange(1, C * height * width + 1).reshape(1, C, height, width)
    sources = im2col(pixels, (kH, kW), stride, padding)[0]
    positions = sources.shape[1]
    shape = (F, *sources.shape)
    rows = np.broadcast_to(np.arange(F * positions).reshape(F, 1, positions), shape)
    columns = np.broadcast_to(sources - 1, shape)
    weights = np.broadcast_to(w.reshape(F, -1, 1), shape)
    inside = columns >= 0
    entries = weights[inside], (rows[inside], columns[inside])
    return csr_array(entries, shape=(F * positions, C * height * width))


def _windows(x: Array, kernel_size: tuple[int, int], stride: int) -> Array:
    """All windows of (A, B, H, W) as a view (A, B, kH, kW, outH, outW); nothing is copied."""
    A, B, H, W = x.shape
    kH, kW = kernel_size
    out_h, out_w = conv_output_size(H, kH, stride), conv_output_size(W, kW, stride)
    a, b, row, column = x.strides
    strides = (a, b, row, column, row * stride, column * stride)
    return as_strided(x, (A, B, kH, kW, out_h, out_w), strides, writeable=False)


def _add_windows(x: Array, windows: Array, stride: int) -> None:
    """Add windows (A, B, kH, kW, outH, outW) to x (A, B, H, W) where they lie: one slice for each
    place in the kernel."""
    kH, kW, out_h, out_w = windows.shape[2:]
    for i, j in np.ndindex(kH, kW):
        rows, columns = slice(i, i + stride * out_h, stride), slice(j, j + stride * out_w, stride)
        x[:, :, rows, columns] += windows[:, :, i, j]


def _require_images(x: Array) -> None:
    if x.ndim != 4 or 0 in x.shape:
        raise ValueError(f"x has the shape (N, C, H, W) with nothing empty, not {x.shape}")


def require_layer(x: Array, w: Array, b: Array) -> None:
    """Raises ValueError where (N, C, H, W), (F, C, kH, kW) and (F,) do not belong together."""
    _require_images(x)
    if w.ndim != 4 or 0 in w.shape:
        raise ValueError(f"w has the shape (F, C, kH, kW) with nothing empty, not {w.shape}")
    if w.shape[1] != x.shape[1]:
        raise ValueError(f"w {w.shape} is for {w.shape[1]} channels, x {x.shape} has {x.shape[1]}")
    if b.shape != (len(w),):
        raise ValueError(f"b has one entry for each filter, ({len(w)},), not {b.shape}")
