"""Steps of an optimiser: asking the student's function for them, and PyTorch's own."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from cs_utils.exercises.layers import named
from cs_utils.exercises.specification import Case, Functions, Inputs, Outputs


def gradients(inputs: Inputs) -> list[np.ndarray]:
    """The gradients of the steps to take: a list in the input stands for one after another."""
    dw = inputs["dw"]
    return dw if isinstance(dw, list) else [dw]


def run(name: str, inputs: Inputs, state: dict[str, Any], options: dict[str, Any]) -> Any:
    """Steps of a PyTorch optimiser that starts from this state. Returns (w, its state)."""
    import torch

    w = torch.tensor(inputs["w"], requires_grad=True)
    optimiser = getattr(torch.optim, name)([w], lr=1.0)
    optimiser.param_groups[0].update(options)
    optimiser.state[w] = {key: torch.tensor(value) for key, value in state.items()}
    for dw in gradients(inputs):
        w.grad = torch.tensor(dw)
        optimiser.step()
    return w.detach().numpy(), optimiser.state[w]


def ask_steps(name: str, state: Sequence[str], rest: Sequence[str]) -> Callable[..., Outputs]:
    """Asks for one step after another: each gets the w and the state that the last returned."""

    def answer(functions: Functions, case: Case) -> Outputs:
        inputs = case.inputs
        now = {key: inputs[key] for key in ("w", *state)}
        more = [inputs[key] for key in rest if key in inputs]
        for step, dw in enumerate(gradients(inputs)):
            count = [inputs["t"] + step] if "t" in inputs else []
            kept = [now[key] for key in state]
            result = functions[name](now["w"], dw, *kept, *count, *more)
            now = named(result, tuple(now), name)
        return now

    return answer
