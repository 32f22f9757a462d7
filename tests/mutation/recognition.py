"""How often a catalogued mistake, handed in as wrong outputs, is answered with its own hint."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from submissions import submission

from cs_utils.exercises.specification import Case, Exercise, Misconception, Outputs

FRESH_SEEDS = (31, 32, 33)


def recognised_rate(exercise: Exercise, seeds: Iterable[int] = FRESH_SEEDS) -> float:
    """The share of an exercise's mistakes, each on each seed, whose own hint comes first."""
    told = []
    for seed in seeds:
        cases = exercise.draw_cases(seed)
        right = {id(case.inputs): exercise.oracle(case.inputs) for case in cases}
        answered = replace(exercise, oracle=lambda inputs, right=right: right[id(inputs)])
        told += [told_first(answered, mistake, cases) for mistake in exercise.misconceptions]
    return sum(told) / len(told)


def told_first(exercise: Exercise, mistake: Misconception, cases: list[Case]) -> bool:
    """Whether somebody who makes the mistake loses points and reads its hint before any other."""

    def wrong(case: Case, right: Outputs) -> Outputs | None:
        with np.errstate(all="ignore"):
            predicted = mistake.outputs(case.inputs, right)
        return None if predicted is None else {**right, **predicted}

    verdict = submission(exercise, cases, wrong)
    return verdict.score < verdict.max_score and verdict.hints[:1] == (mistake.hint,)
