"""What the tests of the exercises share: namespaces as students have them, and their verdicts."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from cs_utils import answers
from cs_utils.answers import Answer, Problem, plain_array
from cs_utils.checks import check_exercise
from cs_utils.exchange import pack
from cs_utils.exercises import find_exercise, lesson_exercises
from cs_utils.exercises.specification import (
    AGAIN,
    Case,
    Exercise,
    Inputs,
    Misconception,
    Outputs,
)
from cs_utils.reports import text_report
from cs_utils.verdicts import CORRECT, Verdict, judge
from solutions import numpy_layers, numpy_vectors

EXERCISES = lesson_exercises("01_vector_backprop")
NAMES = [exercise.name for exercise in EXERCISES]
SEEDS = [0, 1, 2, 3, 4, 2026]


def solved(**changes: Callable[..., Any]) -> dict[str, Any]:
    """The reference answers as a student's namespace, with some functions exchanged.

    Run from their own text, so that an exchanged function is used by those that build on it.
    """
    namespace: dict[str, Any] = {}
    for module in (numpy_vectors, numpy_layers):
        exec(Path(module.__file__).read_text(), namespace)
    for name, function in changes.items():
        namespace[name] = _stub(name) if function is unwritten else function
    return namespace


def verdict_on(name: str, seed: int = 0, **changes: Callable[..., Any]) -> Verdict:
    return check_exercise(find_exercise(name), solved(**changes), seed)


@cache
def asked(exercise: Exercise, seed: int) -> tuple[Exercise, list[Case], list[Outputs]]:
    """The exercise, its cases and what must come out, once for all its tests; read only.

    Known mistakes are told by what they give, which is remembered: to tell one of many takes all.
    """
    cases = exercise.draw_cases(seed)
    told = tuple(replace(one, outputs=_remembered(one.outputs)) for one in exercise.misconceptions)
    expected = [exercise.oracle(case.inputs) for case in cases]
    return replace(exercise, properties=None, misconceptions=told), cases, expected


def _remembered(outputs: Callable[..., Any]) -> Callable[..., Any]:
    """The same outputs without computing them again, for inputs that stay where they are."""
    found: dict[int, Any] = {}

    def remembered(inputs: Inputs, right: Outputs) -> Any:
        if id(inputs) not in found:
            found[id(inputs)] = outputs(inputs, right)
        return found[id(inputs)]

    return remembered


def submission(exercise: Exercise, seed: int, wrong: Callable[[Case, Outputs], Any]) -> Verdict:
    """The verdict on answers made by ``wrong``, as they are compared; None stands for an
    exception."""
    exercise, cases, expected = asked(exercise, seed)
    given = []
    for case, right in zip(cases, expected, strict=True):
        outputs = wrong(case, right)
        if outputs is None:
            given.append(Answer(problem=Problem(answers.RAISED, "ValueError")))
            continue
        arrays = {name: plain_array(value, name) for name, value in outputs.items()}
        again = {name + AGAIN: value for name, value in arrays.items()}
        given.append(Answer(arrays | again if case.inputs_unchanged else arrays))
    return judge(exercise, cases, given, expected)


def mistaken(exercise: Exercise, seed: int, mistake: Misconception) -> Verdict:
    """The verdict on answers that hold this known mistake, and are right else."""

    def wrong(case: Case, right: Outputs) -> Outputs | None:
        with np.errstate(all="ignore"):
            predicted = mistake.outputs(case.inputs, right)
        return None if predicted is None else {**right, **predicted}

    return submission(exercise, seed, wrong)


def all_zeros(exercise: Exercise, seed: int) -> Verdict:
    """The verdict on zeros in the right shapes."""
    return submission(
        exercise, seed, lambda _case, right: {name: np.zeros_like(right[name]) for name in right}
    )


def pack_cases(exercise: Exercise, seed: int) -> list[bytes]:
    return [pack(dict(case.inputs)) for case in exercise.draw_cases(seed)]


def assert_full_marks(verdict: Verdict) -> None:
    assert verdict.status == CORRECT, text_report(verdict)
    assert verdict.score == verdict.max_score


def unwritten(*args: Any, **kwargs: Any) -> Any:
    raise NotImplementedError


def _stub(name: str) -> Callable[..., Any]:
    """The function as a notebook hands it out: its name stands in the traceback."""
    namespace: dict[str, Any] = {}
    exec(f"def {name}(*args, **kwargs):\n    raise NotImplementedError", namespace)
    return namespace[name]
