"""Wrong networks of lesson 5: each is told in words, at its first wrong layer, with a hint."""

from typing import Any

import numpy as np
import pytest
from architecture_submissions import (
    TableNetwork,
    handed_in,
    structure_verdict,
    verdict_on,
)

from cs_utils.exercises import find_exercise
from cs_utils.exercises.architectures import alexnet, googlenet, inception, lenet, vgg
from cs_utils.exercises.architectures.networks import Mistake
from cs_utils.exercises.architectures.tables import Table
from cs_utils.reports import html_report, text_report

CATALOGUES = {
    "LeNet5": (lenet.lenet_table, lenet.MISTAKES),
    "AlexNet": (alexnet.alexnet_table, alexnet.MISTAKES),
    "VGG16": (vgg.vgg_table, vgg.MISTAKES),
    "InceptionNaive": (inception.naive_table, inception.NAIVE_MISTAKES),
    "Inception": (inception.inception_table, inception.REDUCED_MISTAKES),
    "GoogLeNet": (googlenet.googlenet_table, googlenet.MISTAKES),
}
# Nothing fits together then, but where all channels are equal in number: tested by themselves.
MISJOINED = ("joined along axis 0", "joined along axis 2", "joined along axis 3", "branches added")
KNOWN = [
    (name, mistake)
    for name, (_table, mistakes) in CATALOGUES.items()
    for mistake in mistakes
    if mistake.name not in MISJOINED
]


@pytest.mark.parametrize(
    ("name", "mistake"), KNOWN, ids=[f"{name}: {one.name}" for name, one in KNOWN]
)
def test_every_known_mistake_gets_its_own_hint(name: str, mistake: Mistake) -> None:
    table: Any = CATALOGUES[name][0]

    def network(**arguments: Any) -> TableNetwork:
        size = arguments.get("image_size", {"LeNet5": 28, "AlexNet": 227}.get(name, 224))
        channels = arguments.get("in_channels", 1 if name == "LeNet5" else 3)
        side = 28 if "in_channels" in arguments else size
        wrong: Table = mistake.change(table(**arguments))
        return TableNetwork(wrong, (channels, side, side))

    verdict = structure_verdict(name, network)
    assert verdict.score < verdict.max_score
    assert verdict.misconception is not None, verdict.reason
    assert verdict.misconception.name == mistake.name


@pytest.mark.parametrize("name", CATALOGUES)
def test_hints_are_short_and_ask(name: str) -> None:
    for mistake in find_exercise(name).misconceptions:
        assert mistake.hint.count(". ") <= 2 and mistake.hint.endswith("?"), mistake.name


