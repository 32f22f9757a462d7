"""Known mistakes in the convolution layer, whichever way it is written: in loops or as a matrix
product. Most were met in published code that passes its own course's checks."""

import numpy as np

from cs_utils.exercises.convolution.layer import (
    NAIVE,
    gradients_of,
    output_of,
    steps_of_one,
    turned_round,
)
from cs_utils.exercises.specification import Inputs, Misconception, Outputs
from cs_utils.language import _


def _kernel_transposed(inputs: Inputs) -> Outputs | None:
    """Height and width of the kernel exchanged; a shape that NumPy refuses unless it is square."""
    w = inputs["w"]
    if w.shape[2] != w.shape[3]:
        return None
    return {"out": NAIVE.forward({**inputs, "w": w.transpose(0, 1, 3, 2)})}


def _square_assumed(inputs: Inputs, right: Outputs) -> Outputs | None:
    """As many columns as rows; refused where windows would have to leave the map."""
    height, width = right["out"].shape[2:]
    kernel_is_square = inputs["w"].shape[2] == inputs["w"].shape[3]
    if not kernel_is_square or width < height:
        return None
    return {"out": right["out"][..., :height]}


def _edge_repeated(inputs: Inputs) -> Outputs:
    border = (inputs["padding"],) * 2
    x = np.pad(inputs["x"], ((0, 0), (0, 0), border, border), mode="edge")
    return {"out": NAIVE.forward({**inputs, "x": x, "padding": 0})}


def _bias_in_every_product(inputs: Inputs, right: Outputs) -> Outputs:
    products = inputs["w"][0].size
    return {"out": right["out"] + (products - 1) * inputs["b"][:, None, None]}


FORWARD = (
    Misconception(
        "bias forgotten",
        _("Only the bias is missing. What is the output when x is all zeros?"),
        lambda inputs, right: {"out": right["out"] - inputs["b"][:, None, None]},
    ),
    Misconception(
        "bias in every product",
        _("The bias was added to every product of the sum. How often does a filter add its bias?"),
        _bias_in_every_product,
    ),
    Misconception(
        "kernel turned round",
        _(
            "This is the true convolution: every kernel was turned round. "
            "What do convolution layers compute, in spite of their name?"
        ),
        lambda inputs, right: {"out": output_of(turned_round, inputs)},
    ),
    Misconception(
        "kernel's height and width exchanged",
        _(
            "The kernels were transposed. Which axis of w, of shape (F, C, kH, kW), "
            "runs down the image?"
        ),
        lambda inputs, right: _kernel_transposed(inputs),
    ),
    Misconception(
        "only the first channel",
        _("Only channel 0 was used. How far does a filter extend through the depth of its input?"),
        lambda inputs, right: {
            "out": NAIVE.forward({**inputs, "x": inputs["x"][:, :1], "w": inputs["w"][:, :1]})
        },
    ),
    Misconception(
        "padding left out",
        _("The padding plays no part here. What stands around the image before a filter slides?"),
        lambda inputs, right: {"out": NAIVE.forward({**inputs, "padding": 0})},
    ),
    Misconception(
        "border not zero",
        _("The border repeats the pixels at the edge. What is the image padded with?"),
        lambda inputs, right: _edge_repeated(inputs),
    ),
    Misconception(
        "stride left out",
        _("The output is that of stride 1. Which pixels does a filter jump over?"),
        lambda inputs, right: {"out": NAIVE.forward({**inputs, "stride": 1})},
    ),
    Misconception(
        "windows one pixel apart",
        _(
            "The output has the right size, but its windows are only one pixel apart. "
            "At which row of the image does the window of output row i begin?"
        ),
        lambda inputs, right: {"out": output_of(steps_of_one, inputs)},
    ),
    Misconception(
        "output one too small",
        _(
            "The last row and the last column are missing: (H - kH + 2P) / S counts the steps. "
            "How many places does a filter visit with one step?"
        ),
        lambda inputs, right: {"out": right["out"][:, :, :-1, :-1]},
    ),
    Misconception(
        "square assumed",
        _(
            "There are as many columns as rows, whatever the width. "
            "Which of the numbers belong to the width of the map?"
        ),
        _square_assumed,
    ),
)


def _with_padding(inputs: Inputs) -> np.ndarray:
    """The gradient of the padded images."""
    border = (inputs["padding"],) * 2
    x = np.pad(inputs["x"], ((0, 0), (0, 0), border, border))
    return NAIVE.backward({**inputs, "x": x, "padding": 0})["dx"]


