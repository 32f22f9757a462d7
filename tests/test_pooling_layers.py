"""The reference layers of lesson 4 against PyTorch, the lesson's loops and published numbers."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pooling_submissions import lesson_functions

from cs_utils.exercises.pooling.fields import field_by_gradient
from solutions import numpy_pooling as right

F = torch.nn.functional
POOLS: dict[str, Callable[..., Any]] = {"max": F.max_pool2d, "avg": F.avg_pool2d}


@st.composite
def pools(draw: st.DrawFn) -> dict[str, Any]:
    """Random arguments of a pooling layer, with ties among them or not."""
    k, stride = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    N, C, H, W = (draw(st.integers(*ends)) for ends in ((1, 3), (1, 3), (k, 9), (k, 9)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    x = rng.normal(size=(N, C, H, W))
    if draw(st.booleans()):
        x = np.round(x)
    return {"x": x, "kernel_size": k, "stride": stride}


def by_pytorch(kind: str, pool: dict[str, Any], dout: np.ndarray | None = None) -> Any:
    x = torch.tensor(pool["x"], requires_grad=True)
    out = POOLS[kind](x, pool["kernel_size"], pool["stride"])
    upstream = torch.ones_like(out) if dout is None else torch.tensor(dout)
    return out.detach().numpy(), torch.autograd.grad(out, x, upstream)[0].numpy()


@pytest.mark.parametrize("kind", ["max", "avg"])
@settings(max_examples=40, deadline=None)
@given(pool=pools())
def test_windows(kind: str, pool: dict[str, Any]) -> None:
    shape = by_pytorch(kind, pool)[0].shape
    dout = np.random.default_rng(0).normal(size=shape)
    wanted, dx = by_pytorch(kind, pool, dout)
    for functions in (vars(right), lesson_functions()):
        out, cache = functions[f"{kind}_pool_forward"](*pool.values())
        np.testing.assert_allclose(out, wanted, atol=1e-12)
        found = functions[f"{kind}_pool_backward"](dout, cache)
        # Ties included: both follow PyTorch and take the first.
        np.testing.assert_allclose(found, dx, atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(pool=pools())
def test_the_lessons_fast_layer_takes_the_first_of_ties_too(pool: dict[str, Any]) -> None:
    functions = lesson_functions()
    out, cache = functions["max_pool_forward_fast"](*pool.values())
    dout = np.random.default_rng(0).normal(size=out.shape)
    wanted, dx = by_pytorch("max", pool, dout)
    np.testing.assert_array_equal(out, wanted)
    np.testing.assert_allclose(functions["max_pool_backward_fast"](dout, cache), dx, atol=1e-12)
    used = right.avg_pool_backward(np.ones(out.shape), (pool["x"].shape, *cache[2:]))
    assert np.isclose(dx.sum(), dout.sum()) and np.isclose(used.sum(), out.size)


@pytest.mark.parametrize("kind", ["max", "avg"])
def test_float32_and_many_blocks(kind: str) -> None:
    x = np.random.default_rng(0).normal(size=(3, 40, 57, 60)).astype(np.float32)
    pool = {"x": x, "kernel_size": 3, "stride": 2}
    out, cache = getattr(right, f"{kind}_pool_forward")(*pool.values())
    dout = np.random.default_rng(1).normal(size=out.shape).astype(np.float32)
    found = getattr(right, f"{kind}_pool_backward")(dout, cache)
    wanted, dx = by_pytorch(kind, pool, dout)
    assert out.dtype == found.dtype == np.float32
    np.testing.assert_allclose(out, wanted, atol=1e-6)
    np.testing.assert_allclose(found, dx, atol=1e-6)


def test_whole_numbers_have_means() -> None:
    x = np.arange(16).reshape(1, 1, 4, 4)
    assert right.avg_pool_forward(x, 2, 2)[0].tolist() == [[[[2.5, 4.5], [10.5, 12.5]]]]


@pytest.mark.parametrize("options", [(4, 1), (0, 1), (2, 0)])
def test_windows_that_cannot_be(options: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="kernel_size must be 1 to 3 for maps of 3 x 5"):
        right.max_pool_forward(np.zeros((1, 1, 3, 5)), *options)


def test_global_average() -> None:
    x = torch.randn(2, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    wanted = F.adaptive_avg_pool2d(x, 1).flatten(1)
    out, cache = right.global_avg_pool_forward(x.detach().numpy())
    np.testing.assert_allclose(out, wanted.detach(), atol=1e-12)
    dout = torch.randn(2, 3, dtype=torch.float64)
    (dx,) = torch.autograd.grad(wanted, x, dout)
    np.testing.assert_allclose(right.global_avg_pool_backward(dout.numpy(), cache), dx, atol=1e-12)


class TestReceptiveField:
    @settings(max_examples=30, deadline=None)
    @given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 3)), max_size=5))
    def test_is_what_the_gradient_shows(self, layers: list[tuple[int, int]]) -> None:
        # Where a stride is larger than what the outputs before see, pixels fall between.
        assert dict(zip(("size", "jump"), right.receptive_field(layers), strict=True)) == (
            field_by_gradient(layers)
        )

    def test_published(self) -> None:
        """Araujo, Norris and Sim, Computing receptive fields, Distill (2019)."""
        vgg16 = [one for n in (2, 2, 3, 3, 3) for one in [*[(3, 1)] * n, (2, 2)]]
        assert right.receptive_field(vgg16) == (212, 32)
        alexnet = [(11, 4), (3, 2), (5, 1), (3, 2), (3, 1), (3, 1), (3, 1), (3, 2)]
        assert right.receptive_field(alexnet) == (195, 32)
        assert right.receptive_field([(3, 1)] * 3) == right.receptive_field([(7, 1)]) == (7, 1)


def test_correlation() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, size=(9, 11)).astype(np.uint8)
    for distance in (0, 1, 4):
        pair = image[:, : 11 - distance].ravel(), image[:, distance:].ravel()
        wanted = np.corrcoef(*pair)[0, 1]
        assert np.isclose(right.local_correlation(image, distance), wanted)
    with pytest.raises(ValueError, match="distance must be 0 to 9, not 10"):
        right.local_correlation(image, 10)


def test_invariance_is_between_0_and_1() -> None:
    x = np.random.default_rng(0).normal(size=(2, 1, 4, 6))
    assert right.shift_invariance(lambda x: x.sum(axis=3), x, 2) == pytest.approx(1)
    signs = np.tile([1.0, -1], 3) * np.ones((1, 1, 4, 1))
    assert right.shift_invariance(lambda x: x, signs, 1) == pytest.approx(0)


def test_network_against_autograd() -> None:
    rng = np.random.default_rng(0)
    shapes = {"w1": (4, 2, 3, 3), "b1": (4,), "w2": (4 * 3 * 2, 5), "b2": (5,)}
    weights = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    X, y = rng.normal(size=(6, 2, 7, 5)), rng.integers(0, 5, 6)
    leaves = {name: torch.tensor(w, requires_grad=True) for name, w in weights.items()}
    maps = F.conv2d(torch.tensor(X), leaves["w1"], leaves["b1"], padding=1).relu()
    scores = F.max_pool2d(maps, 2).flatten(1) @ leaves["w2"] + leaves["b2"]
    F.cross_entropy(scores, torch.tensor(y)).backward()
    for ConvNet in (right.ConvNet, lesson_functions()["ConvNet"]):
        net = ConvNet(**weights)
        loss, gradients = net.loss(X, y)
        np.testing.assert_allclose(net.loss(X), scores.detach(), atol=1e-10)
        assert np.isfinite(loss) and gradients.keys() == weights.keys()
        for name, leaf in leaves.items():
            np.testing.assert_allclose(gradients[name], leaf.grad, atol=1e-10)
