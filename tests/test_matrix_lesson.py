"""Lesson 2: its cells solved, its pictures, and the training of a network."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from lesson_cells import Shown, assert_alive, points_of, run_notebook
from rooms import solved as solved_notebook

from cs_utils import datasets, plots, training
from cs_utils.demonstrations import Note
from cs_utils.kernel_side import GRADING
from cs_utils.training import Training
from solutions import numpy_layers as right

LESSON = "02_matrix_backprop"
X, W = (
    np.array([[2.0, 1, -3], [-3, 4, 2]]),
    np.array([[3.0, 2, 1, -1], [2, 1, 3, 2], [3, 2, 1, -2]]),
)


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


def first_weights(rng: np.random.Generator, hidden: int = 100) -> dict[str, np.ndarray]:
    return {
        "w1": right.kaiming_init(784, hidden, rng),
        "b1": np.zeros(hidden),
        "w2": right.xavier_init(hidden, 10, rng),
        "b2": np.zeros(10),
    }


def clothes(count: int | None = None) -> tuple[np.ndarray, ...]:
    data = datasets.fashion_mnist()
    train_x, test_x = data.train_images[:count] / 255 - 0.5, data.test_images[:count] / 255 - 0.5
    return train_x, data.train_labels[:count], test_x, data.test_labels[:count]


MOMENTUM = training.with_momentum(right.sgd_momentum)


def short(
    network: Callable[..., Any] = right.TwoLayerNet,
    initial: Callable[..., Any] = first_weights,
    optimiser: training.Optimiser = MOMENTUM,
    **options: Any,
) -> Any:
    """A training on 200 images."""
    options = {"epochs": 2, "batch_size": 20} | options
    return training.train(network, initial, optimiser, clothes(200), **options)


def lesson_plots(replacement: Callable[..., Any] | None = None) -> dict[str, Callable[[], Any]]:
    """Every plot of a student's function, with right functions or the replacement for them all."""

    def own(function: Callable[..., Any]) -> Callable[..., Any]:
        return replacement or function

    image = np.arange(784).reshape(28, 28) % 256
    return {
        "touched_row": lambda: plots.touched_row(own(right.matmul_forward), X, W, 0, 1),
        "jacobian_blocks": lambda: plots.jacobian_blocks(own(right.matmul_jacobian_x), X, W),
        "jacobian_memory": lambda: plots.jacobian_memory(own(right.jacobian_bytes), 64, 32, 16),
        "batchnorm": lambda: plots.batchnorm_activations(own(right.batchnorm_forward)),
        "dropout": lambda: plots.dropout_masks(own(right.dropout_forward), image),
        "scales": lambda: plots.activation_scales(own(right.kaiming_init), own(right.xavier_init)),
        "paths": lambda: plots.optimiser_paths(own(right.sgd_momentum), own(right.adam)),
        "curves": lambda: plots.training_curves(short(own(right.TwoLayerNet))),
        "first_layer": lambda: plots.first_layer(short(own(right.TwoLayerNet))),
        "confusion": lambda: plots.confusion(
            short(own(right.TwoLayerNet)), *clothes(200)[2:], datasets.FASHION_CLASSES
        ),
    }


PLOTS = tuple(lesson_plots(unwritten))


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Shown]:
    return run_notebook(solved_notebook(LESSON), tmp_path_factory.mktemp("solved"))


def test_every_solved_cell_earns_its_points(solved: dict[str, Shown]) -> None:
    points = points_of(solved).values()
    assert len(points) == 18 and sum(points) == 39


def test_solved_every_picture_and_claim_is_there(solved: dict[str, Shown]) -> None:
    assert_alive(solved, claim_tables=10)


def test_the_errata_are_shown(solved: dict[str, Shown]) -> None:
    assert solved["printed-y"].text.count("  no\n") == 2
    rows = solved["all-claims"].text.splitlines()
    refuted = [row.split("  ")[0] for row in rows if row.endswith("  no")]
    assert refuted == [
        "y of the slide's x and w",
        "the only way to make shapes match up: ways, if N = D = M",
        '~256 GB, "each": dy/dw, in GiB',
    ]


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


def test_the_images_are_shown_by_class() -> None:
    data = datasets.fashion_mnist()
    picture = plots.image_samples(data.train_images, data.train_labels, datasets.FASHION_CLASSES)
    assert "ankle boot" in picture.alt


