"""Accuracy against shifts, and time against work: what a convolution earns and what it costs."""

from collections.abc import Callable
from typing import Any

import numpy as np

from cs_utils import layer_times, shifts
from cs_utils.datasets import DatasetError
from cs_utils.demonstrations import Note, comes_alive
from cs_utils.kernel_side import is_grading
from cs_utils.language import _
from cs_utils.machine import pytorch
from cs_utils.plots.figures import (
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    RED,
    Picture,
    panels,
    with_alt_text,
)

_STYLES = (
    (RED, "o", "-"),
    (ORANGE, "s", "-"),
    (GREEN, "^", "-"),
    (BLUE, "D", "--"),
    (BLACK, "v", ":"),
    ("#56B4E9", "P", "-."),
    ("#CC79A7", "X", "-"),
)


def shift_accuracy(**options: Any) -> Picture | Note:
    """Train a fully connected and a convolutional network and show how each stands shifts.

    options: as shifts.compare_networks takes them. A Note in a grader's kernel and without PyTorch.
    """
    if is_grading():
        return Note(_("While a notebook is graded it trains nothing: that would earn no points."))
    if pytorch() is None:
        return Note(_("PyTorch is not installed here, so there is nothing to train."))
    try:
        found = shifts.compare_networks(**options)
    except DatasetError as error:
        return Note(str(error))
    figure, axes = panels(size=(6.8, 3.6))
    plot = axes[0, 0]
    facts = []
    for network, (colour, marker, line) in zip(found, (_STYLES[0], _STYLES[3]), strict=True):
        percent = 100 * network.accuracy
        label = _("{name}, {count:,} parameters")
        label = label.format(name=_(network.name), count=network.parameters)
        plot.plot(network.shifts, percent, line, marker=marker, color=colour, label=label)
        listed = ", ".join(f"{value:.0f}" for value in percent)
        text = _("{name}: {listed} %")
        facts.append(text.format(name=_(network.name), listed=listed))
    plot.axhline(10, color="#888888", linewidth=1, linestyle=":")
    plot.text(0, 11.5, _("guessing, 10 %"), fontsize=9, color="#555555")
    plot.set(xlabel=_("shift, pixels"), ylabel=_("right, % of the test images"), ylim=(0, 100))
    plot.legend(frameon=False, loc="lower left", bbox_to_anchor=(0.0, 0.14))
    caption = _("Shifted by 0 to {last} pixels. {facts}.")
    text = caption.format(last=int(found[0].shifts[-1]), facts="; ".join(facts))
    alt = _("Accuracy on test images against the shift, one line for each network. {facts}")
    return with_alt_text(figure, alt.format(facts=text), text)


@comes_alive
def convolution_times(
    conv_forward_naive: Callable[..., Any],
    conv_forward_im2col: Callable[..., Any],
    conv_forward_torch: Callable[..., Any],
    sizes: tuple[layer_times.Size, ...] = layer_times.SIZES,
) -> Picture | Note:
    """Time of a forward pass against its number of multiplications, for the student's three ways
    and PyTorch's layer."""
    if is_grading():
        return Note(_("While a notebook is graded nothing is timed: that would earn no points."))
    if pytorch() is None:
        return Note(_("PyTorch is not installed here, so there is nothing to compare with."))
    times = layer_times.measure(
        {_("your loops"): conv_forward_naive, _("your im2col"): conv_forward_im2col},
        {_("your tensors"): conv_forward_torch},
        sizes,
    )
    figure, axes = panels(size=(7.6, 4.0))
    plot = axes[0, 0]
    work = np.array([size.products for size in times.sizes])
    for (name, seconds), (colour, marker, line) in zip(
        times.seconds.items(), _STYLES, strict=False
    ):
        count = len(seconds)
        plot.loglog(work[:count], 1e3 * seconds, line, marker=marker, color=colour, label=name)
    plot.set(xlabel=_("multiplications in a forward pass"), ylabel=_("time, milliseconds"))
    plot.legend(frameon=False, fontsize=9)
    facts = " ".join(filter(None, [*times.problems, _ratios(times), layer_times.hardware()]))
    alt = _("Time against multiplications on logarithmic axes, {names}. {facts}")
    names = ", ".join(times.seconds)
    return with_alt_text(figure, alt.format(names=names, facts=facts), facts)


def _ratios(times: layer_times.Times) -> str:
    """Each way beside PyTorch's layer on one CPU thread, at the largest size that both did."""
    own = _("{way}, CPU").format(way=layer_times.PYTORCH)
    theirs = times.seconds[own]
    parts = []
    for name, seconds in times.seconds.items():
        if name != own:
            last = min(len(seconds), len(theirs)) - 1
            text = _("{name} {ratio} (at {millions:,.0f} million multiplications)")
            ratio = _times(seconds[last] / theirs[last])
            millions = times.sizes[last].products / 1e6
            parts.append(text.format(name=name, ratio=ratio, millions=millions))
    if not parts:
        return ""
    text = _("Time beside that of PyTorch's layer on one thread of the CPU: {parts}.")
    return text.format(parts="; ".join(parts))


def _times(ratio: float) -> str:
    """A ratio as people say it: 2,100 times, 2.6 times, 1/57."""
    if ratio < 0.1:
        return f"1/{1 / ratio:,.0f}"
    return _("{ratio} times").format(ratio=f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.1f}")
