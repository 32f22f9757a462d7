"""Residual networks as tables: K. He, X. Zhang, S. Ren and J. Sun, "Deep residual learning for
image recognition", CVPR 2016, table 1 and figure 5, shortcuts of kind B."""

from collections.abc import Callable

from cs_utils.exercises.architectures.tables import (
    Branches,
    Layer,
    Table,
    batchnorm,
    conv,
    global_avg_pool,
    linear,
    max_pool,
    relu,
)

# Blocks of the four stages, and whether they are bottlenecks.
BLOCKS = {
    18: ((2, 2, 2, 2), False),
    34: ((3, 4, 6, 3), False),
    50: ((3, 4, 6, 3), True),
    101: ((3, 4, 23, 3), True),
    152: ((3, 8, 36, 3), True),
}
EXPANSION = 4

Block = Callable[..., Table]


def _normalised(name: str, channels: int, kernel_size: int, stride: int = 1) -> Table:
    """A convolution without a bias, and its batchnorm."""
    layer = conv(name, channels, kernel_size, stride, kernel_size // 2, bias=False)
    return layer, batchnorm(name)


def _joined(name: str, inside: Table, in_channels: int, channels: int, stride: int) -> Table:
    """The layers beside their shortcut: x itself where it fits, else a projection."""
    fits = stride == 1 and in_channels == channels
    shortcut = () if fits else _normalised(f"{name}projection", channels, 1, stride)
    plus = f"{name}addition"
    return Branches(plus, (inside, shortcut), join="addition"), relu(plus)


def basic_block(in_channels: int, channels: int, stride: int = 1, name: str = "") -> Table:
    """Two 3x3 convolutions; the first one takes the stride."""
    first, second = f"{name}conv1", f"{name}conv2"
    inside = (
        *_normalised(first, channels, 3, stride),
        relu(first),
        *_normalised(second, channels, 3),
    )
    return _joined(name, inside, in_channels, channels, stride)


def bottleneck(
    in_channels: int,
    channels: int,
    stride: int = 1,
    name: str = "",
    stride_first: bool = False,
) -> Table:
    """1x1, 3x3 and 1x1 convolutions, the last with four times the channels.

    stride_first: the stride is taken by the first 1x1, as in the paper, and not by the 3x3, as in
    the implementations that came after it (fb.resnet.torch, torchvision).
    """
    first, second, third = (f"{name}conv{i}" for i in (1, 2, 3))
    strides = (stride, 1) if stride_first else (1, stride)
    inside = (
        *_normalised(first, channels, 1, strides[0]),
        relu(first),
        *_normalised(second, channels, 3, strides[1]),
        relu(second),
        *_normalised(third, EXPANSION * channels, 1),
    )
    return _joined(name, inside, in_channels, EXPANSION * channels, stride)


def paper_bottleneck(in_channels: int, channels: int, stride: int = 1, name: str = "") -> Table:
    """The bottleneck as the paper has it, the stride in the first 1x1."""
    return bottleneck(in_channels, channels, stride, name, stride_first=True)


def resnet(
    depth: int,
    num_classes: int = 1000,
    width: int = 64,
    deep_block: Block = bottleneck,
    blocks: tuple[int, ...] | None = None,
) -> Table:
    """The network of one of the depths in BLOCKS.

    width: channels of the first convolution, 64 in the paper; all others grow with it.
    deep_block, blocks: of the bottlenecks, and how many a stage has, where not as published.
    """
    published, is_deep = BLOCKS[depth]
    block, expansion = (deep_block, EXPANSION) if is_deep else (basic_block, 1)
    steps: list[Layer | Branches] = [*_normalised("conv1", width, 7, 2), relu("conv1")]  # type: ignore[list-item]
    steps.append(max_pool("pool1", 3, 2, padding=1))
    arriving = width
    for stage, count in enumerate(blocks or published):
        channels = width * 2**stage
        for index in range(count):
            stride = 2 if stage and not index else 1
            name = f"conv{stage + 2}_{index + 1} "
            steps += block(arriving, channels, stride, name=name)  # type: ignore[arg-type]
            arriving = expansion * channels
    return (*steps, global_avg_pool("the last pooling"), linear("fc", num_classes))
