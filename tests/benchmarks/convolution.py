"""The reference convolution layer beside PyTorch's: ``python -m tests.benchmarks.convolution``.

Forward and backward in float32 over layers of five networks, on the CPU with equally many threads
on both sides, in turn, after a warm-up: medians, their ratio, and its geometric mean. Then the
lesson's loops against im2col, and where there is a GPU ``torch_layers`` against cuDNN.
"""

import argparse
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

from autograder.release import lesson_sources, source_notebook
from solutions import torch_layers
from solutions.numpy_convolution import conv_backward_im2col, conv_forward_im2col

_READY = "CONVOLUTION_BENCHMARK"
# Each library chooses its own instructions; a setting that holds one of them back is not passed on.
_HELD_BACK = (
    "ATEN_CPU_CAPABILITY",
    "DNNL_MAX_CPU_ISA",
    "MKL_ENABLE_INSTRUCTIONS",
    "ONEDNN_MAX_CPU_ISA",
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
)
# Both libraries' threads keep spinning for a while after their work and would slow the other's.
_PAUSE = 0.03
_LESSON = "03_convolution"

Run = Callable[[], Any]


@dataclass(frozen=True)
class Shape:
    """A layer: batch, channels and side of its input, filters, kernel size, stride, padding."""

    name: str
    batch: int
    channels: int
    side: int
    filters: int
    kernel: int
    stride: int = 1
    padding: int = 0

    def arrays(self, batch: int | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Random x, w and b."""
        rng = np.random.default_rng(0)
        x = (batch or self.batch, self.channels, self.side, self.side)
        w = (self.filters, self.channels, self.kernel, self.kernel)
        x_array, w_array, b = (
            rng.standard_normal(s, dtype=np.float32) for s in (x, w, (self.filters,))
        )
        return x_array, w_array, b


# The first layer and one of each kind that follows. AlexNet's second layer without its two groups;
# where a stride of 2 leaves a row over, 224 or 56 pixels are one less, which gives the same output.
SHAPES = (
    Shape("LeNet-5 C1, 5x5", 64, 1, 32, 6, 5),
    Shape("LeNet-5 C3, 5x5", 128, 6, 14, 16, 5),
    Shape("AlexNet conv1, 11x11/4", 4, 3, 227, 96, 11, stride=4),
    Shape("AlexNet conv2, 5x5", 2, 96, 27, 256, 5, padding=2),
    Shape("AlexNet conv3, 3x3", 4, 256, 13, 384, 3, padding=1),
    Shape("VGG-16 conv1_1, 3x3", 1, 3, 224, 64, 3, padding=1),
    Shape("VGG-16 conv2_2, 3x3", 1, 128, 112, 128, 3, padding=1),
    Shape("VGG-16 conv5_1, 3x3", 2, 512, 14, 512, 3, padding=1),
    Shape("GoogLeNet conv1, 7x7/2", 2, 3, 223, 64, 7, stride=2, padding=3),
    Shape("GoogLeNet 3a, 1x1", 8, 192, 28, 64, 1),
    Shape("GoogLeNet 3a, 3x3", 8, 96, 28, 128, 3, padding=1),
    Shape("GoogLeNet 3a, 5x5", 16, 16, 28, 32, 5, padding=2),
    Shape("GoogLeNet 4e, 1x1", 8, 528, 14, 256, 1),
    Shape("ResNet-50 conv2, 1x1", 2, 64, 56, 256, 1),
    Shape("ResNet-50 conv2, 3x3", 2, 64, 56, 64, 3, padding=1),
    Shape("ResNet-50 conv3, 1x1/2", 2, 256, 55, 512, 1, stride=2),
    Shape("ResNet-50 conv3, 3x3/2", 4, 128, 55, 128, 3, stride=2, padding=1),
    Shape("ResNet-50 conv5, 3x3", 4, 512, 7, 512, 3, padding=1),
    Shape("ResNet-50 conv5, 1x1", 8, 512, 7, 2048, 1),
)
LECTURE = Shape("10 filters of 5x5 on 32x32x3", 8, 3, 32, 10, 5, padding=2)


def main() -> None:
    """Measure and print the tables, in a fresh process with the wanted number of threads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    if _READY not in os.environ:
        _start_again(arguments.threads)
    torch.set_num_threads(arguments.threads)
    _settle_memory()
    console = Console()
    console.print(_machine(arguments.threads))
    rows = [
        (shape.name, *_in_turn(_numpy(shape), _pytorch(shape), arguments.rounds))
        for shape in SHAPES
    ]
    console.print(_table("forward + backward on the CPU, float32", "NumPy", rows))
    console.print(_loops())
    if torch.cuda.is_available():
        console.print(_on_the_gpu(arguments.rounds))
    else:
        console.print("No GPU here: torch_layers were not measured.")


def _start_again(threads: int) -> None:
    environment = {name: text for name, text in os.environ.items() if name not in _HELD_BACK}
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        environment[name] = str(threads)
    command = [sys.executable, "-m", "tests.benchmarks.convolution", *sys.argv[1:]]
    os.execve(sys.executable, command, {**environment, _READY: "1"})


def _settle_memory() -> None:
    """glibc keeps freed memory at hand up to a size that it learns from what was freed before, and
    asks the system for it anew beyond that. A process that trains has learned long ago; here one
    array of the largest size that counts, 32 MB, teaches it, before either library is measured."""
    np.empty(31 * 2**18, dtype=np.float32)


def _machine(threads: int) -> str:
    from threadpoolctl import threadpool_info

    blas = {
        f"{pool['internal_api']} {pool['version']} ({pool.get('architecture', '?')})"
        for pool in threadpool_info()
        if pool["user_api"] == "blas" and "numpy" in pool["filepath"]
    }
    return (
        f"{_processor()}, {os.cpu_count()} cores, {threads} threads on both sides; "
        f"Python {platform.python_version()}, NumPy {np.__version__} with {', '.join(blas)}, "
        f"PyTorch {torch.__version__} ({torch.backends.cpu.get_cpu_capability()})"
    )


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
        return names[0]
    except (OSError, IndexError):
        return platform.processor() or platform.machine()


def _numpy(shape: Shape) -> Run:
    x, w, b = shape.arrays()
    out, _cache = conv_forward_im2col(x, w, b, shape.stride, shape.padding)
    dout = _upstream(out.shape)

    def run() -> Any:
        out, cache = conv_forward_im2col(x, w, b, shape.stride, shape.padding)
        return out, *conv_backward_im2col(dout, cache)

    return run


def _pytorch(
    shape: Shape, layer: Callable[..., Any] | None = None, device: str = "cpu", batch: int = 0
) -> Run:
    layer = layer or torch.nn.functional.conv2d
    x, w, b = (torch.tensor(array, device=device) for array in shape.arrays(batch or None))
    leaves = [leaf.requires_grad_() for leaf in (x, w, b)]
    dout = torch.tensor(_upstream(layer(*leaves, shape.stride, shape.padding).shape), device=device)

    def run() -> Any:
        out = layer(*leaves, shape.stride, shape.padding)
        found = out.detach(), *torch.autograd.grad(out, leaves, dout)
        if device == "cuda":
            torch.cuda.synchronize()
        return found

    return run


def _upstream(shape: Any) -> np.ndarray:
    return np.random.default_rng(1).standard_normal(tuple(shape), dtype=np.float32)


def _in_turn(ours: Run, theirs: Run, rounds: int, pause: float = _PAUSE) -> tuple[float, float]:
    """Median seconds of both, run in turn. Raises AssertionError where they don't agree."""
    for own, other in zip(ours(), theirs(), strict=True):
        own, right = (np.asarray(torch.as_tensor(one).cpu()) for one in (own, other))
        np.testing.assert_allclose(own, right, rtol=0, atol=1e-3 * np.abs(right).max())
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for run, times in zip((ours, theirs), seconds, strict=True):
            time.sleep(pause)
            run()
            times.append(_timed(run))
    return statistics.median(seconds[0]), statistics.median(seconds[1])


def _timed(run: Run) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _table(title: str, ours: str, rows: list[tuple[str, float, float]]) -> Table:
    table = Table(title=title)
    table.add_column("layer")
    for heading in (f"{ours}, ms", "PyTorch, ms", "ratio"):
        table.add_column(heading, justify="right")
    ratios = [own / other for _name, own, other in rows]
    for (name, own, other), ratio in zip(rows, ratios, strict=True):
        table.add_row(name, f"{own * 1e3:.2f}", f"{other * 1e3:.2f}", f"{ratio:.2f}")
    table.add_section()
    table.add_row("geometric mean", "", "", f"{statistics.geometric_mean(ratios):.2f}")
    return table


def _loops() -> str:
    """The lesson's loops, once, against im2col's median after a warm-up, both on one thread: loops
    know of no second."""
    lesson = _lesson_functions()
    x, w, b = LECTURE.arrays()
    dout = _upstream((len(x), LECTURE.filters, LECTURE.side, LECTURE.side))

    def loops() -> None:
        cache = lesson["conv_forward_naive"](x, w, b, LECTURE.stride, LECTURE.padding)[1]
        lesson["conv_backward_naive"](dout, cache)

    im2col = _numpy(LECTURE)
    with threadpool_limits(1):
        slow = _timed(loops)
        im2col()
        fast = statistics.median(_timed(im2col) for _ in range(21))
    return (
        f"{LECTURE.name}, {LECTURE.batch} images, on one thread: loops {slow:.2f} s, "
        f"im2col {fast * 1e3:.2f} ms, {slow / fast:.0f} times"
    )


def _lesson_functions() -> dict[str, Any]:
    path = next(path for path in lesson_sources() if path.stem == _LESSON)
    namespace: dict[str, Any] = {"np": np, "torch": torch}
    for cell in source_notebook(path).cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            exec(cell.source, namespace)
    return namespace


def _on_the_gpu(rounds: int) -> Table:
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    own = partial(_pytorch, layer=torch_layers.Conv2dFunction.apply, device="cuda")
    cudnn = partial(_pytorch, device="cuda")
    rows = []
    for shape in SHAPES:
        batch = 16 * shape.batch
        times = _in_turn(own(shape, batch=batch), cudnn(shape, batch=batch), rounds, pause=0)
        rows.append((shape.name, *times))
    title = f"forward + backward on {torch.cuda.get_device_name()}, batches 16 times as large"
    return _table(f"{title}, float32 without TF32", "torch_layers", rows)


if __name__ == "__main__":
    main()
