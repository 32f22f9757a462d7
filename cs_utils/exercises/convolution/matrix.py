"""The convolution as one sparse matrix: ``conv_matrix``."""

from typing import Any

import numpy as np

from cs_utils.exercises.convolution.drawing import LESSON
from cs_utils.exercises.convolution.layer import convolution, steps_of_one
from cs_utils.exercises.specification import (
    Case,
    Exercise,
    Functions,
    Inputs,
    Misconception,
    Outputs,
)
from cs_utils.exercises.vector_backprop.drawing import mixed
from cs_utils.language import _


def _ask(functions: Functions, case: Case) -> Outputs:
    """The matrix with all its zeros: a sparse one is written out."""
    matrix = functions["conv_matrix"](*case.inputs.values())
    return {"matrix": matrix.toarray() if hasattr(matrix, "toarray") else matrix}


def _matrix(inputs: Inputs, function: Any = convolution) -> np.ndarray:
    """The layer's Jacobian with a row for each output, by autograd."""
    import torch

    w = torch.tensor(inputs["w"])
    no_bias = torch.zeros(len(w), dtype=w.dtype)
    x = torch.zeros(1, w.shape[1], inputs["height"], inputs["width"], dtype=w.dtype)

    def layer(image: Any) -> Any:
        return function(image, w, no_bias, inputs.get("stride", 1), inputs.get("padding", 0))

    jacobian = torch.autograd.functional.jacobian(layer, x)
    return jacobian.reshape(-1, x.numel()).numpy()


def _cases(rng: np.random.Generator) -> list[Case]:
    def inputs(
        w_shape: tuple[int, int, int, int], height: int, width: int, stride: int, padding: int
    ) -> dict[str, Any]:
        options = {"stride": stride, "padding": padding}
        return {"w": mixed(rng, *w_shape), "height": height, "width": width, **options}

    printed = {"w": np.array([[[[1.0, 2], [3, 4]]]]), "height": 3, "width": 3}
    unchanged = inputs((2, 2, 3, 3), 4, 5, 1, 1)
    return [
        Case(_("a 2x2 kernel of 1, 2, 3, 4 on a 3x3 map"), printed, weight=0),
        Case(_("one filter, one channel"), inputs((1, 1, 2, 2), 3, 3, 1, 0)),
        Case(_("three filters of two channels"), inputs((3, 2, 2, 2), 3, 3, 1, 0)),
        Case(_("a 2x3 kernel on a 4x5 map"), inputs((2, 1, 2, 3), 4, 5, 1, 0)),
        Case(_("padding 1"), inputs((2, 2, 3, 3), 4, 3, 1, 1)),
        Case(_("stride 2, padding 1"), inputs((1, 3, 3, 3), 5, 3, 2, 1)),
        Case(_("w is left unchanged"), unchanged, inputs_unchanged=True),
    ]


def _circular(x: Any, w: Any, b: Any, stride: int, padding: int) -> Any:
    """The layer on an image that begins again where it ends."""
    import torch

    kH, kW = w.shape[2:]
    around = torch.nn.functional.pad(x, (0, kW - 1, 0, kH - 1), "circular")
    return convolution(around, w, b, stride, padding)


def _channels_last(x: Any, w: Any, b: Any, stride: int, padding: int) -> Any:
    """The layer on pixels whose channels lie side by side."""
    N, C, H, W = x.shape
    return convolution(x.reshape(N, H, W, C).movedim(3, 1), w, b, stride, padding)


def _outputs_last(x: Any, w: Any, b: Any, stride: int, padding: int) -> Any:
    """The layer's outputs with the filters side by side."""
    return convolution(x, w, b, stride, padding).movedim(1, 3)


CONV_MATRIX = Exercise(
    name="conv_matrix",
    lesson=LESSON,
    points=4,
    cases=_cases,
    answer=_ask,
    oracle=lambda inputs: {"matrix": _matrix(inputs)},
    builds_on=("im2col", "conv_output_size"),
    misconceptions=(
        Misconception(
            "transposed",
            _(
                "This is the transpose, the matrix of the backward pass. "
                "What must matrix @ x.reshape(-1) have as many entries as?"
            ),
            lambda inputs, right: {"matrix": right["matrix"].T},
        ),
        Misconception(
            "kernel turned round",
            _(
                "Every kernel was turned round, as in a true convolution. "
                "Which weight meets the window's top left pixel in the layer?"
            ),
            lambda inputs, right: {
                "matrix": _matrix({**inputs, "w": inputs["w"][:, :, ::-1, ::-1].copy()})
            },
        ),
        Misconception(
            "stride left out",
            _("There is a row for every window of stride 1. Which rows does a stride leave out?"),
            lambda inputs, right: {"matrix": _matrix({**inputs, "stride": 1})},
        ),
        Misconception(
            "windows one pixel apart",
            _(
                "The shape is right, but from row to row the kernel moves by one pixel only. "
                "Where does the window of output row i begin?"
            ),
            lambda inputs, right: {"matrix": _matrix(inputs, steps_of_one)},
        ),
        Misconception(
            "padding left out",
            _(
                "The padding plays no part here. Columns for the border's zeros are not needed, "
                "but which rows does it add?"
            ),
            lambda inputs, right: {"matrix": _matrix({**inputs, "padding": 0})},
        ),
        Misconception(
            "channels last",
            _(
                "The columns are ordered as if the channels of a pixel lay side by side. "
                "In which order does x.reshape(-1) read an image of shape (C, H, W)?"
            ),
            lambda inputs, right: {"matrix": _matrix(inputs, _channels_last)},
        ),
        Misconception(
            "filters last",
            _(
                "The rows are ordered as if the filters of a place lay side by side. "
                "Which shape has the output, and how does reshape read it?"
            ),
            lambda inputs, right: {"matrix": _matrix(inputs, _outputs_last)},
        ),
        Misconception(
            "around the edge",
            _(
                "Windows go over the right edge and come in again on the left. "
                "How many places has a kernel in one row of the image?"
            ),
            lambda inputs, right: {"matrix": _matrix(inputs, _circular)},
        ),
    ),
)
