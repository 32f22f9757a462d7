"""Looking into a trained network, on tensors of any device: what a class's score hangs on, where a
channel answers most, and what it would like to see."""

from collections.abc import Callable

import torch
from torch import Tensor, nn


def strongest_units(maps: Tensor, channel: int, count: int) -> Tensor:
    """The strongest unit of a channel in each image, strongest image first.

    maps: (N, C, H, W). Returns whole numbers (image, row, column), shape (count, 3).
    """
    strongest, place = maps[:, channel].flatten(1).max(dim=1)
    images = strongest.argsort(descending=True)[:count]
    rows, columns = torch.unravel_index(place[images], maps.shape[2:])
    return torch.stack([images, rows, columns], dim=1)


def occlusion_map(
    model: nn.Module, image: Tensor, label: int, size: int, stride: int, fill: float = 0.5
) -> Tensor:
    """The label's probability with a patch of size x size pixels at each place, row by row.

    image: (3, H, W). Returns ((H - size) // stride + 1, (W - size) // stride + 1).
    """
    model.eval()
    tops, lefts = (range(0, side - size + 1, stride) for side in image.shape[1:])
    rows = []
    for top in tops:
        hidden = image.repeat(len(lefts), 1, 1, 1)
        for one, left in zip(hidden, lefts, strict=True):
            one[:, top : top + size, left : left + size] = fill
        with torch.no_grad():
            rows.append(model(hidden).softmax(dim=1)[:, label])
    return torch.stack(rows)


def saliency_map(model: nn.Module, image: Tensor, label: int) -> Tensor:
    """The largest |d score / d pixel| of the three channels. image: (3, H, W). Returns (H, W)."""
    model.eval()
    leaf = image.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(model(leaf[None])[0, label], leaf)
    return gradient.abs().amax(dim=0)


def maximise_activation(
    model: nn.Module,
    image: Tensor,
    channel: int,
    steps: int,
    learning_rate: float,
    regularise: Callable[[Tensor], Tensor],
) -> Tensor:
    """The image after so many steps of length learning_rate up the mean of a channel's map, each
    followed by ``regularise``. image: (3, H, W). Returns (3, H, W)."""
    model.eval()
    for _step in range(steps):
        leaf = image.detach().clone().requires_grad_()
        (gradient,) = torch.autograd.grad(model(leaf[None])[0, channel].mean(), leaf)
        step = torch.nn.functional.normalize(gradient.flatten(), dim=0).reshape(image.shape)
        image = regularise(leaf.detach() + learning_rate * step)
    return image
