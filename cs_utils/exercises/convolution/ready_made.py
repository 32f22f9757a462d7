"""What PyTorch convolves, unfolds, folds and differentiates with, ready made: refused where an
exercise is to write it from tensor operations."""

import contextlib
import ctypes
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

from cs_utils.exercises.specification import WrongReturnError
from cs_utils.language import _

# Operators as they arrive below all layers: aten::convolution, aten::mkldnn_convolution,
# aten::_slow_conv2d_forward, aten::im2col for F.unfold, aten::col2im for F.fold, ...
_OPERATORS = re.compile(r"conv(?!ert)|im2col|col2im")
# Where an operator may have a kernel on the CPU; the last stands for all others.
_DISPATCH_KEYS = ("CPU", "MkldnnCPU", "QuantizedCPU", "CompositeExplicitAutograd")


@contextlib.contextmanager
def without_convolution() -> Iterator[None]:
    """Within it, no operator of PyTorch's that convolves, unfolds or folds can be called.

    It raises WrongReturnError with the operator's name. Who wants to gets around it:
    ``switch_off`` is for a grader's kernel.
    """
    from torch.utils._python_dispatch import TorchDispatchMode

    class NoConvolution(TorchDispatchMode):
        def __torch_dispatch__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            if _OPERATORS.search(func.name()):
                raise _refused(func.name())
            return func(*args, **(kwargs or {}))

    with NoConvolution():
        yield


@contextlib.contextmanager
def without_autograd() -> Iterator[Callable[..., Any]]:
    """Within it, PyTorch's autograd finds no gradient, backward or forward, but through the
    function that it gives: ``torch.autograd.grad`` for code that may use it.

    What is asked for while that runs, as in a Function's own backward, is refused. It raises
    WrongReturnError. Who wants to gets around it; such code is shown to a person.
    """
    import torch
    from torch._functorch import eager_transforms
    from torch.autograd import forward_ad

    allowed = False
    run, grad = torch.autograd._engine_run_backward, torch.autograd.grad

    def run_if_allowed(*args: Any, **kwargs: Any) -> Any:
        nonlocal allowed
        if not allowed:
            raise _refused("autograd")
        allowed = False
        return run(*args, **kwargs)

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise _refused("autograd")

    def allowed_grad(*args: Any, **kwargs: Any) -> Any:
        nonlocal allowed
        allowed = True
        return grad(*args, **kwargs)

    with contextlib.ExitStack() as patches:
        patches.enter_context(patch.object(torch.autograd, "_engine_run_backward", run_if_allowed))
        patches.enter_context(patch.object(eager_transforms, "_jvp_increment_nesting", refuse))
        patches.enter_context(patch.object(forward_ad, "enter_dual_level", refuse))
        yield allowed_grad


def switch_off() -> None:
    """Take these operators away from this process for good.

    Their kernels are overridden below Python, and what could undo it is kept where no Python code
    can reach it.
    """
    import torch

    names: dict[str, list[str]] = {}
    for full_name in torch._C._dispatch_get_all_op_names():
        namespace, name = full_name.split("::", 1)
        if _OPERATORS.search(name):
            names.setdefault(namespace, []).append(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for namespace, operators in names.items():
            overrides = torch._C._dispatch_library("IMPL", namespace, "", __file__, 1)
            for name in operators:
                for key in _DISPATCH_KEYS:
                    overrides.impl(name, key, _refuse(f"{namespace}::{name}"))
            # Never to be freed, which would bring the operators back.
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(overrides))


def _refuse(name: str) -> Callable[..., Any]:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise _refused(name)

    return refuse


def _refused(name: str) -> WrongReturnError:
    text = _(
        "This calls PyTorch's own {name}. The exercise is to write it from tensor "
        "operations: slices, Tensor.unfold, matmul, einsum."
    )
    return WrongReturnError(text.format(name=name.split(".")[0]))
