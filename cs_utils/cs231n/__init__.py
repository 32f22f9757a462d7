"""Layers written for CS231n's assignments, checked with this course's cases and hints.

An adapter a function: the same PyTorch oracle, cases and misconceptions as the course's own
exercise, asked with CS231n's signature; an exercise of its own where the course has none.
Source of the signatures: https://cs231n.github.io, assignments 1 and 2.
"""

from cs_utils.cs231n import batchnorm, convolution, dense, dropout, groups, losses, optimisers
from cs_utils.cs231n.pooling_exercises import MAX_POOL
from cs_utils.exercises import UnknownExerciseError
from cs_utils.exercises.specification import Exercise

# Each exercise in all its forms: where years of the course differ, either is right.
_FORMS: tuple[tuple[Exercise, ...], ...] = (
    *((one,) for one in dense.AFFINE),
    *((one,) for one in dense.RELU),
    (losses.SOFTMAX_LOSS,),
    (losses.SVM_LOSS,),
    *((one,) for one in batchnorm.BATCHNORM),
    (batchnorm.BATCHNORM_ALT,),
    *((one,) for one in groups.LAYERNORM),
    *zip(dropout.KEEPS, dropout.DROPS, strict=True),
    *((one,) for one in convolution.CONV),
    *((one,) for one in MAX_POOL),
    *((one,) for one in batchnorm.SPATIAL_BATCHNORM),
    *((one,) for one in groups.GROUPNORM),
    (optimisers.SGD,),
    (optimisers.SGD_MOMENTUM,),
    (optimisers.RMSPROP,),
    (optimisers.ADAM,),
)
_BY_NAME = {forms[0].name: forms for forms in _FORMS}


def names() -> list[str]:
    """The functions that can be checked, in CS231n's order."""
    return list(_BY_NAME)


def forms(name: str) -> tuple[Exercise, ...]:
    """The exercise of this name, in all forms that count as right. Raises UnknownExerciseError."""
    if name not in _BY_NAME:
        known = ", ".join(_BY_NAME)
        raise UnknownExerciseError(f"CS231n has no function {name} that can be checked: {known}.")
    return _BY_NAME[name]


def find(name: str) -> Exercise:
    """The newest form of an exercise. Raises UnknownExerciseError."""
    return forms(name)[0]