WRONG = [
    (
        "AlexNet",
        ("nn.Conv2d(256, 384, 3, padding=1)", "nn.Conv2d(256, 256, 3, padding=1)"),
        ("nn.Conv2d(384, 384, 3", "nn.Conv2d(256, 384, 3"),
        "conv3: expected 384 channels of 13x13, yours gives 256 of 13x13; "
        "expected 885,120 parameters",
        "",
    ),
    (
        "AlexNet",
        ("nn.Conv2d(3, 96, 11, stride=4)", "nn.Conv2d(3, 96, 11, stride=2)"),
        ("(image_size - 11) // 4", "(image_size - 11) // 2"),
        "conv1: expected stride 4, yours has 2; expected 96 channels of 55x55, "
        "yours gives 96 of 109x109",
        "conv1 with stride 2",
    ),
    (
        "AlexNet",
        ("nn.MaxPool2d(3, stride=2)", "nn.MaxPool2d(2, stride=2)"),
        ("side = (side - 3) // 2 + 1", "side = side // 2"),
        "pool1: expected a kernel of 3, yours has 2",
        "pooling windows side by side",
    ),
    (
        "AlexNet",
        ("            nn.Conv2d(384, 384, 3, padding=1, groups=groups),\n"
         "            nn.ReLU(inplace=True),\n", ""),
        ("", ""),
        "conv4 is missing: expected a 3x3 convolution to 384 channels of 13x13 after conv3; "
        "your next is a 3x3 convolution to 256 channels of 13x13",
        "",
    ),
    (
        "AlexNet",
        ("nn.Conv2d(256, 384, 3, padding=1),\n            nn.ReLU(inplace=True),",
         "nn.Conv2d(256, 384, 3, padding=1),"),
        ("", ""),
        "ReLU after conv3 is missing",
        "",
    ),
    (
        "AlexNet",
        ("        nn.Dropout(0.5),\n", ""),
        ("", ""),
        "dropout after fc6 is missing",
        "no dropout",
    ),
    (
        "VGG16",
        ("(channels, width, 3, padding=1)", "(channels, width, 3, padding=1, bias=False)"),
        ("", ""),
        "conv1_1: expected a bias, yours has none",
        "no biases in the convolutions",
    ),
    (
        "VGG16",
        ("(512, 3), (512, 3)", "(512, 3), (512, 2)"),
        ("", ""),
        "conv5_3 is missing: expected a 3x3 convolution to 512 channels of 14x14",
        "",
    ),
    (
        "VGG16",
        ("nn.ReLU(inplace=True)]", "nn.LeakyReLU()]"),
        ("", ""),
        "ReLU after conv1_1: expected ReLU, yours is leaky ReLU",
        "",
    ),
    (
        "LeNet5",
        ("nn.AvgPool2d(2)", "nn.MaxPool2d(2)"),
        ("", ""),
        "S2: expected average pooling 2x2 with stride 2, yours is max pooling 2x2 with stride 2",
        "maximum instead of average",
    ),
    (
        "LeNet5",
        ("nn.Linear(84, num_classes),", "nn.Linear(84, num_classes), nn.Softmax(1),"),
        ("", ""),
        "after output your network has softmax too many",
        "softmax inside the network",
    ),
    (
        "LeNet5",
        ("(self.maps(x).flatten(1))", "(self.maps(x).flatten(1)) * 2"),
        ("", ""),
        "after output your network has multiplication too many",
        "",
    ),
    (
        "InceptionNaive",
        ("[branch(x) for branch in self.branches]", "[self.branches[i](x) for i in (0, 2, 1, 3)]"),
        ("", ""),
        "after 1x1 your network has a 5x5 convolution to 96 channels of 28x28 too many",
        "the order of the 3x3 and the 5x5 branch",
    ),
    (
        "Inception",
        ("_conv_relu(ch5x5red, ch5x5, 5)", "_conv_relu(ch5x5red, ch5x5, 3)"),
        ("", ""),
        "5x5: expected a kernel of 5, yours has 3; expected padding 2, yours has 1",
        "3x3 kernels in the 5x5 branch",
    ),
    (
        "Inception",
        ("nn.Sequential(pool, _conv_relu(in_channels, pool_proj, 1))",
         "_conv_relu(in_channels, pool_proj, 1)"),
        ("", ""),
        "pool is missing: expected max pooling 3x3 with stride 1",
        "no pooling before the projection",
    ),
    (
        "GoogLeNet",
        ("return logits, self.sides[0](after_4a), self.sides[1](after_4d)", "return logits"),
        ("", ""),
        "aux1 pool is missing",
        "",
    ),
    (
        "GoogLeNet",
        ("return logits, self.sides[0](after_4a), self.sides[1](after_4d)",
         "return logits, self.sides[1](after_4d), self.sides[0](after_4a)"),
        ("", ""),
        "aux1 pool: expected 512 channels of 4x4, yours gives 528 of 4x4",
        "auxiliary outputs exchanged",
    ),
    (
        "GoogLeNet",
        ("nn.MaxPool2d(3, stride=2, ceil_mode=True)", "nn.MaxPool2d(3, stride=2, padding=1)"),
        ("", ""),
        "pool1: expected padding 0, yours has 1; expected sizes rounded up, ceil_mode=True",
        "pooling with padding",
    ),
    (
        "GoogLeNet",
        ("(512, 128, 128, 256, 24, 64, 64)", "(512, 128, 128, 256, 24, 64, 64), nn.ReLU()"),
        ("(528, 256, 160, 320, 32, 128, 128)", "(528, 256, 160, 320, 32, 120, 136)"),
        "4e 5x5: expected 128 channels of 14x14, yours gives 120 of 14x14",
        "",
    ),
    (
        "GoogLeNet",
        ("nn.Dropout(0.4)", "nn.Dropout(0.6)"),
        ("", ""),
        "dropout before the linear layer: expected dropout of 0.4, yours is 0.6",
        "",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "first", "second", "text", "hint"), WRONG, ids=[f"{one[0]}: {one[3]}" for one in WRONG]
)
def test_the_first_wrong_layer_is_named(
    name: str, first: Any, second: Any, text: str, hint: str
) -> None:
    namespace = handed_in(*(one for one in (first, second) if one[0]))
    if name == "GoogLeNet":  # its layers tell enough; its outputs would take seconds each time
        verdict = structure_verdict(name, namespace[name])
    else:
        verdict = verdict_on(name, namespace)
    assert verdict.score < verdict.max_score
    assert text in text_report(verdict)
    assert (verdict.misconception.name if verdict.misconception else "") == hint


