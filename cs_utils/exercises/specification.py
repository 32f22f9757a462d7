"""What an exercise is: its points, its cases, what must come out, and its known misconceptions.

The in-notebook check, the trusted grading, the tests and the release all read this one form.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Inputs = Mapping[str, Any]
Outputs = Mapping[str, Any]
Functions = Mapping[str, Callable[..., Any]]

AGAIN = " again"


class WrongReturnError(Exception):
    """The student's function returned something of the wrong kind; the text says what."""


class MissingFunctionError(Exception):
    """The notebook defines no function of this name."""


@dataclass(frozen=True)
class Case:
    """One question to the student's function.

    title: the case in words, as the report shows it.
    inputs: what the function is given, by name.
    inputs_unchanged: the case passes only if the inputs (and a cache) are left as they were.
    weight: share in the score. A case whose numbers are printed in the notebook weighs 0:
        knowing them by heart earns nothing, failing them still shows what is wrong.
    refusal: what must come out is an error. It counts only beside a passed case that is none:
        refusing everything is no answer.
    """

    title: str
    inputs: Inputs
    inputs_unchanged: bool = False
    weight: float = 1.0
    refusal: bool = False


@dataclass(frozen=True)
class Misconception:
    """A mistake that people make, and the hint that helps them out of it.

    outputs: what the mistake gives on a case, computed from the inputs and the right outputs or
        with PyTorch, never by code that shows the solution; None where it cannot be told.
    hint: names the mistake and asks the question that leads on, at most three sentences.
    """

    name: str
    hint: str
    outputs: Callable[[Inputs, Outputs], Outputs | None]


@dataclass(frozen=True)
class Exercise:
    """One function that the student writes.

    name: the function's own name.
    lesson: the notebook's name, ``01_vector_backprop``.
    points: full marks.
    cases: draws the cases from a generator, smallest first.
    answer: asks the student's functions and names what they return. In a case that watches for
        changed inputs it may ask twice, and name the second result with ``AGAIN`` behind it.
    oracle: what must come out, from PyTorch or a numeric derivative.
    tolerance: largest error allowed, relative to the largest right value, in float64.
    builds_on: other exercises whose functions this one uses; where theirs are wrong, this one
        is asked again with working ones in their place.
    cache_from: the one among them that makes the cache this function is given.
    library: what the student writes it with, ``numpy`` or ``torch``. While a NumPy exercise is
        graded PyTorch is switched off.
    forbids: a module whose ``switch_off()`` takes away what may not be called; the kernel that the
        exercise is graded in calls it before any of the student's code.
    stand_ins: working versions of this function for exercises that build on it. There is more
        than one where a student may sensibly keep different things in the cache.
    properties: for random results, what of them is the same for every right solution: the
        answer's outputs become those that the oracle gives. It runs where the judging is done,
        raises WrongReturnError for outputs of the wrong kind, and trusts none.
    value: for gradients, the number that they are derivatives of, from the inputs: an output
        ``dx`` holds its slopes by the input ``x``.
    in_words: how a wrong output differs, from (inputs, its name, received, right), where numbers
        would not tell a reader; None where they do. It trusts no received output.
    kept_back: inputs that judging needs and that a grader's kernel is never shown: right labels.
    seconds: what a grader's kernel may take for all cases, where its usual limit is too short.
    """

    name: str
    lesson: str
    points: float
    cases: Callable[[np.random.Generator], Sequence[Case]]
    answer: Callable[[Functions, Case], Outputs]
    oracle: Callable[[Inputs], Outputs]
    misconceptions: tuple[Misconception, ...] = ()
    tolerance: float = 1e-7
    builds_on: tuple[str, ...] = ()
    cache_from: str = ""
    library: str = "numpy"
    forbids: str = ""
    stand_ins: tuple[Callable[..., Any], ...] = ()
    properties: Callable[[Inputs, Outputs], Outputs] | None = None
    value: Callable[[Inputs], float] | None = None
    in_words: Callable[[Inputs, str, np.ndarray, np.ndarray], str | None] | None = None
    kept_back: tuple[str, ...] = ()
    seconds: float | None = None

    def draw_cases(self, seed: int) -> list[Case]:
        """The cases for this seed. Every exercise draws from a stream of its own."""
        stream = np.random.SeedSequence([seed, *self.name.encode()])
        return list(self.cases(np.random.default_rng(stream)))
