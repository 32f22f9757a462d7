"""Rebuild ``held_out/fashion_mnist.npz``: 2,500 test images of Fashion-MNIST that students do not
get, 250 of each class, the first behind those in ``data/fashion_mnist.npz``.

    python -m autograder.judging.held_out.rebuild [FOLDER]

As ``data/rebuild_fashion_mnist.py``, which see for origin and licence (MIT).
"""

import hashlib
import runpy
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from autograder.judging.held_out import FILE, PER_CLASS, SHA256
from cs_utils.datasets import DATA


def rebuild(folder: Path, script: dict[str, Any]) -> None:
    """Write the file from the four original files in ``folder``."""
    images = script["read_idx"](folder / "t10k-images-idx3-ubyte.gz")
    labels = script["read_idx"](folder / "t10k-labels-idx1-ubyte.gz")
    shipped = script["PER_CLASS"]["test"]
    kept = np.setdiff1d(
        script["first_of_each_class"](labels, shipped + PER_CLASS),
        script["first_of_each_class"](labels, shipped),
    )
    content = script["packed"]({"images": images[kept], "labels": labels[kept]})
    FILE.write_bytes(content)
    found = hashlib.sha256(content).hexdigest()
    print(found, FILE.name, "as it should be" if found == SHA256 else "not the known checksum")


if __name__ == "__main__":
    rebuilding = runpy.run_path(str(DATA / "rebuild_fashion_mnist.py"))
    if len(sys.argv) > 1:
        rebuild(Path(sys.argv[1]), rebuilding)
    else:
        with tempfile.TemporaryDirectory() as temporary:
            rebuild(rebuilding["download"](temporary), rebuilding)
