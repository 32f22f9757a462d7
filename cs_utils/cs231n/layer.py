"""Layers with CS231n's signatures: options come in a dictionary, as in
``conv_forward_naive(x, w, b, conv_param)``."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cs_utils.exercises.layers import Layer
from cs_utils.exercises.specification import Exercise, Functions, Inputs, Misconception

LESSON = "cs231n"


@dataclass(frozen=True)
class OptionsLayer(Layer):
    """A layer of the course's form that is asked with other arguments.

    arguments: what the forward function is called with, from the inputs; a fresh list each time.
    inputs_from_arguments: the way back, for a working forward function to stand in.
    state_from_arguments: what the call left in the options, as batchnorm its running statistics.
    backward_suffix: what the backward function's name ends in, where it differs.
    """

    arguments: Callable[[Inputs], list[Any]] = lambda inputs: list(inputs.values())
    inputs_from_arguments: Callable[..., Inputs] | None = None
    state_from_arguments: Callable[[list[Any]], dict[str, Any]] = lambda arguments: {}
    backward_suffix: str = ""

    @property
    def backward_name(self) -> str:
        return f"{self.name}_backward{self.backward_suffix or self.suffix}"

    def _run_forward(self, functions: Functions, inputs: Inputs) -> tuple[Any, ...]:
        arguments = self.arguments(self._only_inputs(inputs))

        def call(*_inputs: Any) -> Any:
            return functions[self.forward_name](*arguments)

        plain = replace(self, state=())
        output, cache = Layer._run_forward(plain, {self.forward_name: call}, inputs)
        state = self.state_from_arguments(arguments)
        return output, cache, *(state.get(name) for name in self.state)

    def _forward_stand_in(self, cache: Callable[[Inputs, np.ndarray], Any]) -> Callable[..., Any]:
        back = self.inputs_from_arguments
        assert back is not None, "only a layer that knows the way back stands in"

        def forward(*args: Any) -> tuple[Any, Any]:
            inputs = back(*args)
            output = self.forward(inputs)
            return output, cache(inputs, output)

        return forward

    def exercises(
        self,
        points: tuple[float, float],
        forward: tuple[Misconception, ...],
        backward: tuple[Misconception, ...],
    ) -> tuple[Exercise, Exercise]:
        """The pair of exercises; points of the forward and of the backward function."""
        return self.forward_exercise(points[0], *forward), self.backward_exercise(
            points[1], *backward
        )
