"""Pictures as numbers, and the border of zeros."""

from typing import Any

import numpy as np

from cs_utils.exercises.convolution.drawing import LESSON
from cs_utils.exercises.matrix_backprop.drawing import asks
from cs_utils.exercises.specification import Case, Exercise, Misconception
from cs_utils.exercises.vector_backprop.drawing import mixed
from cs_utils.language import _


def _as_tensor(image: np.ndarray) -> np.ndarray:
    import torch

    pixels = torch.tensor(image, dtype=torch.float64)
    return (torch.atleast_3d(pixels).movedim(-1, 0) / 255).numpy()


def _image_cases(rng: np.random.Generator) -> list[Case]:
    def image(*shape: int) -> dict[str, Any]:
        return {"image": rng.integers(1, 256, shape, dtype=np.uint8)}

    corner = np.array([[[62, 36, 9], [62, 36, 9]], [[62, 36, 9], [61, 35, 8]]], dtype=np.uint8)
    return [
        Case(_("the corner of the lecture's picture"), {"image": corner}, weight=0),
        Case(_("one pixel"), image(1, 1, 3)),
        Case(_("2 x 3 pixels"), image(2, 3, 3)),
        Case(_("5 x 4 pixels"), image(5, 4, 3)),
        Case(_("a square picture, 3 x 3 pixels"), image(3, 3, 3)),
        Case(_("a grey picture of 4 x 5 pixels"), image(4, 5)),
        Case(_("the picture is left unchanged"), image(4, 6, 3), inputs_unchanged=True),
    ]


IMAGE_TO_TENSOR = Exercise(
    name="image_to_tensor",
    lesson=LESSON,
    points=1,
    cases=_image_cases,
    answer=asks("image_to_tensor", "tensor"),
    oracle=lambda inputs: {"tensor": _as_tensor(inputs["image"])},
    misconceptions=(
        Misconception(
            "not scaled",
            _("The channels still go from 0 to 255. Which number turns 255 into 1?"),
            lambda inputs, right: {"tensor": 255 * right["tensor"]},
        ),
        Misconception(
            "whole numbers divided",
            _(
                "Nearly everything is 0: `//` drops what stands behind the point. "
                "Which division keeps it?"
            ),
            lambda inputs, right: {"tensor": np.floor(right["tensor"])},
        ),
        Misconception(
            "divided by 256",
            _(
                "All values are a little too small. "
                "There are 256 shades, but which number has the brightest?"
            ),
            lambda inputs, right: {"tensor": right["tensor"] * 255 / 256},
        ),
        Misconception(
            "reshaped instead of moved",
            _(
                "The shape is right, but every channel holds a mixture of all three: `reshape` "
                "keeps the order of the numbers. Which function moves an axis?"
            ),
            lambda inputs, right: {
                "tensor": (inputs["image"] / 255).reshape(right["tensor"].shape)
            },
        ),
        Misconception(
            "height and width exchanged",
            _(
                "The pictures lie on their side: `.T` turns round all axes. "
                "In which order must H and W stand behind the channel?"
            ),
            lambda inputs, right: {"tensor": right["tensor"].transpose(0, 2, 1)},
        ),
        Misconception(
            "channels left last",
            _("The channels are the last axis still. Which shape does the exercise ask for?"),
            lambda inputs, right: {
                "tensor": right["tensor"].transpose(1, 2, 0)
                if inputs["image"].ndim == 3
                else right["tensor"]
            },
        ),
        Misconception(
            "grey without a channel",
            _(
                "Only the grey picture goes wrong: it came back with two axes. "
                "How many channels has it?"
            ),
            lambda inputs, right: {
                "tensor": right["tensor"][0] if inputs["image"].ndim == 2 else right["tensor"]
            },
        ),
    ),
)


def _pad(x: np.ndarray, padding: int, mode: str = "constant") -> np.ndarray:
    import torch

    border = (padding,) * 4
    return torch.nn.functional.pad(torch.tensor(np.array(x)), border, mode).numpy()


def _pad_cases(rng: np.random.Generator) -> list[Case]:
    def inputs(shape: tuple[int, int, int, int], padding: int) -> dict[str, Any]:
        return {"x": mixed(rng, *shape), "padding": padding}

    printed = {"x": np.arange(1.0, 5).reshape(1, 1, 2, 2), "padding": 1}
    return [
        Case(_("the numbers 1 to 4, padding 1"), printed, weight=0),
        Case(_("one map of 3 x 3, padding 1"), inputs((1, 1, 3, 3), 1)),
        Case(_("padding 0"), inputs((2, 2, 3, 4), 0)),
        Case(_("two images of 3 channels, padding 2"), inputs((2, 3, 4, 3), 2)),
        Case(_("three images of 2 channels, padding 1"), inputs((3, 2, 2, 5), 1)),
        Case(_("padding 3, wider than the map"), inputs((1, 4, 2, 1), 3)),
        Case(_("x is left unchanged"), inputs((2, 3, 5, 4), 1), inputs_unchanged=True),
    ]


ZERO_PAD = Exercise(
    name="zero_pad",
    lesson=LESSON,
    points=1,
    cases=_pad_cases,
    answer=asks("zero_pad", "padded"),
    oracle=lambda inputs: {"padded": _pad(inputs["x"], inputs["padding"])},
    stand_ins=(_pad,),
    misconceptions=(
        Misconception(
            "all axes padded",
            _(
                "Images and channels of zeros were added too. "
                "Which two of the four axes get a border?"
            ),
            lambda inputs, right: {"padded": np.pad(inputs["x"], inputs["padding"])},
        ),
        Misconception(
            "one side only",
            _(
                "The border is only below and on the right. "
                "On how many sides does the padding come?"
            ),
            lambda inputs, right: {
                "padded": right["padded"][:, :, inputs["padding"] :, inputs["padding"] :]
            },
        ),
        Misconception(
            "edge repeated",
            _("The border repeats the pixels at the edge. What stands in a border of zeros?"),
            lambda inputs, right: {"padded": _pad(inputs["x"], inputs["padding"], "replicate")},
        ),
        Misconception(
            "height alone",
            _("Only rows were added. Where else does the border go?"),
            lambda inputs, right: {
                "padded": right["padded"][
                    ..., inputs["padding"] : inputs["padding"] + inputs["x"].shape[3]
                ]
            },
        ),
        Misconception(
            "padding 0 gives nothing",
            _(
                "Only padding 0 goes wrong: a slice that ends at -0 is empty. "
                "Where does the inside of the padded map end?"
            ),
            lambda inputs, right: {
                "padded": right["padded"] if inputs["padding"] else np.zeros_like(right["padded"])
            },
        ),
    ),
)
