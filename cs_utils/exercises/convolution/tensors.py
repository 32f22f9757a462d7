"""The layer in PyTorch without PyTorch's layer: ``conv_forward_torch`` and ``Conv2dFunction``."""

from dataclasses import replace
from typing import Any

import numpy as np

from cs_utils.exercises.convolution import layer_mistakes
from cs_utils.exercises.convolution.drawing import LESSON
from cs_utils.exercises.convolution.layer import NAIVE, layer_cases
from cs_utils.exercises.convolution.ready_made import without_autograd, without_convolution
from cs_utils.exercises.layers import describe
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

_FORBIDDEN = "cs_utils.exercises.convolution.ready_made"


def _tensor(value: Any, name: str) -> Any:
    import torch

    if not isinstance(value, torch.Tensor):
        text = _("{name} must return a tensor; it returned {what}.")
        raise WrongReturnError(text.format(name=name, what=describe(value)))
    return value


def _tensors(inputs: Inputs, *names: str) -> list[Any]:
    """Some of the inputs as tensors of the device that new tensors come to; on the CPU they share
    the arrays' memory, so that a change in place shows there."""
    import torch

    return [torch.as_tensor(inputs[name]) for name in names]


def _ask_forward(functions: Functions, case: Case) -> Outputs:
    inputs = case.inputs
    tensors = _tensors(inputs, "x", "w", "b")
    with without_convolution():
        out = functions["conv_forward_torch"](*tensors, inputs["stride"], inputs["padding"])
    return {"out": _tensor(out, "conv_forward_torch")}


def _forward_stand_in(x: Any, w: Any, b: Any, stride: int = 1, padding: int = 0) -> Any:
    """The layer on tensors or arrays, by SciPy: PyTorch's own is forbidden where this stands in."""
    from scipy.signal import correlate

    images, kernels, biases = (
        one.detach().cpu().numpy() if hasattr(one, "detach") else one for one in (x, w, b)
    )
    border = (padding, padding)
    images = np.pad(images, ((0, 0), (0, 0), border, border))
    maps = [[correlate(image, kernel, "valid")[0] for kernel in kernels] for image in images]
    out = np.array(maps)[:, :, ::stride, ::stride] + biases[:, None, None]
    return x.new_tensor(out) if hasattr(x, "detach") else out


CONV_FORWARD_TORCH = Exercise(
    name="conv_forward_torch",
    lesson=LESSON,
    points=3,
    cases=layer_cases,
    answer=_ask_forward,
    oracle=lambda inputs: {"out": NAIVE.forward(inputs)},
    builds_on=("conv_output_size",),
    library="torch",
    forbids=_FORBIDDEN,
    stand_ins=(_forward_stand_in,),
    misconceptions=layer_mistakes.FORWARD,
)


def _function_cases(rng: np.random.Generator) -> list[Case]:
    """The layer's cases with an upstream gradient."""

    def with_upstream(case: Case) -> Case:
        dout = rng.normal(size=NAIVE.forward(case.inputs).shape)
        return replace(case, inputs={**case.inputs, "dout": dout})

    return [with_upstream(case) for case in layer_cases(rng)]


def _ask_function(functions: Functions, case: Case) -> Outputs:
    import torch

    inputs, function = case.inputs, functions["Conv2dFunction"]
    if not (isinstance(function, type) and issubclass(function, torch.autograd.Function)):
        raise WrongReturnError(_("Conv2dFunction must be a class on torch.autograd.Function."))
    *leaves, dout = _tensors(inputs, "x", "w", "b", "dout")
    for leaf in leaves:
        leaf.requires_grad_()
    with without_convolution(), without_autograd() as grad:
        out = _tensor(function.apply(*leaves, inputs["stride"], inputs["padding"]), "forward")
        outputs = {"out": out.detach().clone(), **_gradients(grad, out, leaves, dout)}
        if case.inputs_unchanged:
            again = _gradients(grad, out, leaves, dout)
            outputs |= {name + AGAIN: value for name, value in again.items()}
    return outputs


def _gradients(grad: Any, out: Any, leaves: list[Any], dout: Any) -> dict[str, Any]:
    """What the backward function gives, copied; None where it gives nothing."""
    found = grad(out, leaves, dout, retain_graph=True, allow_unused=True)
    copies = (None if gradient is None else gradient.clone() for gradient in found)
    return dict(zip(("dx", "dw", "db"), copies, strict=True))


def _function_mistakes() -> tuple[Misconception, ...]:
    """Those of the backward pass, and of the forward pass what it does not name already."""
    names = {mistake.name for mistake in layer_mistakes.BACKWARD}
    forward = (mistake for mistake in layer_mistakes.FORWARD if mistake.name not in names)
    return *forward, *layer_mistakes.BACKWARD


CONV2D_FUNCTION = Exercise(
    name="Conv2dFunction",
    lesson=LESSON,
    points=5,
    cases=_function_cases,
    answer=_ask_function,
    oracle=lambda inputs: {"out": NAIVE.forward(inputs), **NAIVE.backward(inputs)},
    builds_on=("conv_forward_torch", "conv_output_size"),
    library="torch",
    forbids=_FORBIDDEN,
    misconceptions=_function_mistakes(),
    value=lambda inputs: float((NAIVE.forward(inputs) * inputs["dout"]).sum()),
)
