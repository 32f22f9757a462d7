"""Plots of derivatives: step sizes, local gradients, Jacobians and what they cost."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from cs_utils.demonstrations import comes_alive, numbers, run_backward, run_forward
from cs_utils.experiments import costs
from cs_utils.language import _
from cs_utils.plots.figures import BLACK, BLUE, MAP, ORANGE, RED, Picture, panels, with_alt_text

_SIZES = tuple(2**power for power in range(3, 13))


@comes_alive
def step_sizes(numerical_gradient: Callable[..., Any]) -> Picture:
    """The error of the student's derivative of sin at 1 against the step h, beside the one-sided
    difference."""
    steps = np.logspace(-13, 0, 53)
    right = np.cos(1.0)
    central = [
        abs(float(numbers(numerical_gradient(np.sin, 1.0, h), _("the derivative"), ())) - right)
        for h in steps
    ]
    one_sided = np.abs((np.sin(1 + steps) - np.sin(1)) / steps - right)
    figure, axes = panels(size=(6.5, 3.6))
    plot = axes[0, 0]
    look = {"markersize": 3.5}
    plot.loglog(steps, one_sided, "s--", color=ORANGE, label=_("to one side"), **look)
    plot.loglog(steps, np.maximum(central, 1e-16), "o-", color=BLUE, label=_("yours"), **look)
    plot.legend(frameon=False, loc="upper center")
    plot.axvline(1e-5, color=BLACK, linewidth=0.8, linestyle=":")
    plot.set(xlabel=_("step h"), ylabel=_("error of the derivative"))
    best = float(steps[int(np.argmin(central))])
    at_default = float(np.interp(1e-5, steps, central))
    caption = _(
        "sin'(1) = cos(1). Your error at h = 1e-5 (dotted) is about {error:.0e}; of the steps "
        "tried, {best:.0e} is best."
    )
    alt = _(
        "Error against step h on logarithmic axes, for your difference and a one-sided one. From "
        "the right both fall, yours with the square of h; then rounding takes over and both rise "
        "as h shrinks."
    )
    return with_alt_text(figure, alt, caption.format(error=at_default, best=best))


@comes_alive
def local_gradient(
    forward: Callable[..., Any], backward: Callable[..., Any], name: str, reach: float = 6.0
) -> Picture:
    """An elementwise function and its local gradient, from the student's forward and backward."""
    x = np.linspace(-reach, reach, 241)
    y, cache = run_forward(forward, (x,), x.shape)
    (slope,) = run_backward(backward, np.ones_like(x), cache, [x.shape])
    figure, axes = panels(1, 2, size=(7.5, 2.8))
    axes[0, 0].plot(x, y, color=BLUE, linewidth=2)
    axes[0, 0].set(xlabel=_("input x"), ylabel=_("output"), title=name)
    axes[0, 1].plot(x, slope, color=RED, linewidth=2, linestyle="--")
    axes[0, 1].set(xlabel=_("input x"), ylabel=_("local gradient"), title=_("its slope"))
    for plot in axes.flat:
        plot.axvline(0, color="#bbbbbb", linewidth=0.8, zorder=0)
    caption = _("Largest slope {largest:.2f}; at x = {left:g} it is {there:.4f}.")
    alt = _(
        "Left: {name}, output against input x from {left:g} to {right:g}, rising from {low:.2f} to "
        "{high:.2f}. Right: its local gradient, largest {largest:.2f} at x = {where:.2f}."
    )
    facts = {
        "name": name,
        "left": -reach,
        "right": reach,
        "low": y[0],
        "high": y[-1],
        "largest": slope.max(),
        "where": x[int(np.argmax(slope))],
        "there": slope[0],
    }
    return with_alt_text(figure, alt.format(**facts), caption.format(**facts))


