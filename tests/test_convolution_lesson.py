"""Lesson 3: its cells solved, its pictures, photos, shifts and times."""

import runpy
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lesson_cells import Shown, assert_alive, points_of, run_notebook
from rooms import solved as solved_notebook

from cs_utils import datasets, layer_times, photos, plots, shifts
from cs_utils.demonstrations import Note
from cs_utils.kernel_side import GRADING
from cs_utils.layer_times import Size
from solutions import numpy_convolution as right
from solutions.torch_layers import conv_forward_torch

LESSON = "03_convolution"
IMAGE = [[2, 2, 3, 3, 3], [0, 1, 3, 0, 3], [2, 3, 0, 1, 3], [3, 3, 2, 1, 2], [3, 3, 0, 2, 3]]
KERNEL = [[2, 0, 1], [1, 0, 0], [0, 1, 1]]
PRINTED = [[1, 6, 5], [7, 10, 9], [7, 10, 8]]
TINY = (Size(1, 2, 3, 6, 3), Size(2, 2, 3, 8, 3))


def unwritten(*_arguments: Any, **_options: Any) -> Any:
    raise NotImplementedError


def raising(*_arguments: Any, **_options: Any) -> Any:
    raise ZeroDivisionError("division by zero")


def returning_none(*_arguments: Any, **_options: Any) -> Any:
    return None


def of_wrong_shape(*_arguments: Any, **_options: Any) -> Any:
    return np.zeros((2, 7)), None


def leaving(*_arguments: Any, **_options: Any) -> Any:
    sys.exit(1)


def naive_matrix(w: Any, height: int, width: int, stride: int = 1, padding: int = 0) -> Any:
    """Dense, column by column: what the layer makes of one bright pixel."""
    pixels = np.eye(height * width).reshape(-1, 1, height, width)
    out, _cache = right.conv_forward_im2col(pixels, w, np.zeros(len(w)), stride, padding)
    return out.reshape(height * width, -1).T


def lesson_plots(replacement: Callable[..., Any] | None = None) -> dict[str, Callable[[], Any]]:
    """Every plot of a student's function, with right functions or the replacement for them all."""

    def own(function: Callable[..., Any]) -> Callable[..., Any]:
        return replacement or function

    photo = photos.photo("chelsea")
    grey, forward = photo[60:100, 100:180, 0], own(right.conv_forward_im2col)
    kernels = {"blur": np.full((3, 3), 1 / 9), "edges": np.array([[-1, 0, 1]])}
    filters = {"mean": np.full((3, 5, 5), 1 / 75), "last": np.ones((3, 5, 5))}
    return {
        "channels": lambda: plots.channels(own(right.image_to_tensor), photo),
        "filtered": lambda: plots.filtered(own(right.filter2d), grey, kernels),
        "equivariance": lambda: plots.equivariance(
            own(right.filter2d), grey, np.ones((3, 3)), side=40, shift=20
        ),
        "strides": lambda: plots.strides(own(right.conv_output_size)),
        "padded_example": lambda: plots.padded_example(forward, IMAGE, KERNEL, PRINTED),
        "activation_maps": lambda: plots.activation_maps(forward, photo[:20, :24], filters),
        "windows_as_columns": lambda: plots.windows_as_columns(
            own(right.im2col), np.arange(9).reshape(3, 3)
        ),
        "layer_as_matrix": lambda: plots.layer_as_matrix(own(naive_matrix), KERNEL, 5, 1),
        "sparse_matrix": lambda: plots.layer_as_matrix(own(right.conv_matrix), KERNEL, 5, 1),
    }


PLOTS = tuple(lesson_plots(unwritten))


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Shown]:
    return run_notebook(solved_notebook(LESSON), tmp_path_factory.mktemp("solved"))


def test_every_solved_cell_earns_its_points(solved: dict[str, Shown]) -> None:
    points = points_of(solved).values()
    assert len(points) == 22 and sum(points) == 60


def test_solved_every_picture_and_claim_is_there(solved: dict[str, Shown]) -> None:
    assert_alive(solved, claim_tables=13)


