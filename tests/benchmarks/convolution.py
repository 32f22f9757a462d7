"""The reference convolution layers beside PyTorch's, over those of five networks: rows for
``tests.benchmarks.layers``; what bounds each; the lesson's loops against im2col; and where there is
a GPU ``torch_layers`` against cuDNN."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from autograder.releasing.release import lesson_sources, source_notebook
from solutions import torch_layers
from solutions.fast_convolution import algorithm, conv_backward, conv_forward, rows_together
from solutions.numpy_convolution import conv_backward_im2col, conv_forward_im2col
from tests.benchmarks.measuring import Rates, Row, Run, in_turn, timed, upstream

_LESSON = "03_convolution"
_FLOAT = 4


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

    def sizes(self, batch: int | None = None) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The shapes of x and w."""
        x = (batch or self.batch, self.channels, self.side, self.side)
        return x, (self.filters, self.channels, self.kernel, self.kernel)

    def arrays(self, batch: int | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Random x, w and b."""
        rng = np.random.default_rng(0)
        shapes = *self.sizes(batch), (self.filters,)
        x, w, b = (rng.standard_normal(shape, dtype=np.float32) for shape in shapes)
        return x, w, b


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


def convolution_rows(rounds: int, rates: Rates) -> list[Row]:
    """Forward and backward of every layer, its way, what each part of it takes at the machine's
    rates at least, in milliseconds, and which of them is the larger."""
    rows = []
    for shape in SHAPES:
        way = algorithm(*shape.sizes(), shape.stride, shape.padding)
        operations, moved = work(shape, way)
        product, memory = operations / rates.product, moved / rates.memory
        notes = (
            way,
            f"{work(shape)[0] / work(shape)[1]:.0f}",
            f"{product * 1e3:.2f}",
            f"{memory * 1e3:.2f}",
            "matrix product" if product > memory else "memory",
        )
        numpy = _numpy(shape, conv_forward, conv_backward)
        rows.append(Row(shape.name, *in_turn(numpy, _pytorch(shape), rounds), notes))
    return rows


def work(shape: Shape, way: str = "pointwise") -> tuple[int, int]:
    """(operations, bytes) of forward and backward in one of ``fast_convolution``'s ways: of the
    matrix products, and of the arrays that are written and read, each time they are.

    Without a way those of the layer itself: what it must multiply, and its inputs and outputs.
    """
    (N, C, H, W), (F, _C, k, _k) = shape.sizes()
    side = (shape.side + 2 * shape.padding - k) // shape.stride + 1
    positions = N * side * side
    # Forward reads x and w and writes out; backward reads x, w and dout and writes dx and dw.
    moved = 3 * N * C * H * W + 3 * F * C * k * k + 2 * F * positions
    operations = 3 * 2 * F * C * k * k * positions
    if way == "columns":
        together = rows_together(F, k, side, shape.stride)
        column = C * k * (k + shape.stride * (together - 1))
        operations = 3 * 2 * F * column * positions
        # Written, read for the output, read for dw; their gradient written and read.
        moved += 5 * column * positions // together
    elif way.startswith("tiles"):
        tile = int(way.split()[-1])
        tiles, entries = N * (-(-side // tile)) ** 2, (tile + k - 1) ** 2
        on_x, on_out = (2 * 2 * entries * n * tiles for n in (entries * C, tile * tile * F))
        on_w = 2 * 2 * entries * k * k * F * C
        operations = 3 * 2 * entries * tiles * F * C + on_x + on_out + on_w
        # Tiles of x: gathered, transformed, twice multiplied; their gradient likewise. Products
        # and their gradient; transformed weights and theirs.
        moved += entries * (9 * tiles * C + 5 * tiles * F + 5 * F * C)
    return operations, _FLOAT * moved


def _numpy(shape: Shape, forward: Callable[..., Any], backward: Callable[..., Any]) -> Run:
    x, w, b = shape.arrays()
    dout = upstream(forward(x, w, b, shape.stride, shape.padding)[0].shape)

    def run() -> Any:
        out, cache = forward(x, w, b, shape.stride, shape.padding)
        return out, *backward(dout, cache)

    return run


def _pytorch(
    shape: Shape, layer: Callable[..., Any] | None = None, device: str = "cpu", batch: int = 0
) -> Run:
    layer = layer or torch.nn.functional.conv2d
    x, w, b = (torch.tensor(array, device=device) for array in shape.arrays(batch or None))
    leaves = [leaf.requires_grad_() for leaf in (x, w, b)]
    dout = torch.tensor(upstream(layer(*leaves, shape.stride, shape.padding).shape), device=device)

    def run() -> Any:
        out = layer(*leaves, shape.stride, shape.padding)
        found = out.detach(), *torch.autograd.grad(out, leaves, dout)
        if device == "cuda":
            torch.cuda.synchronize()
        return found

    return run


def loops_beside_im2col() -> str:
    """The lesson's loops, once, against im2col's median after a warm-up, both on one thread: loops
    know of no second."""
    lesson = _lesson_functions()
    x, w, b = LECTURE.arrays()
    dout = upstream((len(x), LECTURE.filters, LECTURE.side, LECTURE.side))

    def loops() -> None:
        cache = lesson["conv_forward_naive"](x, w, b, LECTURE.stride, LECTURE.padding)[1]
        lesson["conv_backward_naive"](dout, cache)

    im2col = _numpy(LECTURE, conv_forward_im2col, conv_backward_im2col)
    with threadpool_limits(1):
        slow = timed(loops)
        im2col()
        fast = statistics.median(timed(im2col) for _ in range(21))
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


def gpu_rows(rounds: int) -> list[Row]:
    """``torch_layers`` beside F.conv2d on the GPU, both without TF32, batches 16 times as large,
    and the MiB that each allocates beyond its inputs."""
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    rows = []
    for shape in SHAPES:
        on_gpu = partial(_pytorch, shape, device="cuda", batch=16 * shape.batch)
        own, cudnn = on_gpu(torch_layers.Conv2dFunction.apply), on_gpu()
        times = in_turn(own, cudnn, rounds, on_gpu=True)
        memory = tuple(f"{_allocated(run) / 2**20:.0f}" for run in (own, cudnn))
        rows.append(Row(shape.name, *times, memory))
    return rows


def _allocated(run: Run) -> int:
    """Bytes that a run holds on the GPU at its peak, beyond what is there before it."""
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    run()
    return torch.cuda.max_memory_allocated() - before