@comes_alive
def jacobians(
    numerical_jacobian: Callable[..., Any], functions: Mapping[str, Callable[..., Any]], x: Any
) -> Picture:
    """Jacobians side by side, J[n, m] in row n and column m.

    functions: by the title of their picture; each takes x and returns a vector.
    """
    x = np.asarray(x, dtype=float)
    found = {}
    for title, function in functions.items():
        columns = np.size(function(x.copy()))
        found[title] = numbers(
            numerical_jacobian(function, x.copy()), _("the Jacobian"), (x.size, columns)
        )
    figure, axes = panels(1, len(found), size=(2.9 * len(found), 3.0))
    descriptions = []
    for plot, (title, jacobian) in zip(axes.flat, found.items(), strict=True):
        limit = max(float(np.abs(jacobian).max()), 1e-12)
        picture = plot.imshow(jacobian, cmap=MAP, vmin=-limit, vmax=limit)
        figure.colorbar(picture, ax=plot, shrink=0.6, label="$J_{n,m}$")
        for place, value in np.ndenumerate(jacobian):
            ink = "white" if value < 0.2 * limit else "black"
            text = f"{value:.2f}" if abs(value) > 1e-9 else "0"
            plot.text(*place[::-1], text, ha="center", va="center", fontsize=8, color=ink)
        plot.set(xlabel=_("output m"), ylabel=_("input n"), title=title)
        plot.set(xticks=range(jacobian.shape[1]), yticks=range(jacobian.shape[0]))
        zeros = float(np.mean(np.abs(jacobian) < 1e-9))
        text = _("{title}: {rows} x {columns}, {zeros:.0%} zeros")
        rows, width = jacobian.shape
        descriptions.append(text.format(title=title, rows=rows, columns=width, zeros=zeros))
    facts = "; ".join(descriptions) + "."
    return with_alt_text(
        figure, _("Jacobians as coloured squares. {facts}").format(facts=facts), facts
    )


@comes_alive
def jacobian_costs(
    relu_jacobian: Callable[..., Any],
    jacobian_backward: Callable[..., Any],
    relu_forward: Callable[..., Any],
    relu_backward: Callable[..., Any],
) -> Picture:
    """Time and memory of one ReLU backward pass, with the explicit Jacobian and without it."""

    def explicit(x: np.ndarray) -> Any:
        return jacobian_backward(relu_jacobian(x), x)

    def implicit(x: np.ndarray) -> Any:
        return relu_backward(x, relu_forward(x)[1])

    x = np.array([1.0, -2.0, 3.0])
    for way in (explicit, implicit):
        numbers(way(x.copy()), _("the gradient"), x.shape)
    with_jacobian, without = costs(explicit, _SIZES), costs(implicit, _SIZES)
    figure, axes = panels(1, 2, size=(8.4, 3.5))
    series = ((with_jacobian, "o-", RED, _("explicit")), (without, "s--", BLUE, _("implicit")))
    for measured, style, colour, label in series:
        axes[0, 0].loglog(measured.sizes, measured.seconds, style, color=colour, label=label)
        axes[0, 1].loglog(measured.sizes, measured.bytes, style, color=colour, label=label)
    axes[0, 0].set(xlabel=_("N, numbers in x"), ylabel=_("time, seconds"), title=_("time"))
    axes[0, 1].set(xlabel=_("N, numbers in x"), ylabel=_("memory, bytes"), title=_("memory"))
    axes[0, 0].legend(frameon=False)
    caption = _(
        "Fitted for N >= 512. Explicit: time grows like N^{a:.1f}, memory like N^{b:.1f}. "
        "Implicit: time like N^{c:.1f}, memory like N^{d:.1f}. At N = {n:.0f} the explicit way "
        "takes {slower:,.0f} times the time and {larger:,.0f} times the memory."
    )
    last = with_jacobian.sizes.size - 1
    shared = min(last, without.sizes.size - 1)
    text = caption.format(
        a=with_jacobian.slope(with_jacobian.seconds),
        b=with_jacobian.slope(with_jacobian.bytes),
        c=without.slope(without.seconds),
        d=without.slope(without.bytes),
        n=with_jacobian.sizes[shared],
        slower=with_jacobian.seconds[shared] / without.seconds[shared],
        larger=with_jacobian.bytes[shared] / without.bytes[shared],
    )
    alt = _(
        "Two panels on logarithmic axes, time and memory of a ReLU backward pass against N from 8 "
        "to {n:.0f}, one line for the explicit Jacobian and one for the implicit way. {facts}"
    )
    return with_alt_text(figure, alt.format(n=with_jacobian.sizes[last], facts=text), text)
