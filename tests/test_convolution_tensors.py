"""The PyTorch exercises of lesson 3: what may not be called, and what is said then."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from convolution_submissions import verdict_on
from submissions import assert_full_marks

from cs_utils import answers
from cs_utils.reports import text_report
from solutions import torch_layers

F = torch.nn.functional


class ByPyTorch(torch.autograd.Function):
    """Only the backward pass is ready-made."""

    @staticmethod
    def forward(ctx: Any, x: Any, w: Any, b: Any, stride: int, padding: int) -> Any:  # type: ignore[override]
        ctx.save_for_backward(x, w)
        ctx.options = stride, padding
        return torch_layers.conv_forward_torch(x, w, b, stride, padding)

    @staticmethod
    def backward(ctx: Any, dout: Any) -> Any:  # type: ignore[override]
        x, w = ctx.saved_tensors
        stride, padding = ctx.options
        dx = torch.nn.grad.conv2d_input(x.shape, w, dout, stride, padding)
        dw = torch.nn.grad.conv2d_weight(x, w.shape, dout, stride, padding)
        return dx, dw, dout.sum((0, 2, 3)), None, None


def by_unfold(x: Any, w: Any, b: Any, stride: int = 1, padding: int = 0) -> Any:
    columns = F.unfold(x, w.shape[2:], padding=padding, stride=stride)
    out = w.flatten(1) @ columns + b[:, None]
    return out.reshape(torch_layers.conv_forward_torch(x, w, b, stride, padding).shape)


def by_module(x: Any, w: Any, b: Any, stride: int = 1, padding: int = 0) -> Any:
    layer = torch.nn.Conv2d(w.shape[1], len(w), tuple(w.shape[2:]), stride, padding).double()
    layer.weight.data, layer.bias.data = w, b
    return layer(x).detach()


class TestReadyMade:
    @pytest.mark.parametrize(
        "ready_made",
        [
            lambda x, w, b, stride, padding: F.conv2d(x, w, b, stride, padding),
            lambda x, w, b, stride, padding: torch.conv2d(x, w, b, stride, padding),
            lambda x, w, b, stride, padding: F.conv_transpose2d(x, w.swapaxes(0, 1), b),
            by_module,
            by_unfold,
        ],
        ids=["F.conv2d", "torch.conv2d", "F.conv_transpose2d", "nn.Conv2d", "F.unfold"],
    )
    def test_forward(self, ready_made: Callable[..., Any]) -> None:
        verdict = verdict_on("conv_forward_torch", conv_forward_torch=ready_made)
        assert (verdict.score, verdict.status) == (0, answers.WRONG_RETURN)
        assert "This calls PyTorch's own aten::" in text_report(verdict)

    def test_backward(self) -> None:
        verdict = verdict_on("Conv2dFunction", Conv2dFunction=ByPyTorch)
        assert (verdict.score, verdict.status) == (0, answers.WRONG_RETURN)
        assert "This calls PyTorch's own aten::convolution_backward" in text_report(verdict)

    def test_tensor_operations_are_free(self) -> None:
        def forward(x: Any, w: Any, b: Any, stride: int, padding: int) -> Any:
            windows = F.pad(x, (padding,) * 4).unfold(2, w.shape[2], stride)
            windows = windows.unfold(3, w.shape[3], stride)
            return torch.einsum("nchwij,fcij->nfhw", windows, w).float() + b[:, None, None]

        assert_full_marks(verdict_on("conv_forward_torch", conv_forward_torch=forward))

    @pytest.mark.parametrize(
        ("name", "wrong", "words"),
        [
            ("conv_forward_torch", lambda x, *rest: x.numpy(), "must return a tensor"),
            ("Conv2dFunction", lambda *args: args, "must be a class"),
            ("Conv2dFunction", torch.nn.Conv2d, "must be a class"),
        ],
    )
    def test_in_words(self, name: str, wrong: Any, words: str) -> None:
        verdict = verdict_on(name, **{name: wrong})
        assert verdict.score == 0 and words in text_report(verdict)

    def test_a_gradient_left_out(self) -> None:
        class NoBias(torch_layers.Conv2dFunction):
            @staticmethod
            def backward(ctx: Any, dout: Any) -> Any:  # type: ignore[override]
                dx, dw, *_rest = torch_layers.Conv2dFunction.backward(ctx, dout)
                return dx, dw, None, None, None

        verdict = verdict_on("Conv2dFunction", Conv2dFunction=NoBias)
        assert verdict.score == 0 and "db must be" in text_report(verdict)

    def test_changed_in_place(self) -> None:
        def forward(x: Any, w: Any, b: Any, stride: int, padding: int) -> Any:
            out = torch_layers.conv_forward_torch(x, w, b, stride, padding)
            w.mul_(2)
            return out

        verdict = verdict_on("conv_forward_torch", conv_forward_torch=forward)
        assert 0 < verdict.score < verdict.max_score
        assert "w was changed in place" in text_report(verdict)
