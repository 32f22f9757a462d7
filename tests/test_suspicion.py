"""What a person is asked to look at: code that works around what is switched off."""

import nbformat
import pytest
from nbformat import NotebookNode
from red_team.build import attacks
from rooms import LESSONS, released, solved

from autograder.judging.suspicion import suspicions
from autograder.repairing.repair import repair

ATTACKS = {f"{attack.lesson}/{attack.name}": attack for attack in attacks()}


def repaired(name: str) -> NotebookNode:
    return repair(ATTACKS[name].notebook, released(ATTACKS[name].lesson)).notebook


@pytest.mark.parametrize("lesson", LESSONS)
def test_honest_work_is_not_suspected(lesson: str) -> None:
    assert suspicions(solved(lesson)) == []
    assert suspicions(repair(nbformat.from_dict(solved(lesson)), released(lesson)).notebook) == []


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("03_convolution/ready_made_layers", "conv_forward_torch: a person should look at it"),
        ("03_convolution/ready_made_layers", "enable_grad, torch.autograd.grad"),
        ("03_convolution/brings_operators_back", "it uses gc, get_objects"),
        ("01_vector_backprop/asks_the_grader", "it uses cs_utils.kernel_side"),
        ("01_vector_backprop/forged_files", "it uses cs_utils.exchange, cs_utils.kernel_side"),
        ("01_vector_backprop/patched_check", "it uses cs_utils.verdicts, ast_transformers"),
        ("01_vector_backprop/looks_at_frames", "it uses _getframe"),
    ],
)
def test_what_reaches_too_far_is_named(name: str, line: str) -> None:
    assert any(line in one for one in suspicions(repaired(name)))
