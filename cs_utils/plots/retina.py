"""The letters on 20 x 20 photocells, the weights learned from them, and the learning curves."""

from collections.abc import Callable
from typing import Any

import numpy as np

from cs_utils import letters
from cs_utils.demonstrations import comes_alive
from cs_utils.experiments import learn
from cs_utils.language import _
from cs_utils.plots.figures import BLUE, MAP, RED, Picture, panels, with_alt_text


@comes_alive
def retina(inputs: np.ndarray, targets: np.ndarray, names: str = "TJ", count: int = 10) -> Picture:
    """The first pictures of a data set, as the photocells see them.

    inputs: (count, 401); names: the letters of target 1 and target 0.
    """
    columns = count // 2
    figure, axes = panels(2, columns, size=(1.35 * columns, 3.0))
    for plot, picture, target in zip(axes.T.flat, inputs, targets, strict=False):
        plot.imshow(picture[:-1].reshape(letters.SIDE, letters.SIDE), cmap="gray", vmin=0, vmax=1)
        plot.set_title(_("{name}, d = {target}").format(name=names[1 - int(target)], target=target))
        plot.set(xticks=[], yticks=[])
    alt = _(
        "{count} pictures of 20 x 20 photocells: the letters {one} and {two}, moved by a few "
        "pixels, with single photocells flipped at random."
    )
    return with_alt_text(figure, alt.format(count=count, one=names[0], two=names[1]))


@comes_alive
def learned_weights(
    update: Callable[..., Any],
    training: tuple[np.ndarray, np.ndarray],
    fresh: tuple[np.ndarray, np.ndarray],
    names: str = "TJ",
    learning_rate: float = 1.0,
    epochs: int = 10,
) -> Picture:
    """The perceptron's 400 weights as a picture, before learning, after one epoch and at the end.

    training, fresh: (inputs, targets) to learn from and to try on, targets 0 and 1.
    """
    history = learn(update, *training, learning_rate, epochs)
    chosen = (0, 1, epochs)
    figure, axes = panels(1, 3, size=(8.6, 2.9))
    limit = max(float(np.abs(history[:, :-1]).max()), 1e-12)
    mistakes = [letters.mistakes(history[epoch], *fresh) for epoch in chosen]
    for plot, epoch, wrong in zip(axes.flat, chosen, mistakes, strict=True):
        weights = history[epoch, :-1].reshape(letters.SIDE, letters.SIDE)
        picture = plot.imshow(weights, cmap=MAP, vmin=-limit, vmax=limit)
        text = _("epoch {epoch}: {wrong} of {total} wrong")
        plot.set_title(text.format(epoch=epoch, wrong=wrong, total=len(fresh[1])), fontsize=11)
        plot.set(xticks=[], yticks=[])
    figure.colorbar(picture, ax=axes[0, 2], label=_("weight"))
    caption = _(
        "Bright pixels vote for {one}, dark ones for {two}. On the {count} pictures it learned "
        "from, {trained} are wrong at the end; the titles count fresh pictures."
    )
    trained = letters.mistakes(history[-1], *training)
    caption = caption.format(one=names[0], two=names[1], count=len(training[1]), trained=trained)
    alt = _(
        "Three pictures of the 400 weights: all zero; after one epoch; after {epochs} epochs. "
        "The learned ones are bright in patches where mostly {one} is lit and dark where mostly "
        "{two} is. Wrong on fresh pictures: {wrong}."
    )
    counts = ", ".join(str(number) for number in mistakes)
    text = alt.format(epochs=epochs, one=names[0], two=names[1], wrong=counts)
    return with_alt_text(figure, text, caption)


@comes_alive
def learning_curves(
    perceptron_update: Callable[..., Any],
    adaline_update: Callable[..., Any],
    training: tuple[np.ndarray, np.ndarray],
    fresh: tuple[np.ndarray, np.ndarray],
    adaline_rate: float = 0.001,
    epochs: int = 20,
) -> Picture:
    """Mistakes of both rules on fresh pictures, and Adaline's mean squared error, epoch by epoch.

    training, fresh: (inputs, targets), targets 0 and 1; Adaline is told -1 and 1.
    """
    inputs, targets = training
    signs = 2.0 * targets - 1
    histories = (
        learn(perceptron_update, inputs, targets, 1.0, epochs),
        learn(adaline_update, inputs, signs, adaline_rate, epochs),
    )
    errors = np.array([np.mean((signs - inputs @ w) ** 2) for w in histories[1]])
    moved = [np.linalg.norm(np.diff(history, axis=0), axis=1) for history in histories]
    moved = [
        one / np.linalg.norm(history[-1]) for one, history in zip(moved, histories, strict=True)
    ]
    wrong = [[letters.mistakes(w, *fresh) for w in history] for history in histories]
    figure, axes = panels(1, 3, size=(9.9, 3.1))
    looks = (("o--", RED, _("perceptron")), ("s-", BLUE, _("Adaline")))
    for (style, colour, label), counted, way in zip(looks, wrong, moved, strict=True):
        look = {"color": colour, "markersize": 3.5, "label": label}
        axes[0, 0].plot(counted, style, **look)
        axes[0, 1].plot(range(1, epochs + 1), way, style, **look)
    axes[0, 2].plot(errors, "s-", color=BLUE, markersize=3.5)
    axes[0, 0].set(ylabel=_("fresh pictures wrong"), title=_("mistakes"))
    axes[0, 1].set(ylabel=_("change of w / size of w"), title=_("still learning?"))
    axes[0, 2].set(ylabel=_("mean of (d - w·x)²"), title=_("Adaline's error"))
    axes[0, 2].set_ylim(bottom=0)
    for plot in axes.flat:
        plot.set_xlabel(_("epoch"))
    axes[0, 0].legend(frameon=False)
    facts = {
        "total": len(fresh[1]),
        "one": wrong[0][-1],
        "two": wrong[1][-1],
        "first": errors[0],
        "last": errors[-1],
        "stopped": _last_move(moved[0]),
    }
    caption = _(
        "At the end the perceptron has {one} and Adaline {two} of {total} fresh pictures wrong. "
        "The perceptron last changed in epoch {stopped}; Adaline never stops."
    )
    alt = _(
        "Three panels over the epochs. Mistakes on {total} fresh pictures fall for both rules, to "
        "{one} for the perceptron and {two} for Adaline. The perceptron's weights last move in "
        "epoch {stopped}, Adaline's move in every epoch. Adaline's mean squared error falls from "
        "{first:.2f} to {last:.2f}."
    )
    return with_alt_text(figure, alt.format(**facts), caption.format(**facts))


def _last_move(moved: np.ndarray) -> int:
    """The last epoch in which the weights changed; 0 where they never did."""
    return int(np.max(np.flatnonzero(moved) + 1, initial=0))
