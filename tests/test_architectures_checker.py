"""The architecture checker: what tracing sees, how rows are paired, and what is said of them."""

from typing import Any

import numpy as np
import pytest
import torch
from architecture_submissions import TableNetwork
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from cs_utils.exercises.architectures import weights
from cs_utils.exercises.architectures.comparing import aligned, first_difference
from cs_utils.exercises.architectures.execution import execute
from cs_utils.exercises.architectures.lent_modules import LentModule
from cs_utils.exercises.architectures.networks import table_rows
from cs_utils.exercises.architectures.rows import KINDS, Row, from_array, to_array
from cs_utils.exercises.architectures.tables import (
    Branches,
    Table,
    avg_pool,
    batchnorm,
    changed,
    conv,
    layers,
    linear,
    max_pool,
    relu,
    without,
)
from cs_utils.exercises.architectures.tracing import trace

IMAGE = (3, 16, 16)
TABLE: Table = (
    conv("conv1", 8, 3, padding=1),
    batchnorm("conv1"),
    relu("conv1"),
    max_pool("pool1", 2, 2),
    conv("conv2", 12, 3, padding=1),
    relu("conv2"),
    avg_pool("pool2", 3, 2),
    conv("conv3", 16, 3),
    relu("conv3"),
    linear("fc", 5),
)


def rows_of(network: Any, image: tuple[int, ...] = IMAGE) -> list[Row]:
    with torch.device("meta"):
        module = network() if isinstance(network, type) else network
    return trace(module, image)[0]


def kinds_of(function: Any) -> list[str]:
    """The kinds of layers that a function of a tensor calls, without its output."""
    return [row.kind_name for row in trace(function, IMAGE)[0]][:-1]


@pytest.mark.parametrize(
    ("function", "kinds"),
    [
        (lambda x: x.relu(), ["ReLU"]),
        (lambda x: functional.relu_(x), ["ReLU"]),
        (lambda x: torch.clamp(x, min=0), ["ReLU"]),
        (lambda x: torch.maximum(x, torch.zeros_like(x)), ["ReLU"]),
        (lambda x: functional.relu6(x), ["ReLU6"]),
        (lambda x: functional.relu(functional.relu(x)), ["ReLU"]),
        (lambda x: functional.max_pool2d(x, 2).relu(), ["ReLU", "max pooling"]),
        (lambda x: functional.dropout(x, 0.3).relu(), ["ReLU", "dropout"]),
        (lambda x: x.flatten(1).view(-1, 3, 16, 16).contiguous(), []),
        (lambda x: functional.adaptive_avg_pool2d(x, (16, 16)), []),
        (lambda x: x.mean((2, 3)), ["global average pooling"]),
        (lambda x: x.flatten(2).mean(-1), ["global average pooling"]),
        (lambda x: x.mean(3).mean(2), ["global average pooling"]),
        (lambda x: x.mean(-2, keepdim=True).mean(-1, keepdim=True), ["global average pooling"]),
        (lambda x: x.mean(3), ["other operation"]),
        (lambda x: x.mean(3).sum(2), ["other operation", "global sum"]),
        (lambda x: functional.avg_pool2d(x, 16), ["global average pooling"]),
        (lambda x: functional.adaptive_avg_pool2d(x, 1), ["global average pooling"]),
        (lambda x: x.amax((-1, -2)), ["global max pooling"]),
        (lambda x: functional.local_response_norm(x, 5), ["local response normalisation"]),
        (lambda x: torch.cat([torch.cat([x, x], 1), x], 1), ["concatenation"]),
        (lambda x: functional.softmax(x.flatten(1), 1), ["softmax"]),
        (lambda x: x + x.tanh(), ["tanh", "addition"]),
        (lambda x: x * 2, ["multiplication"]),
        (lambda x: x.sin(), ["other operation"]),
    ],
)
def test_what_is_equal_is_seen_alike(function: Any, kinds: list[str]) -> None:
    assert kinds_of(function) == kinds


def test_dropout_is_seen_with_its_share() -> None:
    rows, _names = trace(nn.Dropout2d(0.4).train(), IMAGE)
    assert (rows[0].kind_name, rows[0].p) == ("dropout", 400)


def test_a_convolution_over_the_whole_map_is_a_linear_layer() -> None:
    as_conv = rows_of(nn.Conv2d(3, 7, 16, device="meta"))
    as_linear = rows_of(nn.Sequential(nn.Flatten(), nn.Linear(3 * 16 * 16, 7, device="meta")))
    assert as_conv == as_linear


def test_padding_by_hand_counts_as_padding() -> None:
    conv_layer = nn.Conv2d(3, 4, 5, device="meta")
    rows, _names = trace(lambda x: conv_layer(functional.pad(x, (2, 2, 2, 2))), IMAGE)
    assert rows == rows_of(nn.Conv2d(3, 4, 5, padding=2, device="meta"))


def test_the_order_of_calls_does_not_matter_but_that_of_joining_does() -> None:
    first, second = nn.Conv2d(3, 4, 1, device="meta"), nn.Conv2d(3, 5, 3, 1, 1, device="meta")

    def late(x: Tensor) -> Tensor:
        other = second(x)
        return torch.cat([first(x), other], 1)

    def early(x: Tensor) -> Tensor:
        return torch.cat([first(x), second(x)], 1)

    def exchanged(x: Tensor) -> Tensor:
        return torch.cat([second(x), first(x)], 1)

    assert trace(late, IMAGE) == trace(early, IMAGE) != trace(exchanged, IMAGE)


