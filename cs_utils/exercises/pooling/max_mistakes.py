"""Known mistakes in max pooling, whichever way it is written. Most were met in published code that
passes its own course's checks."""

from typing import Any

import numpy as np

from cs_utils.exercises.pooling.layer import (
    MAX,
    avg_pooling,
    entry_by_entry,
    gradient_of,
    max_pooling,
    window_by_window,
    window_mistakes,
)
from cs_utils.exercises.specification import Inputs, Misconception, Outputs
from cs_utils.language import _

FORWARD = (
    Misconception(
        "started from zero",
        _(
            "Windows whose values are all negative give 0: the search for the largest began at 0. "
            "With which value can it begin instead?"
        ),
        lambda inputs, right: {"out": np.maximum(right["out"], 0)},
    ),
    Misconception(
        "mean",
        _("These are the windows' means. Which of its values does max pooling keep?"),
        lambda inputs, right: {"out": _forward(avg_pooling, inputs)},
    ),
    Misconception(
        "smallest value",
        _("These are the windows' smallest values. Which of them does max pooling keep?"),
        lambda inputs, right: {"out": -MAX.forward({**inputs, "x": -inputs["x"]})},
    ),
    Misconception(
        "largest size",
        _("The largest |x| was kept, so -5 won over 3. Which of the two is the larger number?"),
        lambda inputs, right: {"out": MAX.forward({**inputs, "x": np.abs(inputs["x"])})},
    ),
    Misconception(
        "over all channels",
        _(
            "All channels have the same map: the maximum was taken over them, too. "
            "On which two axes does a window lie?"
        ),
        lambda inputs, right: {"out": _everywhere(right["out"], 1)},
    ),
    Misconception(
        "over all images",
        _(
            "All images have the same maps: the maximum was taken over them, too. "
            "On which two axes does a window lie?"
        ),
        lambda inputs, right: {"out": _everywhere(right["out"], 0)},
    ),
    *window_mistakes(MAX),
)


def _forward(function: Any, inputs: Inputs) -> np.ndarray:
    import torch

    x = torch.from_numpy(np.array(inputs["x"], dtype=np.float64))
    return function(x, inputs["kernel_size"], inputs["stride"]).numpy()


def _everywhere(out: np.ndarray, axis: int) -> np.ndarray:
    return np.broadcast_to(out.max(axis=axis, keepdims=True), out.shape)


def _to_every_tie(inputs: Inputs) -> Outputs:
    """The equal split, times the number of those that share: a split of a split undone."""

    def whole(x: Any, kernel_size: int, stride: int) -> Any:
        windows = x.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride).flatten(4)
        largest = windows.amax(4, keepdim=True).detach()
        return (windows * (windows == largest)).sum(4)

    return {"dx": gradient_of(whole, inputs)}


def equal_split(inputs: Inputs) -> np.ndarray:
    """dx where all entries that share a window's maximum get the same part of its gradient."""

    def shared(x: Any, kernel_size: int, stride: int) -> Any:
        windows = x.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride)
        return windows.amax((4, 5))

    return gradient_of(shared, inputs)


def _transposed_windows(inputs: Inputs) -> Outputs:
    """Row and column of the maximum in its window exchanged."""

    def exchanged(x: Any, kernel_size: int, stride: int) -> Any:
        windows = x.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride)
        places = windows.flatten(4).argmax(4, keepdim=True)
        return windows.transpose(4, 5).flatten(4).gather(4, places)[..., 0]

    return {"dx": gradient_of(exchanged, inputs)}


def _channels_place(inputs: Inputs) -> Outputs:
    """Every channel's gradient at the place of the maximum over all channels."""

    def together(x: Any, kernel_size: int, stride: int) -> Any:
        windows = x.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride).flatten(4)
        places = windows.amax(1, keepdim=True).argmax(4, keepdim=True)
        return windows.gather(4, places.expand(-1, x.shape[1], -1, -1, -1))[..., 0]

    return {"dx": gradient_of(together, inputs)}


def _values_put_back(inputs: Inputs) -> Outputs:
    return {"dx": MAX.backward({**inputs, "dout": MAX.forward(inputs)})["dx"]}


def _one_pixel_apart(inputs: Inputs) -> Outputs:
    """The windows of the backward pass follow each other at once, whatever the stride."""

    def close(x: Any, kernel_size: int, stride: int) -> Any:
        height, width = max_pooling(x, kernel_size, stride).shape[2:]
        return max_pooling(x, kernel_size, 1)[:, :, :height, :width]

    return {"dx": gradient_of(close, inputs)}


BACKWARD = (
    Misconception(
        "the whole gradient to every tie",
        _(
            "Where several entries share the largest value each got the whole gradient, so a "
            "window hands on more than it was given. How much may all of them get together?"
        ),
        lambda inputs, right: _to_every_tie(inputs),
    ),
    Misconception(
        "windows overwrite each other",
        _(
            "Of several windows over a pixel only the last has left its gradient: `=` where `+=` "
            "belongs. What does a pixel get that is the largest in two windows?"
        ),
        lambda inputs, right: entry_by_entry(MAX, inputs, right),
    ),
    Misconception(
        "whole windows overwrite each other",
        _(
            "Each window has wiped out what earlier ones left in its place: `=` where `+=` "
            "belongs. What does a pixel keep when another window over it chooses its neighbour?"
        ),
        lambda inputs, right: window_by_window(MAX, inputs, right),
    ),
    Misconception(
        "shared by the whole window",
        _(
            "Every entry of a window got a part of the gradient, as in average pooling. "
            "If you raise an entry that is not the largest a little, does the output change?"
        ),
        lambda inputs, right: {"dx": gradient_of(avg_pooling, inputs)},
    ),
    Misconception(
        "row and column exchanged",
        _(
            "In each window row and column of the maximum have changed places. "
            "np.argmax counts along rows: by which number must it be divided?"
        ),
        lambda inputs, right: _transposed_windows(inputs),
    ),
    Misconception(
        "one place for all channels",
        _(
            "All channels got their gradient at the same place: the maximum was looked for over "
            "the channels, too. Does each channel have a maximum of its own?"
        ),
        lambda inputs, right: _channels_place(inputs),
    ),
    Misconception(
        "windows one pixel apart",
        _(
            "The windows of the backward pass are one pixel apart, whatever the stride. "
            "At which row does the window of output row i begin?"
        ),
        lambda inputs, right: _one_pixel_apart(inputs),
    ),
    Misconception(
        "upstream gradient forgotten",
        _("dout plays no part here, as if it were all ones. Where does the chain rule begin?"),
        lambda inputs, right: MAX.backward({**inputs, "dout": np.ones_like(inputs["dout"])}),
    ),
    Misconception(
        "values put back",
        _(
            "These are the largest values, put back where they came from. "
            "Which numbers travel backwards, values or gradients?"
        ),
        lambda inputs, right: _values_put_back(inputs),
    ),
)
