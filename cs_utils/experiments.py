"""Experiments with the student's functions: what they cost, and what they learn."""

import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cs_utils.demonstrations import numbers, run_backward, run_forward

_PATIENCE = 0.25
_LONG = 2.0


@dataclass(frozen=True)
class Costs:
    """Measurements over growing N: seconds and bytes, one value for each size."""

    sizes: np.ndarray
    seconds: np.ndarray
    bytes: np.ndarray

    def slope(self, values: np.ndarray, smallest: int = 512) -> float:
        """The power of N that the values grow with: least squares on both logarithms, for
        N >= smallest; nan where fewer than two sizes are left."""
        large = self.sizes >= smallest
        if large.sum() < 2:
            return float("nan")
        return float(np.polyfit(np.log(self.sizes[large]), np.log(values[large]), 1)[0])


def median_seconds(call: Callable[[], Any], runs: int = 7, patience: float = _PATIENCE) -> float:
    """Median time of a call after a warm-up, in seconds; fewer runs once patience is used up."""
    call()
    times: list[float] = []
    while len(times) < runs and (not times or sum(times) < patience):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def peak_bytes(call: Callable[[], Any]) -> int:
    """The most memory that a call holds at once, in bytes."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def costs(call: Callable[[np.ndarray], Any], sizes: Sequence[int]) -> Costs:
    """Time and memory of ``call(x)`` for random vectors of these sizes, smallest first; stops
    growing where measuring one size took longer than two seconds."""
    rng = np.random.default_rng(0)
    measured = []
    for size in sizes:
        start = time.perf_counter()
        x = rng.normal(size=size)

        def one(x: np.ndarray = x) -> Any:
            return call(x)

        seconds = median_seconds(one, patience=0.06)
        measured.append((size, seconds, max(peak_bytes(one), 1)))
        if time.perf_counter() - start > _LONG:
            break
    columns = np.array(measured, dtype=np.float64).T
    return Costs(*columns)


def crossed_clusters(count: int = 10, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Four clouds of points at the corners of a square; opposite corners share a class.

    Returns the points (4 * count, 3), the last coordinate a constant 1, and the labels.
    """
    rng = np.random.default_rng(seed)
    corners = np.array([[1.0, 1], [-1, -1], [1, -1], [-1, 1]])
    points = np.repeat(corners, count, axis=0) + rng.normal(scale=0.3, size=(4 * count, 2))
    labels = np.repeat([0, 0, 1, 1], count)
    return np.hstack([points, np.ones((4 * count, 1))]), labels


Network = tuple[Callable[..., Any], Callable[..., Any]]


def train(
    network: Network,
    loss: Network,
    weights: list[np.ndarray],
    points: np.ndarray,
    labels: np.ndarray,
    learning_rate: float = 0.1,
    epochs: int = 50,
) -> np.ndarray:
    """Gradient descent, one point at a time; changes ``weights`` in place.

    network: the student's forward(x, *weights) and backward(dscores, cache); loss: theirs too.
    Returns the mean loss of every epoch, shape (epochs,).
    """
    order = np.random.default_rng(1)
    classes = (int(labels.max()) + 1,)
    mean_losses = []
    for _epoch in range(epochs):
        total = 0.0
        for index in order.permutation(len(points)):
            x, label = points[index], int(labels[index])
            scores, cache = run_forward(network[0], (x, *weights), classes)
            value, loss_cache = run_forward(loss[0], (scores, label), ())
            (dscores,) = run_backward(loss[1], 1.0, loss_cache, [classes])
            shapes = [x.shape, *(weight.shape for weight in weights)]
            _dx, *gradients = run_backward(network[1], dscores, cache, shapes)
            for weight, gradient in zip(weights, gradients, strict=True):
                weight -= learning_rate * gradient
            total += float(value)
        mean_losses.append(total / len(points))
    return np.array(mean_losses)


def learn(
    update: Callable[..., Any],
    inputs: np.ndarray,
    targets: np.ndarray,
    learning_rate: float,
    epochs: int,
) -> np.ndarray:
    """One neuron taught by the student's rule, one example at a time, from weights of zero.

    inputs: (count, N); targets: (count,). Returns the weights before the first epoch and after
    each, shape (epochs + 1, N).
    """
    order = np.random.default_rng(0)
    name = getattr(update, "__name__", "update")
    w = np.zeros(inputs.shape[1])
    history = [w]
    for _epoch in range(epochs):
        for index in order.permutation(len(inputs)):
            new = update(w.copy(), inputs[index], targets[index], learning_rate)
            w = numbers(new, f"{name}()", w.shape).astype(np.float64)
        history.append(w)
    return np.array(history)
