"""Five architectures in one picture: error against parameters and against work."""

from itertools import groupby
from typing import Any

import numpy as np

from cs_utils.language import _
from cs_utils.plots.figures import BLACK, BLUE, GREEN, ORANGE, RED, Picture, panels, with_alt_text
from cs_utils.published_errors import IMAGENET, LENET5, Report

_LOOKS = {
    "AlexNet": (RED, "s"),
    "VGG-16": (ORANGE, "^"),
    "GoogLeNet": (GREEN, "D"),
    "ResNet": (BLUE, "o"),
}
# What is written beside a point and where, in points to the right and up.
_WRITTEN = {
    "GoogLeNet": ("GoogLeNet", (-9, 0)),
    "VGG-16": ("VGG-16", (8, 2)),
    "AlexNet": ("AlexNet", (9, 0)),
    "ResNet-34": ("ResNet-34", (-8, -4)),
    "ResNet-50": ("50", (8, 0)),
    "ResNet-101": ("101", (7, 3)),
    "ResNet-152": ("152", (8, -4)),
}


def five_architectures() -> Picture:
    """Published top-5 error on ImageNet against parameters and operations, both logarithmic;
    LeNet-5 with its error on MNIST."""
    figure, axes = panels(1, 2, size=(9.8, 4.2))
    figure.get_layout_engine().set(wspace=0.06)
    for plot, attribute, label in (
        (axes[0, 0], "parameters", _("parameters")),
        (axes[0, 1], "operations", _("multiplications for one image, billions")),
    ):
        for report in IMAGENET:
            _draw(plot, report, attribute)
        resnets = [report for report in IMAGENET if report.name.startswith("ResNet")]
        line = [(getattr(one, attribute), one.error) for one in resnets]
        plot.plot(*np.transpose(line), color=BLUE, linewidth=1, zorder=1)
        place = getattr(LENET5, attribute), LENET5.error
        plot.plot(*place, "*", color=BLACK, markersize=11, fillstyle="none")
        text = _("LeNet-5: {error} % on MNIST,\nanother task").format(error=LENET5.error)
        plot.annotate(text, place, (7, 8), textcoords="offset points", fontsize=8.5)
        plot.set(xlabel=label, xscale="log", ylim=(0, 20))
    axes[0, 0].set_ylabel(_("top-5 error, %"))
    axes[0, 0].set_xlim(2e4, 6e8)
    axes[0, 1].set_xlim(1e-4, 1e2)
    caption = _(
        "Error of one network on ImageNet's validation images, ten crops of each image. "
        "Sources of error | parameters | operations: {sources}."
    )
    facts = "; ".join(
        _("{name} {error:g} %, {millions:.3g} million parameters, {work:.3g} billion").format(
            name=one.name,
            error=one.error,
            millions=one.parameters / 1e6,
            work=one.operations,
        )
        for one in (LENET5, *IMAGENET)
    )
    alt = _(
        "Top-5 error against parameters, left, and against multiplications, right. From AlexNet to "
        "ResNet-152 the error falls to a third, while parameters first grow to VGG-16's and then "
        "fall to GoogLeNet's. {facts}."
    )
    return with_alt_text(figure, alt.format(facts=facts), caption.format(sources=_sources()))


def _sources() -> str:
    """Where each network's three numbers come from; networks with the same sources together."""
    alike = groupby((LENET5, *IMAGENET), key=lambda one: one.sources)
    return "; ".join(
        f"{', '.join(one.name for one in reports)}: {' | '.join(sources)}"
        for sources, reports in alike
    )


def _draw(plot: Any, report: Report, attribute: str) -> None:
    family = report.name.split("-")[0]
    colour, marker = _LOOKS.get(report.name) or _LOOKS[family]
    place = getattr(report, attribute), report.error
    plot.plot(*place, marker, color=colour, markersize=8)
    text, shift = _WRITTEN[report.name]
    side = "right" if shift[0] < 0 else "left"
    look = {"textcoords": "offset points", "fontsize": 9, "ha": side, "va": "center"}
    plot.annotate(text, place, shift, **look)
