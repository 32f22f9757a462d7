"""The exercises of inverted dropout and the mistakes that people make in it."""

from typing import Any

import numpy as np

from cs_utils.exercises.matrix_backprop.drawing import LESSON
from cs_utils.exercises.matrix_backprop.masks import (
    BLOCKED,
    DRAWS,
    FACTOR,
    FACTOR_BACK,
    ROWS,
    SHARE,
    ask_backward,
    ask_forward,
    backward_cases,
    backward_properties,
    factor,
    forward_cases,
    forward_properties,
    forward_stand_in,
    right_backward,
    right_forward,
)
from cs_utils.exercises.specification import Exercise, Inputs, Misconception, Outputs
from cs_utils.language import _


def _in_training(inputs: Inputs, right: Outputs, **outputs: Any) -> Outputs:
    """A mistake that shows in training, and nowhere else; its outputs by short names."""
    names = {"factors": FACTOR, "share": SHARE, "rows": ROWS, "draws": DRAWS}
    if not inputs["training"]:
        return right
    found = {names[short]: value for short, value in outputs.items()}
    return found | ({FACTOR: np.full(2, found[FACTOR])} if FACTOR in found else {})


DROPOUT_FORWARD = Exercise(
    name="dropout_forward",
    lesson=LESSON,
    points=2,
    cases=forward_cases,
    answer=ask_forward,
    oracle=right_forward,
    properties=forward_properties,
    stand_ins=(
        forward_stand_in(lambda factors, p, training: factors),
        forward_stand_in(lambda factors, p, training: factors if training else None),
        forward_stand_in(lambda factors, p, training: (factors, training)),
        forward_stand_in(lambda factors, p, training: (factors > 0, p, training)),
        forward_stand_in(
            lambda factors, p, training: {"mask": factors, "p": p, "training": training}
        ),
    ),
    misconceptions=(
        Misconception(
            "kept numbers not scaled",
            _(
                "What is kept stays as it was, so a row's sum shrinks by what was dropped. "
                "Which factor keeps its mean as it is without dropout?"
            ),
            lambda inputs, right: _in_training(inputs, right, factors=1.0, share=inputs["p"]),
        ),
        Misconception(
            "scaled outside training",
            _(
                "This is the older dropout, which shrinks the numbers outside training. "
                "Where does the inverted one scale, so that out is x here?"
            ),
            lambda inputs, right: {
                FACTOR: np.full(2, 1.0 if inputs["training"] else 1 - inputs["p"])
            },
        ),
        Misconception(
            "p taken as the probability to keep",
            _(
                "p was taken as the probability to keep. "
                "In PyTorch and in this course, what happens with probability p?"
            ),
            lambda inputs, right: _in_training(
                inputs, right, factors=1 / inputs["p"], share=1 - inputs["p"]
            ),
        ),
        Misconception(
            "kept and dropped exchanged",
            _(
                "The scale is right, but what should be dropped is kept. "
                "Is rng.random() < p true with probability p or 1 - p?"
            ),
            lambda inputs, right: _in_training(
                inputs, right, factors=factor(inputs), share=1 - inputs["p"]
            ),
        ),
        Misconception(
            "divided by p",
            _(
                "The kept numbers were divided by p. "
                "Which share of the numbers is kept, and what makes up for the rest?"
            ),
            lambda inputs, right: _in_training(
                inputs, right, factors=1 / inputs["p"], share=inputs["p"]
            ),
        ),
        Misconception(
            "multiplied by 1 - p",
            _(
                "The kept numbers were shrunk by 1 - p. "
                "Should they grow or shrink, to make up for the dropped ones?"
            ),
            lambda inputs, right: _in_training(
                inputs, right, factors=1 - inputs["p"], share=inputs["p"]
            ),
        ),
        Misconception(
            "dropped outside training",
            _(
                "Numbers were dropped outside training, too. "
                "What should out be when the network is only used?"
            ),
            lambda inputs, right: right if inputs["training"] else {SHARE: inputs["p"]},
        ),
        Misconception(
            "one mask for all rows",
            _(
                "Every example dropped the same entries. "
                "Which shape must the mask have for each to have its own?"
            ),
            lambda inputs, right: _in_training(inputs, right, rows=1),
        ),
        Misconception(
            "the same mask at every call",
            _(
                "Two generators with different seeds gave the same mask. "
                "Does your function make a generator of its own, with a fixed seed?"
            ),
            lambda inputs, right: _in_training(inputs, right, draws=1),
        ),
        Misconception(
            "generator not used",
            _(
                "Two generators with the same seed gave different masks. "
                "Are the numbers drawn from rng, or from np.random?"
            ),
            lambda inputs, right: _in_training(inputs, right, draws=2),
        ),
    ),
)


def _back_in_training(
    inputs: Inputs, right: Outputs, least: float, greatest: float, blocked: float = 1.0
) -> Outputs:
    """A mistake that shows in training, and nowhere else."""
    if not inputs["training"]:
        return right
    return {FACTOR_BACK: np.array([least, greatest]), BLOCKED: blocked}


DROPOUT_BACKWARD = Exercise(
    name="dropout_backward",
    lesson=LESSON,
    points=1,
    cases=backward_cases,
    answer=ask_backward,
    oracle=right_backward,
    properties=backward_properties,
    builds_on=("dropout_forward",),
    cache_from="dropout_forward",
    misconceptions=(
        Misconception(
            "mask forgotten",
            _(
                "All of dout came through. "
                "Which entries of x had no say in out, and so none in the loss?"
            ),
            lambda inputs, right: _back_in_training(inputs, right, 1.0, 1.0, blocked=0.0),
        ),
        Misconception(
            "mask drawn anew",
            _(
                "The gradient was blocked at other places than the numbers were. "
                "Which mask did the forward pass use, and where can you keep it?"
            ),
            lambda inputs, right: _back_in_training(
                inputs, right, 0.0, factor(inputs), blocked=inputs["p"]
            ),
        ),
        Misconception(
            "scale forgotten",
            _(
                "The mask is right, but what passes keeps its size. "
                "The kept numbers grew on the way forward: what is the slope of that?"
            ),
            lambda inputs, right: _back_in_training(inputs, right, 1.0, 1.0),
        ),
        Misconception(
            "scaled twice",
            _(
                "The gradient was scaled by 1 / (1 - p) twice. "
                "Does the mask in your cache hold the scale already?"
            ),
            lambda inputs, right: _back_in_training(
                inputs, right, factor(inputs) ** 2, factor(inputs) ** 2
            ),
        ),
        Misconception(
            "mask turned round",
            _(
                "The gradient passed where the numbers were dropped. "
                "Is your mask true where an entry is kept, or where it is dropped?"
            ),
            lambda inputs, right: _back_in_training(inputs, right, 0.0, 0.0, blocked=0.0),
        ),
        Misconception(
            "dropped outside training",
            _(
                "Outside training the gradient was scaled as in training. "
                "What did the forward pass do to x there?"
            ),
            lambda inputs, right: (
                right if inputs["training"] else {FACTOR_BACK: np.full(2, 1 / (1 - inputs["p"]))}
            ),
        ),
    ),
)
