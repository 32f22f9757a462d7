"""The pretrained network, what it is looked into with, and the pictures of it."""

import copy
import importlib.util
import sys
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from cs_utils import datasets, looking, photos, plots, pretrained
from cs_utils.demonstrations import Note
from cs_utils.kernel_side import GRADING
from cs_utils.plots import wishes
from solutions import torch_seeing as right

EGYPTIAN_CAT, ESPRESSO = 285, 967


@pytest.fixture(scope="module")
def network() -> Any:
    return pretrained.squeezenet()


class TestNetwork:
    def test_size_and_mode(self, network: Any) -> None:
        parameters = list(network.parameters())
        assert sum(parameter.numel() for parameter in parameters) == 1_235_496
        assert not network.training and not any(one.requires_grad for one in parameters)
        assert all(parameter.dtype == torch.float32 for parameter in parameters)

    def test_it_knows_the_photos(self, network: Any) -> None:
        found = pretrained.best_classes(network, pretrained.picture("chelsea"), 3)
        assert found[0][0] == EGYPTIAN_CAT and {label for label, _p in found} == {281, 282, 285}
        ((label, share),) = pretrained.best_classes(network, pretrained.picture("coffee"), 1)
        assert label == ESPRESSO and 0.9 < share <= 1

    def test_red_and_blue_are_not_swapped(self, network: Any) -> None:
        """On the wrong way round the coffee would be less of an espresso."""
        coffee = pretrained.picture("coffee")
        shares = [
            dict(pretrained.best_classes(network, image, 1000))[ESPRESSO]
            for image in (coffee, coffee.flip(0))
        ]
        assert shares[1] < 0.8 * shares[0]

    def test_a_part_of_it(self, network: Any) -> None:
        maps = pretrained.up_to(network, "fire5")(torch.zeros(1, 3, 227, 227))
        assert maps.shape == (1, 256, 28, 28)
        with pytest.raises(ValueError, match="no layer 'fire1'; there are normalise, conv1"):
            pretrained.up_to(network, "fire1")
        with pytest.raises(ValueError, match="no layer 'pool10'"):
            pretrained.windows_up_to("pool10")

    @pytest.mark.parametrize(
        ("layer", "channel", "size", "place"),
        [
            ("conv1", 5, 3, (50, 7)),
            ("fire3", 63, 15, (28, 20)),
            ("fire3", 64, 23, (28, 20)),
            ("fire5", 127, 47, (14, 10)),
            ("fire5", 128, 63, (14, 10)),
        ],
    )
    def test_what_a_unit_sees_is_where_its_gradient_is(
        self, network: Any, layer: str, channel: int, size: int, place: tuple[int, int]
    ) -> None:
        part = open_everywhere(pretrained.up_to(network, layer))
        image = torch.zeros(1, 3, 227, 227).requires_grad_()
        (gradient,) = torch.autograd.grad(part(image)[0, channel, place[0], place[1]], image)
        rows, columns = torch.nonzero(gradient[0].abs().sum(dim=0), as_tuple=True)
        top, left, side = pretrained.seen_by(layer, *place, channel)
        assert side == size
        assert (int(rows.min()), int(rows.max())) == (top, top + side - 1)
        assert (int(columns.min()), int(columns.max())) == (left, left + side - 1)

    def test_a_picture(self) -> None:
        image = pretrained.picture("rocket", 100)
        assert image.shape == (3, 100, 100) and image.min() >= 0 and image.max() <= 1
        assert pretrained.as_picture(np.full((40, 60, 3), 51, np.uint8), 20).allclose(
            torch.tensor(0.2)
        )
        assert pretrained.class_name(ESPRESSO) == "espresso"
        assert pretrained.class_name(7) == "class 7"


