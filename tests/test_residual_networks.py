"""BasicBlock, Bottleneck and ResNet: published numbers, both variants, styles, and mistakes."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
import torch
from submissions import assert_full_marks, mistaken
from torch import nn
from torch.nn.functional import relu_

from autograder.judging.verdict import cases_and_references
from cs_utils.answers import NOT_WRITTEN, WRONG_RETURN
from cs_utils.checks import check_exercise
from cs_utils.exercises import find_exercise
from cs_utils.exercises.architectures.networks import (
    layers_case,
    outputs_case,
    sizes_case,
    table_rows,
)
from cs_utils.exercises.architectures.resnet_tables import BLOCKS, paper_bottleneck, resnet
from cs_utils.exercises.specification import Case, Exercise
from cs_utils.published_errors import IMAGENET
from cs_utils.reports import text_report
from cs_utils.verdicts import Verdict
from solutions import residual_networks

NAMES = ("BasicBlock", "Bottleneck", "ResNet")
SOURCE = Path(residual_networks.__file__).read_text()
PUBLISHED = {
    18: 11_689_512,
    34: 21_797_672,
    50: 25_557_032,
    101: 44_549_160,
    152: 60_192_808,
}
MISTAKES = [
    pytest.param(name, mistake, id=f"{name}: {mistake.name}")
    for name in NAMES
    for mistake in find_exercise(name).misconceptions
]


def handed_in(**changes: Any) -> dict[str, Any]:
    """The references as a notebook's namespace, with some classes exchanged."""
    namespace: dict[str, Any] = {}
    exec(compile(SOURCE, "hand_in", "exec"), namespace)
    namespace.update(changes)
    return namespace


def few_cases(rng: Any) -> list[Case]:
    """What tells the mistakes in a whole network apart, in a tenth of the time."""
    small: dict[str, Any] = {"depth": 18, "num_classes": 7, "width": 4}
    return [
        sizes_case("sizes", (3, 224, 224), depth=18),
        layers_case("layers", (3, 224, 224), depth=34),
        outputs_case("outputs", rng, (3, 40, 48), **small),
    ]


@cache
def quick(name: str) -> Exercise:
    exercise = find_exercise(name)
    return replace(exercise, cases=few_cases) if name == "ResNet" else exercise


def verdict_on(name: str, **changes: Any) -> Verdict:
    return check_exercise(quick(name), handed_in(**changes), 1)


@pytest.mark.parametrize("depth", PUBLISHED)
def test_published_parameter_counts(depth: int) -> None:
    """Those that every library states."""
    with torch.device("meta"):
        network = residual_networks.ResNet(depth)
    assert sum(one.numel() for one in network.parameters()) == PUBLISHED[depth]
    rows, names = table_rows(resnet(depth), (3, 224, 224))
    assert sum(row.parameters for row in rows) == PUBLISHED[depth]
    weighted = [name for name, row in zip(names, rows, strict=True) if row.operations]
    assert len([name for name in weighted if "projection" not in name]) == depth


@pytest.mark.parametrize("report", IMAGENET[3:], ids=lambda one: one.name)
def test_published_operations(report: Any) -> None:
    """Table 1 of the paper, for its own variant, in tenths."""
    depth = int(report.name.split("-")[1])
    table = resnet(depth, deep_block=paper_bottleneck)
    work = sum(row.operations for row in table_rows(table, (3, 224, 224))[0]) / 1e9
    assert work == pytest.approx(report.operations, abs=0.1)
    assert report.parameters == PUBLISHED[depth]


def test_table_1_says_how_many_blocks() -> None:
    for depth, (blocks, is_deep) in BLOCKS.items():
        assert (3 if is_deep else 2) * sum(blocks) + 2 == depth


@pytest.mark.parametrize("name", NAMES)
def test_the_reference_gets_full_marks(name: str) -> None:
    verdict = check_exercise(find_exercise(name), handed_in(), 5)
    assert_full_marks(verdict)
    assert not verdict.helped_by


@pytest.mark.parametrize("name", NAMES)
def test_no_case_is_withdrawn(name: str) -> None:
    _cases, expected = cases_and_references(name, 11, "cpu")
    assert all(right is not None for right in expected)


class PaperBottleneck(nn.Module):
    """The stride in the first 1x1, written with functions and in-place operations."""

    expansion = 4

    def __init__(self, in_channels: int, channels: int, stride: int = 1) -> None:
        super().__init__()
        conv = partial(nn.Conv2d, bias=False)
        wide = 4 * channels
        if stride > 1 or in_channels != wide:
            self.p, self.pn = conv(in_channels, wide, 1, stride), nn.BatchNorm2d(wide)
        self.c, self.n = conv(channels, wide, 1), nn.BatchNorm2d(wide)
        self.b, self.m = conv(channels, channels, 3, padding=1), nn.BatchNorm2d(channels)
        self.a, self.o = conv(in_channels, channels, 1, stride), nn.BatchNorm2d(channels)

    def forward(self, x: Any) -> Any:
        skip = self.pn(self.p(x)) if hasattr(self, "p") else x
        out = relu_(self.o(self.a(x)))
        out = relu_(self.m(self.b(out)))
        out = self.n(self.c(out))
        out += skip
        return torch.clamp(out, min=0)


