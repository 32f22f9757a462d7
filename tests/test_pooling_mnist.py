"""The shipped MNIST: what it holds, and that its script reads a pickle without running it."""

import gzip
import hashlib
import importlib.util
import os
import pickle
import sys
import zlib
from types import ModuleType

import numpy as np
import pytest

from cs_utils import datasets


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "rebuild_mnist", datasets.DATA / "rebuild_mnist.py"
    )
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(datasets.DATA))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(datasets.DATA))
    return module


def test_mnist_is_what_it_says() -> None:
    data = datasets.mnist()
    shapes = [(10_000, 28, 28), (10_000,), (2_000, 28, 28), (2_000,)]
    assert [array.shape for array in data] == shapes
    assert all(array.dtype == np.uint8 for array in data)
    assert np.bincount(data.train_labels).tolist() == [1_000] * 10
    assert np.bincount(data.test_labels).tolist() == [200] * 10
    assert data.train_images.max() == 255
    # The first digits of LeCun's files.
    assert data.train_labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert data.test_labels[:5].tolist() == [7, 2, 1, 0, 4]


def test_no_test_image_is_a_training_image() -> None:
    data = datasets.mnist()
    learned = {image.tobytes() for image in data.train_images}
    assert not [image for image in data.test_images if image.tobytes() in learned]


def test_packing_gives_the_shipped_file(script: ModuleType) -> None:
    packed = script.packed(datasets.mnist()._asdict())
    if "ng" not in zlib.ZLIB_RUNTIME_VERSION:
        line = f"{hashlib.sha256(packed).hexdigest()}  mnist.npz"
        assert line in (datasets.DATA / datasets.CHECKSUMS).read_text()


def test_the_pickle_gives_back_bytes(script: ModuleType) -> None:
    data = datasets.mnist()
    images, labels = data.train_images[:6], data.train_labels[:6].astype(np.int64)
    brightness = (images / 256).astype(np.float32).reshape(6, 784)
    parts = tuple((brightness[i : i + 2], labels[i : i + 2]) for i in (0, 2, 4))
    found = script.read_pickle(gzip.compress(pickle.dumps(parts, protocol=4)))
    np.testing.assert_array_equal(found["train"][0], images[:4])
    np.testing.assert_array_equal(found["t10k"][0], images[4:])
    np.testing.assert_array_equal(found["train"][1], labels[:4])


def test_a_pickle_of_anything_else_is_refused(script: ModuleType) -> None:
    class Evil:
        def __reduce__(self) -> tuple:
            return os.system, ("true",)

    with pytest.raises(pickle.UnpicklingError, match=r"posix.system is no part of an array"):
        script.read_pickle(gzip.compress(pickle.dumps(Evil())))
    with pytest.raises(pickle.UnpicklingError, match="is no part of an array"):
        script.read_pickle(gzip.compress(pickle.dumps(np.random.default_rng)))


def test_other_bytes_than_lecuns_are_refused(script: ModuleType) -> None:
    array = np.zeros((2, 28, 28), np.uint8)
    assert script.idx(array)[:16] == bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28])
    with pytest.raises(SystemExit, match="not the content of t10k-images-idx3-ubyte"):
        script.require_original("t10k-images-idx3-ubyte", array)