def open_everywhere(part: Any) -> Any:
    """The same layers with positive weights and means in place of maxima: all is let through."""
    layers = []
    for layer in copy.deepcopy(part):
        for parameter in layer.parameters():
            parameter.data = parameter.data.abs() + 1e-3
        is_pool = isinstance(layer, torch.nn.MaxPool2d)
        layers.append(torch.nn.AvgPool2d(3, 2, ceil_mode=True) if is_pool else layer)
    # Without what makes black negative.
    return torch.nn.Sequential(*layers[1:])


class TestData:
    def test_the_file_is_small_and_of_half_precision(self) -> None:
        path = datasets.data_file("squeezenet.npz")
        assert path.stat().st_size < 2_400_000
        with np.load(path, allow_pickle=False) as stored:
            assert len(stored.files) == 52
            assert {stored[name].dtype for name in stored.files} == {np.dtype(np.float16)}
            assert sum(stored[name].size for name in stored.files) == 1_235_496

    def test_the_rebuild_script_packs_it_as_it_is(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "h5py", torch)  # not needed to pack
        path = datasets.DATA / "rebuild_squeezenet.py"
        spec = importlib.util.spec_from_file_location("rebuild_squeezenet", path)
        assert spec and spec.loader
        script = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(script)
        packed = datasets.data_file("squeezenet.npz")
        with np.load(packed, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        assert list(arrays) == [f"{layer}.{part}" for layer in script.LAYERS for part in PARTS]
        if "ng" not in zlib.ZLIB_RUNTIME_VERSION:
            assert script.packed(arrays) == packed.read_bytes()


PARTS = ("weight", "bias")


class TestLooking:
    def test_tiles_lie_side_by_side(self) -> None:
        tiles = looking.tiles()
        assert tiles.shape == (26, 3, 227, 227)
        assert len({tile.sum().item() for tile in tiles}) == 26

    def test_a_shift_of_nothing_changes_nothing(self, network: Any) -> None:
        found = looking.change_by_shift(network, "coffee", 0)
        assert set(found) == {*looking.DEPTHS, "scores"} and set(found.values()) == {0.0}

    def test_a_picture_is_like_itself(self, network: Any) -> None:
        cat = pretrained.picture("chelsea")
        alike = looking.likeness(network, cat, cat)
        assert np.allclose(list(alike.values()), 1, atol=1e-5)

    def test_a_blur_keeps_the_light(self) -> None:
        flat = torch.full((3, 9, 7), 0.3)
        torch.testing.assert_close(looking.blurred(flat, 1.5), flat)
        point = torch.zeros(3, 15, 15)
        point[:, 7, 7] = 1
        soft = looking.blurred(point, 1.0)
        assert abs(float(soft[0].sum()) - 1) < 1e-5 and soft[0, 7, 7] == soft.max() < 0.2
        torch.testing.assert_close(soft, soft.transpose(1, 2))

    def test_gently(self) -> None:
        image = 3 * torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(0))
        gentle = looking.Gentle()
        once, twice = gentle(image), gentle(image)
        assert once.shape == image.shape and once.min() >= 0 and once.max() <= 1
        assert not torch.equal(once, twice)
        assert torch.equal(once, looking.Gentle()(image))

    def test_while_grading_nothing_is_measured(
        self, network: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(GRADING, "1")
        assert looking.by_depth(network) == {}


def test_reference_maps(network: Any) -> None:
    """The maps of the shipped photos, by the references: where the coffee and the cat live."""
    coffee = pretrained.picture("coffee")
    hidden = right.occlusion_map(network, coffee, ESPRESSO, 64, 54)
    assert hidden.shape == (4, 4)
    expected = [[0.947, 0.727, 0.578, 0.978], [0.976, 0.557, 0.717, 0.990]]
    assert np.allclose(hidden[:2], expected, atol=0.02), hidden[:2].numpy().round(2).tolist()
    assert hidden[2:].min() > 0.9
    saliency = right.saliency_map(network, coffee, ESPRESSO)
    coarse = torch.nn.functional.avg_pool2d(saliency[None], 75)[0]
    assert coarse.argmax() == 4 and coarse.max() > 2 * coarse[2, 2]


def pictures(replacement: Callable[..., Any] | None, network: Any) -> dict[str, Any]:
    """Every picture of a student's function, small; or the replacement for them all."""

    def own(function: Callable[..., Any]) -> Callable[..., Any]:
        return replacement or function

    labels, channels = {"coffee": ESPRESSO}, {"conv1": (2, 20)}
    climb = own(right.maximise_activation)
    return {
        "strongest_patches": lambda: plots.strongest_patches(
            own(right.strongest_units), network, channels, count=2
        ),
        "occlusion": lambda: plots.occlusion(
            own(right.occlusion_map), network, labels, size=90, stride=68
        ),
        "saliency": lambda: plots.saliency(own(right.saliency_map), network, labels),
        "maximised": lambda: plots.maximised(climb, network, channels, steps=3, side=32),
        "fooled": lambda: plots.fooled(climb, network, "chelsea", ESPRESSO, steps=3),
    }


NAMES = tuple(pictures(None, None))


def unwritten(*_arguments: Any, **_options: Any) -> Any:
    raise NotImplementedError


def raising(*_arguments: Any, **_options: Any) -> Any:
    raise ZeroDivisionError("division by zero")


def returning_none(*_arguments: Any, **_options: Any) -> Any:
    return None


def of_wrong_shape(*_arguments: Any, **_options: Any) -> Any:
    return torch.zeros(2, 7)


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_tells_what_it_shows(name: str, network: Any) -> None:
    picture = pictures(None, network)[name]()
    assert isinstance(picture, plots.Picture), picture
    assert "<img alt='" in picture._repr_html_()
    assert picture.caption and "nan" not in repr(picture)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("wrong", [unwritten, raising, returning_none, of_wrong_shape])
def test_a_function_that_does_not_work(name: str, wrong: Callable[..., Any], network: Any) -> None:
    note = pictures(wrong, network)[name]()
    assert isinstance(note, Note) and "Traceback" not in str(note)
    assert ("not written yet" if wrong is unwritten else "not right yet") in str(note)


def test_pictures_without_a_function(network: Any) -> None:
    shown = plots.predictions(network, ["coffee"], count=2)
    assert "coffee: espresso 0.9" in shown.alt
    filters = plots.learned_filters(network)
    assert "64 filters" in filters.caption and len(filters.figure.axes) == 64
    maps = plots.feature_maps(network, "coffee", count=1)
    assert "fire9: 14 x 14 units, each sees 207 x 207 pixels" in maps.caption
    lines = plots.by_depth({"share": {"coffee": looking.silent(network, "coffee")}})
    assert "share, coffee: conv1 0." in lines.alt
    assert lines.figure.axes[0].get_xlabel() == "layer"
    for picture in (shown, filters, maps, lines):
        assert len(picture.png()) > 1000


def test_a_patch_beyond_the_edge_is_grey() -> None:
    image = np.ones((10, 10, 3))
    patch = wishes._patch(image, -2, 5, 8)
    assert patch.shape == (8, 8, 3)
    assert (patch[:2] == 0.5).all() and (patch[:, 5:] == 0.5).all() and (patch[2:, :5] == 1).all()


def test_what_takes_long_shows_its_progress(
    network: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where a student's function is called, whose own output is kept quiet."""
    with looking.progress(1, "step") as bar:
        bar.delay, bar.mininterval = 0, 0
        plots.attribution._occlusion(
            right.occlusion_map, network, {"coffee": ESPRESSO}, 200, 200, bar
        )
    assert "1/1" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["occlusion", "maximised"])
def test_while_grading_nothing_is_made(
    name: str, network: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(GRADING, "1")
    assert "graded" in str(pictures(raising, network)[name]())


def test_without_the_file_it_says_so(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "DATA", tmp_path)
    with pytest.raises(datasets.DatasetError, match=r"data/rebuild_squeezenet\.py"):
        pretrained.squeezenet()
    assert photos.NAMES
