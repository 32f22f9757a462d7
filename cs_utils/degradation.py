"""Does a network get better with more layers? The same small network in growing depth, made of the
student's blocks and trained on Fashion-MNIST, always in the same way; and how large activations are
many layers on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cs_utils.datasets import Images, fashion_mnist
from cs_utils.demonstrations import Note, in_a_sentence
from cs_utils.exercises.layers import describe
from cs_utils.exercises.specification import WrongReturnError
from cs_utils.kernel_side import is_grading
from cs_utils.language import _
from cs_utils.machine import one_thread
from cs_utils.progress_bar import progress_bar
from cs_utils.small_network import as_tensor

DEPTHS = (8, 20, 44)
STEPS = 160
WIDTH = 16
BATCH = 128
# Convolutions of ResNet-34.
LAYERS = 33

_LEARNING_RATE, _MOMENTUM, _WEIGHT_DECAY = 0.05, 0.9, 1e-4
_AT_THE_END = 40
# Of the pixels of Fashion-MNIST, from 0 to 1.
_MEAN, _DEVIATION = 0.286, 0.353
_SCALED_CHANNELS, _SCALED_SIDE = 64, 14


@dataclass(frozen=True)
class Depths:
    """Networks of one kind of block after their training.

    depths: weighted layers of each. losses: of every batch, nats, shape (networks, steps).
    networks: in evaluation mode; all but the last layer of one gives features.
    """

    depths: tuple[int, ...]
    losses: np.ndarray
    networks: tuple[Any, ...]

    @property
    def final_losses(self) -> np.ndarray:
        """The mean training loss over the last batches, (networks,)."""
        return self.losses[:, -_AT_THE_END:].mean(axis=1)

    def __repr__(self) -> str:
        parts = (
            _("{depth} layers: {loss:.2f}").format(depth=depth, loss=loss)
            for depth, loss in zip(self.depths, self.final_losses, strict=True)
        )
        return _("Training loss at the end: {parts}.").format(parts="; ".join(parts))

    def features(self, images: np.ndarray, depth: int) -> np.ndarray:
        """What the last layer of the network of this depth gets to see: (count, WIDTH).

        images: (count, 28, 28) of 0..255.
        """
        import torch

        network = self.networks[self.depths.index(depth)]
        device = next(network.parameters()).device
        with torch.no_grad(), one_thread():
            parts = [network[:-1](some.to(device)) for some in _standardised(images).split(500)]
        return torch.cat(parts).cpu().numpy()


def train_depths(
    block: Callable[..., Any],
    depths: Sequence[int] = DEPTHS,
    steps: int = STEPS,
    images: Images | None = None,
) -> Depths | Note:
    """Train networks of these depths, all from the same seed, with the same batches and steps.

    block: called as ``block(channels, channels)``, gives a module of two convolutions that keeps
    the shape of (N, channels, H, W). Returns a Note where it is not written or not right yet, and
    in a grader's kernel.
    """
    if is_grading():
        return Note(_("While a notebook is graded it trains nothing: that would earn no points."))
    total = steps * sum(depths)
    try:
        networks = [_network(block, depth) for depth in depths]
        with progress_bar(total, _("batch")) as bar, one_thread():
            data = images or fashion_mnist()
            losses = [
                _trained(network, data, steps, lambda n=depth: bar.update(n))  # type: ignore[misc]
                for depth, network in zip(depths, networks, strict=True)
            ]
    except (Exception, SystemExit) as error:
        return Note(in_a_sentence(error))
    return Depths(tuple(depths), np.array(losses), tuple(networks))


def final_losses(depths: Depths | Note) -> np.ndarray:
    """``Depths.final_losses``. Raises ValueError where there are no networks."""
    if isinstance(depths, Note):
        raise ValueError(_("there are no networks yet"))
    return depths.final_losses


def depth_features(depths: Depths | Note, images: np.ndarray, depth: int) -> np.ndarray | Note:
    """``Depths.features``; the Note where there are no networks."""
    return depths if isinstance(depths, Note) else depths.features(images, depth)


def _network(block: Callable[..., Any], depth: int) -> Any:
    """A convolution, blocks of two, the global mean, a linear layer: depth layers with weights."""
    import torch
    from torch import nn

    blocks = [block(WIDTH, WIDTH) for _pair in range((depth - 2) // 2)]
    for one in blocks:
        if not isinstance(one, nn.Module):
            text = _("a block must be a torch.nn.Module; this is {what}")
            raise WrongReturnError(text.format(what=describe(one)))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(depth)
        network = nn.Sequential(
            nn.Conv2d(1, WIDTH, 7, stride=4, padding=3, bias=False),
            nn.BatchNorm2d(WIDTH),
            nn.ReLU(),
            *blocks,
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(WIDTH, 10),
        )
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    return network.to("cuda" if torch.cuda.is_available() else "cpu")


def _standardised(images: np.ndarray) -> Any:
    return (as_tensor(images) - _MEAN) / _DEVIATION


def _trained(network: Any, data: Images, steps: int, notice: Callable[[], Any]) -> list[float]:
    """The loss of every batch; the network comes out in evaluation mode."""
    import torch

    device = next(network.parameters()).device
    x = _standardised(data.train_images).to(device)
    y = torch.from_numpy(data.train_labels.astype(np.int64)).to(device)
    order = torch.Generator().manual_seed(0)
    optimiser = torch.optim.SGD(
        network.parameters(), _LEARNING_RATE, _MOMENTUM, weight_decay=_WEIGHT_DECAY
    )
    losses: list[float] = []
    while len(losses) < steps:
        for chosen in torch.randperm(len(x), generator=order).split(BATCH)[: steps - len(losses)]:
            batch = chosen.to(device)
            loss = torch.nn.functional.cross_entropy(network(x[batch]), y[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
            notice()
    network.eval()
    return losses


def scales_through_layers(gain: float) -> np.ndarray:
    """Standard deviation of a random input and behind each of LAYERS convolutions with ReLU,
    (LAYERS + 1,).

    gain: the weights have variance gain / fan-in; 1 is Xavier's where as many channels go out as
    come in.
    """
    import torch

    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, _SCALED_CHANNELS, _SCALED_SIDE, _SCALED_SIDE, generator=generator)
    found = [float(x.std())]
    shape = (_SCALED_CHANNELS, _SCALED_CHANNELS, 3, 3)
    deviation = (gain / (9 * _SCALED_CHANNELS)) ** 0.5
    with torch.no_grad(), one_thread():
        for _layer in range(LAYERS):
            w = deviation * torch.randn(shape, generator=generator)
            # Around the edge, so that no zeros of a padding make the maps smaller.
            framed = torch.nn.functional.pad(x, (1, 1, 1, 1), mode="circular")
            x = torch.nn.functional.conv2d(framed, w).relu()
            found.append(float(x.std()))
    return np.array(found)
