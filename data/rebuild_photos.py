"""Rebuild ``data/photos/`` from scikit-image's wheel: pip install pillow; python rebuild_photos.py.

Any 0.26 wheel will do; the pictures inside are held against their checksums. The pixels come out
the same on every machine; another Pillow may pack them into a PNG of other bytes.
"""

import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from PIL import Image

WHEEL = "scikit-image==0.26.0"
FOLDER = Path(__file__).parent / "photos"
LONGEST_SIDE = {"chelsea": 375, "coffee": 375, "rocket": 375, "brick": 256, "grass": 256}
ORIGINALS = {
    "chelsea.png": "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb",
    "coffee.png": "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7",
    "rocket.jpg": "c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c",
    "brick.png": "7966caf324f6ba843118d98f7a07746d22f6a343430add0233eca5f6eaaa8fcf",
    "grass.png": "b6b6022426b38936c43a4ac09635cd78af074e90f42ffa8227ac8b7452d39f89",
}


def download(folder: str) -> Path:
    """Fetch the wheel into the folder with pip."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder]
    subprocess.run([*pip, WHEEL], check=True)
    return next(Path(folder).glob("scikit_image-*.whl"))


def scaled_down(original: bytes, longest_side: int) -> Image.Image:
    """The picture with its longer side of this many pixels; grey pictures stay grey."""
    picture = Image.open(io.BytesIO(original))
    scale = longest_side / max(picture.size)
    width, height = (round(side * scale) for side in picture.size)
    return picture.resize((width, height), Image.Resampling.LANCZOS)


def rebuild() -> None:
    """Write every photo and print its checksum, as ``checksums.txt`` has it."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(download(folder)) as wheel:
        for name, digest in ORIGINALS.items():
            original = wheel.read(f"skimage/data/{name}")
            if hashlib.sha256(original).hexdigest() != digest:
                raise SystemExit(f"{name} in the wheel is not the picture it was")
            stem = Path(name).stem
            path = FOLDER / f"{stem}.png"
            scaled_down(original, LONGEST_SIDE[stem]).save(path, optimize=True)
            print(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  photos/{path.name}")


if __name__ == "__main__":
    rebuild()