def _at_one_place(inputs: Inputs, row: int, column: int, filters: slice) -> np.ndarray:
    """The upstream gradient with all but one place of some filters set to 0."""
    dout = np.zeros_like(inputs["dout"])
    dout[:, filters, row, column] = inputs["dout"][:, filters, row, column]
    return dout


def _overwritten(inputs: Inputs, filters: slice) -> Outputs:
    """dx where the last window that covers a pixel leaves nothing of the earlier ones.

    filters: those of the last assignment.
    """
    dx = np.zeros_like(inputs["x"])
    for row, column in np.ndindex(inputs["dout"].shape[2:]):
        dout = _at_one_place(inputs, row, column, filters)
        part = NAIVE.backward({**inputs, "dout": dout})["dx"]
        reach = {"w": np.ones_like(inputs["w"]), "dout": (dout != 0).astype(np.float64)}
        covered = NAIVE.backward({**inputs, **reach})["dx"] != 0
        dx = np.where(covered, part, dx)
    return {"dx": dx}


def _last_window_alone(inputs: Inputs) -> Outputs:
    """dw from the last image's last window."""
    dout = _at_one_place(inputs, -1, -1, slice(None))
    dout[:-1] = 0
    return {"dw": NAIVE.backward({**inputs, "dout": dout})["dw"]}


def _upstream_of_ones(inputs: Inputs) -> Outputs:
    return NAIVE.backward({**inputs, "dout": np.ones_like(inputs["dout"])})


BACKWARD = (
    Misconception(
        "padding cut off at padding 0",
        _(
            "Only padding 0 goes wrong: dx is empty, because `[pad:-pad]` is `[0:0]` there. "
            "Where does the image end inside the padded one, whatever the padding?"
        ),
        lambda inputs, right: {
            "dx": right["dx"] if inputs["padding"] else right["dx"][:, :, :0, :0]
        },
    ),
    Misconception(
        "padding left on dx",
        _("dx still has the border of the padded images. Which shape must it have?"),
        lambda inputs, right: {"dx": _with_padding(inputs)},
    ),
    Misconception(
        "windows overwrite each other",
        _(
            "In dx only the last window that covers a pixel has left its gradient: `=` where "
            "`+=` belongs. What does a pixel get that is used in several windows?"
        ),
        lambda inputs, right: _overwritten(inputs, slice(None)),
    ),
    Misconception(
        "filters and windows overwrite each other",
        _(
            "In dx only the last filter and the last window have left their gradient: `=` where "
            "`+=` belongs. In how many outputs does one pixel take part?"
        ),
        lambda inputs, right: _overwritten(inputs, slice(-1, None)),
    ),
    Misconception(
        "dw from the last window",
        _(
            "dw is that of the last window of the last image: `=` where `+=` belongs. "
            "In how many places is one filter used?"
        ),
        lambda inputs, right: _last_window_alone(inputs),
    ),
    Misconception(
        "stride left out",
        _(
            "The windows of the backward pass are one pixel apart, whatever the stride. "
            "At which row of the image does the window of output row i begin?"
        ),
        lambda inputs, right: {
            name: gradients_of(steps_of_one, inputs)[name] for name in ("dx", "dw")
        },
    ),
    Misconception(
        "kernel turned round",
        _(
            "dx was made with every kernel turned round. Each pixel gets dout times the weight "
            "that it met: which one was that in the forward pass?"
        ),
        lambda inputs, right: {"dx": gradients_of(turned_round, inputs)["dx"]},
    ),
    Misconception(
        "db with two axes",
        _("db holds the right numbers in a matrix of one row. Which shape has b?"),
        lambda inputs, right: {"db": right["db"][None]},
    ),
    Misconception(
        "db for every place",
        _(
            "db was summed over the images alone. "
            "At how many places of the output is one and the same b[f] added?"
        ),
        lambda inputs, right: {"db": inputs["dout"].sum(axis=0)},
    ),
    Misconception(
        "mean over the images",
        _(
            "dw and db are divided by the number of images. That is the loss's business, and "
            "dout knows of it already: what does the chain rule do with the ways of one weight?"
        ),
        lambda inputs, right: {name: right[name] / len(inputs["x"]) for name in ("dw", "db")},
    ),
    Misconception(
        "upstream gradient forgotten",
        _("dout plays no part here, as if it were all ones. Where does the chain rule begin?"),
        lambda inputs, right: _upstream_of_ones(inputs),
    ),
    Misconception(
        "dx and dw exchanged",
        _("dx and dw have changed places. In which order must they be returned?"),
        lambda inputs, right: {"dx": right["dw"], "dw": right["dx"]},
    ),
)
