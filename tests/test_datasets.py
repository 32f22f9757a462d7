"""The shipped data: what it holds, that it is found, and what is said where it is not right."""

import gzip
import hashlib
import importlib.util
import shutil
import subprocess
import sys
import zlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from cs_utils import datasets


def test_fashion_mnist_is_what_it_says() -> None:
    data = datasets.fashion_mnist()
    assert [array.shape for array in data] == [
        (10_000, 28, 28),
        (10_000,),
        (2_000, 28, 28),
        (2_000,),
    ]
    assert all(array.dtype == np.uint8 for array in data)
    assert np.bincount(data.train_labels).tolist() == [1_000] * 10
    assert np.bincount(data.test_labels).tolist() == [200] * 10
    assert data.train_images.min() == 0 and data.train_images.max() == 255
    assert len(datasets.FASHION_CLASSES) == 10


def test_no_test_image_is_a_training_image() -> None:
    data = datasets.fashion_mnist()
    learned = {image.tobytes() for image in data.train_images}
    assert not [image for image in data.test_images if image.tobytes() in learned]


def test_every_call_gives_fresh_arrays() -> None:
    datasets.fashion_mnist().train_images[:] = 0
    assert datasets.fashion_mnist().train_images.any()


def test_every_file_has_its_checksum() -> None:
    lines = (datasets.DATA / datasets.CHECKSUMS).read_text().splitlines()
    names = [line.split("  ", 1)[1] for line in lines]
    assert len(names) == len(set(names))
    for name in names:
        assert datasets.data_file(name).is_file()


def test_a_missing_file_is_named_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets, "DATA", tmp_path)
    with pytest.raises(datasets.DatasetError) as told:
        datasets.fashion_mnist()
    assert str(tmp_path / "fashion_mnist.npz") in str(told.value)
    assert "missing" in str(told.value) and "data/rebuild_fashion_mnist.py" in str(told.value)
    with pytest.raises(datasets.DatasetError, match=r"data/rebuild_photos\.py"):
        datasets.data_file("photos/none.png")


def test_a_damaged_file_is_named_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(datasets.DATA / datasets.CHECKSUMS, tmp_path)
    content = bytearray((datasets.DATA / "fashion_mnist.npz").read_bytes())
    content[1_000_000] ^= 1
    (tmp_path / "fashion_mnist.npz").write_bytes(content)
    monkeypatch.setattr(datasets, "DATA", tmp_path)
    with pytest.raises(datasets.DatasetError, match=r"fashion_mnist\.npz is damaged.*rebuild_"):
        datasets.fashion_mnist()


def test_the_data_is_found_beside_the_package(tmp_path: Path) -> None:
    """As in the student bundle and in the grader's sandbox, from whatever folder one works in."""
    package = Path(datasets.__file__).parent
    course, elsewhere = tmp_path / "course", tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copytree(package, course / "cs_utils", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(datasets.DATA, course / "data")
    code = "from cs_utils import datasets; print(datasets.DATA, len(datasets.fashion_mnist()[0]))"
    environment = {"PYTHONPATH": str(course)}
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=elsewhere, env=environment, capture_output=True, text=True
    )
    assert run.stdout.split() == [str(course / "data"), "10000"], run.stderr


def rebuilder() -> ModuleType:
    path = datasets.DATA / "rebuild_fashion_mnist.py"
    spec = importlib.util.spec_from_file_location("rebuild_fashion_mnist", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_packing_is_reproducible_and_loses_nothing() -> None:
    script, data = rebuilder(), datasets.fashion_mnist()._asdict()
    few = {name: array[:50] for name, array in data.items()}
    packed = script.packed(few)
    assert packed == script.packed(few)
    if "ng" not in zlib.ZLIB_RUNTIME_VERSION:
        digest = hashlib.sha256(script.packed(data)).hexdigest()
        assert f"{digest}  fashion_mnist.npz" in (datasets.DATA / datasets.CHECKSUMS).read_text()


def test_the_first_of_each_class_are_kept_in_order() -> None:
    labels = np.array([1, 0, 1, 1, 0, 0])
    kept = rebuilder().first_of_each_class(labels, 2)
    assert kept.tolist() == [0, 1, 2, 4]


def test_a_file_that_is_not_the_original_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "train-labels-idx1-ubyte.gz"
    path.write_bytes(gzip.compress(b"\0\0\x08\x01\0\0\0\x01\x05"))
    with pytest.raises(SystemExit, match="not the original"):
        rebuilder().read_idx(path)
