"""Plots of the numbers inside a network: normalised, dropped, passed on through 20 layers."""

from collections.abc import Callable
from typing import Any

import numpy as np

from cs_utils.demonstrations import comes_alive, numbers, run_forward
from cs_utils.exercises.layers import describe
from cs_utils.exercises.specification import WrongReturnError
from cs_utils.language import _
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
from cs_utils.training import one_thread

_LAYERS, _UNITS = 20, 256


@comes_alive
def batchnorm_activations(batchnorm_forward: Callable[..., Any], batches: int = 60) -> Picture:
    """Three features of very different scale before and after the student's batchnorm, and its
    running mean on the way to the true one."""
    means, scales = np.array([-4.0, 0.5, 6.0]), np.array([0.3, 2.0, 1.0])
    rng = np.random.default_rng(0)
    gamma, beta = np.ones(3), np.zeros(3)
    running = [(np.zeros(3), np.ones(3))]
    for _batch in range(batches):
        x = means + scales * rng.normal(size=(64, 3))
        out, *state = _batchnorm(batchnorm_forward, x, gamma, beta, *running[-1])
        running.append((state[0], state[1]))
    figure, axes = panels(1, 3, size=(9.9, 3.0))
    titles = (_("before: one batch"), _("after: the same batch"))
    for plot, values, title in zip(axes[0, :2], (x, out), titles, strict=True):
        for feature, (colour, marker) in enumerate(zip((BLUE, ORANGE, GREEN), "os^", strict=True)):
            across = feature + rng.uniform(-0.25, 0.25, size=len(values))
            plot.plot(across, values[:, feature], marker, color=colour, markersize=3, alpha=0.7)
        plot.set(xlabel=_("feature"), ylabel=_("activation"), title=title, xticks=range(3))
    history = np.array([mean for mean, _var in running])
    for feature, (colour, line) in enumerate(
        zip((BLUE, ORANGE, GREEN), ("-", "--", ":"), strict=True)
    ):
        label = _("feature {feature}").format(feature=feature)
        axes[0, 2].plot(history[:, feature], line, color=colour, linewidth=2, label=label)
        axes[0, 2].axhline(means[feature], color=BLACK, linewidth=0.6)
    axes[0, 2].set(xlabel=_("batches seen"), ylabel=_("running mean"), title=_("running mean"))
    axes[0, 2].legend(frameon=False, fontsize=9, loc=(0.45, 0.18))
    caption = _(
        "Before: means {before}, standard deviations {spread}. After: means {after}, standard "
        "deviations {new_spread}. Running means after {batches} batches: {running}; the true ones "
        "(thin lines) are {true}."
    )
    facts = {
        "before": _listed(x.mean(axis=0)),
        "spread": _listed(x.std(axis=0)),
        "after": _listed(out.mean(axis=0)),
        "new_spread": _listed(out.std(axis=0)),
        "batches": batches,
        "running": _listed(history[-1]),
        "true": _listed(means),
    }
    text = caption.format(**facts)
    alt = _(
        "Three panels. Clouds of points for three features, far apart and of different height; the "
        "same clouds after batchnorm; the running means over the batches. {facts}"
    )
    return with_alt_text(figure, alt.format(facts=text), text)


