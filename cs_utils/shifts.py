"""What a shift of a few pixels does to a trained network: a fully connected and a convolutional
one, of similar size, on Fashion-MNIST."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from cs_utils.datasets import Images, fashion_mnist
from cs_utils.language import _
from cs_utils.machine import one_thread
from cs_utils.progress_bar import progress_bar

FURTHEST = 6
DIRECTIONS = ((0, 1), (0, -1), (1, 0), (-1, 0))
NAMES = ("fully connected", "convolutional")
_BATCH = 100
_EPOCHS = {"fully connected": 8, "convolutional": 4}
_FASTEST = {"fully connected": 5e-3, "convolutional": 1e-2}


@dataclass(frozen=True)
class Robustness:
    """How one network stands shifts.

    parameters: how many it learned; shifts: in pixels, shape (count,); accuracy: the share of test
    images that it gets right at each shift, mean over four directions, shape (count,).
    """

    name: str
    parameters: int
    shifts: np.ndarray
    accuracy: np.ndarray


def framed(images: np.ndarray, margin: int = FURTHEST) -> np.ndarray:
    """Pictures of 0..255, (count, height, width), as floats of 0..1 in a black frame that leaves
    room to shift them: (count, 1, height + 2 margin, width + 2 margin)."""
    around = ((0, 0), (margin, margin), (margin, margin))
    return np.pad(images.astype(np.float32) / 255, around)[:, None]


def shifted(x: Any, down: int, right: int) -> Any:
    """Pictures (..., H, W) moved by so many pixels; what leaves on one side comes in on the other,
    which in a wide enough frame is black."""
    return np.roll(x, (down, right), axis=(-2, -1))


def compare_networks(images: Images | None = None, epochs: int | None = None) -> list[Robustness]:
    """Train both networks on pictures in the middle of a frame, then try them on shifted ones.

    images: Fashion-MNIST by default; epochs: as many as each network needs by default.
    Raises ImportError without PyTorch and DatasetError without the data.
    """
    images = images or fashion_mnist()
    train = framed(images.train_images), images.train_labels.astype(np.int64)
    test = framed(images.test_images), images.test_labels.astype(np.int64)
    planned = {name: epochs or _EPOCHS[name] for name in NAMES}
    steps = -(-len(train[0]) // _BATCH) * sum(planned.values())
    found = []
    with progress_bar(steps, _("batch")) as bar, one_thread():
        for name in NAMES:
            network = _trained(name, *train, planned[name], bar)
            found.append(_tried(name, network, *test))
    return found


def _network(name: str, side: int) -> Any:
    from torch import nn

    if name == "fully connected":
        return nn.Sequential(nn.Flatten(), nn.Linear(side * side, 12), nn.ReLU(), nn.Linear(12, 10))
    return nn.Sequential(
        nn.Conv2d(1, 16, 5, stride=2, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 40, 5, padding=2),
        nn.ReLU(),
        nn.AdaptiveMaxPool2d(1),
        nn.Flatten(),
        nn.Linear(40, 10),
    )


def _trained(name: str, x: np.ndarray, y: np.ndarray, epochs: int, bar: Any) -> Any:
    """A network of this name after so many epochs; the same numbers on every run."""
    import torch

    device = _device()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = _network(name, x.shape[-1]).to(device)
    order = torch.Generator().manual_seed(0)
    inputs, labels = torch.from_numpy(x).to(device), torch.from_numpy(y).to(device)
    optimiser = torch.optim.Adam(network.parameters())
    steps = -(-len(x) // _BATCH) * epochs
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _FASTEST[name], total_steps=steps)
    for _epoch in range(epochs):
        for batch in torch.randperm(len(x), generator=order).to(device).split(_BATCH):
            loss = torch.nn.functional.cross_entropy(network(inputs[batch]), labels[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            bar.update()
    return network


def _tried(name: str, network: Any, x: np.ndarray, y: np.ndarray) -> Robustness:
    shifts = range(FURTHEST + 1)
    accuracy = [
        np.mean(
            [
                _share_right(network, shifted(x, s * down, s * right), y)
                for down, right in (DIRECTIONS if s else DIRECTIONS[:1])
            ]
        )
        for s in shifts
    ]
    parameters = sum(p.numel() for p in network.parameters())
    return Robustness(name, parameters, np.array(shifts), np.array(accuracy))


def _share_right(network: Any, x: np.ndarray, y: np.ndarray) -> float:
    import torch

    with torch.no_grad():
        parts = torch.from_numpy(np.ascontiguousarray(x)).to(_device()).split(_BATCH)
        found = torch.cat([network(part).argmax(dim=1) for part in parts])
    return float(np.mean(found.cpu().numpy() == y))


def _device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"
