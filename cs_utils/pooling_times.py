"""How long max pooling takes, forward and backward: the student's loops, their layer without loops,
and PyTorch's."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from cs_utils.demonstrations import in_a_sentence, run_backward, run_forward
from cs_utils.exercises.specification import WrongReturnError
from cs_utils.experiments import median_seconds
from cs_utils.language import _
from cs_utils.machine import one_thread, processor

_PATIENCE = 0.8
_CHECKED = 1e5


class Size(NamedTuple):
    """k x k windows, stride s, on N pictures of C x side x side."""

    N: int
    C: int
    side: int
    k: int
    s: int

    @property
    def windows(self) -> int:
        """How many windows a forward pass looks at."""
        return self.N * self.C * ((self.side - self.k) // self.s + 1) ** 2


# The last two are AlexNet's first pooling layer, and VGG's second for a batch of eight.
SIZES = (
    Size(1, 2, 8, 2, 2),
    Size(1, 8, 16, 2, 2),
    Size(4, 16, 28, 2, 2),
    Size(1, 96, 55, 3, 2),
    Size(8, 128, 112, 2, 2),
)
Pair = tuple[Callable[..., Any], Callable[..., Any]]


@dataclass(frozen=True)
class Times:
    """Median seconds of forward and backward together, by name, for the first of the sizes; a way
    that takes too long stops early. problems: a sentence for each way that cannot be measured."""

    sizes: tuple[Size, ...]
    seconds: Mapping[str, np.ndarray]
    problems: tuple[str, ...]


def measure(ways: Mapping[str, Pair], sizes: tuple[Size, ...] = SIZES) -> Times:
    """Time the student's pairs (forward, backward), and PyTorch's layer, in float32 and on one
    thread, smallest size first; small results are held against PyTorch's."""
    seconds, problems = {}, []
    with one_thread():
        for name, pair in ways.items():
            try:
                seconds[name] = _times(partial(_numpy_call, pair), sizes)
            except (Exception, SystemExit) as error:
                problems.append(f"{name}: {in_a_sentence(error).removesuffix('.')}.")
        seconds[_("PyTorch")] = _times(_torch_call, sizes)
    return Times(sizes, seconds, tuple(problems))


def ratios(times: Times) -> str:
    """Each way beside PyTorch's layer, at the largest size that both did."""
    *others, right = times.seconds.items()
    parts = []
    for name, seconds in others:
        last = len(seconds) - 1
        ratio, windows = seconds[last] / right[1][last], times.sizes[last].windows
        shown = f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.2g}"
        text = _("{name} {ratio} times (at {windows:,} windows)")
        parts.append(text.format(name=name, ratio=shown, windows=windows))
    text = _("Beside PyTorch's time on one thread of the CPU: {parts}.")
    return text.format(parts="; ".join(parts)) if parts else ""


def hardware() -> str:
    """What the times were taken on."""
    import torch

    text = _("{cpu}; NumPy {numpy}, PyTorch {torch}, float32.")
    return text.format(cpu=processor(), numpy=np.__version__, torch=torch.__version__)


def _times(prepare: Callable[[Size], Callable[[], Any]], sizes: tuple[Size, ...]) -> np.ndarray:
    found: list[float] = []
    for number, size in enumerate(sizes):
        growth = size.windows / sizes[number - 1].windows if number else 0.0
        if found and found[-1] * growth > _PATIENCE:
            break
        found.append(median_seconds(prepare(size), runs=5))
    return np.array(found)


def _inputs(size: Size) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    side = (size.side - size.k) // size.s + 1
    shapes = (size.N, size.C, size.side, size.side), (size.N, size.C, side, side)
    x, dout = (rng.normal(size=shape).astype(np.float32) for shape in shapes)
    return x, dout


def _numpy_call(pair: Pair, size: Size) -> Callable[[], Any]:
    (forward, backward), (x, dout) = pair, _inputs(size)
    if size.windows < _CHECKED:
        out, cache = run_forward(forward, (x, size.k, size.s), dout.shape)
        (dx,) = run_backward(backward, dout, cache, [x.shape])
        for own, right, function in zip((out, dx), _right(size), pair, strict=True):
            if not np.allclose(own, right, atol=1e-4):
                text = _("{name} gives other numbers than PyTorch.")
                raise WrongReturnError(text.format(name=getattr(function, "__name__", "function")))
    return lambda: backward(dout, forward(x, size.k, size.s)[1])


def _torch_call(size: Size) -> Callable[[], Any]:
    import torch

    x, dout = (torch.from_numpy(array) for array in _inputs(size))
    x.requires_grad_()

    def call() -> Any:
        out = torch.nn.functional.max_pool2d(x, size.k, size.s)
        return torch.autograd.grad(out, x, dout)

    return call


def _right(size: Size) -> tuple[np.ndarray, np.ndarray]:
    import torch

    x, dout = (torch.from_numpy(array) for array in _inputs(size))
    x.requires_grad_()
    out = torch.nn.functional.max_pool2d(x, size.k, size.s)
    (dx,) = torch.autograd.grad(out, x, dout)
    return out.detach().numpy(), dx.numpy()
