"""What a grader's kernel takes away from PyTorch, in a process of its own: it never comes back."""

import subprocess
import sys

import pytest

_START = """
import gc, sys, torch
import torch.nn.functional as F
from cs_utils.exercises.convolution import ready_made
ready_made.switch_off()
x, w = torch.rand(1, 2, 5, 5), torch.rand(3, 2, 3, 3)

def tell(name, what):
    try:
        what()
        print(name, "works")
    except Exception as error:
        print(name, "refused" if "PyTorch's own" in str(error) else repr(error))
"""
_REFUSED = {
    "conv2d": "F.conv2d(x, w)",
    "conv2d on leaves": "F.conv2d(x.clone().requires_grad_(), w)",
    "double": "F.conv2d(x.double(), w.double())",
    "Conv2d": "torch.nn.Conv2d(2, 3, 3)(x)",
    "conv1d": "F.conv1d(x[0], w[:, :, 0])",
    "conv3d": "F.conv3d(x[:, :, None], w[:, :, None])",
    "transposed": "F.conv_transpose2d(x, w.swapaxes(0, 1))",
    "convolution": "torch.convolution(x, w, None, [1] * 2, [0] * 2, [1] * 2, False, [0] * 2, 1)",
    "slow": "torch.ops.aten._slow_conv2d_forward(x, w, [3, 3], None, [1, 1], [0, 0])",
    "mkldnn": "torch.ops.aten.mkldnn_convolution(x, w, None, [0] * 2, [1] * 2, [1] * 2, 1)",
    "weights' gradient": "torch.nn.grad.conv2d_weight(x, w.shape, torch.rand(1, 3, 3, 3))",
    "unfold": "F.unfold(x, 3)",
    "fold": "F.fold(torch.rand(1, 18, 9), (5, 5), 3)",
    "vmap": "torch.vmap(lambda one: F.conv2d(one, w))(x[None])",
    "after collection": "(gc.collect(), F.conv2d(x, w))",
}
_ALLOWED = {
    "Tensor.unfold": "x.unfold(2, 3, 1).unfold(3, 3, 1)",
    "einsum": "torch.einsum('nchw,fcab->nf', x, w)",
    "pad": "F.pad(x, (1, 1, 1, 1))",
    "linear": "F.linear(x, torch.rand(4, 5))",
    "converted": "x.to(torch.float64).numpy()",
}


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    code = _START + "".join(
        f"tell({name!r}, lambda: {what})\n" for name, what in {**_REFUSED, **_ALLOWED}.items()
    )
    command = [sys.executable, "-W", "error", "-c", code]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return dict(line.rsplit(" ", 1) for line in run.stdout.splitlines())


@pytest.mark.parametrize("name", _REFUSED)
def test_what_convolves_is_refused(told: dict[str, str], name: str) -> None:
    assert told[name] == "refused"


@pytest.mark.parametrize("name", _ALLOWED)
def test_other_operations_work(told: dict[str, str], name: str) -> None:
    assert told[name] == "works"
