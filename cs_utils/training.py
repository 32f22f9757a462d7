"""Training a student's network: batches, the optimiser's steps, a progress bar, and the history.

A network is a class: ``Network(**weights).loss(X, y)`` gives the loss and a dict with the gradient
of every weight, ``Network(**weights).loss(X)`` the scores. It is made anew for every batch, so that
it needs to know nothing of how it is trained.
"""

import contextlib
import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from cs_utils import machine
from cs_utils.answers import plain_array
from cs_utils.demonstrations import Note, in_a_sentence, numbers, quiet
from cs_utils.exercises.layers import describe
from cs_utils.exercises.specification import WrongReturnError
from cs_utils.kernel_side import is_grading
from cs_utils.language import _
from cs_utils.progress_bar import progress_bar

Weights = dict[str, np.ndarray]
Step = Callable[[str, np.ndarray, np.ndarray], np.ndarray]
Optimiser = Callable[[], Step]

_SCORED_AT_ONCE = 500
_SAMPLE = 2000


@dataclass(frozen=True)
class Training:
    """What came of a training.

    network: the class that was trained; start, weights: its first and its learned weights, by name.
    losses: the mean loss of each batch, shape (batches,), in nats.
    train_accuracy, test_accuracy: after each epoch, shape (epochs,), as shares of 1: on up to 2,000
        of the examples it learned from, and on all that were held out.
    seconds: how long it took; complete: False where it ran out of patience.
    """

    network: Callable[..., Any]
    start: Weights
    weights: Weights
    losses: np.ndarray
    train_accuracy: np.ndarray
    test_accuracy: np.ndarray
    seconds: float
    complete: bool = True

    def __repr__(self) -> str:
        text = _(
            "{epochs} epochs of {batches} batches took {seconds:.0f} s. The mean loss went from "
            "{first:.3g} to {last:.3g}; {right:.1%} of the held-out examples are right."
        )
        if not self.complete:
            text += " " + _("It was stopped: this takes too long. Are there Python loops in it?")
        epochs = self.test_accuracy.size
        return text.format(
            epochs=epochs,
            batches=-(-self.losses.size // epochs),
            seconds=self.seconds,
            first=self.losses[:10].mean(),
            last=self.losses[-100:].mean(),
            right=self.test_accuracy[-1],
        )

    def predict(self, X: Any) -> np.ndarray:
        """The class with the highest score for every example of X (count, ...), shape (count,)."""
        with quiet():
            return _predict(self.network, self.weights, np.asarray(X))


def with_momentum(
    sgd_momentum: Callable[..., Any], learning_rate: float = 0.05, momentum: float = 0.9
) -> Optimiser:
    """The student's sgd_momentum as an optimiser that keeps a velocity for every weight."""

    def start() -> Step:
        velocities: Weights = {}

        def step(name: str, w: np.ndarray, dw: np.ndarray) -> np.ndarray:
            velocity = velocities.get(name, np.zeros_like(w))
            found = sgd_momentum(w, dw, velocity, learning_rate, momentum)
            w, velocities[name] = _arrays(found, ("w", "velocity"), sgd_momentum, w.shape)
            return w

        return step

    return start


def with_pytorch_sgd(
    learning_rate: float = 0.05, momentum: float = 0.9, steps: int | None = None
) -> Optimiser:
    """PyTorch's own steps with momentum, for a lesson whose notebook has no optimiser in it.

    steps: after so many the learning rate has fallen, evenly, to 0; None leaves it as it is.
    """

    def start() -> Step:
        import torch

        kept: dict[str, Any] = {}

        def step(name: str, w: np.ndarray, dw: np.ndarray) -> np.ndarray:
            if name not in kept:
                weight = torch.tensor(w)
                kept[name] = weight, torch.optim.SGD([weight], learning_rate, momentum)
            weight, sgd = kept[name]
            weight.grad = torch.as_tensor(dw, dtype=weight.dtype)
            sgd.step()
            if steps:
                group = sgd.param_groups[0]
                group["lr"] = max(group["lr"] - learning_rate / steps, 0.0)
            return weight.numpy()

        return step

    return start


def with_adam(adam: Callable[..., Any], learning_rate: float = 1e-3) -> Optimiser:
    """The student's adam as an optimiser that keeps both moments and the time of every weight."""

    def start() -> Step:
        kept: dict[str, tuple[np.ndarray, np.ndarray, int]] = {}

        def step(name: str, w: np.ndarray, dw: np.ndarray) -> np.ndarray:
            m, v, t = kept.get(name, (np.zeros_like(w), np.zeros_like(w), 0))
            found = adam(w, dw, m, v, t + 1, learning_rate)
            w, m, v = _arrays(found, ("w", "m", "v"), adam, w.shape)
            kept[name] = m, v, t + 1
            return w

        return step

    return start


def train(
    network: Callable[..., Any],
    initial: Callable[[np.random.Generator], Mapping[str, Any]],
    optimiser: Optimiser,
    data: tuple[Any, Any, Any, Any],
    epochs: int = 10,
    batch_size: int = 100,
    seed: int = 0,
    patience: float = 120.0,
) -> Training | Note:
    """Train a network on batches that are drawn in a new order in every epoch.

    network: the student's class, as told above; initial: makes its first weights, by name.
    optimiser: ``with_momentum(...)`` or ``with_adam(...)``.
    data: X and y to learn from, then X and y that are held out; X floats of shape (count, ...).
    patience: seconds after which it ends with what it has learned so far.
    Returns a Training; a Note where something is not written or not right yet, and in a grader's
    kernel, where nobody would look at it.
    """
    if is_grading():
        return Note(_("While a notebook is graded it trains nothing: that would earn no points."))
    rng = np.random.default_rng(seed)
    with progress_bar(epochs * -(-len(data[0]) // batch_size), _("batch")) as bar:
        try:
            with quiet(), one_thread():
                weights = {name: np.array(w, dtype=float) for name, w in initial(rng).items()}
                batches = _epochs(data[0], data[1], batch_size, epochs, rng)
                return _train(network, weights, optimiser(), batches, data, patience, bar)
        except (Exception, SystemExit) as error:
            return Note(in_a_sentence(error))


def _train(
    network: Callable[..., Any],
    weights: Weights,
    step: Step,
    epochs: Iterator[Iterator[tuple[np.ndarray, np.ndarray]]],
    data: tuple[Any, Any, Any, Any],
    patience: float,
    bar: Any,
) -> Training:
    losses: list[float] = []
    scored: list[tuple[float, float]] = []
    first, began, late = weights, time.perf_counter(), False
    for batches in epochs:
        for X, y in batches:
            loss, gradients = _loss(network, weights, X, y)
            if not math.isfinite(loss):
                text = _(
                    "after {count} batches the loss is {loss}; is the learning rate too large?"
                )
                raise WrongReturnError(text.format(count=len(losses), loss=loss))
            weights = {name: step(name, w, gradients[name]) for name, w in weights.items()}
            losses.append(loss)
            bar.update()
            late = time.perf_counter() - began > patience
            if late:
                break
        train_X, train_y, test_X, test_y = data
        sample = train_X[:_SAMPLE], train_y[:_SAMPLE]
        scored.append(
            (_accuracy(network, weights, *sample), _accuracy(network, weights, test_X, test_y))
        )
        bar.set_postfix_str(
            _("held out: {right:.1%} right").format(right=scored[-1][1]), refresh=False
        )
        if late:
            break
    seconds = time.perf_counter() - began
    train_accuracy, test_accuracy = np.array(scored).T
    return Training(
        network, first, weights, np.array(losses), train_accuracy, test_accuracy, seconds, not late
    )


def _epochs(
    X: np.ndarray, y: np.ndarray, batch_size: int, count: int, rng: np.random.Generator
) -> Iterator[Iterator[tuple[np.ndarray, np.ndarray]]]:
    """For each epoch its batches (X, y), in a new order."""
    for _epoch in range(count):
        order = rng.permutation(len(X))
        places = (order[first : first + batch_size] for first in range(0, len(X), batch_size))
        yield ((X[chosen], y[chosen]) for chosen in places)


def _loss(
    network: Callable[..., Any], weights: Weights, X: np.ndarray, y: np.ndarray
) -> tuple[float, Weights]:
    """The loss of a batch and the gradients, by the weights' names and in their shapes."""
    result = network(**weights).loss(X, y)
    if not isinstance(result, tuple) or len(result) != 2 or not isinstance(result[1], Mapping):
        text = _("loss(X, y) must return the pair (loss, gradients); it returned {what}.")
        raise WrongReturnError(text.format(what=describe(result)))
    missing = [name for name in weights if name not in result[1]]
    if missing:
        text = _("the dict of gradients has no {names}.")
        raise WrongReturnError(text.format(names=", ".join(missing)))
    gradients = {
        name: numbers(result[1][name], _("the gradient of {name}").format(name=name), w.shape)
        for name, w in weights.items()
    }
    return float(numbers(result[0], _("the loss"), ())), gradients


def _predict(network: Callable[..., Any], weights: Weights, X: np.ndarray) -> np.ndarray:
    model = network(**weights)
    found = []
    for first in range(0, len(X), _SCORED_AT_ONCE):
        some = X[first : first + _SCORED_AT_ONCE]
        scores = plain_array(model.loss(some), _("what loss(X) returns, the scores,"))
        if scores.ndim != 2 or len(scores) != len(some):
            text = _("loss(X) must return scores of shape (N, C); their shape is {shape}.")
            raise WrongReturnError(text.format(shape=scores.shape))
        found.append(scores.argmax(axis=1))
    return np.concatenate(found)


def _accuracy(network: Callable[..., Any], weights: Weights, X: Any, y: Any) -> float:
    return float(np.mean(_predict(network, weights, X) == y))


def _arrays(
    found: Any, names: tuple[str, ...], function: Callable[..., Any], shape: tuple[int, ...]
) -> tuple[np.ndarray, ...]:
    """What a step of the student's optimiser returned, as arrays of the weight's shape."""
    name = getattr(function, "__name__", "function")
    if not isinstance(found, tuple | list) or len(found) != len(names):
        text = _("{name} must return ({names}); it returned {what}.")
        raise WrongReturnError(text.format(name=name, names=", ".join(names), what=describe(found)))
    text = _("{part} of {name}")
    return tuple(
        numbers(value, text.format(part=part, name=name), shape)
        for part, value in zip(names, found, strict=True)
    )


def one_thread() -> contextlib.AbstractContextManager[Any]:
    """Matrix products this small gain little from threads, and on a busy machine threads that wait
    for each other make them ten times slower. PyTorch is limited too where it is in use."""
    if "torch" in sys.modules:
        return machine.one_thread()
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        return contextlib.nullcontext()
    return threadpool_limits(limits=1, user_api="blas")


def batches(
    inputs: Any, labels: Any, epochs: int, batch_size: int = 100, seed: int = 0
) -> Iterator[tuple[Any, Any]]:
    """Batches of tensors for a loop that trains a PyTorch network, with a progress bar.

    inputs: (count, ...); labels: (count,). Every epoch takes all of them in a new order. Yields
    (inputs, labels) of each batch, epochs * ceil(count / batch_size) in all.
    """
    import torch

    order = torch.Generator().manual_seed(seed)
    with progress_bar(epochs * -(-len(inputs) // batch_size), _("batch")) as bar:
        for _epoch in range(epochs):
            for chosen in torch.randperm(len(inputs), generator=order).split(batch_size):
                places = chosen.to(inputs.device)
                yield inputs[places], labels[places]
                bar.update()
