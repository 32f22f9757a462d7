"""The tables that papers and lecture print, by the name of the class that the student writes."""

from collections.abc import Callable
from typing import NamedTuple

from cs_utils.exercises.architectures.alexnet import alexnet_table
from cs_utils.exercises.architectures.googlenet import googlenet_table
from cs_utils.exercises.architectures.lenet import lenet_table
from cs_utils.exercises.architectures.tables import Table
from cs_utils.exercises.architectures.vgg import vgg_table


class Published(NamedTuple):
    """A network's table, for arguments of its class, and the images (C, H, W) it was made for."""

    table: Callable[..., Table]
    input_shape: tuple[int, int, int]


PUBLISHED = {
    "LeNet5": Published(lenet_table, (1, 28, 28)),
    "AlexNet": Published(alexnet_table, (3, 227, 227)),
    "VGG16": Published(vgg_table, (3, 224, 224)),
    "GoogLeNet": Published(googlenet_table, (3, 224, 224)),
}


class LectureRow(NamedTuple):
    """A row of the lecture's table of GoogLeNet, and the paper's counts for it.

    patch: kernel size/stride, or ''. size: height, width, channels of the output. depth: layers
    with weights, one behind the other. parameters, operations: as the paper prints them, in
    thousands and in millions; None where it prints nothing.
    """

    kind: str
    patch: str
    size: tuple[int, int, int]
    depth: int
    parameters: float | None = None
    operations: float | None = None


# Lecture: GoogLeNet; Szegedy et al., arXiv:1409.4842, table 1. Softmax is left to the loss.
GOOGLENET_ROWS = (
    LectureRow("convolution", "7x7/2", (112, 112, 64), 1, 2.7, 34),
    LectureRow("max pool", "3x3/2", (56, 56, 64), 0),
    LectureRow("convolution", "3x3/1", (56, 56, 192), 2, 112, 360),
    LectureRow("max pool", "3x3/2", (28, 28, 192), 0),
    LectureRow("inception (3a)", "", (28, 28, 256), 2, 159, 128),
    LectureRow("inception (3b)", "", (28, 28, 480), 2, 380, 304),
    LectureRow("max pool", "3x3/2", (14, 14, 480), 0),
    LectureRow("inception (4a)", "", (14, 14, 512), 2, 364, 73),
    LectureRow("inception (4b)", "", (14, 14, 512), 2, 437, 88),
    LectureRow("inception (4c)", "", (14, 14, 512), 2, 463, 100),
    LectureRow("inception (4d)", "", (14, 14, 528), 2, 580, 119),
    LectureRow("inception (4e)", "", (14, 14, 832), 2, 840, 170),
    LectureRow("max pool", "3x3/2", (7, 7, 832), 0),
    LectureRow("inception (5a)", "", (7, 7, 832), 2, 1072, 54),
    LectureRow("inception (5b)", "", (7, 7, 1024), 2, 1388, 71),
    LectureRow("avg pool", "7x7/1", (1, 1, 1024), 0),
    LectureRow("dropout (40%)", "", (1, 1, 1024), 0),
    LectureRow("linear", "", (1, 1, 1000), 1, 1000, 1),
)
