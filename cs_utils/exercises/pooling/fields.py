"""How alike neighbouring pixels are, and how much of a picture an output sees."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from cs_utils.exercises.matrix_backprop.drawing import asks
from cs_utils.exercises.pooling.drawing import LESSON
from cs_utils.exercises.specification import Case, Exercise, Inputs, Misconception, Outputs
from cs_utils.language import _


def _smooth(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A random picture whose neighbouring pixels are alike, as floats of mean 10 or so."""
    steps = rng.normal(size=(height, width))
    return 10 + np.cumsum(steps, axis=1) + 2 * rng.normal(size=(height, 1))


def _correlation_cases(rng: np.random.Generator) -> list[Case]:
    def inputs(height: int, width: int, distance: int) -> dict[str, Any]:
        return {"image": _smooth(rng, height, width), "distance": distance}

    printed = {"image": np.array([[1.0, 2, 3], [2, 4, 6]]), "distance": 1}
    grey = rng.integers(60, 256, size=(4, 6)).astype(np.uint8)
    return [
        Case(_("six pixels, one apart"), printed, weight=0),
        Case(_("neighbours in a 3x4 picture"), inputs(3, 4, 1)),
        Case(_("neighbours in a 5x3 picture"), inputs(5, 3, 1)),
        Case(_("three pixels apart"), inputs(4, 9, 3)),
        Case(_("distance 0: each pixel and itself"), inputs(3, 5, 0)),
        Case(_("grey values of 8 bits"), {"image": grey, "distance": 2}),
        Case(_("inputs are left unchanged"), inputs(5, 6, 2), inputs_unchanged=True),
    ]


def _pearson(left: np.ndarray, right: np.ndarray) -> float:
    """The correlation of two arrays' entries, by PyTorch."""
    import torch

    pair = np.stack([left.ravel(), right.ravel()]).astype(np.float64)
    return float(torch.corrcoef(torch.from_numpy(pair))[0, 1])


