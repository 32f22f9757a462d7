"""The small network that ends the course: the rules, the images it is tried on, and the training
of a student's own."""

import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

import numpy as np

from cs_utils.datasets import fashion_mnist
from cs_utils.exercises.layers import describe
from cs_utils.exercises.specification import WrongReturnError
from cs_utils.language import _
from cs_utils.machine import one_thread

BUDGET = 50_000
SECONDS = 60
FURTHEST = 2
BRIGHTNESS = (0.9, 1.1)
CLASSES = 10

_SCORED_AT_ONCE = 100


def moved(images: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Images as the network is tried on them: each moved by up to FURTHEST pixels down and to the
    right or back, with black coming in, and a little darker or brighter.

    images: (count, height, width), uint8. Returns such images and the shifts, (count, 2).
    """
    count, height, width = images.shape
    shifts = rng.integers(-FURTHEST, FURTHEST + 1, (count, 2))
    around = (FURTHEST, FURTHEST)
    framed = np.pad(images, ((0, 0), around, around))
    windows = np.lib.stride_tricks.sliding_window_view(framed, (height, width), (1, 2))
    down, right = FURTHEST - shifts.T
    light = rng.uniform(*BRIGHTNESS, (count, 1, 1))
    brightened = np.rint(windows[np.arange(count), down, right] * light)
    return np.minimum(brightened, 255).astype(np.uint8), shifts


def as_tensor(images: np.ndarray) -> Any:
    """Images (count, height, width) of 0..255 as a tensor (count, 1, height, width) of 0..1."""
    import torch

    return torch.from_numpy(np.asarray(images, dtype=np.float32) / 255)[:, None]


@dataclass
class SmallNetwork:
    """The student's network after its training.

    seconds: of a processor's work that the training took.

    found: what the network gave for images that it was asked about, kept for the next question.
    """

    module: Any
    seconds: float
    found: dict[bytes, Any] = field(default_factory=dict)

    @property
    def parameters(self) -> int:
        """All numbers that it learned, biases included."""
        return sum(one.numel() for one in self.module.parameters())

    def __repr__(self) -> str:
        text = _(
            "A network of {count:,} parameters ({budget:,} are allowed), trained in {s:.0f} s."
        )
        return text.format(count=self.parameters, budget=BUDGET, s=self.seconds)

    def scores(self, images: Any) -> np.ndarray:
        """The network's scores (count, 10) for a tensor of images (count, 1, 28, 28), in the mode
        in which it is. Raises WrongReturnError for outputs of another shape."""
        import torch

        device = next((one.device for one in self.module.parameters()), torch.device("cpu"))
        parts = []
        with torch.no_grad(), one_thread():
            for some in images.split(_SCORED_AT_ONCE):
                scores = self.module(some.to(device))
                shape = tuple(getattr(scores, "shape", ()))
                if shape != (len(some), CLASSES):
                    text = _(
                        "For {count} images the network must give scores of shape {wanted}; "
                        "it gives {what}."
                    )
                    wanted = (len(some), CLASSES)
                    what = describe(scores)
                    raise WrongReturnError(text.format(count=len(some), wanted=wanted, what=what))
                parts.append(scores.detach().cpu().numpy())
        return np.concatenate(parts)


def trained(train_small_network: Callable[..., Any], seed: int) -> SmallNetwork:
    """The student's network, trained on one thread; not again where nothing has changed since.

    Raises WrongReturnError where what comes back is no network, or comes back too late.
    """
    surroundings = {"seed": seed, **_surroundings(train_small_network)}
    kept = _KEPT.get(train_small_network)
    if kept is not None and kept[0] == surroundings:
        return kept[1]
    data = fashion_mnist()
    found = _train(train_small_network, data.train_images, data.train_labels, seed)
    if isinstance(train_small_network, FunctionType):
        _KEPT[train_small_network] = (surroundings, found)
    return found


def _train(function: Callable[..., Any], images: Any, labels: Any, seed: int) -> SmallNetwork:
    import torch

    inputs, targets = as_tensor(images), torch.from_numpy(labels.astype(np.int64))
    began = time.process_time()
    with one_thread():
        module = function(inputs, targets, seed)
    seconds = time.process_time() - began
    if not isinstance(module, torch.nn.Module):
        text = _(
            "train_small_network must return the network, a torch.nn.Module; it returned {what}."
        )
        raise WrongReturnError(text.format(what=describe(module)))
    if seconds > SECONDS:
        text = _("The training took {seconds:.0f} s of a processor's work; {limit} s are allowed.")
        raise WrongReturnError(text.format(seconds=seconds, limit=SECONDS))
    return SmallNetwork(module, seconds)


_KEPT: weakref.WeakKeyDictionary[Any, tuple[dict[str, Any], SmallNetwork]] = (
    weakref.WeakKeyDictionary()
)


def _surroundings(function: Callable[..., Any]) -> dict[str, Any]:
    """The functions, classes and plain values beside a function: when one of them is defined anew,
    the function may do something else."""
    names = getattr(function, "__globals__", {})
    return {
        name: value
        for name, value in names.items()
        if not name.startswith("_") and isinstance(value, type | FunctionType | int | float | str)
    }
