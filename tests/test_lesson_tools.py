"""The lesson's tools: comparisons, letters, claims, experiments and plots, with right functions
and with what students write on the way there."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cs_utils import (
    Claim,
    claims,
    compare_with_pytorch,
    experiments,
    jacobian_layouts,
    letters,
    plots,
)
from cs_utils.claim_table import in_digits
from cs_utils.compare import Comparison, find_layer
from cs_utils.demonstrations import Note
from cs_utils.exercises.layers import Layer

STAND_INS = ("neuron", "relu", "softmax", "cross_entropy", "linear", "two_layer")


def relu_forward(x: Any) -> Any:
    return np.maximum(x, 0), x


def relu_backward(dz: Any, cache: Any) -> Any:
    return dz * (cache > 0)


def numerical_gradient(f: Any, x: Any, h: float = 1e-5) -> Any:
    return (f(x + h) - f(x - h)) / (2 * h)


def numerical_jacobian(f: Any, x: Any, h: float = 1e-5) -> Any:
    return np.array([(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(len(x))])


def perceptron_update(w: Any, x: Any, target: Any, learning_rate: float) -> Any:
    return w + learning_rate * (target - (w @ x > 0)) * x


def adaline_update(w: Any, x: Any, target: Any, learning_rate: float) -> Any:
    return w + learning_rate * (target - w @ x) * x


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


def as_layer(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """A working pair, forward and backward, from the exercises' own stand-ins."""
    layer = find_layer(name)
    assert isinstance(layer, Layer)
    return (
        layer.forward_exercise(1).stand_ins[0],
        layer.backward_exercise(1).stand_ins[0],
    )


def lesson_plots(replacement: Callable[..., Any] | None = None) -> dict[str, Callable[[], Any]]:
    """Every plot of the lesson, with right functions, or with the replacement for all of them."""
    layers = {
        name: (replacement, replacement) if replacement else as_layer(name) for name in STAND_INS
    }

    def own(function: Callable[..., Any]) -> Callable[..., Any]:
        return replacement or function

    data = letters.samples(seed=1), letters.samples(seed=2)
    relu, neuron = (own(relu_forward), own(relu_backward)), layers["neuron"]
    return {
        "step_sizes": lambda: plots.step_sizes(own(numerical_gradient)),
        "neuron_graph": lambda: plots.neuron_graph(*neuron, [2, -3, -3], [-1, -2]),
        "local_gradient": lambda: plots.local_gradient(*relu, "ReLU"),
        "jacobians": lambda: plots.jacobians(
            own(numerical_jacobian), {"ReLU": lambda x: relu[0](x)[0]}, [1.0, -2, 3]
        ),
        "jacobian_costs": lambda: plots.jacobian_costs(
            own(lambda x: np.diag(x > 0) * 1.0), own(lambda jacobian, dz: jacobian @ dz), *relu
        ),
        "loss_gradient": lambda: plots.loss_gradient(
            layers["softmax"][0], *layers["cross_entropy"], [1.0, 2, 3], 1
        ),
        "learned_weights": lambda: plots.learned_weights(own(perceptron_update), *data),
        "learning_curves": lambda: plots.learning_curves(
            own(perceptron_update), own(adaline_update), *data, epochs=4
        ),
        "jacobian_layouts": lambda: jacobian_layouts(own(numerical_jacobian)),
    }


PLOTS = tuple(lesson_plots(unwritten))


@pytest.mark.parametrize("name", [name for name in PLOTS if name != "jacobian_layouts"])
def test_a_plot_tells_what_it_shows(name: str) -> None:
    picture = lesson_plots()[name]()
    if isinstance(picture, plots.Steps):
        picture = picture.picture(picture.still)
    assert isinstance(picture, plots.Picture), picture
    html = picture._repr_html_()
    assert "<img alt='" in html and "data:image/png;base64," in html
    assert len(picture.alt) > 40 and "nan" not in repr(picture)
    for axes in picture.figure.axes:
        if axes.axison and axes.get_xticks().size:
            assert axes.get_xlabel() or axes.get_ylabel()


def test_a_two_layer_network_learns_what_one_layer_cannot() -> None:
    picture = plots.crossed_clusters(
        as_layer("linear"), as_layer("two_layer"), as_layer("cross_entropy")
    )
    assert isinstance(picture, plots.Picture), picture
    assert "leaves 100% right" in picture.alt


@pytest.mark.parametrize("name", PLOTS)
def test_an_unwritten_function_is_named(name: str) -> None:
    note = lesson_plots(unwritten)[name]()
    assert isinstance(note, Note)
    assert str(note) == "not written yet: this comes alive once unwritten works"


@pytest.mark.parametrize("name", PLOTS)
@pytest.mark.parametrize("wrong", [raising, returning_none, of_wrong_shape, leaving])
def test_a_wrong_function_gives_a_sentence(name: str, wrong: Callable[..., Any]) -> None:
    note = lesson_plots(wrong)[name]()
    assert isinstance(note, Note)
    assert "not right yet" in str(note) and "Traceback" not in str(note)


def test_the_picture_of_a_node_needs_no_function() -> None:
    assert "upstream gradient" in plots.node().alt


def test_alt_text_is_escaped() -> None:
    figure = plots.node().figure
    html = plots.with_alt_text(figure, 'it\'s <b>"quoted"</b>')._repr_html_()
    assert "alt='it&#x27;s &lt;b&gt;&quot;quoted&quot;&lt;/b&gt;'" in html


