"""Wrong answers to lesson 5's counting exercises: each loses points and gets its own hint."""

from typing import Any

import numpy as np
import pytest
from architecture_submissions import verdict_on

from solutions import numpy_counting

WRONG_COUNTS = [
    ("top_k_accuracy", lambda s, y, k: _top_k(np.argsort(-s, 1, kind="stable"), y, k),
     "k not compared with the number of classes"),
    ("top_k_accuracy", lambda s, y, k: _refusing(s, y, k, np.argsort(s, 1, kind="stable")[:, ::-1]),
     "of equal scores the last first"),
    ("top_k_accuracy", lambda s, y, k: _refusing(s, y, k, np.argsort(s, 1, kind="stable")),
     "the k lowest scores"),
    ("top_k_accuracy", lambda s, y, k: 100 * numpy_counting.top_k_accuracy(s, y, k), "percent"),
    ("top_k_accuracy", lambda s, y, k: _all_ties_right(s, y, k), "all ties right"),
    ("top_k_accuracy", lambda s, y, k: numpy_counting.top_k_accuracy(s, y, k) * len(y),
     "a count instead of a share"),
    ("stack_parameters", lambda k, c, bias=False: sum(c * c * n * n for n in k),
     "never with biases"),
    ("stack_parameters", lambda k, c, bias=False: sum(c * (c * n * n + 1) for n in k),
     "always with biases"),
    ("stack_parameters", lambda k, c, bias=False: sum(c * (n * n + bias) for n in k),
     "one input channel"),
    ("stack_parameters", lambda k, c, bias=False: sum(c * c * n * n + bias for n in k),
     "one bias a layer"),
    ("conv_ops", lambda h, w, f, k, c: 2 * h * w * f * k * k * c, "additions counted, too"),
    ("conv_ops", lambda h, w, f, k, c: h * w * f * k * c, "only one side of the kernel"),
    ("conv_ops", lambda h, w, f, k, c: f * k * k * c, "parameters instead of operations"),
    ("conv_ops", lambda h, w, f, k, c: h * w * f * k * k, "input channels forgotten"),
]  # fmt: skip


def _top_k(order: np.ndarray, y: np.ndarray, k: int) -> float:
    return float((order[:, :k] == y[:, None]).any(axis=1).mean())


def _refusing(s: np.ndarray, y: np.ndarray, k: int, order: np.ndarray) -> float:
    if not 1 <= k <= s.shape[1]:
        raise ValueError("k")
    return _top_k(order, y, k)


def _all_ties_right(s: np.ndarray, y: np.ndarray, k: int) -> float:
    if not 1 <= k <= s.shape[1]:
        raise ValueError("k")
    own = s[np.arange(len(s)), y][:, None]
    return float(np.mean((s > own).sum(axis=1) < k))


@pytest.mark.parametrize(
    ("name", "function", "hint"), WRONG_COUNTS, ids=[c[2] for c in WRONG_COUNTS]
)
def test_wrong_counts(name: str, function: Any, hint: str) -> None:
    verdict = verdict_on(name, {name: function})
    assert verdict.score < verdict.max_score
    assert verdict.misconception is not None and verdict.misconception.name == hint
