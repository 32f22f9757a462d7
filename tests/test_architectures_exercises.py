"""The networks of lesson 5: published numbers, references, and right answers in many styles."""

from typing import Any

import numpy as np
import pytest
import torch
from architecture_submissions import NETWORKS, handed_in, verdict_on
from torch import Tensor, nn
from torch.nn import functional

from autograder.judging.verdict import cases_and_references
from cs_utils.answers import NOT_WRITTEN
from cs_utils.exercises import find_exercise
from cs_utils.exercises.architectures.networks import table_rows
from cs_utils.exercises.architectures.published import GOOGLENET_ROWS, PUBLISHED
from cs_utils.layer_tables import layer_table, lecture_table
from solutions import architectures, numpy_counting

NUMPY = ("top_k_accuracy", "stack_parameters", "conv_ops")


def parameters(network: Any, **arguments: Any) -> int:
    with torch.device("meta"):
        return sum(one.numel() for one in network(**arguments).parameters())


@pytest.mark.parametrize(
    ("name", "arguments", "published"),
    [
        ("LeNet5", {}, 61_706),
        ("AlexNet", {"groups": 2}, 60_965_224),
        ("AlexNet", {}, 62_378_344),
        ("VGG16", {}, 138_357_544),
        ("GoogLeNet", {"aux_logits": False}, 6_998_552),
        ("GoogLeNet", {}, 13_378_280),
    ],
)
def test_published_parameter_counts(name: str, arguments: Any, published: int) -> None:
    """Counted from the paper's layers by hand; VGG's stands in the lecture."""
    rows, _names = table_rows(PUBLISHED[name].table(**arguments), PUBLISHED[name].input_shape)
    assert sum(row.parameters for row in rows) == published
    assert parameters(getattr(architectures, name), **arguments) == published


@pytest.mark.parametrize("name", [*NETWORKS, *NUMPY])
def test_references_and_oracle_agree(name: str) -> None:
    _cases, expected = cases_and_references(name, 7, "cpu")
    assert all(right is not None for right in expected)


@pytest.mark.parametrize("name", NUMPY)
@pytest.mark.parametrize("seed", [1, 2])
def test_numpy_references_get_full_marks(name: str, seed: int) -> None:
    verdict = verdict_on(name, {name: getattr(numpy_counting, name)}, seed)
    assert verdict.score == verdict.max_score


@pytest.mark.parametrize("name", NETWORKS)
def test_unwritten(name: str) -> None:
    class Stub(nn.Module):
        def __init__(self, *_arguments: Any, **_options: Any) -> None:
            super().__init__()
            raise NotImplementedError

    verdict = verdict_on(name, {name: Stub})
    assert (verdict.status, verdict.score) == (NOT_WRITTEN, 0)