def test_a_right_layer_agrees_with_pytorch() -> None:
    table = compare_with_pytorch(relu_forward, relu_backward)
    assert isinstance(table, Comparison)
    (row,) = table.rows
    assert row.values_agree and row.gradients_agree and not row.problem
    assert min(*row.own_seconds, *row.torch_seconds) > 0
    assert "cores" in repr(table) and "<table>" in table._repr_html_()


def test_a_wrong_layer_differs_from_pytorch() -> None:
    def relu_backward(dz: Any, cache: Any) -> Any:
        return (cache > 0) * 1.0

    table = compare_with_pytorch(relu_forward, relu_backward)
    assert isinstance(table, Comparison)
    assert table.rows[0].values_agree and not table.rows[0].gradients_agree
    assert "differ" in repr(table)


@pytest.mark.parametrize("body", [unwritten, raising, returning_none, of_wrong_shape, leaving])
def test_a_comparison_never_raises_for_a_students_function(body: Callable[..., Any]) -> None:
    def relu_forward(x: Any) -> Any:
        return body(x)

    table = compare_with_pytorch(relu_forward, relu_backward)
    assert isinstance(table, Comparison)
    assert table.rows[0].problem in repr(table) and table.rows[0].problem
    assert "yet" in table._repr_html_()


def test_a_comparison_on_own_inputs_leaves_them_alone() -> None:
    def relu_forward(x: Any) -> Any:
        before = x.copy()
        x[:] = 0
        return np.maximum(before, 0), before

    x = np.array([1.0, -2, 3])
    table = compare_with_pytorch(relu_forward, relu_backward, inputs={"x": x})
    assert isinstance(table, Comparison) and table.rows[0].gradients_agree
    assert x.tolist() == [1, -2, 3]


def test_a_comparison_wants_pairs_of_a_known_layer() -> None:
    with pytest.raises(TypeError, match="in pairs"):
        compare_with_pytorch(relu_backward, relu_forward)
    with pytest.raises(TypeError, match="in pairs"):
        compare_with_pytorch(relu_forward)
    with pytest.raises(ValueError, match="no layer"):
        compare_with_pytorch(*_named_pair("unknown"))


def test_without_pytorch_a_comparison_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert "no PyTorch here" in str(compare_with_pytorch(relu_forward, relu_backward))


def test_letters_are_pictures_of_400_photocells() -> None:
    for name in letters.NAMES:
        picture = letters.letter(name)
        assert picture.shape == (20, 20) and set(np.unique(picture)) == {0.0, 1.0}
    with pytest.raises(ValueError, match="no letter"):
        letters.letter("?")


def test_samples_are_drawn_from_a_seed() -> None:
    inputs, targets = letters.samples(count=20, seed=3)
    again, _targets = letters.samples(count=20, seed=3)
    assert inputs.shape == (20, 401) and (inputs == again).all() and (inputs[:, -1] == 1).all()
    assert targets.sum() == 10
    with pytest.raises(ValueError, match="shift"):
        letters.samples(shift=5)


@pytest.mark.parametrize("pair", ["TJ", "TX", "EO", "LO"])
def test_two_letters_can_be_separated(pair: str) -> None:
    data = letters.samples(*pair, seed=1)
    w = experiments.learn(perceptron_update, *data, 1.0, 20)[-1]
    assert letters.mistakes(w, *data) == 0
    assert letters.mistakes(w, *letters.samples(*pair, seed=2)) < 40


def test_adalines_error_falls() -> None:
    inputs, targets = letters.samples(seed=1)
    signs = 2.0 * targets - 1
    history = experiments.learn(adaline_update, inputs, signs, 0.002, 5)
    errors = [np.mean((signs - inputs @ w) ** 2) for w in history]
    assert errors == sorted(errors, reverse=True)


def test_costs_find_the_power_of_n() -> None:
    measured = experiments.costs(lambda x: np.outer(x, x), [256, 512, 1024])
    assert abs(measured.slope(measured.bytes) - 2) < 0.1


def test_claims_say_yes_no_and_not_yet() -> None:
    table = claims(
        Claim("holds", (1, 2), lambda: np.array([1.0, 2.001])),
        Claim("does not hold", 3, lambda: 4, instead=4),
        Claim("other", 3, lambda: 5),
        Claim("shape", (1, 2), lambda: 5),
        Claim("unwritten", 3, lambda: unwritten()),
        Claim("wrong", 3, lambda: raising()),
        Claim("nothing", 3, lambda: None),
        Claim("leaving", 3, lambda: leaving()),
    )
    verdicts = [line.split("  ")[-1].strip() for line in repr(table).splitlines()[1:]]
    other = "another number: what does its check say?"
    assert verdicts == ["yes", "no", other, other, "not yet", "not yet", "not yet", "not yet"]
    assert "unwritten is not written yet" in repr(table) and "<table>" in table._repr_html_()


def test_numbers_are_written_as_people_write_them() -> None:
    assert in_digits((0.951, 0.45)) == "(0.95, 0.45)"
    assert in_digits(np.array([4.0, -0.0, 5])) == "(4, 0, 5)"
    assert in_digits((5.5, -5)) == "(5.50, -5.00)"
    assert in_digits((4,)) == "(4,)"
    assert in_digits(True) == "yes"
    assert in_digits(3_211_264) == "3,211,264"


def test_importing_cs_utils_loads_neither_torch_nor_matplotlib() -> None:
    code = (
        "import sys, cs_utils; from cs_utils import check, claims, Claim, letters, plots, "
        "compare_with_pytorch, experiments; "
        "print([name for name in ('torch', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def _named_pair(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    def forward(x: Any) -> Any: ...

    def backward(dout: Any, cache: Any) -> Any: ...

    forward.__name__, backward.__name__ = f"{name}_forward", f"{name}_backward"
    return forward, backward
