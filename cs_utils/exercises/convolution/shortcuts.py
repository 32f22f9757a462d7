"""Bonus exercises: convolution with fewer multiplications, by Fourier and by Winograd."""

from typing import Any

import numpy as np

from cs_utils.exercises.convolution.filters import correlation, true_convolution
from cs_utils.exercises.convolution.options import bonus
from cs_utils.exercises.specification import Case, Inputs, Misconception, Outputs
from cs_utils.exercises.vector_backprop.drawing import mixed
from cs_utils.language import _


def _fft_cases(rng: np.random.Generator) -> list[Case]:
    def inputs(image: tuple[int, int], kernel: tuple[int, int]) -> dict[str, Any]:
        return {"image": mixed(rng, *image), "kernel": mixed(rng, *kernel)}

    printed = {"image": np.array([[1.0, 2], [3, 4]]), "kernel": np.array([[1.0, 10]])}
    return [
        Case(_("four pixels, a kernel of 1 and 10"), printed, weight=0),
        Case(_("a 3x3 image, a 2x2 kernel"), inputs((3, 3), (2, 2))),
        Case(_("a 4x7 image, a 3x3 kernel"), inputs((4, 7), (3, 3))),
        Case(_("a 6x5 image, a 2x4 kernel"), inputs((6, 5), (2, 4))),
        Case(_("a kernel as large as the image"), inputs((3, 4), (3, 4))),
        Case(_("a kernel larger than the image"), inputs((2, 3), (4, 5))),
        Case(_("inputs are left unchanged"), inputs((7, 6), (3, 3)), inputs_unchanged=True),
    ]


def _full(inputs: Inputs) -> np.ndarray:
    return true_convolution(inputs["image"], inputs["kernel"], "full")


def _circular(inputs: Inputs) -> Outputs:
    """What lies beyond the image's size comes in again at the other side; NumPy's transforms cut a
    kernel that is larger than the image."""
    H, W = inputs["image"].shape
    full = _full({**inputs, "kernel": inputs["kernel"][:H, :W]})
    out = np.zeros((H, W))
    for row, column in np.ndindex(full.shape):
        out[row % H, column % W] += full[row, column]
    return {"out": out}


def _fits(inputs: Inputs) -> bool:
    sizes = zip(inputs["kernel"].shape, inputs["image"].shape, strict=True)
    return all(k <= n for k, n in sizes)


FFT_CONV2D = bonus(
    "fft_conv2d",
    2,
    _fft_cases,
    _full,
    Misconception(
        "around the edge",
        _(
            "The spectra have the image's size, so what runs over its edge comes in again on the "
            "other side. To which size must both be padded for a result of (H + kH - 1, ...)?"
        ),
        lambda inputs, right: _circular(inputs),
    ),
    Misconception(
        "correlation",
        _(
            "This is cross-correlation: one spectrum was conjugated, or the kernel turned round. "
            "Which of the two does the convolution theorem speak of?"
        ),
        lambda inputs, right: {
            "out": true_convolution(inputs["image"], inputs["kernel"][::-1, ::-1], "full")
        },
    ),
    Misconception(
        "only where the kernel fits",
        _(
            "This is the part where the kernel lies inside the image. "
            "Which shape has the full convolution?"
        ),
        lambda inputs, right: (
            {"out": true_convolution(inputs["image"], inputs["kernel"])} if _fits(inputs) else None
        ),
    ),
    Misconception(
        "cut to the image's size",
        _(
            "The middle of the result alone was kept, as large as the image. "
            "How many places touch image and kernel in one pixel at least?"
        ),
        lambda inputs, right: {"out": true_convolution(inputs["image"], inputs["kernel"], "same")},
    ),
)


def _tile_cases(rng: np.random.Generator) -> list[Case]:
    def inputs() -> dict[str, Any]:
        return {"tile": mixed(rng, 4, 4), "kernel": mixed(rng, 3, 3)}

    corner = np.zeros((3, 3))
    corner[0, 0], corner[1, 2] = 1, 10
    printed = {"tile": np.arange(1.0, 17).reshape(4, 4), "kernel": corner}
    one_pixel = {"tile": np.zeros((4, 4)), "kernel": mixed(rng, 3, 3)}
    one_pixel["tile"][tuple(rng.integers(1, 3, 2))] = rng.uniform(1, 2)
    one_weight = {"tile": mixed(rng, 4, 4), "kernel": np.zeros((3, 3))}
    one_weight["kernel"][tuple(rng.permutation(3)[:2])] = rng.uniform(1, 2)
    return [
        Case(_("the numbers 1 to 16, a kernel of two entries"), printed, weight=0),
        Case(_("one pixel"), one_pixel),
        Case(_("one weight"), one_weight),
        Case(_("a random tile and kernel"), inputs()),
        Case(_("another one"), inputs()),
        Case(_("inputs are left unchanged"), inputs(), inputs_unchanged=True),
    ]


# What F(2, 3) gives along one axis, by (output, pixel, weight), with a mistake in it.
_HALVES_FORGOTTEN = np.array(
    [[[1, 0, 0], [0, 2, 0], [1, 0, 2], [0, 0, 0]], [[0, 0, 0], [2, 0, 1], [0, 2, 0], [0, 0, 1]]]
)
_LAST_SIGN = np.array(
    [[[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]], [[0, 0, 0], [1, 0, 2], [0, 1, 0], [0, 0, -1]]]
)


def _nested(one_axis: np.ndarray, inputs: Inputs) -> Outputs:
    """The same along both axes."""
    tile, kernel = inputs["tile"], inputs["kernel"]
    return {"out": np.einsum("aip,bjq,ij,pq->ab", one_axis, one_axis, tile, kernel)}


WINOGRAD_CONV3X3 = bonus(
    "winograd_conv3x3",
    3,
    _tile_cases,
    lambda inputs: correlation(inputs["tile"], inputs["kernel"]),
    Misconception(
        "kernel turned round",
        _(
            "This is the true convolution: the kernel was turned round. "
            "What do convolution layers compute, in spite of their name?"
        ),
        lambda inputs, right: {"out": true_convolution(inputs["tile"], inputs["kernel"])},
    ),
    Misconception(
        "kernel transposed",
        _("The kernel was transposed. On which side of it stands G, and on which its transpose?"),
        lambda inputs, right: {"out": correlation(inputs["tile"], inputs["kernel"].T)},
    ),
    Misconception(
        "tile transposed",
        _(
            "The tile was transposed. "
            "On which side of it stands the transform, and on which its transpose?"
        ),
        lambda inputs, right: {"out": correlation(inputs["tile"].T, inputs["kernel"])},
    ),
    Misconception(
        "halves forgotten",
        _(
            "Two rows of the kernel's transform have lost their factor 1/2. "
            "What do (k0 + k1 + k2) and (k0 - k1 + k2) stand for in F(2, 3)?"
        ),
        lambda inputs, right: _nested(_HALVES_FORGOTTEN, inputs),
    ),
    Misconception(
        "sign of the last product",
        _(
            "The last product came in with the wrong sign. "
            "In F(2, 3) the second output is m2 - m3 - m4: what is the last row of A?"
        ),
        lambda inputs, right: _nested(_LAST_SIGN, inputs),
    ),
)
