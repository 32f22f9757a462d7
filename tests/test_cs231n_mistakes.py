"""Mistakes in layers written for CS231n are told by their hints: as predicted, and as real code."""

import sys
from pathlib import Path
from typing import Any

import pytest
from cs231n_submissions import result_of, written
from submissions import mistaken

from cs_utils.cs231n import forms, names

MISTAKES = [
    pytest.param(exercise, mistake, id=f"{exercise.name}: {mistake.name}")
    for name in names()
    for exercise in forms(name)
    for mistake in exercise.misconceptions
]


@pytest.fixture(autouse=True)
def own_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])


POOL_LINE = "dx[n, c, i * s + r, j * s + k] += dout[n, c, i, j]"
POOL_WINDOW = "dx[n, c, i * s : i * s + ph, j * s : j * s + pw]"
SPATIAL = "\n    out, cache = batchnorm_forward(rows, gamma, beta, bn_param)\n    return out"
WRONG: list[tuple[str, tuple[str, str], str]] = [
    (
        "conv_backward_naive",
        ("dxp[:, :, pad : pad + H, pad : pad + W]", "dxp[:, :, pad:-pad, pad:-pad]"),
        "Only padding 0 goes wrong",
    ),
    (
        "conv_backward_naive",
        ("dxp[:, :, pad : pad + H, pad : pad + W]", "dxp[:, :, 1:-1, 1:-1]"),
        "cut by one row and column",
    ),
    (
        "conv_forward_naive",
        ("(pad, pad), (pad, pad)), mode", "(1, 1), (1, 1)), mode"),
        "Only the cases with padding 1 are right",
    ),
    ("conv_backward_naive", ("r, c = i * stride, j * stride", "r, c = i, j"), "one pixel apart"),
    (
        "conv_backward_naive",
        ("r : r + HH, c : c + WW] += dout", "r : r + HH, c : c + WW] = dout"),
        "`=` where",
    ),
    (
        "conv_forward_naive",
        (
            "out[n, f, i, j] = np.sum(window * w[f])",
            "out[n, f, i, j] = np.sum(window * w[f].swapaxes(1, 2))",
        ),
        "kernels were transposed",
    ),
    (
        "conv_forward_naive",
        ("return out, (x, w, b, conv_param)", "return out.swapaxes(2, 3), (x, w, b, conv_param)"),
        "maps come out transposed",
    ),
    (
        "conv_forward_naive",
        ("W_out = 1 + (W + 2 * pad - WW) // stride", "W_out = H_out"),
        "as many columns as rows",
    ),
    ("max_pool_backward_naive", (POOL_LINE, POOL_LINE.replace("+=", "=")), "`=` where"),
    (
        "max_pool_backward_naive",
        (POOL_LINE, f"{POOL_WINDOW} = (window == window.max()) * dout[n, c, i, j]"),
        "`=` where",
    ),
    (
        "max_pool_backward_naive",
        (POOL_LINE, f"{POOL_WINDOW} += (window == window.max()) * dout[n, c, i, j]"),
        "each of them got the whole gradient",
    ),
    (
        "max_pool_backward_naive",
        ("np.unravel_index(window.argmax(), window.shape)", "divmod(window.argmax(), ph)"),
        "divided by the window's height",
    ),
    (
        "max_pool_backward_naive",
        (
            "i * s : i * s + ph, j * s : j * s + pw]\n                    r",
            "i * s : i * s + s, j * s : j * s + s]\n                    r",
        ),
        "as large as the stride",
    ),
    (
        "max_pool_forward_naive",
        (
            "i * s : i * s + ph, j * s : j * s + pw].max",
            "i * s : i * s + s, j * s : j * s + s].max",
        ),
        "as large as the stride",
    ),
    (
        "max_pool_forward_naive",
        (
            'ph, pw, s = pool_param["pool_height"], pool_param["pool_width"]',
            'pw, ph, s = pool_param["pool_height"], pool_param["pool_width"]',
        ),
        "have changed places",
    ),
    ("max_pool_forward_naive", (".max(axis=(2, 3))", ".max(axis=(2, 3), initial=0)"), "became 0"),
    (
        "affine_backward",
        ("db = np.sum(dout, axis=0)", "db = np.sum(dout, axis=0, keepdims=True)"),
        "one row, (1, M)",
    ),
    ("relu_backward", ("dx = dout * (x > 0)", "dx = dout; dx[x <= 0] = 0"), "writes into dout"),
    (
        "relu_backward",
        ("dx = dout * (x > 0)", "x[x > 0] = 1; x[x <= 0] = 0; dx = dout * x; x *= 2"),
        "writes into x",
    ),
    (
        "batchnorm_forward",
        (
            "running_var + (1 - momentum) * var",
            "running_var + (1 - momentum) * x.var(axis=0, ddof=1)",
        ),
        "N - 1",
    ),
    (
        "batchnorm_forward",
        (
            'bn_param["running_mean"] = running_mean\n    bn_param["running_var"] = running_var',
            "pass",
        ),
        "stored in bn_param",
    ),
    (
        "layernorm_forward",
        (
            "mu, var = xt.mean(axis=0), xt.var(axis=0)",
            "mu, var = xt.mean(axis=0), xt.var(axis=0, ddof=1)",
        ),
        "D - 1",
    ),
    (
        "spatial_batchnorm_forward",
        (
            f"x.transpose(0, 2, 3, 1).reshape(-1, C){SPATIAL}.reshape(N, H, W, C)"
            ".transpose(0, 3, 1, 2)",
            f"x.reshape(-1, C){SPATIAL}.reshape(x.shape)",
        ),
        "mixes the channels up",
    ),
    (
        "svm_loss",
        ("dx[np.arange(N), y] -= num_pos", "dx[np.arange(N), y] -= 1"),
        "however many margins",
    ),
    ("svm_loss", ("margins[np.arange(N), y] = 0", "pass"), "too large by 1"),
    (
        "softmax_loss",
        (
            "dx[np.arange(N), y] -= 1\n    dx /= N\n    return loss, dx\n\n\ndef two",
            "dx[np.arange(N), y] -= 1\n    return loss, dx\n\n\ndef two",
        ),
        "mean over the batch",
    ),
]


@pytest.mark.parametrize(("name", "change", "words"), WRONG)
def test_mistakes_as_people_make_them(
    tmp_path: Path, name: str, change: tuple[str, str], words: str
) -> None:
    result = result_of(written(tmp_path, change), name)
    assert result["score"] < result["max_score"]
    assert words in " ".join(result["hints"]), result["report"]
    assert all(hint in result["report"] for hint in result["hints"])


def test_only_ties_cost_points(tmp_path: Path) -> None:
    change = (POOL_LINE, f"{POOL_WINDOW} += (window == window.max()) * dout[n, c, i, j]")
    result = result_of(written(tmp_path, change), "max_pool_backward_naive")
    assert result["score"] == pytest.approx(result["max_score"] * 9 / 10, abs=0.01)


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES)
def test_every_known_mistake_is_recognised(exercise: Any, mistake: Any) -> None:
    for seed in (0, 5):
        verdict = mistaken(exercise, seed, mistake)
        assert verdict.score < verdict.max_score
        assert verdict.misconception is not None
        assert verdict.misconception.hint == mistake.hint
        assert mistake.hint.endswith("?") and len(mistake.hint) < 260
