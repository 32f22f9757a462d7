"""What the failing cases of an exercise have in common that no other case has."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from cs_utils.language import _

if TYPE_CHECKING:
    from cs_utils.verdicts import CaseResult

# A pattern of fewer cases on either side may be chance.
_ENOUGH = 2


def case_pattern(results: Sequence["CaseResult"]) -> str:
    """One sentence, as 'Exactly the cases with padding 0 fail.'; '' where there is none.

    It speaks of options and of shapes, never of values that a grader keeps to itself.
    """
    judged = [one for one in results if not one.withdrawn and not (one.changed and not one.failed)]
    failed = [not one.passed for one in judged]
    if sum(failed) < _ENOUGH or len(failed) - sum(failed) < _ENOUGH:
        return ""
    for has, words in _features([one.case.inputs for one in judged]):
        marks = [has(one.case.inputs) for one in judged]
        if marks == failed:
            return _("Exactly the cases with {what} fail.").format(what=words)
        if [not mark for mark in marks] == failed:
            return _("Only the cases with {what} are right.").format(what=words)
    return ""


def _features(all_inputs: Sequence[Any]) -> Iterator[tuple[Callable[[Any], bool], str]]:
    for name in dict.fromkeys(name for inputs in all_inputs for name in inputs):
        values = [inputs[name] for inputs in all_inputs if name in inputs]
        if all(isinstance(value, bool) for value in values):
            yield partial(_holds, name, True), f"{name} = True"
        elif all(isinstance(value, int) for value in values):
            for number in (0, 1):
                words = _("{name} {number}").format(name=name, number=number)
                yield partial(_holds, name, number), words
        elif all(isinstance(value, np.ndarray) for value in values):
            yield from _shape_features(name)


def _holds(name: str, value: int, inputs: Any) -> bool:
    return bool(inputs.get(name) == value)


def _shape_features(name: str) -> Iterator[tuple[Callable[[Any], bool], str]]:
    def shape(inputs: Any) -> tuple[int, ...]:
        return np.shape(inputs.get(name))

    yield (
        lambda inputs: len(shape(inputs)) >= 2 and shape(inputs)[-1] == shape(inputs)[-2],
        _("as many columns as rows in {name}").format(name=name),
    )
    yield (
        lambda inputs: len(shape(inputs)) >= 2 and shape(inputs)[0] == 1,
        _("only one example in {name}").format(name=name),
    )
    yield (
        lambda inputs: len(shape(inputs)) == 4 and shape(inputs)[1] == 1,
        _("only one channel in {name}").format(name=name),
    )
    yield (
        lambda inputs: len(shape(inputs)) > 2,
        _("more than two axes in {name}").format(name=name),
    )
