"""Stories of lesson 4, stepped through by hand: the winners of max pooling, a receptive field that
grows over a photo, and feature maps by depth."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from cs_utils.demonstrations import comes_alive, run_backward, run_forward
from cs_utils.language import _
from cs_utils.photos import photo
from cs_utils.plots.fields import field_of
from cs_utils.plots.figures import (
    BLUE,
    MAP,
    ORANGE,
    RED,
    Picture,
    canvas,
    panels,
    with_alt_text,
)
from cs_utils.plots.grids import CELL, cells, outline
from cs_utils.plots.seeing import as_image, without_ticks
from cs_utils.plots.stepping import Steps
from cs_utils.pretrained import picture, seen_by


@comes_alive
def winner_steps(
    max_pool_forward: Callable[..., Any],
    max_pool_backward: Callable[..., Any],
    image: Any,
    kernel_size: int = 3,
    stride: int = 2,
) -> Steps:
    """Window by window: which number wins, what the student's layer writes, and where a gradient
    of 1 for each window has gone by then.

    image: (H, W), whole numbers.
    """
    x = np.asarray(image, dtype=float)
    rows, columns = ((side - kernel_size) // stride + 1 for side in x.shape)
    inputs = (x[None, None].copy(), kernel_size, stride)
    out, cache = run_forward(max_pool_forward, inputs, (1, 1, rows, columns))
    gradients = []
    for count in range(1, rows * columns + 1):
        dout = (np.arange(rows * columns) < count).reshape(1, 1, rows, columns) * 1.0
        gradients.append(run_backward(max_pool_backward, dout, cache, [(1, 1, *x.shape)])[0][0, 0])

    def draw(step: int) -> Picture:
        i, j = divmod(step, columns)
        return _winner_picture(x, out[0, 0], gradients[step], (i, j), kernel_size, stride)

    return Steps(draw, rows * columns, _("window"))


def _winner_picture(
    x: np.ndarray,
    out: np.ndarray,
    gradient: np.ndarray,
    place: tuple[int, int],
    kernel_size: int,
    stride: int,
) -> Picture:
    """Input with window and winner, output so far, and dx so far."""
    (i, j), width = place, x.shape[1] * CELL
    top, left = i * stride, j * stride
    window = x[top : top + kernel_size, left : left + kernel_size]
    winner = np.unravel_index(int(window.argmax()), window.shape)
    row, column = top + int(winner[0]), left + int(winner[1])
    out_left = 0.2 + width + 0.6
    dx_left = out_left + out.shape[1] * CELL + 0.6
    figure, axes = canvas(right=dx_left + width + 0.2, bottom=-x.shape[0] * CELL - 0.1, top=0.5)
    so_far = np.arange(out.size).reshape(out.shape) <= i * out.shape[1] + j
    written = [
        [f"{value:g}" if done else "" for value, done in zip(values, marks, strict=True)]
        for values, marks in zip(out, so_far, strict=True)
    ]
    tables = (
        (0.2, [[f"{value:g}" for value in values] for values in x], "x"),
        (out_left, written, _("your output")),
        (dx_left, [[f"{value:.3g}" for value in values] for values in gradient], _("your dx")),
    )
    for start, texts, title in tables:
        cells(axes, start, 0.0, texts)
        axes.text(start + len(texts[0]) * CELL / 2, 0.14, title, ha="center", fontsize=11)
    outline(axes, 0.2 + left * CELL, -top * CELL, kernel_size, ORANGE)
    outline(axes, 0.2 + column * CELL, -row * CELL, 1, RED, inset=0.04)
    outline(axes, out_left + j * CELL, -i * CELL, 1, BLUE)
    outline(axes, dx_left + column * CELL, -row * CELL, 1, RED, inset=0.04)
    alt = _(
        "Window at row {top}, column {left} of x: {winner} wins, at row {row}, column {column}. "
        "Your output there is {out}. With a gradient of 1 for each window so far, dx is {dx}."
    )
    facts = {
        "top": top,
        "left": left,
        "winner": f"{window.max():g}",
        "row": row,
        "column": column,
        "out": f"{out[i, j]:g}",
        "dx": "; ".join(" ".join(f"{value:.3g}" for value in values) for values in gradient),
    }
    return with_alt_text(figure, alt.format(**facts))


@comes_alive
def field_steps(
    receptive_field: Callable[..., Any], layers: Sequence[tuple[int, int]], name: str = "chelsea"
) -> Steps:
    """Layer by layer, how much of a photo the unit in the middle sees, by the student's function.

    layers: (kernel_size, stride), first to last.
    """
    image = photo(name)
    fields = [field_of(receptive_field, layers[:count]) for count in range(1, len(layers) + 1)]

    def draw(step: int) -> Picture:
        from matplotlib.patches import Rectangle

        figure, axes = panels(size=(6.0, 4.2))
        plot = axes[0, 0]
        plot.imshow(image)
        height, width = image.shape[:2]
        for earlier, (size, _jump) in enumerate(fields[: step + 1]):
            colour, line = (ORANGE, 2.5) if earlier == step else ("white", 0.8)
            corner = ((width - size) / 2, (height - size) / 2)
            plot.add_patch(Rectangle(corner, size, size, fill=False, edgecolor=colour, lw=line))
        plot.set(xlim=(0, width), ylim=(height, 0), xlabel=_("pixels"), ylabel=_("pixels"))
        size, jump = fields[step]
        kernel_size, stride = layers[step]
        title = _("layer {number}: {k} x {k}, stride {stride}").format(
            number=step + 1, k=kernel_size, stride=stride
        )
        plot.set_title(title, fontsize=11)
        caption = _("One unit sees {size} x {size} pixels; its neighbour's field is {jump} away.")
        text = caption.format(size=size, jump=jump)
        alt = _("A photo with a square in the middle for each layer so far. {title}. {facts}")
        return with_alt_text(figure, alt.format(title=title, facts=text), text)

    return Steps(draw, len(fields), _("layer"))


def depth_steps(network: Any, name: str, count: int = 12) -> Steps:
    """Depth by depth, the maps of the channels that answer a photo most."""
    from cs_utils.looking import activations

    image = picture(name)
    found = activations(network, image[None])
    layers = list(found)

    def draw(step: int) -> Picture:
        layer = layers[step]
        maps = found[layer][0].cpu()
        order = maps.mean(dim=(1, 2)).argsort(descending=True)[:count]
        figure, axes = panels(2, 1 + count // 2, size=(9.8, 3.2))
        axes[0, 0].imshow(as_image(image))
        axes[1, 0].axis("off")
        for plot, channel in zip(axes[:, 1:].flat, order, strict=True):
            plot.imshow(maps[channel], cmap=MAP, vmin=0)
            plot.set_title(_("channel {number}").format(number=int(channel)), fontsize=8, pad=2)
        without_ticks(axes)
        height, width = maps.shape[1:]
        text = _("{layer}: {c} maps of {h} x {w} units, each sees {side} x {side} pixels.").format(
            layer=layer, c=len(maps), h=height, w=width, side=seen_by(layer, 0, 0)[2]
        )
        alt = _("A photo and its {count} feature maps with the highest means. {facts}")
        return with_alt_text(figure, alt.format(count=count, facts=text), text)

    return Steps(draw, len(layers), _("depth"))
