"""A kernel slid over an image: cross-correlation, and the convolution with its flip."""

from typing import Any

import numpy as np

from cs_utils.exercises.convolution.drawing import LESSON
from cs_utils.exercises.matrix_backprop.drawing import asks
from cs_utils.exercises.specification import Case, Exercise, Inputs, Misconception, Outputs
from cs_utils.exercises.vector_backprop.drawing import mixed
from cs_utils.language import _


def correlation(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    import torch

    maps, weights = (
        torch.tensor(np.array(one, dtype=np.float64))[None, None] for one in (image, kernel)
    )
    return torch.nn.functional.conv2d(maps, weights)[0, 0].numpy()


def true_convolution(image: np.ndarray, kernel: np.ndarray, mode: str = "valid") -> np.ndarray:
    import scipy.signal

    return scipy.signal.convolve2d(image, kernel, mode=mode)


def _filter_cases(rng: np.random.Generator) -> list[Case]:
    def inputs(image: tuple[int, int], kernel: tuple[int, int]) -> dict[str, Any]:
        return {"image": mixed(rng, *image), "kernel": mixed(rng, *kernel)}

    printed = {
        "image": np.arange(1.0, 17).reshape(4, 4),
        "kernel": np.array([[1.0, 0, 0], [0, 0, 0], [0, 0, -2]]),
    }
    return [
        Case(_("the numbers 1 to 16 and a kernel of two entries"), printed, weight=0),
        Case(_("a 3 x 3 image, a 2 x 2 kernel"), inputs((3, 3), (2, 2))),
        Case(_("a 5 x 5 image, a 3 x 3 kernel"), inputs((5, 5), (3, 3))),
        Case(_("a 4 x 7 image, a 3 x 3 kernel"), inputs((4, 7), (3, 3))),
        Case(_("a 6 x 5 image, a 2 x 4 kernel"), inputs((6, 5), (2, 4))),
        Case(_("a kernel as large as the image"), inputs((3, 4), (3, 4))),
        Case(_("inputs are left unchanged"), inputs((6, 7), (3, 2)), inputs_unchanged=True),
    ]


def _kernel_transposed(inputs: Inputs) -> np.ndarray | None:
    """The kernel with height and width exchanged, where it then fits on the image."""
    image, kernel = inputs["image"], inputs["kernel"].T
    fits = all(k <= n for k, n in zip(kernel.shape, image.shape, strict=True))
    return kernel if fits else None


FILTER2D = Exercise(
    name="filter2d",
    lesson=LESSON,
    points=2,
    cases=_filter_cases,
    answer=asks("filter2d", "out"),
    oracle=lambda inputs: {"out": correlation(inputs["image"], inputs["kernel"])},
    stand_ins=(correlation,),
    misconceptions=(
        Misconception(
            "kernel turned round",
            _(
                "This is the true convolution: the kernel was turned round. "
                "In a sliding dot product, which entry meets the window's top left pixel?"
            ),
            lambda inputs, right: {"out": true_convolution(inputs["image"], inputs["kernel"])},
        ),
        Misconception(
            "kernel's height and width exchanged",
            _(
                "The kernel was transposed. "
                "Which of its axes runs down the image, and which across?"
            ),
            lambda inputs, right: _with_kernel(inputs, _kernel_transposed(inputs)),
        ),
        Misconception(
            "last window forgotten",
            _(
                "The last row and the last column are missing. "
                "A kernel of 3 on 5 pixels: how many places are there for it?"
            ),
            lambda inputs, right: {"out": right["out"][:-1, :-1]},
        ),
        Misconception(
            "image padded",
            _(
                "The result has the image's size, with zeros taken beyond the border. "
                "Here the kernel stays inside: how many places has it?"
            ),
            lambda inputs, right: {"out": _same_size(inputs)},
        ),
        Misconception(
            "divided by the kernel's size",
            _("These are means, not sums. Does a dot product divide by the number of its entries?"),
            lambda inputs, right: {"out": right["out"] / inputs["kernel"].size},
        ),
    ),
)


def _with_kernel(inputs: Inputs, kernel: np.ndarray | None) -> Outputs | None:
    """Cross-correlation with another kernel."""
    return None if kernel is None else {"out": correlation(inputs["image"], kernel)}


def _same_size(inputs: Inputs) -> np.ndarray:
    return true_convolution(inputs["image"], inputs["kernel"][::-1, ::-1], mode="same")


CONVOLVE2D = Exercise(
    name="convolve2d",
    lesson=LESSON,
    points=2,
    cases=_filter_cases,
    answer=asks("convolve2d", "out"),
    oracle=lambda inputs: {"out": true_convolution(inputs["image"], inputs["kernel"])},
    builds_on=("filter2d",),
    misconceptions=(
        Misconception(
            "kernel not turned round",
            _(
                "This is cross-correlation, as in filter2d. "
                "In the formula g[x - n1, y - n2], which way does g run as n1 and n2 grow?"
            ),
            lambda inputs, right: _with_kernel(inputs, inputs["kernel"]),
        ),
        Misconception(
            "turned round on one axis: rows",
            _("The kernel was turned upside down only. On which axes does the formula turn it?"),
            lambda inputs, right: _with_kernel(inputs, inputs["kernel"][::-1]),
        ),
        Misconception(
            "turned round on one axis: columns",
            _(
                "The kernel was turned from left to right only. "
                "On which axes does the formula turn it?"
            ),
            lambda inputs, right: _with_kernel(inputs, inputs["kernel"][:, ::-1]),
        ),
        Misconception(
            "transposed instead",
            _(
                "The kernel was transposed, which exchanges its axes. "
                "What turns both of them round?"
            ),
            lambda inputs, right: _with_kernel(inputs, _kernel_transposed(inputs)),
        ),
        Misconception(
            "image turned round",
            _(
                "The image was turned round in place of the kernel: the result comes out "
                "turned round itself. Which of the two does the formula turn?"
            ),
            lambda inputs, right: {"out": right["out"][::-1, ::-1]},
        ),
        Misconception(
            "full convolution",
            _(
                "This is the convolution with zeros all around the image. "
                "How many places has a kernel that stays inside it?"
            ),
            lambda inputs, right: {
                "out": true_convolution(inputs["image"], inputs["kernel"], "full")
            },
        ),
    ),
)
