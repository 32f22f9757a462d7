"""Networks to look into: small ones made of random weights, and the pretrained one; as modules for
the student's function, and as plain functions of the pixels for what must come out."""

import copy
import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from cs_utils.exercises.specification import Inputs
from cs_utils.exercises.vector_backprop.drawing import mixed
from cs_utils.photos import photo

if TYPE_CHECKING:
    from torch import Tensor, nn

_WEIGHTS = ("kernels", "gamma", "beta", "running_mean", "running_var", "w", "b")
_EPS = 1e-5


def weights(
    rng: np.random.Generator, filters: int, height: int, width: int, classes: int
) -> dict[str, np.ndarray]:
    """Random weights of conv 2x2 - batchnorm - ReLU - affine, for images (3, height, width)."""
    size = filters * (height - 1) * (width - 1)
    return {
        "kernels": mixed(rng, filters, 3, 2, 2),
        "gamma": rng.uniform(0.5, 1.5, filters),
        "beta": rng.uniform(0.2, 0.6, filters),
        "running_mean": rng.normal(size=filters),
        "running_var": rng.uniform(0.5, 2.0, filters),
        "w": mixed(rng, classes, size) / np.sqrt(size),
        "b": mixed(rng, classes),
    }


def module(inputs: Inputs) -> "nn.Module":
    """The case's network. Small ones share the memory of the case's arrays, so that a change in
    place shows there, and come in train mode, as a training leaves them. The pretrained one is a
    copy, which nobody else uses."""
    if "layer" in inputs:
        return copy.deepcopy(_shipped(inputs["layer"]))
    import torch
    from torch import nn

    given = {name: torch.as_tensor(inputs[name]) for name in _WEIGHTS if name in inputs}
    filters = len(given["kernels"])
    convolution = nn.Conv2d(3, filters, given["kernels"].shape[-1], bias=False)
    convolution.weight = nn.Parameter(given["kernels"])
    batchnorm = nn.BatchNorm2d(filters, eps=_EPS)
    batchnorm.weight, batchnorm.bias = nn.Parameter(given["gamma"]), nn.Parameter(given["beta"])
    batchnorm.running_mean, batchnorm.running_var = given["running_mean"], given["running_var"]
    layers: list[nn.Module] = [convolution, batchnorm, nn.ReLU()]
    if "w" in given:
        affine = nn.Linear(given["w"].shape[1], len(given["w"]))
        affine.weight, affine.bias = nn.Parameter(given["w"]), nn.Parameter(given["b"])
        layers += [nn.Flatten(), affine]
    return nn.Sequential(*layers)


def gradients_left(network: "nn.Module") -> int:
    """How many of the network's parameters hold a gradient."""
    return sum(parameter.grad is not None for parameter in network.parameters())


def function(inputs: Inputs, batchnorm: str = "eval") -> Callable[["Tensor"], "Tensor"]:
    """The same network as a function of images (N, 3, H, W): scores, or activation maps.

    batchnorm: ``eval``; ``train``, each image normalised on its own as in a batch of one; or
    ``train on a batch``. The pretrained network has none.
    """
    import torch

    if "layer" in inputs:
        return _shipped(inputs["layer"])
    given = {name: torch.tensor(inputs[name]) for name in _WEIGHTS if name in inputs}

    def network(x: "Tensor") -> "Tensor":
        z = torch.nn.functional.conv2d(x, given["kernels"])
        mean, var, gamma, beta = (
            given[name][:, None, None] for name in ("running_mean", "running_var", "gamma", "beta")
        )
        if batchnorm != "eval":
            axes = (2, 3) if batchnorm == "train" else (0, 2, 3)
            mean, var = z.mean(axes, keepdim=True), z.var(axes, correction=0, keepdim=True)
        maps = torch.relu(gamma * (z - mean) / torch.sqrt(var + _EPS) + beta)
        return maps.flatten(1) @ given["w"].T + given["b"] if "w" in given else maps

    return network


def slopes(
    value: Callable[["Tensor"], "Tensor"], image: np.ndarray, places: np.ndarray | None = None
) -> np.ndarray:
    """How much a value changes with single pixels: exact derivatives, each pixel moved on its own.

    value: takes images (N, 3, H, W), gives a number for each, (N,); image: (3, H, W).
    places: rows and columns of the pixels, (count, 2). Returns (3, count), or (3, H, W) where no
    places are given.
    """
    import torch
    from torch.autograd import forward_ad

    shape = image.shape if places is None else (3, len(places))
    if places is None:
        places = np.argwhere(np.ones(image.shape[1:]))
    channel, number = np.indices((3, len(places))).reshape(2, -1)
    rows, columns = places[number].T
    steps = torch.zeros(len(number), *image.shape, dtype=torch.float64)
    steps[np.arange(len(number)), channel, rows, columns] = 1
    with torch.no_grad(), forward_ad.dual_level():
        moved = forward_ad.make_dual(torch.tensor(image).expand_as(steps).clone(), steps)
        found = forward_ad.unpack_dual(value(moved)).tangent
    return found.reshape(shape).numpy()


def other_than_best(rng: np.random.Generator, inputs: Inputs, among: int) -> int:
    """A label among the so many best ones of the case's image, but not the best."""
    import torch

    with torch.no_grad():
        scores = function(inputs)(torch.tensor(inputs["image"])[None])[0]
    return int(scores.topk(among).indices[int(rng.integers(1, among))])


def part_of_a_photo(rng: np.random.Generator, side: int) -> np.ndarray:
    """A random part of one of the two photos with a subject, (3, side, side), float64, 0..1."""
    pixels = photo(("chelsea", "coffee")[int(rng.integers(2))])
    top, left = (int(rng.integers(40, size - side - 40)) for size in pixels.shape[:2])
    return np.moveaxis(pixels[top : top + side, left : left + side], 2, 0) / 255.0


@functools.cache
def _network() -> "nn.Sequential":
    from cs_utils.pretrained import squeezenet

    return squeezenet().double()


def _shipped(layer: str) -> "nn.Sequential":
    """The network's first part, without dropout: in train mode nobody could tell its results."""
    from torch import nn

    from cs_utils.pretrained import up_to

    layers = up_to(_network(), layer)
    return nn.Sequential(*(one for one in layers if not isinstance(one, nn.Dropout)))