def _pairs(inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of pixels that far apart in a row, as two arrays."""
    windows = np.lib.stride_tricks.sliding_window_view(
        inputs["image"].astype(np.float64), inputs["distance"] + 1, axis=1
    )
    return windows[..., 0], windows[..., -1]


def _cosine(inputs: Inputs) -> Outputs:
    import torch

    left, right = (torch.from_numpy(np.array(one).ravel()) for one in _pairs(inputs))
    return {"correlation": float(torch.cosine_similarity(left, right, dim=0))}


def _covariance(inputs: Inputs, right: Outputs) -> Outputs:
    one, other = _pairs(inputs)
    return {"correlation": right["correlation"] * one.std() * other.std()}


def _two_kinds_of_variance(inputs: Inputs, right: Outputs) -> Outputs:
    pairs = _pairs(inputs)[0].size
    return {"correlation": right["correlation"] * pairs / (pairs - 1)}


def _down_a_column(inputs: Inputs) -> Outputs | None:
    image, distance = inputs["image"], inputs["distance"]
    if distance > len(image) - 1:
        return None
    return {"correlation": _pearson(*_pairs({"image": image.T, "distance": distance}))}


def _around_the_edge(inputs: Inputs) -> Outputs:
    image = inputs["image"]
    return {"correlation": _pearson(image, np.roll(image, -inputs["distance"], axis=1))}


LOCAL_CORRELATION = Exercise(
    name="local_correlation",
    lesson=LESSON,
    points=2,
    cases=_correlation_cases,
    answer=asks("local_correlation", "correlation"),
    oracle=lambda inputs: {"correlation": _pearson(*_pairs(inputs))},
    stand_ins=(lambda image, distance: _pearson(*_pairs({"image": image, "distance": distance})),),
    misconceptions=(
        Misconception(
            "nothing left at distance 0",
            _(
                "Only distance 0 goes wrong: `[:, :-0]` is `[:, :0]`, which is empty. "
                "Where does the left picture end, whatever the distance?"
            ),
            lambda inputs, right: right if inputs["distance"] else {"correlation": np.nan},
        ),
        Misconception(
            "means not taken away",
            _(
                "The pixels were multiplied as they are, bright times bright. "
                "What does the formula take away from each before it multiplies?"
            ),
            lambda inputs, right: _cosine(inputs),
        ),
        Misconception(
            "covariance",
            _(
                "This is the covariance, which grows with the contrast. "
                "By what is it divided, so that a pixel and itself give 1?"
            ),
            _covariance,
        ),
        Misconception(
            "two kinds of variance",
            _(
                "The sum of products was divided by n - 1 and the variances by n, or the other "
                "way round. What comes out for a pixel and itself?"
            ),
            _two_kinds_of_variance,
        ),
        Misconception(
            "down the columns",
            _(
                "These pairs lie below each other. "
                "Which axis of (H, W) goes to the right, along a row?"
            ),
            lambda inputs, right: _down_a_column(inputs),
        ),
        Misconception(
            "around the edge",
            _(
                "What leaves on one side comes in on the other: a row's last pixels were paired "
                "with its first ones. How many pairs does a row of W pixels have?"
            ),
            lambda inputs, right: _around_the_edge(inputs),
        ),
        Misconception(
            "squared",
            _("This is the square of the correlation. Can it still say that two are opposite?"),
            lambda inputs, right: {"correlation": right["correlation"] ** 2},
        ),
    ),
)

Layers = Sequence[tuple[int, int]]


def field_by_gradient(layers: Layers) -> dict[str, int]:
    """Size and jump as PyTorch's gradients show them: which pixels change an output, and how far
    the next output's pixels lie from them."""
    import torch

    pixels = 64
    while True:
        x = torch.ones(1, 1, pixels, dtype=torch.float64, requires_grad=True)
        out = x
        for kernel_size, stride in layers:
            if out.shape[-1] < kernel_size:
                break
            # A mean keeps the numbers small, however deep the stack is.
            out = torch.nn.functional.avg_pool1d(out, kernel_size, stride)
        else:
            if out.shape[-1] >= 2:
                break
        pixels *= 2
    seen = []
    for number in (0, 1):
        (gradient,) = torch.autograd.grad(out[0, 0, number], x, retain_graph=True)
        seen.append(torch.nonzero(gradient[0, 0]))
    return {
        "size": int(seen[0].max() - seen[0].min()) + 1,
        "jump": int(seen[1].min() - seen[0].min()),
    }


def _field_cases(rng: np.random.Generator) -> list[Case]:
    def kernel(largest: int = 9) -> int:
        return int(rng.integers(2, largest + 1))

    def layers(count: int, largest: int, strides: Sequence[int]) -> list[tuple[int, int]]:
        return [(kernel(largest), int(rng.choice(strides))) for _layer in range(count)]

    pointwise = [(kernel(), 2), (1, 1), (kernel(), 1), (1, 2), (kernel(), 1)]
    return [
        Case(_("the slide's three 3x3 layers"), {"layers": [(3, 1)] * 3}, weight=0),
        Case(_("one layer"), {"layers": layers(1, 60, (2, 3, 4, 5))}),
        Case(_("several layers of stride 1"), {"layers": layers(3, 20, (1,))}),
        Case(_("a stride in the first layer"), {"layers": [(3, 2), *layers(3, 9, (1, 2, 3))]}),
        Case(_("a stride in the last layer"), {"layers": [*layers(2, 9, (1, 2)), (3, 4)]}),
        Case(_("pointwise layers in between"), {"layers": pointwise}),
        Case(_("five random layers"), {"layers": [*layers(4, 4, (1, 2, 3)), (kernel(), 2)]}),
    ]


def _strides_first(layers: Layers) -> list[tuple[int, int]]:
    """Each layer in two: its steps alone, then its window."""
    return [part for k, stride in layers for part in ((1, stride), (k, 1))]


RECEPTIVE_FIELD = Exercise(
    name="receptive_field",
    lesson=LESSON,
    points=3,
    cases=_field_cases,
    answer=asks("receptive_field", "size", "jump"),
    oracle=lambda inputs: field_by_gradient(inputs["layers"]),
    stand_ins=(lambda layers: tuple(field_by_gradient(layers).values()),),
    misconceptions=(
        Misconception(
            "strides left out of the size",
            _(
                "The size is right only where every stride is 1: each layer adds k - 1 pixels of "
                "its *own* input. How many pixels of the picture lie between two of those?"
            ),
            lambda inputs, right: {
                "size": field_by_gradient([(k, 1) for k, _stride in inputs["layers"]])["size"],
                "jump": right["jump"],
            },
        ),
        Misconception(
            "a layer's stride in its own field",
            _(
                "A layer's stride has widened its own window. It moves the window; which layers "
                "see further because of it, this one or those behind it?"
            ),
            lambda inputs, right: field_by_gradient(_strides_first(inputs["layers"])),
        ),
        Misconception(
            "the last stride for the jump",
            _(
                "The jump is that of the last layer alone. "
                "If two layers take steps of 2, how far apart are their outputs in the picture?"
            ),
            lambda inputs, right: {"jump": inputs["layers"][-1][1] if inputs["layers"] else 1},
        ),
        Misconception(
            "strides added",
            _(
                "The jump is a sum of strides. "
                "If two layers take steps of 2, how far apart are their outputs in the picture?"
            ),
            lambda inputs, right: {"jump": sum(stride for _k, stride in inputs["layers"]) or 1},
        ),
        Misconception(
            "kernels added",
            _(
                "The window's whole size was added in every layer, its own pixel included. "
                "How many pixels more than a 3x3 layer do two of them see?"
            ),
            lambda inputs, right: {
                "size": field_by_gradient([(k + 1, s) for k, s in inputs["layers"]])["size"]
            },
        ),
        Misconception(
            "one pixel less",
            _(
                "Every size is one too small. "
                "How many pixels does an output see before the first layer?"
            ),
            lambda inputs, right: {"size": right["size"] - 1},
        ),
        Misconception(
            "from the last layer to the first",
            _(
                "The layers were walked through backwards, as if the last were nearest to the "
                "picture. Which one stands first in the list?"
            ),
            lambda inputs, right: field_by_gradient(inputs["layers"][::-1]),
        ),
    ),
)
