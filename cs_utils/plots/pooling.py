"""What pooling keeps of numbers, of photos and of moved pictures, and what it costs."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from cs_utils import pooling_times as times
from cs_utils.demonstrations import Note, comes_alive, numbers, run_backward, run_forward
from cs_utils.kernel_side import is_grading
from cs_utils.language import _
from cs_utils.machine import pytorch
from cs_utils.plots.figures import (
    BLACK,
    BLUE,
    GREEN,
    MAP,
    ORANGE,
    RED,
    Picture,
    canvas,
    panels,
    with_alt_text,
)
from cs_utils.plots.grids import CELL, cells
from cs_utils.training import Training

_COLOURS = ("#cfe3f1", "#f7dfae", "#cdeadd", "#f6d5c6")


@comes_alive
def pooling_example(
    max_pool_forward: Callable[..., Any], avg_pool_forward: Callable[..., Any], image: Any
) -> Picture:
    """A 4x4 map in 2x2 windows, and what the student's two layers make of it."""
    x = np.asarray(image, dtype=float)
    outputs = [_pooled(layer, x) for layer in (max_pool_forward, avg_pool_forward)]
    figure, axes = canvas(right=5.3, bottom=-1.6, top=0.45)
    _coloured(axes, 0.2, 0.0, x, window=2)
    axes.annotate("", (2.75, -0.72), (1.95, -0.72), arrowprops={"arrowstyle": "-|>"})
    for left, title, found in zip((3.0, 4.3), (_("maximum"), _("average")), outputs, strict=True):
        _coloured(axes, left, -0.36, found, window=1)
        axes.text(left + CELL, -0.2, title, ha="center", fontsize=11)
    axes.text(0.2 + 2 * CELL, 0.16, _("2x2 windows, stride 2"), ha="center", fontsize=11)
    alt = _(
        "A table of 4 x 4 numbers, {x}, in four windows of 2 x 2. Their maxima are {largest}, "
        "their averages {means}."
    )
    shown = [np.round(one, 2).tolist() for one in (x, *outputs)]
    return with_alt_text(figure, alt.format(x=shown[0], largest=shown[1], means=shown[2]))


@comes_alive
def pooling_routes(
    max_pool: tuple[Callable[..., Any], Callable[..., Any]],
    avg_pool: tuple[Callable[..., Any], Callable[..., Any]],
    image: Any,
    upstream: Any,
) -> Picture:
    """The way of an upstream gradient (2, 2) back into a 4x4 map, through the student's layers.

    max_pool, avg_pool: pairs (forward, backward).
    """
    x, dout = np.asarray(image, dtype=float), np.asarray(upstream, dtype=float)
    found = []
    for forward, backward in (max_pool, avg_pool):
        _out, cache = run_forward(forward, (x[None, None].copy(), 2, 2), (1, 1, 2, 2))
        (dx,) = run_backward(backward, dout[None, None].copy(), cache, [(1, 1, *x.shape)])
        found.append(dx[0, 0])
    figure, axes = canvas(right=8.0, bottom=-1.6, top=0.45)
    tables = zip(
        (0.2, 2.2, 4.1, 6.0),
        (_("x"), _("dout"), _("dx, maximum"), _("dx, average")),
        (x, dout, *found),
        (2, 1, 2, 2),
        strict=True,
    )
    for left, title, table, window in tables:
        top = 0.0 if window == 2 else -0.36
        _coloured(axes, left, top, table, window)
        axes.text(left + len(table) * CELL / 2, top + 0.16, title, ha="center", fontsize=11)
    alt = _(
        "Four tables: x {x}, the upstream gradient {dout}, the gradient of x through max pooling "
        "{largest}, and through average pooling {means}."
    )
    names = ("x", "dout", "largest", "means")
    shown = [np.round(one, 2).tolist() for one in (x, dout, *found)]
    return with_alt_text(figure, alt.format(**dict(zip(names, shown, strict=True))))


