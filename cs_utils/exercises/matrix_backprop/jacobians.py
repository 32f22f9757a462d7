"""The Jacobian of the matrix product, which is never formed, and the memory it would take."""

from typing import Any

import numpy as np

from cs_utils.exercises.matrix_backprop.drawing import LESSON, asks
from cs_utils.exercises.matrix_backprop.products import SLIDE
from cs_utils.exercises.specification import Case, Exercise, Inputs, Misconception, Outputs
from cs_utils.exercises.vector_backprop.drawing import mixed
from cs_utils.language import _


def _jacobian(inputs: Inputs) -> np.ndarray:
    """The Jacobian by autograd, in the lecture's layout: PyTorch puts the outputs first."""
    import torch

    x, w = torch.tensor(inputs["x"]), torch.tensor(inputs["w"])
    found = torch.autograd.functional.jacobian(lambda x: x @ w, x)
    return found.permute(2, 3, 0, 1).contiguous().numpy()


def _jacobian_cases(rng: np.random.Generator) -> list[Case]:
    def inputs(n: int, d: int, m: int) -> dict[str, Any]:
        return {"x": mixed(rng, n, d), "w": mixed(rng, d, m)}

    slide = {"x": SLIDE["x"], "w": SLIDE["w"]}
    return [
        Case(_("the lecture's x and w"), slide, weight=0),
        Case(_("one row, two inputs, three outputs"), inputs(1, 2, 3)),
        Case(_("two rows, two inputs, two outputs"), inputs(2, 2, 2)),
        Case(_("three rows, two inputs, one output"), inputs(3, 2, 1)),
        Case(_("two rows, four inputs, three outputs"), inputs(2, 4, 3)),
        Case(_("five rows, three inputs, two outputs"), inputs(5, 3, 2)),
        Case(_("inputs are left unchanged"), inputs(2, 3, 5), inputs_unchanged=True),
    ]


def _in_every_row(right: Outputs) -> np.ndarray:
    """w put at every i instead of at i = n alone."""
    return np.broadcast_to(right["J"][0, :, :1, :], right["J"].shape)


MATMUL_JACOBIAN_X = Exercise(
    name="matmul_jacobian_x",
    lesson=LESSON,
    points=2,
    cases=_jacobian_cases,
    answer=asks("matmul_jacobian_x", "J"),
    oracle=lambda inputs: {"J": _jacobian(inputs)},
    misconceptions=(
        Misconception(
            "PyTorch's layout",
            _(
                "This is J[i, m, n, d]: PyTorch's layout, with the outputs first. "
                "Which come first in the lecture's [(N x D) x (N x M)]?"
            ),
            lambda inputs, right: {"J": right["J"].transpose(2, 3, 0, 1)},
        ),
        Misconception(
            "every row touched",
            _("Here x[n, d] acts on all rows of y. Is x[0, d] anywhere in the formula of y[1, m]?"),
            lambda inputs, right: {"J": _in_every_row(right)},
        ),
        Misconception(
            "x in place of w",
            _("The entries are those of x. How much does y[n, m] grow when x[n, d] grows by 1?"),
            lambda inputs, right: {"J": _with_x(inputs, right)},
        ),
        Misconception(
            "flattened to a matrix",
            _("The numbers are right, in a matrix. Which four indices has J[n, d, i, m]?"),
            lambda inputs, right: {"J": right["J"].reshape(inputs["x"].size, -1)},
        ),
        Misconception(
            "ones in place of w",
            _(
                "This says which entries of y are touched, with ones. "
                "How much is each of them touched?"
            ),
            lambda inputs, right: {"J": np.sign(np.abs(right["J"]))},
        ),
        Misconception(
            "rows left out",
            _(
                "This is w once for each row, without the index i. "
                "Every x[n, d] has a whole matrix of outputs: where are the zeros?"
            ),
            lambda inputs, right: {
                "J": np.broadcast_to(inputs["w"], (len(inputs["x"]), *inputs["w"].shape))
            },
        ),
    ),
)


def _with_x(inputs: Inputs, right: Outputs) -> np.ndarray:
    """x[n, d] wherever w[d, m] should stand."""
    return np.sign(np.abs(right["J"])) * inputs["x"][:, :, None, None]


def _sizes(inputs: Inputs) -> Outputs:
    """Bytes by what PyTorch counts in x, w and y; on the meta device they take no memory."""
    import torch

    x = torch.empty(inputs["N"], inputs["D"], device="meta")
    w = torch.empty(inputs["D"], inputs["M"], device="meta")
    of_y = (x @ w).numel() * inputs["itemsize"]
    return {"bytes of dy/dx": x.numel() * of_y, "bytes of dy/dw": w.numel() * of_y}


def _bytes_cases(rng: np.random.Generator) -> list[Case]:
    def inputs(low: int, high: int, itemsize: int) -> dict[str, int]:
        N, D, M = low + rng.choice(high - low, 3, replace=False)
        return {"N": int(N), "D": int(D), "M": int(M), "itemsize": itemsize}

    slide = {"N": 64, "D": 4096, "M": 4096, "itemsize": 4}
    one = {"N": 1, "D": int(rng.integers(3, 1000)), "M": 2, "itemsize": 4}
    square = int(rng.integers(9, 1000))
    return [
        Case(_("the lecture's N = 64, D = M = 4096"), slide, weight=0),
        Case(_("one row"), one),
        Case(_("small sizes, bytes"), inputs(2, 30, 1)),
        Case(_("small sizes, 8 bytes a number"), inputs(2, 30, 8)),
        Case(_("as many outputs as inputs"), {"N": 7, "D": square, "M": square, "itemsize": 4}),
        Case(_("a layer of a real network, 2 bytes a number"), inputs(100, 1000, 2)),
    ]


def _bytes(of_x: float, of_w: float) -> Outputs:
    return {"bytes of dy/dx": of_x, "bytes of dy/dw": of_w}


JACOBIAN_BYTES = Exercise(
    name="jacobian_bytes",
    lesson=LESSON,
    points=1,
    cases=_bytes_cases,
    answer=asks("jacobian_bytes", "bytes of dy/dx", "bytes of dy/dw"),
    oracle=_sizes,
    tolerance=1e-12,
    misconceptions=(
        Misconception(
            "numbers, not bytes",
            _("These are the counts of numbers. How many bytes does each of them take?"),
            lambda inputs, right: {
                name: value / inputs["itemsize"] for name, value in right.items()
            },
        ),
        Misconception(
            "both as large as dy/dx",
            _(
                "Both are given the size of dy/dx, as on the slide. "
                "How many entries has w, and how many has x?"
            ),
            lambda inputs, right: _bytes(right["bytes of dy/dx"], right["bytes of dy/dx"]),
        ),
        Misconception(
            "exchanged",
            _("The two have changed places. Which Jacobian has N x D rows?"),
            lambda inputs, right: _bytes(right["bytes of dy/dw"], right["bytes of dy/dx"]),
        ),
        Misconception(
            "sizes of x and w",
            _(
                "These are the bytes of x and w themselves, which is what the gradients take. "
                "A Jacobian has a number for each pair: an entry of x, and an entry of what?"
            ),
            lambda inputs, right: {
                name: value / (inputs["N"] * inputs["M"]) for name, value in right.items()
            },
        ),
        Misconception(
            "one row of outputs",
            _(
                "The outputs of one row alone were counted. "
                "Most entries of dy/dx are zero, but an explicit Jacobian stores them: "
                "how many rows has y?"
            ),
            lambda inputs, right: {name: value / inputs["N"] for name, value in right.items()},
        ),
    ),
)