def test_both_ways_to_write_a_skip_connection_are_one() -> None:
    layer = nn.Conv2d(3, 3, 3, padding=1, device="meta")
    here, there = trace(lambda x: x + layer(x), IMAGE), trace(lambda x: layer(x) + x, IMAGE)
    assert here == there
    assert (here[0][1].source, here[0][1].second) == (1, 2)


def test_rows_survive_the_way_to_the_grader() -> None:
    rows, _names = table_rows(TABLE, IMAGE)
    assert from_array(to_array(rows)) == rows


def test_a_table_and_its_module_agree_in_rows_and_numbers() -> None:
    rows, _names = table_rows(TABLE, IMAGE)
    network = TableNetwork(TABLE, IMAGE)
    with torch.device("meta"):
        assert rows_of(network.to("meta")) == rows
    network = TableNetwork(TABLE, IMAGE)
    weights.fill(network, 5)
    x = torch.randn(2, *IMAGE, generator=torch.Generator().manual_seed(0))
    right = execute(TABLE, x, lambda role, shape: weights.draw(5, role, shape))[0]
    torch.testing.assert_close(network.eval()(x), right)


def test_lent_modules_compute_their_table() -> None:
    def table(in_channels: int, width: int) -> Table:
        return (Branches("both", ((conv("a", width, 3, padding=1), batchnorm("a")), ())),)

    module = LentModule(table)(3, width=4)
    weights.fill(module, 7)
    x = torch.randn(2, *IMAGE, generator=torch.Generator().manual_seed(0))
    right = execute(table(3, 4), x, lambda role, shape: weights.draw(7, role, shape))[0]
    torch.testing.assert_close(module.eval()(x), right)


def test_weights_depend_on_seed_role_and_shape_alone() -> None:
    one = weights.draw(3, "weight", (4, 9))
    assert torch.equal(one, weights.draw(3, "weight", (4, 9)))
    assert torch.equal(one.flatten(), weights.draw(3, "weight", (4, 1, 3, 3)).flatten())
    for other in (weights.draw(4, "weight", (4, 9)), weights.draw(3, "weight", (9, 4)).T):
        assert not torch.allclose(one, other)
    assert weights.draw(3, "variance", (50,)).min() > 0


def test_large_weights_are_spread_as_small_ones_and_no_row_is_another() -> None:
    large = weights.draw(1, "weight", (512, 1024))
    assert abs(float(large.std()) * np.sqrt(1024 / 2) - 1) < 0.05
    assert torch.unique(large, dim=0).shape == large.shape


NAMES = [layer.name for layer in layers(TABLE)]


@settings(max_examples=25, deadline=None)
@given(name=st.sampled_from([name for name in NAMES if name != "fc"]))
def test_any_layer_left_out_is_the_one_that_is_named(name: str) -> None:
    expected, names = table_rows(TABLE, IMAGE)
    received, _names = table_rows(without(TABLE, name), IMAGE)
    text = first_difference(expected, names, received)
    assert text is not None and text.startswith(f"{name} is missing")


@settings(max_examples=25, deadline=None)
@given(
    name=st.sampled_from(["conv1", "conv2", "conv3", "fc"]),
    setting=st.sampled_from([("channels", 9), ("bias", False)]),
)
def test_any_layer_changed_is_the_one_that_is_named(name: str, setting: tuple[str, int]) -> None:
    expected, names = table_rows(TABLE, IMAGE)
    received, _names = table_rows(changed(TABLE, name, **dict([setting])), IMAGE)
    text = first_difference(expected, names, received)
    assert text is not None and text.startswith(f"{name}: expected ")


def test_a_layer_too_many_is_told() -> None:
    expected, names = table_rows(TABLE, IMAGE)
    received, _names = table_rows((*TABLE[:4], batchnorm("pool1"), *TABLE[4:]), IMAGE)
    assert first_difference(expected, names, received) == (
        "after pool1 your network has batchnorm too many"
    )


def test_a_layer_fed_from_the_wrong_place_is_told() -> None:
    def skipping(start: int) -> Table:
        steps = (conv("a", 3, 3, padding=1), conv("b", 3, 3, padding=1))
        inside = Branches("skip", (steps[start:], ()), join="addition")
        return (*steps[:start], inside)

    expected, names = table_rows(skipping(0), IMAGE)
    received, _names = table_rows(skipping(1), IMAGE)
    assert first_difference(expected, names, received) == (
        "skip takes its input from a; expected: from the network's input"
    )


def test_nothing_returned_is_told() -> None:
    expected, names = table_rows(TABLE, IMAGE)
    text = first_difference(expected, names, [Row(KINDS.index("output"))])
    assert text == "your network returns nothing that comes from its input"


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 9), max_size=12), st.lists(st.integers(0, 9), max_size=12))
def test_pairing_keeps_the_order_and_loses_no_row(first: list[int], second: list[int]) -> None:
    expected, received = ([Row(kind) for kind in kinds] for kinds in (first, second))
    pairs = aligned(expected, received)
    assert [pair.expected for pair in pairs if pair.expected is not None] == list(range(len(first)))
    assert [pair.received for pair in pairs if pair.received is not None] == list(
        range(len(second))
    )