@pytest.mark.parametrize("name", ["Bottleneck", "ResNet"])
def test_the_papers_stride_counts_too(name: str) -> None:
    verdict = check_exercise(find_exercise(name), handed_in(Bottleneck=PaperBottleneck), 2)
    assert_full_marks(verdict)
    assert not verdict.helped_by


def test_a_mistake_beside_the_papers_stride_is_told_as_that_mistake() -> None:
    class WithBias(PaperBottleneck):
        def __init__(self, in_channels: int, channels: int, stride: int = 1) -> None:
            super().__init__(in_channels, channels, stride)
            self.b = nn.Conv2d(channels, channels, 3, padding=1)

    verdict = verdict_on("Bottleneck", Bottleneck=WithBias)
    assert verdict.score == 0 and "stride" not in verdict.reason
    halved = next(one for one in verdict.results if "halved" in one.case.title)
    assert halved.differences[0].text.startswith("conv2: expected no bias, yours has one")


@pytest.mark.parametrize(("name", "mistake"), MISTAKES)
def test_a_known_mistake_gets_its_own_hint(name: str, mistake: Any) -> None:
    exercise = quick(name)
    verdict = mistaken(exercise, 3, mistake)
    assert verdict.score < verdict.max_score
    assert verdict.misconception is not None, verdict.reason
    assert verdict.misconception.name == mistake.name
    assert 1 <= len(re.findall(r"[.?!](?=\s|$)", mistake.hint)) <= 3
    assert mistake.hint.endswith("?")


def changed_source(*changes: tuple[str, str]) -> dict[str, Any]:
    source = SOURCE
    for old, new in changes:
        assert old in source, old
        source = source.replace(old, new)
    namespace: dict[str, Any] = {}
    exec(compile(source, "hand_in", "exec"), namespace)
    return namespace


WRONG_CODE: Sequence[tuple[str, tuple[str, str], str]] = [
    ("BasicBlock", (" + self.shortcut(x)", ""), "addition is missing"),
    ("BasicBlock", ("self.branch(x) +", "self.branch(x).relu() +"), "ReLU too many"),
    ("BasicBlock", ("size // 2, bias=False", "size // 2"), "conv1: expected no bias, yours"),
    ("BasicBlock", (", nn.BatchNorm2d(out_channels)", ""), "batchnorm after conv1 is missing"),
    ("BasicBlock", ("nn.Identity() if fits else ", ""), "1x1 convolution to 64 channels of 56x56"),
    ("Bottleneck", ("channels, 3, stride)", "channels, 3)"), "different sizes"),
    (
        "Bottleneck",
        ("4 * channels, 1),\n", "4 * channels, 1),\n            nn.ReLU(),"),
        "ReLU too",
    ),
    (
        "ResNet",
        ("34: (3, 4, 6, 3)", "34: (3, 4, 4, 3)"),
        "conv4_5 conv1 is missing: expected a 3x3 convolution to 256 channels of 14x14",
    ),
    ("ResNet", ("nn.ReLU(), nn.MaxPool2d(3, 2, padding=1)", "nn.ReLU()"), "pool1 is missing"),
    ("ResNet", ("2 if stage and index == 0 else 1", "1 if stage else 1"), "expected stride 2"),
    ("ResNet", ("width * 2**stage", "width * 2 * max(stage, 1)"), "channels"),
]


@pytest.mark.parametrize(("name", "change", "words"), WRONG_CODE)
def test_the_first_wrong_layer_is_named(name: str, change: tuple[str, str], words: str) -> None:
    verdict = check_exercise(quick(name), changed_source(change), 1)
    assert verdict.score < verdict.max_score
    assert words in text_report(verdict)


@pytest.mark.parametrize(
    "change",
    [
        (
            "nn.Identity() if fits else _normalised(in_channels, out_channels, 1, stride)",
            "nn.Identity()",
        ),
        ("out_channels, 1, stride)", "out_channels, 1)"),
    ],
    ids=["no projection", "projection of stride 1"],
)
def test_two_sides_of_the_plus_that_do_not_fit(change: tuple[str, str]) -> None:
    verdict = check_exercise(find_exercise("BasicBlock"), changed_source(change), 1)
    assert 0 < verdict.score < verdict.max_score
    failed = [one for one in verdict.results if not one.passed]
    assert {one.problem.kind for one in failed if one.problem} == {WRONG_RETURN}
    assert "what must happen to x before the plus?" in verdict.reason


def test_wrong_blocks_cost_nothing_in_the_network() -> None:
    class Wrong(nn.Module):
        def __init__(self, *_sizes: int) -> None:
            raise ZeroDivisionError

    verdict = verdict_on("ResNet", BasicBlock=Wrong, Bottleneck=Wrong)
    assert_full_marks(verdict)
    assert set(verdict.helped_by) == {"BasicBlock", "Bottleneck"}


@pytest.mark.parametrize("name", NAMES)
def test_an_unwritten_class_is_no_error(name: str) -> None:
    class Stub(nn.Module):
        def __init__(self, *_arguments: Any, **_options: Any) -> None:
            super().__init__()
            raise NotImplementedError

    verdict = verdict_on(name, **{name: Stub})
    assert (verdict.status, verdict.score) == (NOT_WRITTEN, 0)
