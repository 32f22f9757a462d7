"""Reference answers of the convolution lesson's bonus exercises in vectorised NumPy.

Arrays as in ``numpy_convolution``. The words are those of PyTorch's layers, which have these as
options; the sources are named with each.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from solutions.numpy_convolution import col2im, zero_pad

Array = np.ndarray

# F(2x2, 3x3) of Lavin and Gray, section 4.1.
_TILE = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]])
_KERNEL = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
_OUTPUT = np.array([[1, 1, 1, 0], [0, 1, -1, -1]])


def conv1x1_forward(x: Array, w: Array, b: Array) -> Array:
    """Every pixel's channels mixed by one matrix. x: (N, C, H, W), w: (F, C, 1, 1), b: (F,).

    Returns (N, F, H, W). Source: Lin, Chen, Yan 2014, Network in network.
    """
    return np.einsum("fc,nchw->nfhw", w[:, :, 0, 0], x, optimize=True) + b[:, None, None]


def grouped_conv_forward(
    x: Array, w: Array, b: Array, groups: int, stride: int = 1, padding: int = 0
) -> Array:
    """Filters that see only their own group of channels; groups = C is depthwise.

    x: (N, C, H, W), w: (F, C/groups, kH, kW), b: (F,). Returns (N, F, outH, outW). Raises
    ValueError where channels or filters cannot be shared out. Source: AlexNet, 2012.
    """
    N, C, _H, _W = x.shape
    F, channels, kH, kW = w.shape
    if groups * channels != C or F % groups:
        raise ValueError(f"{groups} groups cannot share {C} channels and {F} filters of {w.shape}")
    windows = sliding_window_view(zero_pad(x, padding), (kH, kW), axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    windows = windows.reshape(N, groups, channels, *windows.shape[2:])
    filters = w.reshape(groups, F // groups, channels, kH, kW)
    out = np.einsum("ngcyxij,gfcij->ngfyx", windows, filters, optimize=True)
    return out.reshape(N, F, *out.shape[-2:]) + b[:, None, None]


def dilated_conv_forward(
    x: Array, w: Array, b: Array, dilation: int, stride: int = 1, padding: int = 0
) -> Array:
    """Filters whose entries lie ``dilation`` pixels apart.

    x: (N, C, H, W), w: (F, C, kH, kW), b: (F,). Returns (N, F, outH, outW).
    Source: Yu and Koltun 2016, Multi-scale context aggregation by dilated convolutions.
    """
    spans = tuple(dilation * (k - 1) + 1 for k in w.shape[2:])
    windows = sliding_window_view(zero_pad(x, padding), spans, axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride, ::dilation, ::dilation]
    return np.einsum("ncyxij,fcij->nfyx", windows, w, optimize=True) + b[:, None, None]


def transposed_conv_forward(
    x: Array, w: Array, b: Array, stride: int = 1, padding: int = 0
) -> Array:
    """The backward pass of a convolution as a layer: each pixel paints the kernel.

    x: (N, C, H, W), w: (C, F, kH, kW), b: (F,). Returns (N, F, (H - 1) S - 2P + kH, ...).
    Source: Zeiler, Krishnan, Taylor, Fergus 2010, Deconvolutional networks.
    """
    N, C, H, W = x.shape
    _C, F, kH, kW = w.shape
    columns = w.reshape(C, -1).T @ x.reshape(N, C, -1)
    size = ((H - 1) * stride - 2 * padding + kH, (W - 1) * stride - 2 * padding + kW)
    return col2im(columns, (N, F, *size), (kH, kW), stride, padding) + b[:, None, None]


def fft_conv2d(image: Array, kernel: Array) -> Array:
    """The full convolution as a product of spectra.

    image: (H, W), kernel: (kH, kW). Returns (H + kH - 1, W + kW - 1). Source: the convolution
    theorem; Mathieu, Henaff, LeCun 2014, Fast training of convolutional networks through FFTs.
    """
    H, W = image.shape
    kH, kW = kernel.shape
    size = (H + kH - 1, W + kW - 1)
    product = np.fft.rfft2(image, size) * np.fft.rfft2(kernel, size)
    return np.fft.irfft2(product, size)


def winograd_conv3x3(tile: Array, kernel: Array) -> Array:
    """Cross-correlation of a 4x4 tile with a 3x3 kernel by 16 products in place of 36.

    Returns (2, 2). Source: Lavin and Gray 2016, Fast algorithms for convolutional neural networks.
    """
    products = (_KERNEL @ kernel @ _KERNEL.T) * (_TILE @ tile @ _TILE.T)
    return _OUTPUT @ products @ _OUTPUT.T