def test_the_errata_are_shown(solved: dict[str, Shown]) -> None:
    rows = solved["all-claims"].text.splitlines()
    refuted = [row.split("  ")[0] for row in rows if row.endswith("  no")]
    assert refuted == [
        "the layer is the slide's f * g",
        "the padded example's result is 3x3",
        "0.1 around 2 sharpens",
        "zero-padding with (F - 1)/2 preserves size, F = 4",
    ]


def test_what_the_text_says_of_shifts_is_what_the_picture_shows(solved: dict[str, Shown]) -> None:
    connected, convolutional = (
        [int(value) for value in part.split(": ")[1].removesuffix(" %").split(", ")]
        for part in solved["shift-accuracy"].caption.split("pixels. ")[1].rstrip(".").split("; ")
    )
    assert abs(connected[0] - convolutional[0]) <= 3
    assert connected[3] < 0.65 * connected[0] and connected[6] < 0.35 * connected[0]
    assert min(convolutional) >= convolutional[0] - 10
    assert convolutional[4] > convolutional[2]


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_tells_what_it_shows(name: str) -> None:
    picture = lesson_plots()[name]()
    assert isinstance(picture, plots.Picture), picture
    html = picture._repr_html_()
    assert "<img alt='" in html and "data:image/png;base64," in html
    assert len(picture.alt) > 40 and "nan" not in repr(picture)
    for axes in picture.figure.axes:
        if axes.axison and axes.get_xticks().size:
            assert axes.get_xlabel() or axes.get_ylabel()


@pytest.mark.parametrize("name", PLOTS)
def test_an_unwritten_function_is_named(name: str) -> None:
    note = lesson_plots(unwritten)[name]()
    assert str(note) == "not written yet: this comes alive once unwritten works"


@pytest.mark.parametrize("name", PLOTS)
@pytest.mark.parametrize("wrong", [raising, returning_none, of_wrong_shape, leaving])
def test_a_wrong_function_gives_a_sentence(name: str, wrong: Callable[..., Any]) -> None:
    note = lesson_plots(wrong)[name]()
    assert isinstance(note, Note)
    assert "not right yet" in str(note) and "Traceback" not in str(note)


def test_pictures_without_a_students_function() -> None:
    assert "75 products" in plots.layer_volumes().alt
    picture = plots.pixels(photos.photo("coffee"), 100, 100)
    assert "red from" in picture.alt and picture.png()


def test_the_padded_example_is_measured_not_assumed() -> None:
    def with_a_flip(x: Any, w: Any, b: Any, stride: int, padding: int) -> Any:
        return right.conv_forward_im2col(x, w[:, :, ::-1, ::-1], b, stride, padding)

    picture = plots.padded_example(right.conv_forward_im2col, IMAGE, KERNEL, PRINTED)
    assert "first row 1 6 5 6 6" in picture.alt and "is what the slide prints" in picture.alt
    other = plots.padded_example(with_a_flip, IMAGE, KERNEL, PRINTED)
    assert "is not what the slide prints" in other.alt


def test_strides_say_what_the_function_says() -> None:
    assert "stride 3: doesn't fit" in plots.strides(right.conv_output_size).alt
    rounding_down = plots.strides(lambda n, k, stride, padding: (n - k) // stride + 1)
    assert "stride 3: 2 windows" in rounding_down.alt


@pytest.mark.parametrize("name", photos.NAMES)
def test_a_photo_is_an_array_of_bytes(name: str) -> None:
    photo = photos.photo(name)
    assert photo.dtype == np.uint8 and photo.shape[2] == 3 and max(photo.shape) <= 400
    assert photo.std() > 10
    is_grey = name in ("brick", "grass")
    assert is_grey == bool((photo == photo[..., :1]).all())


def test_all_photos_are_small_and_known() -> None:
    files = sorted((datasets.DATA / "photos").iterdir())
    assert [file.stem for file in files] == sorted(photos.NAMES)
    assert sum(file.stat().st_size for file in files) < 600_000


def test_the_rebuild_script_makes_these_photos() -> None:
    script = datasets.DATA / "rebuild_photos.py"
    module = runpy.run_path(str(script))
    assert [Path(name).stem for name in module["ORIGINALS"]] == list(photos.NAMES)
    for name, side in module["LONGEST_SIDE"].items():
        assert max(photos.photo(name).shape) == side
    small = module["scaled_down"]((datasets.DATA / "photos" / "brick.png").read_bytes(), 64)
    assert small.size == (64, 64) and small.mode == "L"


def test_a_photo_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"no photo 'dog'; there are chelsea, coffee"):
        photos.photo("dog")
    shutil.copy(datasets.DATA / datasets.CHECKSUMS, tmp_path)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "brick.png").write_bytes(b"no picture")
    monkeypatch.setattr(datasets, "DATA", tmp_path)
    with pytest.raises(datasets.DatasetError, match=r"missing.*data/rebuild_photos\.py"):
        photos.photo("coffee")
    with pytest.raises(datasets.DatasetError, match="damaged"):
        photos.photo("brick")


