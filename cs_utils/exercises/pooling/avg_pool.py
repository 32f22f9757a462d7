"""Average pooling over windows, and over whole maps."""

from dataclasses import replace
from typing import Any

import numpy as np

from cs_utils.exercises.layers import Layer
from cs_utils.exercises.pooling.drawing import LESSON
from cs_utils.exercises.pooling.layer import (
    AVG,
    avg_pooling,
    gradient_of,
    max_pooling,
    window_by_window,
    window_mistakes,
)
from cs_utils.exercises.specification import Case, Inputs, Misconception, Outputs
from cs_utils.exercises.vector_backprop.drawing import mixed
from cs_utils.language import _


def _scaled(right: Outputs, factor: float) -> Outputs:
    return {name: value * factor for name, value in right.items()}


_AVG_FORWARD = (
    Misconception(
        "sum",
        _("These are the windows' sums. What makes a mean of a sum of k x k numbers?"),
        lambda inputs, right: _scaled(right, inputs["kernel_size"] ** 2),
    ),
    Misconception(
        "divided by one side",
        _("The sums were divided by k. How many numbers does a k x k window hold?"),
        lambda inputs, right: _scaled(right, inputs["kernel_size"]),
    ),
    Misconception(
        "divided by the stride",
        _(
            "The sums were divided by the stride's square. "
            "Which of the two numbers says how much a window holds?"
        ),
        lambda inputs, right: _scaled(right, (inputs["kernel_size"] / inputs["stride"]) ** 2),
    ),
    Misconception(
        "largest value",
        _("These are the windows' largest values. What is to come out of each window here?"),
        lambda inputs, right: {"out": replace(AVG, function=max_pooling).forward(inputs)},
    ),
    *window_mistakes(AVG),
)


def _close(x: Any, kernel_size: int, stride: int) -> Any:
    height, width = avg_pooling(x, kernel_size, stride).shape[2:]
    return avg_pooling(x, kernel_size, 1)[:, :, :height, :width]


def _mean_of_windows(inputs: Inputs, right: Outputs) -> Outputs:
    count = AVG.backward({**inputs, "dout": np.ones_like(inputs["dout"])})["dx"]
    return {"dx": right["dx"] / np.maximum(count * inputs["kernel_size"] ** 2, 1)}


_AVG_BACKWARD = (
    Misconception(
        "the whole gradient to every entry",
        _(
            "Every entry of a window got all of its gradient. "
            "If you raise one of k x k numbers by 1, by how much does their mean rise?"
        ),
        lambda inputs, right: _scaled(right, inputs["kernel_size"] ** 2),
    ),
    Misconception(
        "divided by one side",
        _("The gradient was divided by k. How many entries share it in a k x k window?"),
        lambda inputs, right: _scaled(right, inputs["kernel_size"]),
    ),
    Misconception(
        "divided by the stride",
        _(
            "The gradient was divided by the stride's square. "
            "Which of the two numbers says how many entries share it?"
        ),
        lambda inputs, right: _scaled(right, (inputs["kernel_size"] / inputs["stride"]) ** 2),
    ),
    Misconception(
        "windows overwrite each other",
        _(
            "Of several windows over a pixel only the last has left its gradient: `=` where `+=` "
            "belongs. What does a pixel get that lies in two windows?"
        ),
        lambda inputs, right: window_by_window(AVG, inputs, right),
    ),
    Misconception(
        "mean over the windows",
        _(
            "Each pixel's gradient was divided by the number of windows over it. "
            "Is a gradient that comes along several ways a mean?"
        ),
        _mean_of_windows,
    ),
    Misconception(
        "to the largest entry",
        _(
            "All went to the largest entry of each window, as in max pooling. "
            "Which entries change a mean when they change?"
        ),
        lambda inputs, right: {"dx": gradient_of(max_pooling, inputs)},
    ),
    Misconception(
        "windows one pixel apart",
        _(
            "The windows of the backward pass are one pixel apart, whatever the stride. "
            "At which row does the window of output row i begin?"
        ),
        lambda inputs, right: {"dx": gradient_of(_close, inputs)},
    ),
    Misconception(
        "upstream gradient forgotten",
        _("dout plays no part here, as if it were all ones. Where does the chain rule begin?"),
        lambda inputs, right: AVG.backward({**inputs, "dout": np.ones_like(inputs["dout"])}),
    ),
)

FORWARD = AVG.forward_exercise(2, *_AVG_FORWARD)
BACKWARD = AVG.backward_exercise(3, *_AVG_BACKWARD)


def _global_cases(rng: np.random.Generator) -> list[Case]:
    def case(title: str, *shape: int) -> Case:
        return Case(title, {"x": mixed(rng, *shape)})

    printed = {"x": np.array([[[[1.0, 2, 3], [5, 6, 7]], [[0, 0, 0], [0, 0, -6]]]])}
    return [
        Case(_("two maps of 2x3"), printed, weight=0),
        case(_("one 2x2 map"), 1, 1, 2, 2),
        case(_("one image, three channels, 3x5 maps"), 1, 3, 3, 5),
        case(_("four images, 4x2 maps"), 4, 2, 4, 2),
        case(_("maps of one pixel"), 3, 4, 1, 1),
        case(_("as many images as channels"), 3, 3, 5, 4),
        replace(case(_("inputs are left unchanged"), 2, 3, 6, 7), inputs_unchanged=True),
    ]


