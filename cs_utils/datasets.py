"""The course's real data: read from ``data/`` beside this package, never from the network.

A file is held against its checksum before it is used; ``data/README.md`` tells licence and origin.
"""

import functools
import hashlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cs_utils.language import _

# An installed course keeps its data under a name of its own: "data" could be anybody's package.
_PLACES = [Path(__file__).parent.parent / name for name in ("data", "convnet_course_data")]
DATA = next((place for place in _PLACES if place.is_dir()), _PLACES[0])
CHECKSUMS = "checksums.txt"
FASHION_CLASSES = (
    "T-shirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)


class DatasetError(OSError):
    """A data file is missing or damaged; the text names it and the command that rebuilds it."""


class Images(NamedTuple):
    """Pictures to learn from and pictures held out, uint8; a label is the number of a class.

    Shapes: images (count, height, width), labels (count,).
    """

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


def fashion_mnist() -> Images:
    """10,000 training and 2,000 test images of Fashion-MNIST, 28 x 28 grey values 0..255.

    Every class of ``FASHION_CLASSES`` has a tenth of each. Each call gives fresh arrays.
    Raises DatasetError. Source: Xiao, Rasul and Vollgraf, arXiv:1708.07747.
    """
    return _images("fashion_mnist.npz")


def mnist() -> Images:
    """10,000 training and 2,000 test images of MNIST, digits by hand, 28 x 28 grey values 0..255.

    Every digit has a tenth of each. Each call gives fresh arrays. Raises DatasetError.
    Source: LeCun, Bottou, Bengio and Haffner, Proc. IEEE 86 (1998).
    """
    return _images("mnist.npz")


def _images(name: str) -> Images:
    with np.load(data_file(name), allow_pickle=False) as stored:
        return Images(*(stored[field] for field in Images._fields))


def data_file(name: str) -> Path:
    """The path of a file below ``data/``, its content held against ``checksums.txt``.

    Raises DatasetError where it is missing or is not what it should be.
    """
    path = DATA / name
    if not path.is_file():
        raise DatasetError(_("{path} is missing. {advice}").format(path=path, advice=_advice(name)))
    if _digest(path, path.stat().st_mtime_ns) != _checksum(name):
        text = _("{path} is damaged: its checksum is not the one in {checksums}. {advice}")
        raise DatasetError(text.format(path=path, checksums=CHECKSUMS, advice=_advice(name)))
    return path


def _checksum(name: str) -> str:
    """What ``checksums.txt`` says of a file; '' where it says nothing."""
    try:
        lines = (DATA / CHECKSUMS).read_text().splitlines()
    except OSError:
        lines = []
    return next((line.split()[0] for line in lines if line.endswith(f"  {name}")), "")


@functools.cache
def _digest(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _advice(name: str) -> str:
    """``photos/coffee.png`` is rebuilt by ``data/rebuild_photos.py``."""
    script = f"data/rebuild_{Path(Path(name).parts[0]).stem}.py"
    text = _("Take it from the course again, or rebuild it with:  python {script}")
    return text.format(script=script)
