"""The exercises ``BasicBlock``, ``Bottleneck`` and ``ResNet``."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from cs_utils.exercises.architectures import residual_network_mistakes as mistakes
from cs_utils.exercises.architectures import resnet_mistakes
from cs_utils.exercises.architectures.lent_modules import LentModule
from cs_utils.exercises.architectures.networks import (
    LAYERS,
    SIZES,
    layers_case,
    network_exercise,
    outputs_case,
    sizes_case,
)
from cs_utils.exercises.architectures.resnet_tables import (
    EXPANSION,
    basic_block,
    bottleneck,
    paper_bottleneck,
    resnet,
)
from cs_utils.exercises.architectures.tables import Table
from cs_utils.exercises.specification import (
    Case,
    Exercise,
    Functions,
    Inputs,
    Outputs,
    WrongReturnError,
)
from cs_utils.language import _

_ROWS = (SIZES, LAYERS)
# How PyTorch tells that two shapes cannot be added: on a real device and on the meta device.
_SIZES = re.compile(
    r"size of tensor a \((?P<one>\d+)\) must match the size of tensor b \((?P<other>\d+)\)"
)
_SHAPES = re.compile(r"had torch\.Size\(\[(?P<other>.+?)\]\).*broadcastable to \[(?P<one>.+?)\]")


def _block_cases(expansion: int, rng: np.random.Generator) -> list[Case]:
    """channels come in, and ``expansion`` times as many go out where x fits."""
    few, more = (int(n) for n in rng.permutation(np.arange(6, 14))[:2])
    height, width = (int(n) for n in rng.permutation([9, 10, 12])[:2])

    def picture(channels: int) -> tuple[int, int, int]:
        return channels, height, width

    fits: dict[str, Any] = {"in_channels": expansion * few, "channels": few, "stride": 1}
    wider: dict[str, Any] = {"in_channels": more, "channels": few, "stride": 1}
    halved: dict[str, Any] = {"in_channels": expansion * few, "channels": 2 * few, "stride": 2}
    same_channels: dict[str, Any] = {"in_channels": expansion * few, "channels": few, "stride": 2}
    paper: dict[str, Any] = {"in_channels": 64 * expansion, "channels": 64, "stride": 1}
    return [
        layers_case(_("every layer, x fits"), (64 * expansion, 56, 56), **paper),
        layers_case(
            _("every layer, the map is halved"),
            (64 * expansion, 56, 56),
            **(paper | {"channels": 128, "stride": 2}),
        ),
        layers_case(_("every layer, other channels come in"), picture(more), **wider),
        outputs_case(_("outputs, x fits"), rng, picture(expansion * few), **fits),
        outputs_case(_("outputs, other channels come in"), rng, picture(more), **wider),
        outputs_case(_("outputs, the map is halved"), rng, picture(expansion * few), **halved),
        outputs_case(
            _("outputs, halved with as many channels"),
            rng,
            picture(expansion * few),
            **same_channels,
        ),
    ]


def _network_cases(rng: np.random.Generator) -> list[Case]:
    width = int(rng.choice([3, 4, 5]))
    classes, others = (int(n) for n in rng.choice(np.arange(5, 60), 2, replace=False))
    side = int(rng.choice([40, 48, 56]))
    return [
        *(
            sizes_case(_("sizes of {depth} layers").format(depth=depth), (3, 224, 224), depth=depth)
            for depth in (18, 101, 152)
        ),
        layers_case(_("every layer of 34"), (3, 224, 224), depth=34, num_classes=classes),
        layers_case(_("every layer of 50"), (3, 224, 224), depth=50, num_classes=others),
        outputs_case(
            _("outputs of 18 narrow layers"),
            rng,
            (3, side, 32),
            depth=18,
            num_classes=classes,
            width=width,
        ),
        outputs_case(
            _("outputs of 50 narrow layers"),
            rng,
            (3, 32, side),
            depth=50,
            num_classes=others,
            width=width,
        ),
    ]


def _adding(exercise: Exercise) -> Exercise:
    """The exercise, where two sides of a plus that do not fit are told in words."""

    def answer(functions: Functions, case: Case) -> Outputs:
        try:
            return exercise.answer(functions, case)
        except RuntimeError as error:
            found = _SIZES.search(str(error)) or _SHAPES.search(str(error))
            if found is None:
                raise
            text = _(
                "What is added has different sizes, {one} and {other}. Where F changes the "
                "channels or takes a stride, what must happen to x before the plus?"
            )
            sizes = {name: f"({size})" for name, size in found.groupdict().items()}
            raise WrongReturnError(text.format(**sizes)) from error

    return replace(exercise, answer=answer)


def _either(exercise: Exercise, paper: Exercise) -> Exercise:
    """The exercise, where the table of the paper counts as well as that of later implementations.

    Both have the same parameters and sizes, and differ in which convolution takes the stride.
    """

    def properties(inputs: Inputs, outputs: Outputs) -> Outputs:
        right = exercise.oracle(inputs)
        if _same(outputs, right, exercise.tolerance):
            return outputs
        return right if _same(outputs, paper.oracle(inputs), exercise.tolerance) else outputs

    def in_words(inputs: Inputs, name: str, received: np.ndarray, right: Any) -> str | None:
        other = np.asarray(paper.oracle(inputs).get(name))
        closer = name in _ROWS and _strange_rows(received, other) < _strange_rows(received, right)
        told, right = (paper, other) if closer else (exercise, right)
        assert told.in_words is not None
        return told.in_words(inputs, name, received, right)

    return replace(exercise, properties=properties, in_words=in_words)


def _same(outputs: Outputs, right: Outputs, tolerance: float) -> bool:
    from cs_utils.verdicts import close

    return all(
        name in outputs
        and np.shape(outputs[name]) == np.shape(value)
        and bool(np.all(close(outputs[name], np.asarray(value), tolerance)))
        for name, value in right.items()
    )


def _strange_rows(received: np.ndarray, right: np.ndarray) -> int:
    """How many rows are none of the table's, whatever they take their input from."""
    known = {row[:-2] for row in map(tuple, np.asarray(right).tolist())}
    rows = received.tolist() if received.ndim == 2 else []
    return sum(tuple(row)[:-2] not in known for row in rows)


def _lent(table: Callable[..., Table], expansion: int) -> LentModule:
    """A working block, with the attribute that a student's own class may have."""
    lent = LentModule(table)
    lent.expansion = expansion  # type: ignore[attr-defined]
    return lent


BASIC_BLOCK = replace(
    _adding(
        network_exercise(
            "BasicBlock", 4, basic_block, partial(_block_cases, 1), mistakes.BASIC_BLOCK
        )
    ),
    stand_ins=(_lent(basic_block, 1),),
)

BOTTLENECK = replace(
    _either(
        _adding(
            network_exercise(
                "Bottleneck",
                4,
                bottleneck,
                partial(_block_cases, EXPANSION),
                mistakes.BOTTLENECK,
            )
        ),
        network_exercise("Bottleneck", 4, paper_bottleneck, partial(_block_cases, EXPANSION), ()),
    ),
    stand_ins=(_lent(bottleneck, EXPANSION),),
)

RESNET = _either(
    _adding(
        network_exercise(
            "ResNet",
            5,
            resnet,
            _network_cases,
            resnet_mistakes.RESNET,
            builds_on=("BasicBlock", "Bottleneck"),
        )
    ),
    network_exercise("ResNet", 5, partial(resnet, deep_block=paper_bottleneck), _network_cases, ()),
)
