"""Numeric gradients against known ones, and what the check does at kinks."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cs_utils.gradients import gradient_check, numeric_gradient, numeric_jacobian

SHAPES = [(), (1,), (5,), (2, 3), (2, 1, 3)]


def smooth(x: np.ndarray) -> Any:
    return (np.sin(x) * np.exp(x / 3)).sum() + (x**2).sum() ** 2


def smooth_gradient(x: np.ndarray) -> np.ndarray:
    point = torch.tensor(x, requires_grad=True)
    value = (torch.sin(point) * torch.exp(point / 3)).sum() + (point**2).sum() ** 2
    return torch.autograd.grad(value, point)[0].numpy()


def relu_sum(x: np.ndarray) -> float:
    return float(np.maximum(0, x) @ np.arange(1, x.size + 1))


class TestNumeric:
    @pytest.mark.parametrize("shape", SHAPES)
    def test_gradient_against_torch(self, shape: tuple[int, ...]) -> None:
        x = np.random.default_rng(0).normal(size=shape)
        before = x.copy()
        gradient = numeric_gradient(smooth, x)
        right = smooth_gradient(x)
        assert gradient.shape == shape
        np.testing.assert_allclose(gradient, right, rtol=0, atol=1e-9 * np.abs(right).max())
        np.testing.assert_array_equal(x, before)

    @settings(max_examples=30, deadline=None)
    @given(hnp.arrays(float, hnp.array_shapes(max_dims=3, max_side=4), elements=st.floats(-3, 3)))
    def test_cubic_is_exact_for_any_shape(self, x: np.ndarray) -> None:
        np.testing.assert_allclose(
            numeric_gradient(lambda x: (x**3).sum(), x), 3 * x**2, rtol=0, atol=1e-8
        )

    def test_jacobian_is_the_transpose_of_torchs(self) -> None:
        A = np.random.default_rng(1).normal(size=(4, 3))
        x = np.array([0.3, -1.2, 2.0])
        jacobian = numeric_jacobian(lambda x: np.tanh(A @ x), x)
        function = lambda x: torch.tanh(torch.tensor(A) @ x)  # noqa: E731
        right = torch.autograd.functional.jacobian(function, torch.tensor(x)).numpy().T
        assert jacobian.shape == (3, 4)
        np.testing.assert_allclose(jacobian, right, rtol=0, atol=1e-10)

    def test_jacobian_of_arrays_has_both_shapes(self) -> None:
        assert numeric_jacobian(lambda x: np.ones((4, 5)) * x.sum(), np.ones((2, 3))).shape == (
            2,
            3,
            4,
            5,
        )

    def test_integers_and_numbers(self) -> None:
        assert numeric_gradient(lambda x: x**2, 3) == pytest.approx(6)
        np.testing.assert_allclose(numeric_gradient(lambda x: (x**2).sum(), [1, -2]), [2, -4])

    def test_function_that_spoils_its_input(self) -> None:
        def f(x: np.ndarray) -> float:
            x *= x
            return float(x.sum())

        x = np.array([1.0, 2.0])
        np.testing.assert_allclose(numeric_gradient(f, x), [2, 4])
        np.testing.assert_array_equal(x, [1, 2])

    def test_a_vector_has_no_gradient(self) -> None:
        with pytest.raises(ValueError, match="one number"):
            numeric_gradient(lambda x: 2 * x, np.ones(3))


class TestCheck:
    @pytest.mark.parametrize("shape", SHAPES)
    def test_right_gradient_passes(self, shape: tuple[int, ...]) -> None:
        x = np.random.default_rng(2).normal(size=shape)
        result = gradient_check(smooth, x, smooth_gradient(x))
        assert result.passed and result.largest_error < 1e-8
        assert (result.compared, result.left_out) == (x.size, 0)
        assert "is right" in str(result)

    @pytest.mark.parametrize("factor", [1 + 1e-5, 0.5, -1, np.nan, np.inf])
    def test_one_wrong_entry_is_found(self, factor: float) -> None:
        x = np.array([[0.5, -1.0, 0.7], [1.0, 2.0, -0.3]])
        gradient = smooth_gradient(x)
        gradient[1, 1] *= factor
        result = gradient_check(smooth, x, gradient)
        assert not result.passed
        assert result.disagreements == ((1, 1),)
        assert "1 of 6 entries are wrong, at [1, 1]" in str(result)

    def test_upstream_gradient(self) -> None:
        x, dout = np.array([0.2, -0.4, 1.0]), np.array([1.0, -2.0, 3.0])
        right = (1 - np.tanh(x) ** 2) * dout
        assert gradient_check(lambda x: (np.tanh(x) * dout).sum(), x, right).passed
        assert not gradient_check(lambda x: (np.tanh(x) * dout).sum(), x, right / dout).passed

    def test_zero_gradient_is_not_lost_in_rounding(self) -> None:
        x = np.array([0.3, 0.4])
        assert gradient_check(lambda x: 1e3 + 0 * x.sum(), x, np.zeros(2)).passed
        assert gradient_check(lambda x: 0.1 + 0.2 * np.cos(0 * x).sum(), x, np.zeros(2)).passed

    @pytest.mark.parametrize("size", [1e-9, 1.0, 1e9])
    def test_size_of_f_does_not_matter(self, size: float) -> None:
        x = np.array([0.3, -0.4])
        assert gradient_check(lambda x: size * smooth(x), x, size * smooth_gradient(x)).passed
        assert not gradient_check(lambda x: size * smooth(x), x, 1.1 * smooth_gradient(x)).passed

    def test_shape_is_checked(self) -> None:
        with pytest.raises(ValueError, match="shape"):
            gradient_check(smooth, np.ones(3), np.ones((3, 1)))


@pytest.mark.parametrize("kinks", [None, lambda x: x > 0], ids=["slopes", "decisions"])
class TestKinks:
    def test_entries_at_a_kink_are_left_out_and_counted(self, kinks: Any) -> None:
        x = np.array([0.0, 1.0, -1.0, 1e-5, -1e-5, 0.5])
        gradient = (x > 0) * np.arange(1.0, 7)
        result = gradient_check(relu_sum, x, gradient, kinks)
        assert result.passed
        assert (result.compared, result.left_out) == (3, 3)
        assert "3 at a kink were left out" in str(result)

    def test_a_kink_excuses_no_other_entry(self, kinks: Any) -> None:
        x = np.array([0.0, 1.0, -1.0, 0.5])
        result = gradient_check(relu_sum, x, np.array([0.0, 2, 3, 4]), kinks)
        assert not result.passed
        assert result.disagreements == ((2,),)
        assert result.left_out == 1

    def test_nothing_compared_is_no_pass(self, kinks: Any) -> None:
        result = gradient_check(relu_sum, np.zeros(3), np.zeros(3), kinks)
        assert not result.passed and result.compared == 0
        assert "No entry could be compared" in str(result)

    def test_far_from_kinks_nothing_is_left_out(self, kinks: Any) -> None:
        x = np.array([0.01, -0.01, 3.0])
        assert gradient_check(relu_sum, x, (x > 0) * np.arange(1.0, 4), kinks).left_out == 0


def test_argmax_decisions() -> None:
    x = np.array([1.0, 1.0, 0.0])
    result = gradient_check(np.max, x, np.array([1.0, 0, 0]), lambda x: np.argmax(x))
    assert result.passed and (result.compared, result.left_out) == (1, 2)


def test_steep_smooth_functions_are_compared() -> None:
    x = np.array([0.1, -0.2, 0.3])
    result = gradient_check(lambda x: np.exp(10 * x).sum(), x, 10 * np.exp(10 * x))
    assert result.passed and result.left_out == 0
