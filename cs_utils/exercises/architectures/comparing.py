"""Two lists of rows compared, and the first that is wrong named in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from cs_utils.exercises.architectures import rows as kinds
from cs_utils.exercises.architectures import wording
from cs_utils.exercises.architectures.rows import Row
from cs_utils.language import _

_MISSING = 1.0
_OTHER_SETTING = 0.3
_OTHER_KIND = 0.6
# What makes a layer this layer; sizes and counts follow from it and from what came before.
_SETTINGS = (
    "kernel_height",
    "kernel_width",
    "stride_height",
    "stride_width",
    "padding_height",
    "padding_width",
    "dilation",
    "groups",
    "bias",
    "round_up",
    "p",
    "axis",
)
_FAMILIES = (kinds.WEIGHTED, kinds.POOLING, kinds.ACTIVATIONS, kinds.JOINS)


@dataclass(frozen=True)
class Pair:
    """A row of the table and the student's row that stands for it; None where there is none."""

    expected: int | None
    received: int | None


def first_difference(
    expected: Sequence[Row], names: Sequence[str], received: Sequence[Row]
) -> str | None:
    """The first row that is not as the table says, in words; None where all are.

    names: of the expected rows. A row that is missing or too many is told as such, and does not
    make the rows after it wrong.
    """
    if not any(row.kind_name != "output" for row in received):
        return _("your network returns nothing that comes from its input")
    pairs = aligned(expected, received)
    for place, pair in enumerate(pairs):
        if pair.expected is None:
            assert pair.received is not None
            return wording.surplus(received[pair.received], _before(pairs, place, names))
        name, row = names[pair.expected], expected[pair.expected]
        if pair.received is None:
            before = _named_source(names, pair.expected, row.source) if row.source else ""
            return wording.missing(name, row, before, _instead(pairs, place, received))
        text = wording.difference(name, row, received[pair.received])
        if text:
            return text
    return _other_source(expected, names, received, pairs)


def aligned(expected: Sequence[Row], received: Sequence[Row]) -> list[Pair]:
    """The pairing of the rows, in order, that needs the fewest and smallest changes."""
    shortest = min(len(expected), len(received))
    start = next(
        (i for i in range(shortest) if _cost(expected[i], received[i])),
        shortest,
    )
    end = next(
        (i for i in range(shortest - start) if _cost(expected[-1 - i], received[-1 - i])),
        shortest - start,
    )
    last, other_last = len(expected) - end, len(received) - end
    middle = _cheapest(expected[start:last], received[start:other_last])
    return [
        *(Pair(i, i) for i in range(start)),
        *(
            Pair(
                None if pair.expected is None else pair.expected + start,
                None if pair.received is None else pair.received + start,
            )
            for pair in middle
        ),
        *(Pair(last + i, other_last + i) for i in range(end)),
    ]


def _cost(expected: Row, received: Row) -> float:
    """How far a row is from another: 0 for the same layer, 3 for what cannot stand in."""
    cost = 0.0
    if expected.kind != received.kind:
        names = (expected.kind_name, received.kind_name)
        if not any(names[0] in family and names[1] in family for family in _FAMILIES):
            return 2 * _MISSING + 1
        cost += _OTHER_KIND
    cost += _OTHER_SETTING * sum(
        getattr(expected, setting) != getattr(received, setting) for setting in _SETTINGS
    )
    if expected.kind_name in kinds.WEIGHTED and expected.channels != received.channels:
        cost += _OTHER_SETTING
    return min(cost, 2 * _MISSING - 0.1)


def _cheapest(expected: Sequence[Row], received: Sequence[Row]) -> list[Pair]:
    """Needleman and Wunsch's alignment, 1970."""
    rows, columns = len(expected), len(received)
    costs = [[_MISSING * j for j in range(columns + 1)]]
    for i in range(1, rows + 1):
        line = [_MISSING * i]
        for j in range(1, columns + 1):
            together = costs[i - 1][j - 1] + _cost(expected[i - 1], received[j - 1])
            line.append(min(together, costs[i - 1][j] + _MISSING, line[j - 1] + _MISSING))
        costs.append(line)
    pairs = []
    i, j = rows, columns
    while i or j:
        if i and j and costs[i][j] == costs[i - 1][j - 1] + _cost(expected[i - 1], received[j - 1]):
            i, j = i - 1, j - 1
            pairs.append(Pair(i, j))
        elif i and costs[i][j] == costs[i - 1][j] + _MISSING:
            i -= 1
            pairs.append(Pair(i, None))
        else:
            j -= 1
            pairs.append(Pair(None, j))
    return pairs[::-1]


def _before(pairs: Sequence[Pair], place: int, names: Sequence[str]) -> str:
    """The name of the last row of the table before this place, or ''."""
    earlier = (pair.expected for pair in reversed(pairs[:place]))
    return next((names[index] for index in earlier if index is not None), "")


def _instead(pairs: Sequence[Pair], place: int, received: Sequence[Row]) -> Row | None:
    """The student's next row."""
    later = (pair.received for pair in pairs[place:])
    return next((received[index] for index in later if index is not None), None)


def _other_source(
    expected: Sequence[Row], names: Sequence[str], received: Sequence[Row], pairs: Sequence[Pair]
) -> str | None:
    """All rows are right: is one fed with another layer's output than the table says?"""
    for pair in pairs:
        assert pair.expected is not None and pair.received is not None
        mine, theirs = expected[pair.expected], received[pair.received]
        if (mine.source, mine.second) != (theirs.source, theirs.second):
            fed = [
                _named_source(names, pair.expected, distance)
                for distance in (
                    (mine.source, theirs.source)
                    if mine.source != theirs.source
                    else (mine.second, theirs.second)
                )
            ]
            text = _("{name} takes its input from {other}; expected: from {right}")
            return text.format(name=names[pair.expected], other=fed[1], right=fed[0])
    return None


def _named_source(names: Sequence[str], place: int, distance: int) -> str:
    if not distance:
        return _("nothing")
    index = place - distance
    return names[index] if 0 <= index < len(names) else _("the network's input")
