"""Bonus exercises: the layer's options, 1x1 and groups."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from cs_utils.exercises.convolution.drawing import LESSON, layer_inputs
from cs_utils.exercises.matrix_backprop.drawing import asks
from cs_utils.exercises.specification import Case, Exercise, Inputs, Misconception, Outputs
from cs_utils.language import _


def torch_layer(inputs: Inputs, function: str = "conv2d", **changes: Any) -> np.ndarray:
    """PyTorch's layer with the inputs' own words for its options, some of them changed."""
    import torch

    options = {**inputs, **changes}
    tensors = [torch.tensor(np.array(options.pop(name))) for name in ("x", "w", "b")]
    return getattr(torch.nn.functional, function)(*tensors, **options).numpy()


def bonus(
    name: str,
    points: float,
    cases: Callable[[np.random.Generator], Sequence[Case]],
    oracle: Callable[[Inputs], np.ndarray],
    *misconceptions: Misconception,
    builds_on: tuple[str, ...] = (),
) -> Exercise:
    return Exercise(
        name=name,
        lesson=LESSON,
        points=points,
        cases=cases,
        answer=asks(name, "out"),
        oracle=lambda inputs: {"out": oracle(inputs)},
        misconceptions=misconceptions,
        builds_on=builds_on,
    )


def _without_bias(inputs: Inputs, right: Outputs) -> Outputs:
    return {"out": right["out"] - inputs["b"][:, None, None]}


BIAS_FORGOTTEN = Misconception(
    "bias forgotten",
    _("Only the bias is missing. What is the output when x is all zeros?"),
    _without_bias,
)


def _options_forgotten(inputs: Inputs) -> Outputs | None:
    """The layer with stride 1 and padding 0; None where the kernel then does not fit."""
    dilation = inputs.get("dilation", 1)
    sizes = zip(inputs["w"].shape[2:], inputs["x"].shape[2:], strict=True)
    fits = all(dilation * (k - 1) + 1 <= n for k, n in sizes)
    return {"out": torch_layer(inputs, stride=1, padding=0)} if fits else None


OPTIONS_FORGOTTEN = Misconception(
    "stride and padding not passed on",
    _(
        "This is the result for stride 1 and padding 0, whatever was asked for. "
        "Which arguments does the layer that you call need besides x, w and b?"
    ),
    lambda inputs, right: _options_forgotten(inputs),
)


def _pixel_cases(rng: np.random.Generator) -> list[Case]:
    def case(title: str, x: Any, filters: int, **options: Any) -> Case:
        return Case(title, layer_inputs(rng, x, filters, (1, 1)), **options)

    printed = {
        "x": np.arange(1.0, 5).reshape(1, 2, 1, 2),
        "w": np.array([[1.0, 10], [0, -1], [2, 0]])[:, :, None, None],
        "b": np.array([0.0, 0, 1]),
    }
    return [
        Case(_("two pixels of two channels, three filters"), printed, weight=0),
        case(_("one pixel"), (1, 2, 1, 1), 3),
        case(_("as many filters as channels"), (2, 3, 2, 3), 3),
        case(_("five channels become two"), (2, 5, 3, 4), 2),
        case(_("two channels become six"), (3, 2, 4, 3), 6),
        case(_("inputs are left unchanged"), (2, 4, 5, 3), 3, inputs_unchanged=True),
    ]


CONV1X1_FORWARD = bonus(
    "conv1x1_forward",
    1,
    _pixel_cases,
    torch_layer,
    BIAS_FORGOTTEN,
    Misconception(
        "weights transposed",
        _(
            "Filters and channels of w are exchanged, which only a square w allows. "
            "Which axis of w is summed over?"
        ),
        lambda inputs, right: (
            {"out": torch_layer(inputs, w=inputs["w"].swapaxes(0, 1))}
            if inputs["w"].shape[0] == inputs["w"].shape[1]
            else None
        ),
    ),
    Misconception(
        "channels last in the result",
        _("The filters are the last axis of the result. Where does F belong in (N, F, H, W)?"),
        lambda inputs, right: {"out": right["out"].transpose(0, 2, 3, 1)},
    ),
    Misconception(
        "reshaped without moving axes",
        _(
            "The pixels' channels were mixed up: x.reshape(-1, C) keeps the order of NCHW, where "
            "the channels of a pixel do not lie side by side. Which axis must be moved first?"
        ),
        lambda inputs, right: _reshaped(inputs),
    ),
    Misconception(
        "bias in every product",
        _("The bias was added once for each channel. How often does a filter add its bias?"),
        lambda inputs, right: {
            "out": right["out"] + (inputs["x"].shape[1] - 1) * inputs["b"][:, None, None]
        },
    ),
    Misconception(
        "last channel only",
        _(
            "Only the last channel is in the result; the others were overwritten. "
            "Which operator adds to what is there already?"
        ),
        lambda inputs, right: {
            "out": torch_layer(inputs, x=inputs["x"][:, -1:], w=inputs["w"][:, -1:])
        },
    ),
    Misconception(
        "channels averaged",
        _(
            "The products were averaged over the channels. "
            "Does a filter divide by the number of its channels?"
        ),
        lambda inputs, right: {
            "out": torch_layer(inputs, w=inputs["w"] / inputs["x"].shape[1]),
        },
    ),
)


def _reshaped(inputs: Inputs) -> Outputs:
    """The layer on rows of x.reshape(-1, C), put back by reshape, too."""
    N, C, H, W = inputs["x"].shape
    x = inputs["x"].reshape(N, H, W, C).transpose(0, 3, 1, 2)
    out = torch_layer(inputs, x=x).transpose(0, 2, 3, 1)
    return {"out": out.reshape(N, -1, H, W)}


def _grouped_cases(rng: np.random.Generator) -> list[Case]:
    def inputs(
        x: tuple[int, int, int, int],
        filters: int,
        kernel: tuple[int, int],
        groups: int,
        **more: int,
    ) -> dict[str, Any]:
        drawn = layer_inputs(rng, x, filters, kernel)
        return {**drawn, "w": drawn["w"][:, : x[1] // groups], "groups": groups, **more}

    printed = {
        "x": np.arange(1.0, 9).reshape(1, 2, 2, 2),
        "w": np.array([1.0, 10]).reshape(2, 1, 1, 1),
        "b": np.zeros(2),
        "groups": 2,
    }
    options = {"stride": 2, "padding": 1}
    unchanged = inputs((2, 4, 4, 3), 4, (2, 2), 2, stride=1, padding=1)
    return [
        Case(_("two channels, each with its own 1x1 filter"), printed, weight=0),
        Case(_("one group: the plain layer"), inputs((1, 2, 4, 3), 3, (2, 2), 1)),
        Case(_("two groups"), inputs((2, 4, 4, 5), 6, (3, 3), 2)),
        Case(_("depthwise: as many groups as channels"), inputs((2, 3, 5, 4), 3, (3, 2), 3)),
        Case(_("depthwise, two filters a channel"), inputs((2, 3, 4, 4), 6, (2, 2), 3)),
        Case(_("three groups, stride 2, padding 1"), inputs((1, 6, 5, 7), 3, (3, 3), 3, **options)),
        Case(_("inputs are left unchanged"), unchanged, inputs_unchanged=True),
    ]


def _groups_turned(inputs: Inputs) -> Outputs:
    """Every group's filters on the next group's channels."""
    shift = inputs["w"].shape[1]
    return {"out": torch_layer(inputs, x=np.roll(inputs["x"], -shift, axis=1))}


def _by_group(inputs: Inputs, out: np.ndarray) -> np.ndarray:
    """The result's channels (N, F, H, W) as (N, groups, F / groups, H, W)."""
    N, F, H, W = out.shape
    return out.reshape(N, inputs["groups"], F // inputs["groups"], H, W)


def _filters_of_first_group(inputs: Inputs) -> Outputs:
    groups, w = inputs["groups"], inputs["w"]
    return {"out": torch_layer(inputs, w=np.tile(w[: len(w) // groups], (groups, 1, 1, 1)))}


def _interleaved(inputs: Inputs) -> Outputs:
    """Channel c taken for a member of group c % groups."""
    N, C, H, W = inputs["x"].shape
    x = inputs["x"].reshape(N, -1, inputs["groups"], H, W).swapaxes(1, 2).reshape(N, C, H, W)
    return {"out": torch_layer(inputs, x=x)}


GROUPED_CONV_FORWARD = bonus(
    "grouped_conv_forward",
    2,
    _grouped_cases,
    torch_layer,
    BIAS_FORGOTTEN,
    Misconception(
        "first group's channels for all",
        _(
            "All filters look at the first group's channels. "
            "At which channel does the part of group g begin?"
        ),
        lambda inputs, right: {
            "out": torch_layer(inputs, x=inputs["x"][:, : inputs["w"].shape[1]], groups=1)
        },
    ),
    Misconception(
        "groups interleaved",
        _(
            "Channel c was put into group c % groups. "
            "Which channels make up group 0: neighbours, or those some way apart?"
        ),
        lambda inputs, right: _interleaved(inputs),
    ),
    Misconception(
        "groups in the wrong order",
        _(
            "Each group's filters met the next group's channels. "
            "Which filters belong to the channels of group 0?"
        ),
        lambda inputs, right: _groups_turned(inputs),
    ),
    Misconception(
        "first group's filters for all",
        _(
            "The first group's filters were put on the channels of every group. "
            "At which filter does the part of group g begin?"
        ),
        lambda inputs, right: _filters_of_first_group(inputs),
    ),
    Misconception(
        "groups added up",
        _(
            "The results of the groups were added up. "
            "How many filters are there in all, and how many channels must the result have?"
        ),
        lambda inputs, right: {"out": _by_group(inputs, right["out"]).sum(axis=1)},
    ),
    OPTIONS_FORGOTTEN,
    builds_on=("conv_forward_im2col", "zero_pad", "conv_output_size"),
)