def test_what_is_touched_is_measured_not_assumed() -> None:
    def forgets_a_row(x: Any, w: Any) -> Any:
        y = x @ w
        y[0] = 0
        return y, None

    picture = plots.touched_row(forgets_a_row, X, W, 0, 1)
    assert "row none changes" in picture.caption
    blocks = plots.jacobian_blocks(lambda x, w: np.zeros((2, 3, 2, 4)), X, W)
    assert "they are not w" in blocks.alt and "100% of them zero" in blocks.caption


def test_training_lowers_the_loss_and_repeats_itself() -> None:
    trained = short(epochs=5)
    assert isinstance(trained, Training), trained
    assert trained.losses.size == 50 and trained.test_accuracy.shape == (5,)
    assert trained.losses[-10:].mean() < 0.6 * trained.losses[:10].mean()
    assert (trained.losses == short(epochs=5).losses).all()
    assert (trained.losses != short(epochs=5, seed=1).losses).any()
    assert set(trained.weights) == {"w1", "b1", "w2", "b2"} and trained.complete


def test_both_optimisers_keep_the_state_of_every_weight() -> None:
    for optimiser in (MOMENTUM, training.with_adam(right.adam)):
        trained = short(optimiser=optimiser)
        assert isinstance(trained, Training), trained
        assert trained.losses[-5:].mean() < trained.losses[:5].mean()


def test_training_starts_anew_with_the_same_optimiser() -> None:
    optimiser = training.with_adam(right.adam)
    assert (short(optimiser=optimiser).losses == short(optimiser=optimiser).losses).all()


class Unwritten(right.TwoLayerNet):
    def loss(self, X: Any, y: Any = None) -> Any:
        raise NotImplementedError


class OnlyScores(right.TwoLayerNet):
    def loss(self, X: Any, y: Any = None) -> Any:
        return super().loss(X)


class NoBias(right.TwoLayerNet):
    def loss(self, X: Any, y: Any = None) -> Any:
        loss, gradients = super().loss(X, y)
        return loss, {"w1": gradients["w1"], "w2": gradients["w2"]}


class FlatBias(right.TwoLayerNet):
    def loss(self, X: Any, y: Any = None) -> Any:
        loss, gradients = super().loss(X, y)
        return loss, gradients | {"b1": gradients["b1"][None]}


@pytest.mark.parametrize(
    ("network", "said"),
    [
        (Unwritten, "not written yet: this comes alive once loss works"),
        (OnlyScores, "must return the pair (loss, gradients)"),
        (NoBias, "the dict of gradients has no b1, b2"),
        (FlatBias, "the gradient of b1 has shape (1, 100), it must have shape (100,)"),
    ],
)
def test_a_network_that_is_not_right_gives_a_sentence(network: Any, said: str) -> None:
    note = short(network)
    assert isinstance(note, Note) and said in str(note)


@pytest.mark.parametrize("wrong", [raising, returning_none, of_wrong_shape, leaving])
def test_a_wrong_optimiser_gives_a_sentence(wrong: Callable[..., Any]) -> None:
    for optimiser in (training.with_momentum(wrong), training.with_adam(wrong)):
        assert "not right yet" in str(short(optimiser=optimiser))


def test_a_loss_that_explodes_is_told() -> None:
    note = short(optimiser=training.with_momentum(right.sgd_momentum, learning_rate=1e200))
    assert isinstance(note, Note) and "is the learning rate too large?" in str(note)


def test_a_slow_training_ends_with_what_it_has() -> None:
    trained = short(epochs=1000, patience=0.2)
    assert isinstance(trained, Training) and not trained.complete
    assert "takes too long" in repr(trained)


def test_what_a_network_prints_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    class Talking(right.TwoLayerNet):
        def loss(self, X: Any, y: Any = None) -> Any:
            print("hello")
            return super().loss(X, y)

    assert isinstance(short(Talking), Training)
    assert "hello" not in capsys.readouterr().out


def test_nothing_is_trained_while_grading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(GRADING, "1")
    note = short(raising)
    assert isinstance(note, Note) and "graded" in str(note)
    assert plots.training_curves(note) is note


def test_the_network_knows_83_per_cent_of_the_clothes() -> None:
    trained = training.train(right.TwoLayerNet, first_weights, MOMENTUM, clothes(), epochs=10)
    assert isinstance(trained, Training), trained
    assert trained.test_accuracy[-1] >= 0.83
    said = trained.predict(clothes()[2])
    assert np.mean(said == clothes()[3]) == trained.test_accuracy[-1]
