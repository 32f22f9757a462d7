"""How long a convolution takes: the student's loops, their matrix product, their tensors, and
PyTorch's own layer, on the CPU and on a GPU where there is one."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from cs_utils.demonstrations import in_a_sentence, numbers, run_forward
from cs_utils.exercises.specification import WrongReturnError
from cs_utils.experiments import median_seconds
from cs_utils.language import _
from cs_utils.machine import one_thread, processor

PYTORCH = _("PyTorch's layer")
ALL_THREADS = _("PyTorch's layer, CPU, all threads")
_PATIENCE = 0.8
_CHECKED = 1e6


class Size(NamedTuple):
    """F filters, C x k x k, on N pictures of C x side x side, padded to keep the side."""

    N: int
    C: int
    F: int
    side: int
    k: int

    @property
    def products(self) -> int:
        """Multiplications of a forward pass, the padding's zeros included."""
        return self.N * self.F * self.side**2 * self.C * self.k**2


# The third is the lecture's: 10 filters of 5x5x3 on a 32x32x3 image.
SIZES = (
    Size(1, 3, 4, 8, 3),
    Size(1, 3, 8, 16, 3),
    Size(1, 3, 10, 32, 5),
    Size(4, 16, 16, 32, 3),
    Size(8, 32, 32, 56, 3),
    Size(8, 64, 64, 56, 3),
)


Way = Callable[[Size], Callable[[], Any]]


@dataclass(frozen=True)
class Times:
    """Median seconds of a forward pass, by name, for the first of the sizes; a way that takes too
    long stops early. problems: a sentence for each way that there is nothing to measure of."""

    sizes: tuple[Size, ...]
    seconds: Mapping[str, np.ndarray]
    problems: tuple[str, ...]


def measure(
    numpy_ways: Mapping[str, Callable[..., Any]],
    torch_ways: Mapping[str, Callable[..., Any]],
    sizes: tuple[Size, ...] = SIZES,
) -> Times:
    """Time forward passes in float32, smallest size first, and hold each result against PyTorch's.

    numpy_ways: the student's forward(x, w, b, stride, padding) -> (out, cache), by name.
    torch_ways: theirs on tensors, -> out; timed on the CPU, and on a GPU where there is one.
    On the CPU each has one thread; PyTorch's layer is timed once more with all.
    """
    import torch

    on_cpu, on_gpu = _("{way}, CPU"), _("{way}, GPU")
    ways: dict[str, Way] = {
        name: partial(_numpy_call, forward) for name, forward in numpy_ways.items()
    }
    tensors = {**torch_ways, PYTORCH: _conv2d}
    for name, forward in tensors.items():
        ways[on_cpu.format(way=name)] = partial(_torch_call, forward, "cpu")
    problems: list[str] = []
    with one_thread():
        seconds = _time_all(ways, sizes, problems)
    if torch.get_num_threads() > 1:
        all_threads = {ALL_THREADS: partial(_torch_call, _conv2d, "cpu")}
        seconds |= _time_all(all_threads, sizes, problems)
    if torch.cuda.is_available():
        others = {
            on_gpu.format(way=name): partial(_torch_call, forward, "cuda")
            for name, forward in tensors.items()
        }
        seconds |= _time_all(others, sizes, problems)
    return Times(sizes, seconds, tuple(problems))


def _time_all(
    ways: Mapping[str, Way], sizes: tuple[Size, ...], problems: list[str]
) -> dict[str, np.ndarray]:
    """Seconds by name; a sentence joins the problems for each way that cannot be timed."""
    seconds = {}
    for name, prepare in ways.items():
        try:
            seconds[name] = _times(prepare, sizes)
        except (Exception, SystemExit) as error:
            problems.append(f"{name}: {in_a_sentence(error).removesuffix('.')}.")
    return seconds


def hardware() -> str:
    """What the times were taken on: processor, threads, and the GPU or that there is none."""
    import torch

    text = _("{cpu}, {threads} threads at most; {gpu}; PyTorch {torch}, float32.")
    found = torch.cuda.is_available()
    gpu = torch.cuda.get_device_name() if found else _("no GPU that PyTorch can use")
    return text.format(
        cpu=processor(), threads=torch.get_num_threads(), gpu=gpu, torch=torch.__version__
    )


def _conv2d(x: Any, w: Any, b: Any, stride: int, padding: int) -> Any:
    import torch

    return torch.nn.functional.conv2d(x, w, b, stride=stride, padding=padding)


def _times(prepare: Way, sizes: tuple[Size, ...]) -> np.ndarray:
    """Seconds for the first of the sizes, as many as patience allows."""
    found: list[float] = []
    for number, size in enumerate(sizes):
        growth = size.products / sizes[number - 1].products if number else 0.0
        if found and found[-1] * growth > _PATIENCE:
            break
        found.append(_seconds(prepare(size)))
    return np.array(found)


def _seconds(call: Callable[[], Any]) -> float:
    """The median after a warm-up; a call too slow for that is timed once."""
    start = time.perf_counter()
    call()
    first = time.perf_counter() - start
    return first if first > _PATIENCE / 2 else median_seconds(call, runs=9)


def _inputs(size: Size) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    shapes = (
        (size.N, size.C, size.side, size.side),
        (size.F, size.C, size.k, size.k),
        (size.F,),
    )
    x, w, b = (rng.normal(size=shape).astype(np.float32) for shape in shapes)
    return x, w, b


def _numpy_call(forward: Callable[..., Any], size: Size) -> Callable[[], Any]:
    inputs, padding = _inputs(size), size.k // 2
    if size.products < _CHECKED:
        right = _right(size)
        out, _cache = run_forward(forward, (*inputs, 1, padding), right.shape)
        _agree(out, right, forward)
    return lambda: forward(*inputs, 1, padding)


def _torch_call(forward: Callable[..., Any], device: str, size: Size) -> Callable[[], Any]:
    import torch

    inputs = [torch.from_numpy(array).to(device) for array in _inputs(size)]
    if size.products < _CHECKED:
        right = _right(size)
        out = numbers(forward(*inputs, 1, size.k // 2), _("the output"), right.shape)
        _agree(out, right, forward)

    def call() -> None:
        with torch.no_grad():
            forward(*inputs, 1, size.k // 2)
        if device == "cuda":
            torch.cuda.synchronize()

    return call


def _right(size: Size) -> np.ndarray:
    import torch

    x, w, b = (torch.from_numpy(array).double() for array in _inputs(size))
    return torch.nn.functional.conv2d(x, w, b, padding=size.k // 2).numpy()


def _agree(out: np.ndarray, right: np.ndarray, forward: Callable[..., Any]) -> None:
    # A GPU rounds its factors to 11 bits (TF32); a wrong layer is further off.
    if not np.allclose(out, right, rtol=0.02, atol=0.02):
        text = _("{name} gives other numbers than PyTorch.")
        raise WrongReturnError(text.format(name=getattr(forward, "__name__", "function")))
