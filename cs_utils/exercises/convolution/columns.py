"""Windows as the columns of a matrix, and back: ``im2col`` and ``col2im``."""

from dataclasses import replace
from typing import Any

import numpy as np

from cs_utils.exercises.convolution.drawing import LESSON
from cs_utils.exercises.matrix_backprop.drawing import asks
from cs_utils.exercises.specification import Case, Exercise, Inputs, Misconception, Outputs
from cs_utils.exercises.vector_backprop.drawing import mixed
from cs_utils.language import _


def unfold(x: Any, kernel_size: Any, stride: int = 1, padding: int = 0) -> np.ndarray:
    """The columns by PyTorch, (N, C kH kW, outH outW)."""
    import torch

    images, size = torch.tensor(np.array(x)), tuple(kernel_size)
    columns = torch.nn.functional.unfold(images, size, padding=padding, stride=stride)
    return columns.numpy()


def fold(
    columns: Any, x_shape: Any, kernel_size: Any, stride: int = 1, padding: int = 0
) -> np.ndarray:
    """The images by PyTorch, of shape x_shape."""
    import torch

    found = torch.nn.functional.fold(
        torch.tensor(np.array(columns)),
        tuple(x_shape[2:]),
        tuple(kernel_size),
        padding=padding,
        stride=stride,
    )
    return found.numpy()


_SIZES = (
    (_("one 3x3 map, a 2x2 kernel"), (1, 1, 3, 3), (2, 2), 1, 0),
    (_("two images of three channels, padding 1"), (2, 3, 4, 5), (3, 3), 1, 1),
    (_("a 3x2 kernel"), (2, 2, 5, 4), (3, 2), 1, 0),
    (_("stride 2"), (2, 3, 5, 7), (3, 3), 2, 0),
    (_("stride 3, padding 3, a 2x2 kernel"), (3, 2, 2, 5), (2, 2), 3, 3),
    (_("a kernel as large as the map"), (2, 4, 3, 5), (3, 5), 1, 0),
    (_("inputs are left unchanged"), (2, 3, 5, 4), (3, 2), 1, 1),
)


def _im2col_cases(rng: np.random.Generator) -> list[Case]:
    printed = {"x": np.arange(1.0, 10).reshape(1, 1, 3, 3), "kernel_size": (2, 2)}
    cases = [Case(_("the numbers 1 to 9, a 2x2 kernel"), printed, weight=0)]
    for title, shape, kernel_size, stride, padding in _SIZES:
        inputs = {"x": mixed(rng, *shape), "kernel_size": kernel_size}
        options = {"stride": stride, "padding": padding}
        cases.append(Case(title, {**inputs, **options}))
    return [*cases[:-1], replace(cases[-1], inputs_unchanged=True)]


def _windows(inputs: Inputs, right: Outputs) -> np.ndarray:
    """The right columns with all axes apart, (N, C, kH, kW, outH outW)."""
    N, C = inputs["x"].shape[:2]
    return right["columns"].reshape(N, C, *inputs["kernel_size"], -1)


def _flat(windows: np.ndarray, right: Outputs) -> Outputs:
    return {"columns": windows.reshape(right["columns"].shape)}


IM2COL = Exercise(
    name="im2col",
    lesson=LESSON,
    points=4,
    cases=_im2col_cases,
    answer=asks("im2col", "columns"),
    oracle=lambda inputs: {"columns": unfold(**inputs)},
    builds_on=("conv_output_size", "zero_pad"),
    stand_ins=(unfold,),
    misconceptions=(
        Misconception(
            "windows as rows",
            _(
                "Every window is a row here. "
                "Which axis of (N, C kH kW, outH outW) counts the windows?"
            ),
            lambda inputs, right: {"columns": right["columns"].transpose(0, 2, 1)},
        ),
        Misconception(
            "images side by side",
            _(
                "The columns of all images stand in one matrix. "
                "Where does the axis N belong in the shape asked for?"
            ),
            lambda inputs, right: {"columns": np.concatenate(list(right["columns"]), axis=1)},
        ),
        Misconception(
            "channels last in a column",
            _(
                "In each column the channels change fastest. In a filter of shape (C, kH, kW), "
                "laid out with reshape, which index changes fastest?"
            ),
            lambda inputs, right: _flat(_windows(inputs, right).transpose(0, 2, 3, 1, 4), right),
        ),
        Misconception(
            "windows read column by column",
            _(
                "Each window was read from top to bottom first. "
                "In a filter laid out with reshape, does kH or kW change faster?"
            ),
            lambda inputs, right: _flat(_windows(inputs, right).transpose(0, 1, 3, 2, 4), right),
        ),
        Misconception(
            "reshaped without moving axes",
            _(
                "The right numbers in the wrong order: the windows' axis came before the kernel's, "
                "and reshape keeps the order. Which axes must be moved before?"
            ),
            lambda inputs, right: _flat(np.moveaxis(_windows(inputs, right), 4, 1), right),
        ),
        Misconception(
            "padding left out",
            _("The padding plays no part here. What stands around the image?"),
            lambda inputs, right: {"columns": unfold(**{**inputs, "padding": 0})},
        ),
        Misconception(
            "stride left out",
            _("These are the windows of stride 1. Which of them does a larger stride leave out?"),
            lambda inputs, right: {"columns": unfold(**{**inputs, "stride": 1})},
        ),
    ),
)