def few_images() -> datasets.Images:
    data = datasets.fashion_mnist()
    return datasets.Images(*(array[:100] for array in data))


def test_both_networks_are_tried_at_every_shift() -> None:
    found = shifts.compare_networks(few_images(), epochs=1)
    assert [network.name for network in found] == list(shifts.NAMES)
    assert [network.parameters for network in found] == [19_342, 16_866]
    for network in found:
        assert network.shifts.tolist() == list(range(7)) and network.accuracy.shape == (7,)
        assert ((network.accuracy >= 0) & (network.accuracy <= 1)).all()
    again = shifts.compare_networks(few_images(), epochs=1)
    assert all((one.accuracy == two.accuracy).all() for one, two in zip(found, again, strict=True))


def test_a_shift_cuts_nothing_off() -> None:
    images = few_images().test_images
    x = shifts.framed(images)
    assert x.shape == (100, 1, 40, 40) and x.max() == 1
    for down, right_ in shifts.DIRECTIONS:
        moved = shifts.shifted(x, shifts.FURTHEST * down, shifts.FURTHEST * right_)
        top, left = 6 + 6 * down, 6 + 6 * right_
        assert (moved[:, 0, top : top + 28, left : left + 28] == x[:, 0, 6:34, 6:34]).all()


def test_the_shift_picture_names_both_networks() -> None:
    picture = plots.shift_accuracy(images=few_images(), epochs=1)
    assert isinstance(picture, plots.Picture)
    assert "fully connected" in picture.caption and "convolutional" in picture.caption


def test_times_of_every_way() -> None:
    picture = plots.convolution_times(
        right.conv_forward_im2col, right.conv_forward_im2col, conv_forward_torch, sizes=TINY
    )
    assert isinstance(picture, plots.Picture), picture
    assert "your loops" in picture.caption and "your tensors, CPU" in picture.caption
    assert "GPU" in picture.caption and "threads" in picture.caption


@pytest.mark.parametrize("wrong", [unwritten, raising, returning_none, of_wrong_shape, leaving])
def test_a_way_that_does_not_work_stops_no_other(wrong: Callable[..., Any]) -> None:
    picture = plots.convolution_times(wrong, right.conv_forward_im2col, wrong, sizes=TINY)
    assert isinstance(picture, plots.Picture), picture
    assert "your loops: not" in picture.caption and "your im2col " in picture.caption


def test_a_way_with_other_numbers_is_not_timed() -> None:
    def doubled(*inputs: Any) -> Any:
        out, cache = right.conv_forward_im2col(*inputs)
        return 2 * out, cache

    times = layer_times.measure({"own": doubled}, {}, TINY)
    assert "own" not in times.seconds
    assert times.problems == (
        "own: not right yet: doubled gives other numbers than PyTorch. Its check says more.",
    )


def test_while_grading_nothing_is_trained_or_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(GRADING, "1")
    for shown in (plots.shift_accuracy(), plots.convolution_times(raising, raising, raising)):
        assert isinstance(shown, Note) and "graded" in str(shown)


def test_without_pytorch_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    for shown in (plots.shift_accuracy(), plots.convolution_times(raising, raising, raising)):
        assert isinstance(shown, Note) and "PyTorch" in str(shown)


def test_without_data_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "DATA", tmp_path)
    assert "rebuild_fashion_mnist" in str(plots.shift_accuracy())
