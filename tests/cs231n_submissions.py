"""What the tests of layers written for CS231n share: right files, changed ones, their verdicts."""

from pathlib import Path
from typing import Any

from cs_utils.cs231n.loading import load
from cs_utils.cs231n.worker import checked

FILES = Path(__file__).parent / "cs231n_files"
LAYERS, OPTIM = FILES / "layers.py", FILES / "optim.py"


def written(folder: Path, *changes: tuple[str, str], source: Path = LAYERS) -> Path:
    """The right file with some of its text exchanged."""
    text = source.read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path = folder / source.name
    path.write_text(text)
    return path


def result_of(path: Path, name: str) -> dict[str, Any]:
    return checked(load(path), name)