def _col2im_cases(rng: np.random.Generator) -> list[Case]:
    printed = {
        "columns": np.ones((1, 4, 4)),
        "x_shape": (1, 1, 3, 3),
        "kernel_size": (2, 2),
    }
    cases = [Case(_("sixteen ones, a 2x2 kernel on a 3x3 map"), printed, weight=0)]
    for title, shape, kernel_size, stride, padding in _SIZES:
        columns = unfold(np.empty(shape), kernel_size, stride, padding)
        inputs = {
            "columns": mixed(rng, *columns.shape),
            "x_shape": shape,
            "kernel_size": kernel_size,
            "stride": stride,
            "padding": padding,
        }
        cases.append(Case(title, inputs))
    return [*cases[:-1], replace(cases[-1], inputs_unchanged=True)]


def _overlaps(inputs: Inputs) -> np.ndarray:
    """How many windows cover each pixel."""
    return fold(**{**inputs, "columns": np.ones_like(inputs["columns"])})


def _overwritten(inputs: Inputs, reverse: bool = False) -> Outputs:
    """The images where of several windows over a pixel only one is left: the last one, or in
    ``reverse`` the one whose entry stands last in a column."""
    number = np.arange(1.0, inputs["columns"].shape[2] + 1)
    number = np.broadcast_to(-number if reverse else number, inputs["columns"].shape)
    images = np.zeros(inputs["x_shape"])
    for index in np.unique(number):
        chosen = number == index
        reach = fold(**{**inputs, "columns": chosen.astype(np.float64)})
        part = fold(**{**inputs, "columns": np.where(chosen, inputs["columns"], 0)})
        images = np.where(reach > 0, part, images)
    return {"x": images}


def _border(inputs: Inputs) -> Outputs:
    padding = inputs.get("padding", 0)
    N, C, H, W = inputs["x_shape"]
    shape = (N, C, H + 2 * padding, W + 2 * padding)
    return {"x": fold(**{**inputs, "x_shape": shape, "padding": 0})}


def _steps_of_one(inputs: Inputs) -> Outputs:
    """Every window only one pixel after the last, in a map that ends where it should."""
    kH, kW = inputs["kernel_size"]
    N, C, H, W = inputs["x_shape"]
    stride, padding = inputs.get("stride", 1), inputs.get("padding", 0)
    windows = ((n + 2 * padding - k) // stride + 1 for n, k in ((H, kH), (W, kW)))
    height, width = (n + k - 1 for n, k in zip(windows, (kH, kW), strict=True))
    close = fold(inputs["columns"], (N, C, height, width), (kH, kW))
    padded = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    padded[:, :, :height, :width] = close
    return {"x": padded[:, :, padding : padding + H, padding : padding + W]}


COL2IM = Exercise(
    name="col2im",
    lesson=LESSON,
    points=4,
    cases=_col2im_cases,
    answer=asks("col2im", "x"),
    oracle=lambda inputs: {"x": fold(**inputs)},
    builds_on=("conv_output_size", "zero_pad"),
    stand_ins=(fold,),
    misconceptions=(
        Misconception(
            "windows overwrite each other",
            _(
                "Of several windows over one pixel only the last is left: `=` where `+=` belongs. "
                "What must a pixel get that stands in several columns?"
            ),
            lambda inputs, right: _overwritten(inputs),
        ),
        Misconception(
            "slices overwrite each other",
            _(
                "Of several entries for one pixel only the one furthest down in its column is "
                "left: `=` where `+=` belongs. What must a pixel get that stands in several?"
            ),
            lambda inputs, right: _overwritten(inputs, reverse=True),
        ),
        Misconception(
            "mean over the windows",
            _(
                "Each pixel is divided by the number of windows over it, so that im2col is undone. "
                "Is a gradient that comes along several ways a mean?"
            ),
            lambda inputs, right: {"x": right["x"] / np.maximum(_overlaps(inputs), 1)},
        ),
        Misconception(
            "padding cut off at padding 0",
            _(
                "Only padding 0 goes wrong: the images are empty, as `[pad:-pad]` is `[0:0]` "
                "there. Where does an image end inside the padded one, whatever the padding?"
            ),
            lambda inputs, right: {
                "x": right["x"] if inputs.get("padding", 0) else right["x"][:, :, :0, :0]
            },
        ),
        Misconception(
            "border left on",
            _("The images still have their border. Which shape was asked for?"),
            lambda inputs, right: _border(inputs),
        ),
        Misconception(
            "stride left out",
            _(
                "The windows are one pixel apart, whatever the stride. "
                "At which row of the image does the window of output row i begin?"
            ),
            lambda inputs, right: _steps_of_one(inputs),
        ),
    ),
)
