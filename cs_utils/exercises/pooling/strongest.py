"""Where in some pictures a channel answers most: ``strongest_units``."""

from collections.abc import Callable
from typing import Any

import numpy as np

from cs_utils.exercises.layers import describe
from cs_utils.exercises.pooling.drawing import LESSON
from cs_utils.exercises.specification import (
    Case,
    Exercise,
    Functions,
    Inputs,
    Misconception,
    Outputs,
    WrongReturnError,
)
from cs_utils.language import _

_NAME = "units"


def _cases(rng: np.random.Generator) -> list[Case]:
    def inputs(*shape: int, count: int) -> dict[str, Any]:
        # All different, so that there is one right order; negative ones are the largest in size.
        values = rng.permutation(np.prod(shape)).reshape(shape) / 4.0
        maps = values - 0.7 * values.max()
        # The images' maxima lie far apart, in another order than the images.
        raised = 0.3 * values.max() * rng.permutation(shape[0]) / max(1, shape[0] - 1)
        maps += raised[:, None, None, None]
        return {"maps": maps, "channel": int(rng.integers(1, shape[1])), "count": count}

    printed = {
        "maps": np.array([[[[0.0, 5, 0], [4, 0, 0]]], [[[0, 0, 0], [0, 0, 7]]]]),
        "channel": 0,
        "count": 2,
    }
    return [
        Case(_("two images, one channel of 2 x 3 units"), printed, weight=0),
        Case(_("one image, 2 x 4 units"), inputs(1, 2, 2, 4, count=1)),
        Case(_("three images, 5 x 3 units"), inputs(3, 4, 5, 3, count=3)),
        Case(_("the two best of four images"), inputs(4, 3, 3, 4, count=2)),
        Case(_("square maps"), inputs(4, 4, 4, 4, count=4)),
        Case(_("the best of six images"), inputs(6, 3, 2, 5, count=1)),
        Case(_("maps are left unchanged"), inputs(5, 3, 4, 6, count=4), inputs_unchanged=True),
    ]


def _ask(functions: Functions, case: Case) -> Outputs:
    import torch

    inputs = case.inputs
    maps = torch.as_tensor(inputs["maps"])
    found = functions["strongest_units"](maps, inputs["channel"], inputs["count"])
    return {_NAME: _rows(found)}


def _rows(found: Any) -> Any:
    """A list or tuple of triples as one array; anything else as it is."""
    if not isinstance(found, list | tuple):
        return found
    rows = [[float(number) for number in row] for row in found if len(row) == 3]
    if len(rows) != len(found):
        text = _("strongest_units must return (image, row, column) for each; it returned {what}.")
        raise WrongReturnError(text.format(what=describe(found)))
    return np.array(rows)


def _sorted(inputs: Inputs, order: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Every unit of the channel as (image, row, column), those first that ``order`` makes least;
    of each image the first alone."""
    maps = inputs["maps"][:, inputs["channel"]]
    units = np.argwhere(np.isfinite(maps))
    units = units[np.argsort(order(maps).ravel(), kind="stable")]
    _images, first = np.unique(units[:, 0], return_index=True)
    return units[np.sort(first)]


def _units(inputs: Inputs, order: Callable[[np.ndarray], np.ndarray] = np.negative) -> np.ndarray:
    return _sorted(inputs, order)[: inputs["count"]]


def _many_an_image(inputs: Inputs) -> np.ndarray:
    """The strongest units, however many are in one image."""
    maps = inputs["maps"][:, inputs["channel"]]
    units = np.argwhere(np.isfinite(maps))
    return units[np.argsort(-maps.ravel(), kind="stable")][: inputs["count"]]


def _decoded(inputs: Inputs, units: np.ndarray) -> np.ndarray:
    """The units, their number in the map taken apart by the height in place of the width."""
    height, width = inputs["maps"].shape[2:]
    number = units[:, 1] * width + units[:, 2]
    return np.stack([units[:, 0], *np.divmod(number, height)], axis=1)


STRONGEST_UNITS = Exercise(
    name="strongest_units",
    lesson=LESSON,
    points=2,
    cases=_cases,
    answer=_ask,
    oracle=lambda inputs: {_NAME: _units(inputs)},
    library="torch",
    seconds=60,
    misconceptions=(
        Misconception(
            "number divided by the height",
            _(
                "The place in the flattened map was taken apart with the height. "
                "How many units lie between a unit and the one below it?"
            ),
            lambda inputs, right: {_NAME: _decoded(inputs, right[_NAME])},
        ),
        Misconception(
            "rows and columns swapped",
            _("Row and column stand the wrong way round. Which comes first in (N, C, H, W)?"),
            lambda inputs, right: {_NAME: right[_NAME][:, [0, 2, 1]]},
        ),
        Misconception(
            "place left as one number",
            _(
                "The place is one number of the flattened map. "
                "Which row and which column does it stand for?"
            ),
            lambda inputs, right: {
                _NAME: np.stack(
                    [right[_NAME][:, 0], right[_NAME][:, 1:] @ [inputs["maps"].shape[3], 1]], axis=1
                )
            },
        ),
        Misconception(
            "several of one image",
            _(
                "One image comes up more than once: the strongest unit has strong neighbours. "
                "How many units of each image may be in the list?"
            ),
            lambda inputs, right: {_NAME: _many_an_image(inputs)},
        ),
        Misconception(
            "images in their own order",
            _(
                "The images stand in the order they came in. "
                "By what should they be sorted before the first few are taken?"
            ),
            lambda inputs, right: {
                _NAME: (lambda units: units[np.argsort(units[:, 0])][: inputs["count"]])(
                    _sorted(inputs, np.negative)
                )
            },
        ),
        Misconception(
            "weakest image first",
            _("The list begins with the weakest image. Which way round does your sorting go?"),
            lambda inputs, right: {_NAME: _sorted(inputs, np.negative)[::-1][: inputs["count"]]},
        ),
        Misconception(
            "smallest values",
            _("These are the units with the smallest values. Which end of the scale is strong?"),
            lambda inputs, right: {_NAME: _units(inputs, np.positive)},
        ),
        Misconception(
            "absolute values",
            _(
                "Large negative values count as strong here. "
                "Does a unit answer with -9 more than with 5?"
            ),
            lambda inputs, right: {_NAME: _units(inputs, lambda maps: -np.abs(maps))},
        ),
        Misconception(
            "first channel",
            _("These units are of channel 0, whatever is asked for. Where does `channel` go?"),
            lambda inputs, right: {_NAME: _units({**inputs, "channel": 0})},
        ),
    ),
)