def test_a_missing_layer_does_not_make_the_later_ones_wrong() -> None:
    """What depends on the missing layer alone is lost: every outputs case, and no other points."""
    namespace = handed_in(("        nn.Dropout(0.5),\n", ""))
    verdict = verdict_on("AlexNet", namespace)
    failed = [result.case.title for result in verdict.results if not result.passed]
    assert failed == ["every layer, in training"]


def test_layers_that_are_never_called_are_told() -> None:
    namespace = handed_in(("self.maps =", "self.more = nn.Linear(10, 10)\n        self.maps ="))
    verdict = verdict_on("LeNet5", namespace)
    assert "your network holds 61,816 parameters, expected 61,706" in text_report(verdict)


@pytest.mark.parametrize("hint", MISJOINED)
@pytest.mark.parametrize("name", ["InceptionNaive", "Inception"])
def test_branches_joined_in_another_way(name: str, hint: str) -> None:
    """PyTorch refuses to join maps of different sizes; where it can, the hint comes."""
    if hint == "branches added":
        change = ("torch.cat([branch(x) for branch in self.branches], dim=1)",
                  "sum(branch(x) for branch in self.branches)")  # fmt: skip
    else:
        change = ("dim=1", f"dim={hint[-1]}")
    verdict = verdict_on(name, handed_in(change))
    assert (verdict.score, "RuntimeError" in verdict.reason) == (0, True)
    assert verdict.misconception is not None and verdict.misconception.name == hint


def test_what_is_no_table_of_layers_is_refused_in_words() -> None:
    exercise = find_exercise("LeNet5")
    assert exercise.in_words is not None
    inputs = exercise.draw_cases(0)[1].inputs
    for nonsense in (np.zeros((3, 2)), np.full((4, 21), 99), np.zeros(5), np.array(1.5)):
        text = exercise.in_words(inputs, "layers", nonsense, np.zeros(1))
        assert text == "what was handed back is no table of layers"


def test_a_module_is_asked_for() -> None:
    verdict = verdict_on("LeNet5", {"LeNet5": lambda num_classes: print})
    assert "LeNet5 must be a class on torch.nn.Module" in verdict.reason


def test_a_tuple_in_evaluation_is_refused() -> None:
    namespace = handed_in(
        ("if not self.training or not len(self.sides):", "if not len(self.sides):")
    )
    verdict = verdict_on("GoogLeNet", namespace)
    assert "In evaluation GoogLeNet must return one tensor; it returned 3" in text_report(verdict)


def test_reports_show_words_instead_of_tables_of_numbers() -> None:
    verdict = verdict_on("LeNet5", handed_in(("nn.AvgPool2d(2)", "nn.MaxPool2d(2)")))
    for report in (text_report(verdict), html_report(verdict)):
        assert "your sizes" not in report and "an array of shape" not in report
