"""Training a student's PyTorch module on images, on a GPU where there is one."""

import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from cs_utils.datasets import Images
from cs_utils.demonstrations import Note, in_a_sentence, quiet
from cs_utils.exercises.layers import describe
from cs_utils.exercises.specification import WrongReturnError
from cs_utils.kernel_side import is_grading
from cs_utils.language import _
from cs_utils.machine import one_thread, pytorch
from cs_utils.progress_bar import progress_bar
from cs_utils.training import Training

_AT_ONCE = 500
_SAMPLE = 2000
_WEIGHT_DECAY = 0.05
_WARM_UP = 0.15


def train_module(
    make: Callable[[], Any],
    images: Images,
    epochs: int = 12,
    batch_size: int = 32,
    learning_rate: float = 3e-3,
    seed: int = 0,
    patience: float = 150.0,
) -> Training | Note:
    """Train a module on images that are turned, stretched and moved a little each time.

    make: gives the module, as its class does; it takes (N, 1, height, width) and returns logits.
    images: as ``cs_utils.datasets`` gives them. The learning rate rises for a while and then falls
    to 0 (AdamW, one cycle). patience: seconds after which it ends with what it has learned.
    Returns a Training; a Note where the module is not written or not right yet, and in a grader's
    kernel, where nobody would look at it.
    """
    if is_grading() or pytorch() is None:
        return Note(_("While a notebook is graded it trains nothing: that would earn no points."))
    import torch

    total = epochs * (len(images.train_images) // batch_size)
    with progress_bar(total, _("batch")) as bar, one_thread(), torch.random.fork_rng():
        torch.manual_seed(seed)
        try:
            with quiet():
                trainer = _Trainer(make(), images, batch_size, seed)
                return trainer.run(epochs, total, learning_rate, patience, bar)
        except (Exception, SystemExit) as error:
            return Note(in_a_sentence(error))


class _Trainer:
    """A module with its data on their device."""

    def __init__(self, module: Any, images: Images, batch_size: int, seed: int) -> None:
        import torch

        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.module = module.to(self.device)
        self.scale = _standardised(images.train_images)
        self.X, self.test_X = map(self.as_tensor, (images.train_images, images.test_images))
        self.y, self.test_y = images.train_labels, images.test_labels
        self.batch_size = batch_size
        self.generator = torch.Generator().manual_seed(seed)

    def as_tensor(self, images: np.ndarray) -> Any:
        """Images (N, height, width) of 0..255 as (N, 1, height, width), mean 0 and variance 1."""
        import torch

        mean, deviation = self.scale
        scaled = (np.asarray(images, dtype=np.float32) - mean) / deviation
        return torch.from_numpy(scaled[:, None]).to(self.device)

    def run(
        self, epochs: int, total: int, learning_rate: float, patience: float, bar: Any
    ) -> Training:
        import torch

        optimiser = torch.optim.AdamW(
            self.module.parameters(), learning_rate, weight_decay=_WEIGHT_DECAY, fused=True
        )
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, learning_rate, total, pct_start=_WARM_UP
        )
        losses: list[float] = []
        scored: list[tuple[float, float]] = []
        began = time.perf_counter()
        late = False
        for _epoch in range(epochs):
            self.module.train()
            for x, y in self.batches():
                losses.append(self.step(x, y, optimiser))
                schedule.step()
                bar.update()
                late = time.perf_counter() - began > patience
                if late:
                    break
            scored.append((self.accuracy(self.X, self.y), self.accuracy(self.test_X, self.test_y)))
            bar.set_postfix_str(_("held out: {right:.1%} right").format(right=scored[-1][1]))
            if late:
                break
        train, test = np.array(scored).T
        seconds = time.perf_counter() - began
        network = _Scorer(self)
        return Training(network, {}, {}, np.array(losses), train, test, seconds, not late)

    def batches(self) -> Iterator[tuple[Any, Any]]:
        import torch

        labels = torch.as_tensor(self.y.astype(np.int64), device=self.device)
        X = distorted(self.X, self.generator)
        order = torch.randperm(len(X), generator=self.generator)
        for chosen in order.split(self.batch_size):
            if len(chosen) == self.batch_size:
                yield X[chosen], labels[chosen]

    def step(self, x: Any, y: Any, optimiser: Any) -> float:
        import torch

        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(self.logits(x), y)
        loss.backward()
        optimiser.step()
        value = float(loss.detach())
        if not math.isfinite(value):
            raise WrongReturnError(_("the loss is {loss}.").format(loss=value))
        return value

    def logits(self, x: Any) -> Any:
        found = self.module(x)
        if not hasattr(found, "detach") or found.ndim != 2 or len(found) != len(x):
            text = _("the module must return logits of shape (N, classes); it returned {what}.")
            raise WrongReturnError(text.format(what=describe(found)))
        return found

    def scores(self, X: Any) -> np.ndarray:
        """Logits for standardised images, in evaluation."""
        import torch

        self.module.eval()
        with torch.no_grad():
            parts = [self.logits(part).cpu().numpy() for part in X.split(_AT_ONCE)]
        return np.concatenate(parts)

    def accuracy(self, X: Any, y: np.ndarray) -> float:
        """The share of right answers on up to 2,000 images."""
        return float(np.mean(self.scores(X[:_SAMPLE]).argmax(axis=1) == y[:_SAMPLE]))


class _Scorer:
    """A trained module as ``Training`` asks a network: for scores of images of 0..255."""

    def __init__(self, trainer: _Trainer) -> None:
        self._trainer = trainer

    def __call__(self, **_weights: Any) -> "_Scorer":
        return self

    def loss(self, X: np.ndarray) -> np.ndarray:
        """Logits for images (N, height, width) of 0..255."""
        return self._trainer.scores(self._trainer.as_tensor(X))


def _standardised(images: np.ndarray) -> tuple[float, float]:
    return float(images.mean()), float(images.std())


def distorted(x: Any, generator: Any) -> Any:
    """Images (N, 1, height, width) by small random affine maps: turned by up to 12 degrees,
    slanted, up to an eighth larger or smaller, and moved by up to 2 of 28 pixels.

    LeCun et al. (1998, section III-C) trained LeNet-5 on such distorted digits, too.
    """
    import torch
    from torch.nn.functional import affine_grid, grid_sample

    def between(low: float, high: float, *shape: int) -> Any:
        return low + (high - low) * torch.rand(len(x), *shape, generator=generator)

    angle, size, slant = between(-0.21, 0.21), between(0.875, 1.125), between(-0.25, 0.25)
    shift = between(-1 / 7, 1 / 7, 2)
    cosine, sine = size * angle.cos(), size * angle.sin()
    rows = (
        torch.stack([cosine, slant - sine, shift[:, 0]], dim=1),
        torch.stack([sine, cosine, shift[:, 1]], dim=1),
    )
    grid = affine_grid(torch.stack(rows, dim=1).to(x.device), x.shape, align_corners=False)
    background = x.amin()
    return grid_sample(x - background, grid, align_corners=False) + background
