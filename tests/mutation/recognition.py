"""How often a catalogued mistake, handed in as wrong outputs, is answered with its own hint."""

from collections.abc import Iterable

from capstone_answers import known_mistakes, synthetic
from submissions import mistaken

from cs_utils.exercises.architectures.capstone import NAME
from cs_utils.exercises.specification import Exercise, Misconception
from cs_utils.small_network import BUDGET

FRESH_SEEDS = (31, 32, 33)


def recognised_rate(exercise: Exercise, seeds: Iterable[int] = FRESH_SEEDS) -> float:
    """The share of an exercise's mistakes, each on each seed, whose own hint comes first."""
    if exercise.name == NAME:
        return _rate_of_networks()
    told = [
        told_first(exercise, mistake, seed) for seed in seeds for mistake in exercise.misconceptions
    ]
    return sum(told) / len(told)


def told_first(exercise: Exercise, mistake: Misconception, seed: int) -> bool:
    """Whether somebody who makes the mistake loses points and reads its hint before any other."""
    verdict = mistaken(exercise, seed, mistake)
    return verdict.score < verdict.max_score and verdict.hints[:1] == (mistake.hint,)


def _rate_of_networks() -> float:
    """The same for the last exercise, whose mistakes show in a network's scores, made up here."""
    over = ("biases not counted", {"parameters": BUDGET + 100, "one_axis": 200})
    told = []
    for name, changes in (*known_mistakes(), over):
        verdict = synthetic(0.7, **changes)
        first = verdict.misconception
        told.append(verdict.score < verdict.max_score and first is not None and first.name == name)
    return sum(told) / len(told)
