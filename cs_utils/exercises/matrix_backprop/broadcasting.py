"""The gradient of broadcasting: what was stretched is summed."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from cs_utils.exercises.matrix_backprop.drawing import LESSON, asks
from cs_utils.exercises.specification import Case, Exercise, Inputs, Misconception
from cs_utils.exercises.vector_backprop.drawing import mixed
from cs_utils.language import _


def _unbroadcast(inputs: Inputs) -> np.ndarray:
    """The gradient by autograd, through PyTorch's own broadcasting."""
    import torch

    small = torch.zeros(inputs["shape"], dtype=torch.float64, requires_grad=True)
    grad = torch.tensor(inputs["grad"])
    return torch.autograd.grad(small.expand(grad.shape), small, grad)[0].numpy()


def _random_shapes(rng: np.random.Generator) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """A shape of four axes, and one that broadcasts to it: shorter by an axis, a 1 inside."""
    large = tuple(int(size) for size in rng.integers(2, 6, 4))
    small = list(large[1:])
    small[int(rng.integers(3))] = 1
    return large, tuple(small)


def _broadcast_cases(rng: np.random.Generator) -> list[Case]:
    def inputs(grad: Sequence[int], shape: Sequence[int]) -> dict[str, Any]:
        return {"grad": mixed(rng, *grad), "shape": tuple(shape)}

    printed = {"grad": np.array([[1.0, 2, 3], [4, 5, 6]]), "shape": (3,)}
    return [
        Case(_("a bias of shape (3,) in a batch of two"), printed, weight=0),
        Case(_("a bias in a batch of five"), inputs((5, 3), (3,))),
        Case(_("a column (4, 1) stretched to (4, 3)"), inputs((4, 3), (4, 1))),
        Case(_("a number added to a matrix"), inputs((3, 4), ())),
        Case(_("nothing to sum"), inputs((2, 3), (2, 3))),
        Case(_("a leading axis, and ones inside"), inputs((2, 3, 4, 5), (3, 1, 5))),
        Case(_("four axes, one of them new, one stretched"), inputs(*_random_shapes(rng))),
        Case(_("inputs are left unchanged"), inputs((4, 3, 2), (1, 3, 1)), inputs_unchanged=True),
    ]


def _axes(inputs: Inputs) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The axes of grad that broadcasting put in front, and those that it stretched."""
    grad, shape = inputs["grad"], inputs["shape"]
    new = grad.ndim - len(shape)
    inside = (new + axis for axis, size in enumerate(shape) if size != grad.shape[new + axis])
    return tuple(range(new)), tuple(inside)


def _first_of_each(inputs: Inputs) -> np.ndarray:
    """One slice where all should be added up."""
    front, inside = _axes(inputs)
    first = inputs["grad"]
    for axis in front + inside:
        first = first.take([0], axis)
    return first.reshape(inputs["shape"])


UNBROADCAST = Exercise(
    name="unbroadcast",
    lesson=LESSON,
    points=2,
    cases=_broadcast_cases,
    answer=asks("unbroadcast", "gradient"),
    oracle=lambda inputs: {"gradient": _unbroadcast(inputs)},
    misconceptions=(
        Misconception(
            "only leading axes summed",
            _(
                "The new axes in front were summed, those of size 1 were not. "
                "How many entries of grad does one number of a (4, 1) column reach in a (4, 3)?"
            ),
            lambda inputs, right: {"gradient": inputs["grad"].sum(axis=_axes(inputs)[0])},
        ),
        Misconception(
            "only axes of size 1 summed",
            _(
                "The stretched axes were summed, the new ones in front were not. "
                "Which axes does (5, 3) have that a bias of shape (3,) has not?"
            ),
            lambda inputs, right: {
                "gradient": inputs["grad"].sum(axis=_axes(inputs)[1], keepdims=True)
            },
        ),
        Misconception(
            "axes of size 1 lost",
            _(
                "The sums are right, but the axes of size 1 are gone. "
                "Which argument of sum keeps a summed axis in place?"
            ),
            lambda inputs, right: {"gradient": np.squeeze(right["gradient"])},
        ),
        Misconception(
            "mean for sum",
            _(
                "This is the mean over the broadcast axes. "
                "Each use of a number adds to the loss: how do their gradients join?"
            ),
            lambda inputs, right: {
                "gradient": right["gradient"] * (right["gradient"].size / inputs["grad"].size)
            },
        ),
        Misconception(
            "first slice taken",
            _(
                "This is one slice of grad, where the others count as well. "
                "What becomes of the gradients of the other uses?"
            ),
            lambda inputs, right: {"gradient": _first_of_each(inputs)},
        ),
        Misconception(
            "everything summed",
            _(
                "This is the sum of all of grad. "
                "Which axes were broadcast, and which did the array have already?"
            ),
            lambda inputs, right: {"gradient": np.full(inputs["shape"], inputs["grad"].sum())},
        ),
        Misconception(
            "handed back as it came",
            _("This is grad itself. Which shape must the gradient of the small array have?"),
            lambda inputs, right: {"gradient": inputs["grad"]},
        ),
    ),
)