class FunctionalLeNet(nn.Module):
    """Layers defined in another order than they are called, and the linear ones as convolutions."""

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        self.head = nn.Conv2d(84, num_classes, 1)
        self.c5 = nn.Conv2d(16, 120, 5)
        self.f6 = nn.Linear(120, 84)
        self.c3 = nn.Conv2d(6, 16, 5)
        self.c1 = nn.Conv2d(1, 6, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.avg_pool2d(self.c1(functional.pad(x, (2, 2, 2, 2))).tanh_(), 2)
        x = functional.adaptive_avg_pool2d(torch.tanh(self.c3(x)), (10, 10))
        x = self.c5(functional.avg_pool2d(x, (2, 2), stride=(2, 2))).tanh()
        x = torch.tanh(self.f6(x.view(-1, 120)))
        return self.head(x[:, :, None, None]).squeeze()


class FunctionalAlexNet(nn.Module):
    """ReLU behind the poolings, clamps, dropout from functional."""

    def __init__(self, num_classes: int = 1000, image_size: int = 227, groups: int = 1) -> None:
        super().__init__()
        sizes = [(3, 96, 11), (96, 256, 5), (256, 384, 3), (384, 384, 3), (384, 256, 3)]
        self.convs = nn.ModuleList(
            nn.Conv2d(*size, 4 if size[0] == 3 else 1, "valid" if size[0] == 3 else "same",
                      groups=groups if place in (1, 3, 4) else 1)
            for place, size in enumerate(sizes)
        )  # fmt: skip
        with torch.no_grad():
            flat = self.maps(torch.zeros(1, 3, image_size, image_size)).numel()
        self.linears = nn.ModuleList([nn.Linear(flat, 4096), nn.Linear(4096, 4096)])
        self.last = nn.Linear(4096, num_classes)

    def maps(self, x: Tensor) -> Tensor:
        for place, conv in enumerate(self.convs):
            x = conv(x)
            x = x.clamp(min=0) if place == 2 else functional.relu(x, inplace=place == 1)
            if place in (0, 1, 4):
                x = torch.max_pool2d(x, 3, 2).relu_()
        return x

    def forward(self, x: Tensor) -> Tensor:
        x = self.maps(x).reshape(len(x), -1)
        for linear in self.linears:
            x = functional.dropout(linear(x), 0.5, self.training).relu()
        return self.last(x)


class LateInception(nn.Module):
    """One ReLU behind the concatenation does for the four in front of it."""

    def __init__(self, in_channels: int, *widths: int) -> None:
        super().__init__()
        one, red3, three, red5, five, pooled = widths
        self.pooled = nn.Conv2d(in_channels, pooled, 1)
        self.five = nn.Conv2d(red5, five, 5, padding=2)
        self.three = nn.Conv2d(red3, three, 3, padding=1)
        self.one = nn.Conv2d(in_channels, one, 1)
        self.reduce = nn.ModuleList([nn.Conv2d(in_channels, n, 1) for n in (red3, red5)])

    def forward(self, x: Tensor) -> Tensor:
        pooled = self.pooled(functional.max_pool2d(x, 3, 1, 1))
        five = self.five(functional.relu(self.reduce[1](x)))
        three = self.three(functional.relu(self.reduce[0](x)))
        pairs = torch.cat((self.one(x), three), 1), torch.cat((five, pooled), -3)
        return functional.relu(torch.cat(pairs, dim=1))


def keyword_inception(
    in_channels: int, ch1x1: int, ch3x3red: int, ch3x3: int, ch5x5red: int, ch5x5: int,
    pool_proj: int,
) -> nn.Module:  # fmt: skip
    return LateInception(in_channels, ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, pool_proj)


@pytest.mark.parametrize(
    ("name", "network"),
    [
        ("LeNet5", FunctionalLeNet),
        ("AlexNet", FunctionalAlexNet),
        ("Inception", keyword_inception),
    ],
)
def test_any_style_is_right(name: str, network: Any) -> None:
    verdict = verdict_on(name, {name: network})
    assert verdict.score == verdict.max_score, verdict.reason


def test_every_way_to_pool_globally_is_right() -> None:
    """AvgPool2d(7) where the reference has AdaptiveAvgPool2d(1); a list instead of a tuple."""
    namespace = handed_in(
        ("nn.AdaptiveAvgPool2d(1)", "nn.AvgPool2d(7, 1)"),
        (
            "return logits, self.sides[0](after_4a), self.sides[1](after_4d)",
            "return [logits, self.sides[0](after_4a), self.sides[1](after_4d)]",
        ),
    )
    verdict = verdict_on("GoogLeNet", namespace)
    assert verdict.score == verdict.max_score, verdict.reason


def test_googlenet_is_checked_with_a_working_inception_where_the_own_is_wrong() -> None:
    namespace = handed_in()
    namespace["Inception"] = namespace["LeNet5"]
    verdict = verdict_on("GoogLeNet", namespace)
    assert (verdict.score, verdict.helped_by) == (verdict.max_score, ("Inception",))


def test_secret_numbers_decide_most_of_the_score() -> None:
    for name in NETWORKS:
        cases = find_exercise(name).draw_cases(0)
        asked = sum(case.weight for case in cases if case.inputs["asked"] == "outputs")
        assert asked > 0.5 * sum(case.weight for case in cases), name


def test_other_parameters_give_other_outputs() -> None:
    exercise = find_exercise("LeNet5")
    first, second = (exercise.draw_cases(seed)[-1].inputs for seed in (1, 2))
    moved = exercise.oracle({**second, "x": first["x"], "num_classes": first["num_classes"]})
    assert not np.allclose(exercise.oracle(first)["output"], moved["output"], atol=1e-2)


def test_the_lectures_table_comes_out_of_the_network_row_by_row() -> None:
    lines = repr(lecture_table(architectures.GoogLeNet)).splitlines()
    assert len(lines) == len(GOOGLENET_ROWS) + 2
    assert all(line.endswith("yes") for line in lines[1:-1])
    assert lines[-1].split()[2:] == ["22", "6,998,552", "1,582,671,872"]


def test_a_layer_table_names_what_is_wrong() -> None:
    network = handed_in(("nn.Conv2d(256, 384, 3, padding=1)", "nn.Conv2d(256, 384, 5, padding=2)"))
    lines = repr(layer_table(network["AlexNet"])).splitlines()
    wrong = [line.split()[0] for line in lines if line.endswith("  no")]
    assert wrong == ["conv3"]
    assert lines[-1].startswith("conv3: expected a kernel of 3, yours has 5; ")
    assert "60,965,224" in repr(layer_table(architectures.AlexNet, groups=2))


@pytest.mark.parametrize(("k", "right"), [(1, 0.25), (2, 0.75), (3, 1.0)])
def test_top_k_on_the_notebooks_example(k: int, right: float) -> None:
    scores = np.array([[0.1, 0.5, 0.4], [0.3, 0.3, 0.4], [0.2, 0.7, 0.1], [0.6, 0.1, 0.3]])
    assert numpy_counting.top_k_accuracy(scores, np.array([1, 0, 2, 2]), k) == right


def test_the_lectures_operations() -> None:
    ops = numpy_counting.conv_ops
    naive = [(128, 1, 256), (192, 3, 256), (96, 5, 256)]
    reduced = [(64, 1, 256)] * 3 + [(128, 1, 256), (192, 3, 64), (96, 5, 64)]
    assert sum(ops(28, 28, *one) for one in naive) == 854_196_224
    assert sum(ops(28, 28, *one) for one in reduced) == 271_351_808
