"""Wrong code in lesson 3: told by its name, blamed where it belongs, refused in words."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from convolution_submissions import (
    EXERCISES,
    NAMES,
    lesson_functions,
    relinked,
    solved,
    unwritten,
    verdict_on,
)
from submissions import assert_full_marks

from cs_utils import answers
from cs_utils.checks import check_exercise
from cs_utils.exercises import find_exercise
from cs_utils.exercises.specification import Exercise
from cs_utils.reports import text_report

RIGHT = solved()


def loops(
    assign_dx: bool = False,
    assign_dw: bool = False,
    step: bool = True,
    cut: Callable[[Any, int], Any] | None = None,
    db_axes: tuple[int, ...] = (0, 2, 3),
) -> Callable[..., Any]:
    """A backward function in loops with some of the usual mistakes."""

    def backward(dout: Any, cache: Any) -> Any:
        x, w, _b, stride, padding = cache
        padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
        dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
        kH, kW = w.shape[2:]
        for n, f, i, j in np.ndindex(dout.shape):
            top, left = (i * stride, j * stride) if step else (i, j)
            window = n, slice(None), slice(top, top + kH), slice(left, left + kW)
            dpadded[window] = w[f] * dout[n, f, i, j] + (0 if assign_dx else dpadded[window])
            dw[f] = padded[window] * dout[n, f, i, j] + (0 if assign_dw else dw[f])
        H, W = x.shape[2:]
        inside = dpadded[:, :, padding : padding + H, padding : padding + W]
        return cut(dpadded, padding) if cut else inside, dw, dout.sum(axis=db_axes)

    return backward


def naive_cache(function: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    """The backward function beside a forward one that keeps its arguments."""

    def forward(x: Any, w: Any, b: Any, stride: int = 1, padding: int = 0) -> Any:
        out = RIGHT["conv_forward_naive"](x, w, b, stride, padding)[0]
        return out, (x, w, b, stride, padding)

    return {"conv_forward_naive": forward, "conv_backward_naive": function}


BACKWARD_MISTAKES = [
    (loops(cut=lambda dx, p: dx[:, :, p:-p, p:-p]), "padding cut off at padding 0"),
    (loops(cut=lambda dx, p: dx), "padding left on dx"),
    (loops(assign_dx=True), "filters and windows overwrite each other"),
    (loops(step=False), "stride left out"),
    (loops(db_axes=(0,)), "db for every place"),
]


@pytest.mark.parametrize(("wrong", "mistake"), BACKWARD_MISTAKES)
@pytest.mark.parametrize("seed", [0, 7])
def test_loops(wrong: Callable[..., Any], mistake: str, seed: int) -> None:
    verdict = verdict_on("conv_backward_naive", seed, **naive_cache(wrong))
    assert verdict.score < verdict.max_score
    assert verdict.misconception is not None, text_report(verdict)
    assert verdict.misconception.name == mistake
    assert verdict.helped_by == ()


def test_dw_from_the_last_window() -> None:
    def backward(dout: Any, cache: Any) -> Any:
        dx, _dw, db = loops()(dout, cache)
        x, w, _b, stride, padding = cache
        padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
        top, left = ((size - 1) * stride for size in dout.shape[2:])
        window = padded[-1, :, top : top + w.shape[2], left : left + w.shape[3]]
        return dx, window * dout[-1, :, -1, -1][:, None, None, None], db

    verdict = verdict_on("conv_backward_naive", **naive_cache(backward))
    assert verdict.misconception is not None and verdict.score < verdict.max_score
    assert verdict.misconception.name == "dw from the last window"


def overwriting_col2im(
    columns: Any, x_shape: Any, kernel_size: Any, stride: int = 1, padding: int = 0
) -> Any:
    (N, C, H, W), (kH, kW) = x_shape, kernel_size
    out_h, out_w = ((n + 2 * padding - k) // stride + 1 for n, k in ((H, kH), (W, kW)))
    windows = columns.reshape(N, C, kH, kW, out_h, out_w)
    x = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for i, j in np.ndindex(kH, kW):
        x[:, :, i : i + stride * out_h : stride, j : j + stride * out_w : stride] = windows[
            :, :, i, j
        ]
    return x[:, :, padding : padding + H, padding : padding + W]


def rounding_size(n: int, kernel_size: int, stride: int = 1, padding: int = 0) -> int:
    return (n - kernel_size + 2 * padding) // stride + 1


def channels_last_weights(x: Any, w: Any, b: Any, stride: int = 1, padding: int = 0) -> Any:
    columns = RIGHT["im2col"](x, w.shape[2:], stride, padding)
    out = w.transpose(0, 2, 3, 1).reshape(len(w), -1) @ columns + b[:, None]
    size = RIGHT["conv_forward_im2col"](x, w, b, stride, padding)[0].shape
    return out.reshape(size), None


def filters_before_images(x: Any, w: Any, b: Any, stride: int = 1, padding: int = 0) -> Any:
    out = RIGHT["conv_forward_im2col"](x, w, b, stride, padding)[0]
    return np.concatenate(list(out.reshape(*out.shape[:2], -1)), axis=1).reshape(out.shape), None


WRITTEN: list[tuple[str, Callable[..., Any], str]] = [
    ("filter2d", RIGHT["convolve2d"], "kernel turned round"),
    ("convolve2d", RIGHT["filter2d"], "kernel not turned round"),
    (
        "convolve2d",
        lambda i, k: RIGHT["filter2d"](i, np.flipud(k)),
        "turned round on one axis: rows",
    ),
    ("image_to_tensor", lambda i: i.transpose(2, 0, 1) if i.ndim == 3 else i[None], "not scaled"),
    ("conv_output_size", rounding_size, "rounded down"),
    ("zero_pad", lambda x, p: np.pad(x, p), "all axes padded"),
    ("im2col", lambda *a: RIGHT["im2col"](*a).transpose(0, 2, 1), "windows as rows"),
    ("col2im", overwriting_col2im, "slices overwrite each other"),
    (
        "conv_forward_im2col",
        channels_last_weights,
        "weights in another order than the columns",
    ),
    ("conv_forward_im2col", filters_before_images, "images and filters mixed up"),
    ("conv_matrix", lambda *a: RIGHT["conv_matrix"](*a).T, "transposed"),
    (
        "fft_conv2d",
        lambda i, k: np.fft.irfft2(np.fft.rfft2(i) * np.fft.rfft2(k, i.shape), i.shape),
        "around the edge",
    ),
    (
        "transposed_conv_forward",
        lambda x, w, b, stride=1, padding=0: RIGHT["transposed_conv_forward"](x, w, b, stride),
        "padding left on",
    ),
]


@pytest.mark.parametrize(("name", "wrong", "mistake"), WRITTEN)
@pytest.mark.parametrize("seed", [0, 1])
def test_recognised(name: str, wrong: Callable[..., Any], mistake: str, seed: int) -> None:
    verdict = verdict_on(name, seed, **{name: wrong})
    assert verdict.score < verdict.max_score
    assert verdict.misconception is not None, verdict.reason
    assert verdict.misconception.name == mistake


class TestBlame:
    @pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
    def test_unwritten(self, exercise: Exercise) -> None:
        stubs = unwritten(*NAMES)
        stubs["Conv2dFunction"] = Unwritten
        for changes in ({exercise.name: stubs[exercise.name]}, stubs):
            verdict = verdict_on(exercise.name, **changes)
            assert (verdict.status, verdict.score) == (answers.NOT_WRITTEN, 0)

    @pytest.mark.parametrize("name", [e.name for e in EXERCISES if e.builds_on])
    def test_wrong_parts(self, name: str) -> None:
        exercise = find_exercise(name)
        for broken in (unwritten(*exercise.builds_on), dict.fromkeys(exercise.builds_on, nonsense)):
            assert_full_marks(check_exercise(exercise, relinked(broken), 0))

    def test_a_wrong_backward_is_not_excused(self) -> None:
        wrong = naive_cache(loops(step=False)) | {"zero_pad": nonsense}
        verdict = verdict_on("conv_backward_naive", **wrong)
        assert 0 < verdict.score < verdict.max_score

    def test_lesson_is_left_as_it_was(self) -> None:
        functions = lesson_functions()
        before = dict(functions)
        check_exercise(find_exercise("conv_backward_im2col"), functions, 0)
        assert functions == before


def nonsense(*args: Any, **kwargs: Any) -> Any:
    return np.zeros(3), None


class Unwritten(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any, w: Any, b: Any, stride: int, padding: int) -> Any:  # type: ignore[override]
        raise NotImplementedError

    @staticmethod
    def backward(ctx: Any, dout: Any) -> Any:  # type: ignore[override]
        raise NotImplementedError
