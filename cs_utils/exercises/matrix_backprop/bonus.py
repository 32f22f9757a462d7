"""Bonus: the gradients of any einsum of two arrays."""

from typing import Any

import numpy as np

from cs_utils.exercises.matrix_backprop.drawing import LESSON, asks
from cs_utils.exercises.specification import Case, Exercise, Inputs, Misconception, Outputs
from cs_utils.exercises.vector_backprop.drawing import mixed
from cs_utils.language import _


def _gradients(inputs: Inputs) -> dict[str, np.ndarray]:
    """The gradients by autograd through torch.einsum."""
    import torch

    x, w = (torch.tensor(inputs[name], requires_grad=True) for name in ("x", "w"))
    out = torch.einsum(inputs["subscripts"], x, w)
    dx, dw = torch.autograd.grad(out, (x, w), torch.tensor(inputs["dout"]))
    return {"dx": dx.numpy(), "dw": dw.numpy()}


def _letters(subscripts: str) -> tuple[str, str, str]:
    operands, out = subscripts.split("->")
    of_x, of_w = operands.split(",")
    return of_x, of_w, out


def _random_subscripts(rng: np.random.Generator) -> str:
    """An index of every kind: kept from both, x or w alone, summed of both, x or w alone."""
    both, x_kept, w_kept, summed, x_summed, w_summed = rng.permutation(list("abcdijkmn"))[:6]
    of_x = "".join(rng.permutation([both, x_kept, summed, x_summed]))
    of_w = "".join(rng.permutation([both, w_kept, summed, w_summed]))
    out = "".join(rng.permutation([both, x_kept, w_kept]))
    return f"{of_x},{of_w}->{out}"


def _cases(rng: np.random.Generator) -> list[Case]:
    def inputs(subscripts: str) -> dict[str, Any]:
        of_x, of_w, out = _letters(subscripts)
        letters = sorted({*of_x, *of_w})
        sizes = dict(zip(letters, rng.permutation(np.arange(len(letters)) % 4 + 2), strict=True))

        def array(indices: str) -> np.ndarray:
            return mixed(rng, *(int(sizes[index]) for index in indices))

        return {"subscripts": subscripts, "dout": array(out), "x": array(of_x), "w": array(of_w)}

    printed = {
        "subscripts": "ij,jk->ik",
        "dout": np.array([[2.0, 3, -3, 9], [-8, 1, 4, 6]]),
        "x": np.array([[2.0, 1, -3], [-3, 4, 2]]),
        "w": np.array([[3.0, 2, 1, -1], [2, 1, 3, 2], [3, 2, 1, -2]]),
    }
    return [
        Case(_("the lecture's matrix product"), printed, weight=0),
        Case(_("an outer product"), inputs("i,j->ij")),
        Case(_("a matrix product, the result transposed"), inputs("ij,jk->ki")),
        Case(_("a batch of matrix products"), inputs("bij,bjk->bik")),
        Case(_("everything summed"), inputs("ij,ij->")),
        Case(_("a sum over an index of x alone"), inputs("ij,k->ik")),
        Case(_("sums over an index of each alone"), inputs("ijk,jm->k")),
        Case(_("random indices of every kind"), inputs(_random_subscripts(rng))),
        Case(_("inputs are left unchanged"), inputs("nd,dm->nm"), inputs_unchanged=True),
    ]


def _alone(inputs: Inputs) -> dict[str, list[int]]:
    """For each gradient the axes whose index neither the other operand nor the output has."""
    of_x, of_w, out = _letters(inputs["subscripts"])
    return {
        "dx": [axis for axis, index in enumerate(of_x) if index not in of_w + out],
        "dw": [axis for axis, index in enumerate(of_w) if index not in of_x + out],
    }


def _averaged(inputs: Inputs, right: Outputs) -> Outputs:
    """The gradient shared out along a summed index instead of the same all along it."""
    alone = _alone(inputs)
    return {
        name: right[name] / np.prod([right[name].shape[axis] for axis in axes])
        for name, axes in alone.items()
    }


def _not_spread(inputs: Inputs, right: Outputs) -> Outputs:
    """The summed index left in place with one entry."""
    return {
        name: right[name].take([0], axes[0]) if axes else right[name]
        for name, axes in _alone(inputs).items()
    }


EINSUM_BACKWARD = Exercise(
    name="einsum_backward",
    lesson=LESSON,
    points=4,
    cases=_cases,
    answer=asks("einsum_backward", "dx", "dw"),
    oracle=_gradients,
    misconceptions=(
        Misconception(
            "upstream gradient forgotten",
            _(
                "dout plays no part here, as if it were all ones. "
                "What does the chain rule do with it?"
            ),
            lambda inputs, right: _gradients({**inputs, "dout": np.ones_like(inputs["dout"])}),
        ),
        Misconception(
            "dx and dw exchanged",
            _("dx and dw have changed places. In which order must they be returned?"),
            lambda inputs, right: {"dx": right["dw"], "dw": right["dx"]},
        ),
        Misconception(
            "axes turned round",
            _(
                "The axes of dx and dw stand in reverse order. "
                "Which indices, in which order, has the gradient of x?"
            ),
            lambda inputs, right: {"dx": right["dx"].T, "dw": right["dw"].T},
        ),
        Misconception(
            "not spread along a summed index",
            _(
                "An index that was summed out of one operand has one entry in its gradient. "
                "Which shape must dx have, and what stands along that axis?"
            ),
            _not_spread,
        ),
        Misconception(
            "shared out along a summed index",
            _(
                "Along an index that was summed out, the gradient was divided by its size. "
                "How much does the sum grow when one of its terms grows by 1?"
            ),
            _averaged,
        ),
        Misconception(
            "other operand left out",
            _(
                "dout was summed and spread, but the other operand plays no part, as if it were "
                "all ones. What is the slope of x w by x?"
            ),
            lambda inputs, right: _gradients(
                {**inputs, "x": np.ones_like(inputs["x"]), "w": np.ones_like(inputs["w"])}
            ),
        ),
    ),
)