def _coloured(axes: Any, left: float, top: float, table: np.ndarray, window: int) -> None:
    """A table of numbers whose windows have a colour each."""
    texts = [[f"{value + 0.0:.3g}" for value in row] for row in table]
    cells(axes, left, top, texts)
    drawn = axes.patches[-table.size :]
    for patch, (i, j) in zip(drawn, np.ndindex(table.shape), strict=True):
        patch.set_facecolor(_COLOURS[2 * (i // window % 2) + j // window % 2])


def _pooled(layer: Callable[..., Any], x: np.ndarray, k: int = 2) -> np.ndarray:
    shape = (1, 1, x.shape[0] // k, x.shape[1] // k)
    out, _cache = run_forward(layer, (x[None, None].astype(float), k, k), shape)
    return out[0, 0]


@comes_alive
def pooled_pictures(
    max_pool_forward: Callable[..., Any],
    avg_pool_forward: Callable[..., Any],
    pictures: Mapping[str, np.ndarray],
    kernel_size: int = 4,
) -> Picture:
    """Pictures, every k-th pixel of them, and their maxima and averages in k x k windows.

    pictures: (H, W), by their titles, dark is small.
    """
    figure, axes = panels(len(pictures), 4, size=(9.6, 2.0 * len(pictures)))
    facts = []
    k = kernel_size
    for row, (title, picture) in zip(axes, pictures.items(), strict=True):
        height, width = (n // k * k for n in picture.shape)
        whole = picture[:height, :width].astype(float)
        shown = {
            title: whole,
            _("stride {k}").format(k=k): whole[::k, ::k],
            _("maximum"): _pooled(max_pool_forward, whole, k),
            _("average"): _pooled(avg_pool_forward, whole, k),
        }
        limit = float(np.quantile(whole, 0.998)) or 1.0
        for plot, (name, small) in zip(row, shown.items(), strict=True):
            plot.imshow(small, cmap="gray", vmin=0, vmax=limit)
            plot.set_title(_("{name}\nmean {mean:.0f}").format(name=name, mean=small.mean()))
            plot.set(xticks=[], yticks=[])
            plot.spines[:].set_visible(False)
        errors = [
            f"{name} {np.sqrt(np.mean((_enlarged(small, k) - whole) ** 2)):.1f}"
            for name, small in list(shown.items())[1:]
        ]
        facts.append(f"{title}: {', '.join(errors)}")
    caption = _("Laid over the picture again, each is off by (root mean square): {facts}.")
    text = caption.format(facts="; ".join(facts))
    alt = _("Pictures beside {k}-fold smaller ones: strided, maxima, averages. {facts}")
    return with_alt_text(figure, alt.format(k=k, facts=text), text)


def _enlarged(small: np.ndarray, k: int) -> np.ndarray:
    return small.repeat(k, axis=0).repeat(k, axis=1)


@comes_alive
def pooling_speed(
    naive: tuple[Callable[..., Any], Callable[..., Any]],
    fast: tuple[Callable[..., Any], Callable[..., Any]],
    sizes: tuple[times.Size, ...] = times.SIZES,
) -> Picture | Note:
    """Time of max pooling, forward and backward, against the number of windows: the student's
    loops, their fast layer and PyTorch's.

    naive, fast: pairs (forward, backward).
    """
    if is_grading():
        return Note(_("While a notebook is graded nothing is timed: that would earn no points."))
    if pytorch() is None:
        return Note(_("PyTorch is not installed here, so there is nothing to compare with."))
    found = times.measure({_("your loops"): naive, _("without loops"): fast}, sizes)
    figure, axes = panels(size=(6.8, 3.6))
    plot = axes[0, 0]
    work = np.array([size.windows for size in sizes])
    styles = ((RED, "o-"), (BLUE, "s-"), (BLACK, "D--"))
    for (name, seconds), (colour, style) in zip(found.seconds.items(), styles, strict=False):
        plot.loglog(work[: len(seconds)], 1e3 * seconds, style, color=colour, label=name)
    plot.set(xlabel=_("windows"), ylabel=_("forward + backward, ms"))
    plot.legend(frameon=False, fontsize=9)
    facts = " ".join([*found.problems, times.ratios(found), times.hardware()])
    alt = _("Time against the number of windows on logarithmic axes, {names}. {facts}")
    return with_alt_text(figure, alt.format(names=", ".join(found.seconds), facts=facts), facts)


@comes_alive
def shift_invariances(
    shift_invariance: Callable[..., Any],
    layers: Mapping[str, Callable[[Any], Any]],
    x: np.ndarray,
    furthest: int = 8,
) -> Picture:
    """The student's invariance of several layers against the shift of their pictures.

    layers: functions of (N, C, H, W) by name; x: the pictures.
    """
    figure, axes = panels(size=(6.8, 3.5))
    plot = axes[0, 0]
    styles = ((BLACK, "o:"), (RED, "v-"), (ORANGE, "s-"), (BLUE, "D-"), (GREEN, "^--"))
    shifts = range(furthest + 1)
    facts = []
    for (name, layer), (colour, style) in zip(layers.items(), styles, strict=False):
        found = [
            float(numbers(shift_invariance(layer, x.copy(), shift), _("the invariance"), ()))
            for shift in shifts
        ]
        plot.plot(shifts, found, style, color=colour, label=name, markersize=5)
        facts.append(f"{name} {', '.join(f'{value:.2f}' for value in found[1:5])}")
    plot.set(xlabel=_("shift, pixels"), ylabel=_("invariance"), ylim=(0, 1.05))
    plot.legend(frameon=False, fontsize=9, loc="lower left", ncols=2)
    caption = _("Shifted by 1, 2, 3 and 4 pixels: {facts}.").format(facts="; ".join(facts))
    alt = _("Invariance against the shift, a line for each layer. {facts}")
    return with_alt_text(figure, alt.format(facts=caption), caption)


@comes_alive
def filters_and_maps(training: Training | Note, image: np.ndarray) -> Picture | Note:
    """The first layer's learned filters, and what each makes of a picture, after ReLU.

    training: of a network with weights w1 (F, 1, k, k) and b1 (F,); image: (1, H, W).
    """
    if isinstance(training, Note):
        return training
    from scipy.signal import correlate2d

    w, b = training.weights["w1"][:, 0], training.weights["b1"]
    maps = [
        np.maximum(correlate2d(image[0], kernel, mode="same") + bias, 0)
        for kernel, bias in zip(w, b, strict=True)
    ]
    figure, axes = panels(2, len(w) + 1, size=(9.6, 1.9))
    for plot in axes.flat:
        plot.axis("off")
    axes[1, 0].imshow(image[0], cmap="gray")
    axes[1, 0].set_title(_("digit"), fontsize=9)
    limit, largest = float(np.abs(w).max()), float(np.max(maps)) or 1.0
    for number, (kernel, found) in enumerate(zip(w, maps, strict=True)):
        top, bottom = axes[:, number + 1]
        top.imshow(kernel, cmap=MAP, vmin=-limit, vmax=limit)
        top.set_title(_("filter {number}").format(number=number), fontsize=9)
        bottom.imshow(found, cmap="gray", vmin=0, vmax=largest)
    shares = ", ".join(f"{np.mean(found > 0):.0%}" for found in maps)
    caption = _(
        "Above, the filters: bright weights excite, dark ones hold back. Below, where each answers "
        "on a digit; share of the map above 0: {shares}."
    ).format(shares=shares)
    alt = _("{count} filters of {k} x {k} weights and their maps of a handwritten digit. {facts}")
    text = alt.format(count=len(w), k=w.shape[1], facts=caption)
    return with_alt_text(figure, text, caption)