GLOBAL = Layer(
    name="global_avg_pool",
    lesson=LESSON,
    inputs=("x",),
    gradients=("x",),
    output="out",
    upstream="dout",
    function=lambda x: x.mean((2, 3)),
    cases=_global_cases,
    caches=(
        lambda inputs, output: inputs["x"],
        lambda inputs, output: inputs["x"].shape,
        lambda inputs, output: (inputs["x"],),
    ),
    inputs_from_cache=lambda cache: {"x": cache},
)


def _kept(array: np.ndarray, axes: int | tuple[int, ...]) -> np.ndarray:
    return np.broadcast_to(array.mean(axis=axes, keepdims=True), array.shape)


def _over(inputs: Inputs, function: Any) -> Outputs:
    return {"out": replace(GLOBAL, function=function).forward(inputs)}


def _pixels(inputs: Inputs) -> int:
    return inputs["x"][0, 0].size


_GLOBAL_FORWARD = (
    Misconception(
        "two axes of 1 kept",
        _("The means are right, in maps of 1 x 1. Which shape was asked for?"),
        lambda inputs, right: {"out": right["out"][:, :, None, None]},
    ),
    Misconception(
        "largest value",
        _("These are the maps' largest values. What is to come out of each map?"),
        lambda inputs, right: _over(inputs, lambda x: x.amax((2, 3))),
    ),
    Misconception(
        "sum",
        _("These are the maps' sums. By how many numbers must each be divided?"),
        lambda inputs, right: _scaled(right, _pixels(inputs)),
    ),
    Misconception(
        "mean over one axis",
        _("Only the rows of each map were averaged. Which two axes make up a map?"),
        lambda inputs, right: _over(inputs, lambda x: x.mean(2)),
    ),
    Misconception(
        "mean over the channels",
        _(
            "All channels of an image have the same mean: it was taken over them, too. "
            "Which axes belong to one map?"
        ),
        lambda inputs, right: {"out": _kept(right["out"], 1)},
    ),
    Misconception(
        "mean over the images",
        _(
            "All images have the same means: they were taken over the images, too. "
            "Which axes belong to one map?"
        ),
        lambda inputs, right: {"out": _kept(right["out"], 0)},
    ),
)


def _to_the_largest(inputs: Inputs) -> Outputs:
    function = replace(GLOBAL, function=lambda x: x.flatten(2).max(2).values)
    return function.backward(inputs)


_GLOBAL_BACKWARD = (
    Misconception(
        "the whole gradient to every pixel",
        _(
            "Every pixel got all of its map's gradient. "
            "If you raise one of H W numbers by 1, by how much does their mean rise?"
        ),
        lambda inputs, right: _scaled(right, _pixels(inputs)),
    ),
    Misconception(
        "divided by the height alone",
        _("The gradient was divided by H. How many pixels does a map have?"),
        lambda inputs, right: _scaled(right, inputs["x"].shape[3]),
    ),
    Misconception(
        "divided by the width alone",
        _("The gradient was divided by W. How many pixels does a map have?"),
        lambda inputs, right: _scaled(right, inputs["x"].shape[2]),
    ),
    Misconception(
        "square maps assumed",
        _("The gradient was divided by H H. How many pixels has a map that is no square?"),
        lambda inputs, right: _scaled(right, inputs["x"].shape[3] / inputs["x"].shape[2]),
    ),
    Misconception(
        "divided by the images, too",
        _(
            "The gradient was divided by the number of images, too. That is the loss's business, "
            "and dout knows of it already: over which axes did the forward pass take a mean?"
        ),
        lambda inputs, right: _scaled(right, 1 / len(inputs["x"])),
    ),
    Misconception(
        "divided by the channels, too",
        _(
            "The gradient was divided by the number of channels, too. "
            "Over which axes did the forward pass take a mean?"
        ),
        lambda inputs, right: _scaled(right, 1 / inputs["x"].shape[1]),
    ),
    Misconception(
        "maps of one pixel",
        _(
            "The numbers are right, but there is one for each map. "
            "Which shape must the gradient of x have?"
        ),
        lambda inputs, right: {"dx": right["dx"][:, :, :1, :1]},
    ),
    Misconception(
        "to the largest pixel",
        _(
            "All went to the largest pixel of each map, as in max pooling. "
            "Which pixels change a mean when they change?"
        ),
        lambda inputs, right: _to_the_largest(inputs),
    ),
    Misconception(
        "upstream gradient forgotten",
        _("dout plays no part here, as if it were all ones. Where does the chain rule begin?"),
        lambda inputs, right: GLOBAL.backward({**inputs, "dout": np.ones_like(inputs["dout"])}),
    ),
)

GLOBAL_FORWARD = GLOBAL.forward_exercise(1, *_GLOBAL_FORWARD)
GLOBAL_BACKWARD = GLOBAL.backward_exercise(2, *_GLOBAL_BACKWARD)