@comes_alive
def dropout_masks(
    dropout_forward: Callable[..., Any], image: Any, rates: tuple[float, ...] = (0.2, 0.5, 0.8)
) -> Picture:
    """An image, the same with some pixels dropped, and the mean of 500 such images.

    image: (height, width), values 0..255; rates: probabilities to drop.
    """
    image = np.asarray(image, dtype=float) / 255
    rng = np.random.default_rng(0)
    figure, axes = panels(2, 1 + len(rates), size=(2.1 * (1 + len(rates)), 4.3))
    facts = []
    look: dict[str, Any] = {"cmap": "gray", "vmin": 0, "vmax": 1}
    axes[0, 0].imshow(image, **look)
    axes[0, 0].set_title(_("the image"), fontsize=10)
    kept, _cache = run_forward(dropout_forward, (image.copy(), 0.5, False, rng), image.shape)
    axes[1, 0].imshow(kept, **look)
    axes[1, 0].set_title(_("when not training"), fontsize=10)
    for column, p in enumerate(rates, start=1):
        drawn = np.array(
            [
                run_forward(dropout_forward, (image.copy(), p, True, rng), image.shape)[0]
                for _time in range(500)
            ]
        )
        axes[0, column].imshow(drawn[0], **look)
        axes[0, column].set_title(_("p = {p:g}").format(p=p), fontsize=10)
        axes[1, column].imshow(drawn.mean(axis=0), **look)
        axes[1, column].set_title(_("mean of 500"), fontsize=10)
        lit = image > 0
        text = _("p = {p:g}: {share:.0%} of the lit pixels dropped, mean brightness {mean:.3f}")
        dropped = float(np.mean(drawn[:, lit] == 0))
        facts.append(text.format(p=p, share=dropped, mean=drawn.mean()))
    for plot in axes.flat:
        plot.axis("off")
    caption = _("The image's mean brightness is {mean:.3f}. {facts}.")
    text = caption.format(mean=image.mean(), facts="; ".join(facts))
    alt = _(
        "A grey image of clothes; beside it, with more and more pixels black and the others "
        "brighter; below, the mean of 500 such images, which looks like the image again. {facts}"
    )
    return with_alt_text(figure, alt.format(facts=text), text)


@comes_alive
def activation_scales(kaiming_init: Callable[..., Any], xavier_init: Callable[..., Any]) -> Picture:
    """Standard deviation of the activations in 20 ReLU layers of 256 units, for four ways to draw
    the first weights."""
    shape = (_UNITS, _UNITS)
    ways = {
        _("normal, 0.01: too small"): lambda rng: rng.normal(0, 0.01, shape),
        _("normal, 0.2: too large"): lambda rng: rng.normal(0, 0.2, shape),
        _("your xavier_init"): lambda rng: numbers(
            xavier_init(*shape, rng), _("what xavier_init returns"), shape
        ),
        _("your kaiming_init"): lambda rng: numbers(
            kaiming_init(*shape, rng), _("what kaiming_init returns"), shape
        ),
    }
    figure, axes = panels(size=(7.4, 3.8))
    plot = axes[0, 0]
    looks = ((ORANGE, "v:"), (RED, "^-."), (GREEN, "s--"), (BLUE, "o-"))
    facts = []
    for (name, draw), (colour, line) in zip(ways.items(), looks, strict=True):
        scales = _scales(draw)
        plot.semilogy(scales, line, color=colour, markersize=4, label=name)
        text = _("{name}: {scale:.1e} after {layers} layers")
        facts.append(text.format(name=name, scale=scales[-1], layers=_LAYERS))
    plot.set(xlabel=_("layer"), ylabel=_("standard deviation of activations"))
    plot.set_xticks(range(0, _LAYERS + 1, 4))
    plot.legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(1, 1))
    caption = "; ".join(facts) + "."
    alt = _(
        "Scale of the activations on a logarithmic axis against the layer, 0 to 20, for four ways "
        "to draw the first weights: {facts}"
    )
    return with_alt_text(figure, alt.format(facts=caption), caption)


def _scales(draw: Callable[[np.random.Generator], np.ndarray]) -> np.ndarray:
    """Standard deviations of a random input and of what leaves each layer."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, _UNITS))
    found = [x.std()]
    with one_thread():
        for _layer in range(_LAYERS):
            x = np.maximum(x @ draw(rng), 0)
            found.append(x.std())
    return np.maximum(found, 1e-300)


def _batchnorm(
    batchnorm_forward: Callable[..., Any], x: np.ndarray, *parameters: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The student's output and running statistics, in training."""
    result = batchnorm_forward(x, *parameters, True)
    if not isinstance(result, tuple) or len(result) != 4:
        text = _(
            "batchnorm_forward must return (out, cache, running_mean, running_var); it "
            "returned {what}."
        )
        raise WrongReturnError(text.format(what=describe(result)))
    out, _cache, mean, var = result
    features = (x.shape[1],)
    return (
        numbers(out, _("the output of batchnorm_forward"), x.shape),
        numbers(mean, _("running_mean"), features),
        numbers(var, _("running_var"), features),
    )


def _listed(values: np.ndarray) -> str:
    return "(" + ", ".join(f"{value:.2f}".replace("-0.00", "0.00") for value in values) + ")"
