"""``dropout_forward(x, dropout_param)`` and ``dropout_backward(dout, cache)``.

``p`` is the probability to keep a number since 2018, and to drop it in the years before: either
is right, and each year's form has exercises of its own.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from cs_utils.cs231n.layer import LESSON
from cs_utils.exercises.matrix_backprop import dropout as course
from cs_utils.exercises.matrix_backprop import masks
from cs_utils.exercises.specification import (
    Case,
    Exercise,
    Functions,
    Inputs,
    Misconception,
    Outputs,
)

# Their hints speak of the course's own p.
_OF_THE_COURSE = {
    "p taken as the probability to keep",
    "divided by p",
    "multiplied by 1 - p",
    "generator not used",
}


def _form(keeps: bool) -> tuple[Exercise, Exercise]:
    """The exercises where p is the probability to keep, or to drop."""

    def courses(inputs: Inputs) -> dict[str, Any]:
        """The inputs as the course names them: p is the probability to drop."""
        return {**inputs, "p": 1 - inputs["p"] if keeps else inputs["p"]}

    def renamed(cases: Callable[..., Any]) -> Callable[[np.random.Generator], list[Case]]:
        return lambda rng: [replace(one, inputs=courses(one.inputs)) for one in cases(rng)]

    def asked(answer: Callable[..., Outputs]) -> Callable[[Functions, Case], Outputs]:
        def ask(functions: Functions, case: Case) -> Outputs:
            def forward(x: Any, p: float, training: bool, rng: np.random.Generator) -> Any:
                seed = int(rng.integers(2**31))
                np.random.seed(seed)
                mode = "train" if training else "test"
                return functions["dropout_forward"](x, {"mode": mode, "p": p, "seed": seed})

            def backward(dout: Any, cache: Any) -> Any:
                return functions["dropout_backward"](dout, cache)

            own = {"dropout_forward": forward, "dropout_backward": backward}
            return answer(own, case)

        return ask

    def predicted(one: Misconception) -> Callable[[Inputs, Outputs], Outputs | None]:
        return lambda inputs, right: one.outputs(courses(inputs), right)

    def adapted(exercise: Exercise, cases: Callable[..., Any], answer: Any) -> Exercise:
        properties = exercise.properties
        assert properties is not None
        return replace(
            exercise,
            lesson=LESSON,
            cases=renamed(cases),
            answer=asked(answer),
            oracle=lambda inputs: exercise.oracle(courses(inputs)),
            properties=lambda inputs, outputs: properties(courses(inputs), outputs),
            stand_ins=(),
            misconceptions=tuple(
                replace(one, outputs=predicted(one))
                for one in exercise.misconceptions
                if one.name not in _OF_THE_COURSE
            ),
        )

    return (
        adapted(course.DROPOUT_FORWARD, masks.forward_cases, masks.ask_forward),
        adapted(course.DROPOUT_BACKWARD, masks.backward_cases, masks.ask_backward),
    )


KEEPS, DROPS = _form(keeps=True), _form(keeps=False)
