"""Layers: the pairs of exercises ``name_forward`` and ``name_backward``.

A layer is told by one PyTorch expression. From it come the right output, the right gradients
(autograd) and working stand-ins, so that nothing here shows how the student's code should look.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cs_utils.exercises.specification import (
    AGAIN,
    Case,
    Exercise,
    Functions,
    Inputs,
    Misconception,
    Outputs,
    WrongReturnError,
)
from cs_utils.language import _


@dataclass(frozen=True)
class Layer:
    """A differentiable function of the course.

    name: the pair's common name, ``relu``.
    lesson: the notebook that teaches it.
    inputs: names of the forward function's arguments, in order; a case may leave out the last
        ones, which have default values.
    gradients: the inputs that a gradient is returned for, in order.
    output, upstream: names of the result and of the gradient that arrives for it.
    function: the layer in PyTorch: float64 tensors for the inputs that have a gradient, the
        others as the case holds them. It returns the output, and what ``state`` names behind it.
    cases: draws the forward cases, smallest first. A case may carry an upstream gradient under
        its name (the lecture's numbers do); elsewhere a random one is drawn.
    caches: what a student may keep for the backward pass, from (inputs, output); the first is
        what the notebook suggests.
    inputs_from_cache: the way back from the first cache to the inputs.
    state: what the forward function returns after the cache, as batchnorm its running statistics.
    suffix: what the functions' names end in, where a lesson writes the layer more than once.
    """

    name: str
    lesson: str
    inputs: tuple[str, ...]
    gradients: tuple[str, ...]
    output: str
    upstream: str
    function: Callable[..., Any]
    cases: Callable[[np.random.Generator], Sequence[Case]]
    caches: tuple[Callable[[Inputs, np.ndarray], Any], ...]
    inputs_from_cache: Callable[[Any], Inputs]
    state: tuple[str, ...] = ()
    suffix: str = ""

    @property
    def forward_name(self) -> str:
        return f"{self.name}_forward{self.suffix}"

    @property
    def backward_name(self) -> str:
        return f"{self.name}_backward{self.suffix}"

    def forward(self, inputs: Inputs) -> np.ndarray:
        """The right output, by PyTorch in float64."""
        return self.results(inputs)[self.output]

    def results(self, inputs: Inputs) -> dict[str, np.ndarray]:
        """The right output and state by name, by PyTorch in float64."""
        _leaves, found = self._graph(inputs)
        names = (self.output, *self.state)
        return {name: value.detach().numpy() for name, value in zip(names, found, strict=True)}

    def backward(self, inputs: Inputs) -> dict[str, np.ndarray]:
        """The right gradients ``{"dx": ...}``, by PyTorch's autograd, for inputs and upstream."""
        import torch

        leaves, (output, *_state) = self._graph(inputs)
        upstream = torch.as_tensor(np.asarray(inputs[self.upstream], dtype=np.float64))
        wanted = [leaves[name] for name in self.gradients]
        found = torch.autograd.grad(output, wanted, upstream.reshape(output.shape))
        return {f"d{name}": g.numpy() for name, g in zip(self.gradients, found, strict=True)}

    def _value(self, inputs: Inputs) -> float:
        """The number whose gradients the backward function returns."""
        return float((self.forward(inputs) * inputs[self.upstream]).sum())

    def _graph(self, inputs: Inputs) -> tuple[dict[str, Any], tuple[Any, ...]]:
        import torch

        leaves = self._only_inputs(inputs)
        for name in self.gradients:
            array = np.array(inputs[name], dtype=np.float64)
            leaves[name] = torch.from_numpy(array).requires_grad_()
        found = self.function(**leaves)
        return leaves, found if isinstance(found, tuple) else (found,)

    def forward_exercise(
        self, points: float, *misconceptions: Misconception, builds_on: tuple[str, ...] = ()
    ) -> Exercise:
        """The exercise of writing ``name_forward``."""
        return Exercise(
            name=self.forward_name,
            lesson=self.lesson,
            points=points,
            cases=self._forward_cases,
            answer=self._ask_forward,
            oracle=self.results,
            misconceptions=misconceptions,
            builds_on=builds_on,
            stand_ins=tuple(self._forward_stand_in(cache) for cache in self.caches),
        )

    def backward_exercise(
        self, points: float, *misconceptions: Misconception, builds_on: tuple[str, ...] = ()
    ) -> Exercise:
        """The exercise of writing ``name_backward``; it builds on the forward function."""
        return Exercise(
            name=self.backward_name,
            lesson=self.lesson,
            points=points,
            cases=self._backward_cases,
            answer=self._ask_backward,
            oracle=self.backward,
            misconceptions=misconceptions,
            builds_on=(self.forward_name, *builds_on),
            cache_from=self.forward_name,
            stand_ins=(self._backward_stand_in,),
            value=self._value,
        )

    def _forward_cases(self, rng: np.random.Generator) -> list[Case]:
        return [replace(case, inputs=self._only_inputs(case.inputs)) for case in self.cases(rng)]

    def _backward_cases(self, rng: np.random.Generator) -> list[Case]:
        def with_upstream(case: Case) -> Case:
            if self.upstream in case.inputs:
                return case
            shape = self.forward(case.inputs).shape
            upstream = rng.normal(size=shape) if shape else float(rng.normal())
            return replace(case, inputs={**case.inputs, self.upstream: upstream})

        return [with_upstream(case) for case in self.cases(rng)]

    def _only_inputs(self, inputs: Inputs) -> dict[str, Any]:
        return {name: inputs[name] for name in self.inputs if name in inputs}

    def _ask_forward(self, functions: Functions, case: Case) -> Outputs:
        output, _cache, *state = self._run_forward(functions, case.inputs)
        return {self.output: output, **dict(zip(self.state, state, strict=True))}

    def _ask_backward(self, functions: Functions, case: Case) -> Outputs:
        upstream = case.inputs[self.upstream]
        _output, cache, *_state = self._run_forward(functions, case.inputs)
        outputs = self._run_backward(functions, upstream, cache)
        if not case.inputs_unchanged:
            return outputs
        # The cache is the student's own business; that it was left alone shows in a second call.
        first = {name: np.array(value) for name, value in outputs.items()}
        again = self._run_backward(functions, upstream, cache)
        return first | {name + AGAIN: value for name, value in again.items()}

    def _run_backward(self, functions: Functions, upstream: Any, cache: Any) -> dict[str, Any]:
        names = [f"d{name}" for name in self.gradients]
        return named(functions[self.backward_name](upstream, cache), names, self.backward_name)

    def _run_forward(self, functions: Functions, inputs: Inputs) -> tuple[Any, ...]:
        result = functions[self.forward_name](*self._only_inputs(inputs).values())
        if not isinstance(result, tuple) or len(result) != 2 + len(self.state):
            names = ", ".join((self.output, "cache", *self.state))
            text = _("{name} must return the tuple ({names}); it returned {what}.")
            if not self.state:
                text = _("{name} must return the pair ({names}); it returned {what}.")
            raise WrongReturnError(
                text.format(name=self.forward_name, names=names, what=describe(result))
            )
        return result

    def _forward_stand_in(self, cache: Callable[[Inputs, np.ndarray], Any]) -> Callable[..., Any]:
        def forward(*args: Any, **kwargs: Any) -> tuple[Any, ...]:
            inputs = dict(zip(self.inputs, args, strict=False)) | kwargs
            output, *state = self.results(inputs).values()
            return output, cache(inputs, output), *state

        return forward

    def _backward_stand_in(self, upstream: Any, cache: Any) -> Any:
        gradients = self.backward({**self.inputs_from_cache(cache), self.upstream: upstream})
        found = tuple(gradients.values())
        return found if len(found) > 1 else found[0]


def named(result: Any, names: Sequence[str], function: str) -> dict[str, Any]:
    """The returned value or tuple of values, by the names the notebook gives them."""
    if len(names) == 1:
        alone = result[0] if isinstance(result, tuple) and len(result) == 1 else result
        return {names[0]: alone}
    if not isinstance(result, tuple | list) or len(result) != len(names):
        text = _("{name} must return {count} values, ({names}); it returned {what}.")
        raise WrongReturnError(
            text.format(
                name=function, count=len(names), names=", ".join(names), what=describe(result)
            )
        )
    return dict(zip(names, result, strict=True))


def describe(value: Any) -> str:
    """A value in a few words: 'an array of shape (4,)', 'a tuple of 3', 'None'."""
    if value is None:
        return "None"
    if isinstance(value, tuple | list):
        return _("a {kind} of {count}").format(kind=type(value).__name__, count=len(value))
    if hasattr(value, "shape"):
        return _("an array of shape {shape}").format(shape=tuple(value.shape))
    return _("a {kind}").format(kind=type(value).__name__)
