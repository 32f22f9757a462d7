"""Rebuild ``data/fashion_mnist.npz`` from Debian's package ``dataset-fashion-mnist``.

On Debian or Ubuntu: python rebuild_fashion_mnist.py. Elsewhere give it a folder that holds
the four original ``*-ubyte.gz`` files; they are held against their checksums either way.

Of every class the first 1,000 training and the first 200 test images are kept, in the order of
the original files. The arrays come out the same everywhere, and with the usual zlib the file does
too, byte for byte.
"""

import gzip
import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np

PACKAGE = "dataset-fashion-mnist"
INSIDE = "usr/share/datasets/fashion-mnist"
TARGET = Path(__file__).parent / "fashion_mnist.npz"
CHECKSUMS = Path(__file__).parent / "checksums.txt"
PER_CLASS = {"train": 1000, "test": 200}
# Of the files without their gzip wrapping, which differs from one distributor to the next.
ORIGINALS = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}


def download(folder: str) -> Path:
    """Fetch and unpack the package in this folder; returns where its data files lie."""
    subprocess.run(["apt-get", "download", PACKAGE], cwd=folder, check=True)
    package = next(Path(folder).glob(f"{PACKAGE}_*.deb"))
    subprocess.run(["dpkg-deb", "-x", str(package), folder], check=True)
    return Path(folder) / INSIDE


def read_idx(path: Path) -> np.ndarray:
    """The bytes of an IDX file as an array of the shape that its head tells."""
    content = gzip.decompress(path.read_bytes())
    if hashlib.sha256(content).hexdigest() != ORIGINALS[path.stem]:
        raise SystemExit(f"{path} is not the original file: its checksum differs")
    dimensions = content[3]
    shape = np.frombuffer(content, dtype=">i4", offset=4, count=dimensions)
    return np.frombuffer(content, dtype=np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def first_of_each_class(labels: np.ndarray, count: int) -> np.ndarray:
    """Where the first ``count`` images of each class are, in the order of the file."""
    places = [np.flatnonzero(labels == label)[:count] for label in range(10)]
    return np.sort(np.concatenate(places))


def subset(folder: Path) -> dict[str, np.ndarray]:
    """The arrays that are kept, by name."""
    arrays = {}
    for part, prefix in (("train", "train"), ("test", "t10k")):
        images = read_idx(folder / f"{prefix}-images-idx3-ubyte.gz")
        labels = read_idx(folder / f"{prefix}-labels-idx1-ubyte.gz")
        kept = first_of_each_class(labels, PER_CLASS[part])
        arrays |= {f"{part}_images": images[kept], f"{part}_labels": labels[kept]}
    return arrays


def packed(arrays: dict[str, np.ndarray]) -> bytes:
    """The arrays as a compressed .npz without dates in it."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as entries:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, array, version=(1, 0), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entries.writestr(entry, content.getvalue())
    return archive.getvalue()


def rebuild(folder: Path) -> None:
    """Write the file, and its line in ``checksums.txt``."""
    TARGET.write_bytes(packed(subset(folder)))
    line = f"{hashlib.sha256(TARGET.read_bytes()).hexdigest()}  {TARGET.name}"
    lines = CHECKSUMS.read_text().splitlines() if CHECKSUMS.exists() else []
    others = [one for one in lines if not one.endswith(f"  {TARGET.name}")]
    CHECKSUMS.write_text("\n".join([line, *others]) + "\n")
    print(line)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        rebuild(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as temporary:
            rebuild(download(temporary))
