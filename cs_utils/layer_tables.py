"""A student's network laid out as a table, layer by layer, beside the published one."""

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from cs_utils.demonstrations import Note, comes_alive
from cs_utils.exercises.architectures.comparing import aligned, first_difference
from cs_utils.exercises.architectures.networks import SIZED, sized, table_rows
from cs_utils.exercises.architectures.published import (
    GOOGLENET_ROWS,
    PUBLISHED,
    LectureRow,
)
from cs_utils.exercises.architectures.rows import WEIGHTED, Row
from cs_utils.exercises.architectures.tracing import trace
from cs_utils.language import _

_GOOD, _BAD = "#0b6e4f", "#a3293d"


class HtmlTable:
    """Rows of text under a head; the last cell of a row says whether it is right.

    Each row comes with True, False, or None where there is nothing to judge. note: a line below.
    """

    def __init__(
        self, head: Sequence[str], rows: Sequence[tuple[Sequence[str], bool | None]], note: str = ""
    ) -> None:
        self._head = head
        self._rows = rows
        self._note = note

    def __repr__(self) -> str:
        lines = [list(self._head), *(list(cells) for cells, _right in self._rows)]
        widths = [max(len(line[place]) for line in lines) for place in range(len(self._head))]
        text = [
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        ]
        return "\n".join([*text, self._note]).rstrip()

    def _repr_html_(self) -> str:
        style = "style='text-align:left;padding:0.1em 0.7em'"
        head = "".join(f"<th scope='col' {style}>{escape(title)}</th>" for title in self._head)
        body = "".join(self._line(cells, right, style) for cells, right in self._rows)
        note = f"<div>{escape(self._note)}</div>" if self._note else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"

    def _line(self, cells: Sequence[str], right: bool | None, style: str) -> str:
        *others, last = cells
        plain = "".join(f"<td {style}>{escape(cell)}</td>" for cell in others)
        if right is None:
            return f"<tr>{plain}<td {style}>{escape(last)}</td></tr>"
        colour = _GOOD if right else _BAD
        said = f"<strong style='color:{colour}'>{escape(last)}</strong>"
        return f"<tr>{plain}<td {style}>{said}</td></tr>"


@comes_alive
def layer_table(network: Callable[..., Any], **arguments: Any) -> HtmlTable | Note:
    """The weighted and pooling layers of a network beside those of its published table.

    network: the student's class, named like it: LeNet5, AlexNet, VGG16, GoogLeNet; arguments: for
    it. Nothing is computed and no memory taken: tensors have shapes alone here.
    """
    published = PUBLISHED[network.__name__]
    size = arguments.get("image_size", published.input_shape[-1])
    input_shape = (published.input_shape[0], size, size)
    expected, names = table_rows(published.table(**arguments), input_shape)
    kept = [name for name, row in zip(names, expected, strict=True) if row.kind_name in SIZED]
    expected, received = sized(expected), sized(network_rows(network, input_shape, **arguments))
    lines: list[tuple[Sequence[str], bool | None]] = []
    for pair in aligned(expected, received):
        row = None if pair.received is None else received[pair.received]
        name = _("too many") if pair.expected is None else kept[pair.expected]
        right = pair.expected is not None and expected[pair.expected] == row
        if row is not None and row.kind_name == "output":
            continue
        if row is None:
            lines.append(((name, _("missing"), "", "", "", _("no")), False))
        else:
            said = _("yes") if right else _("no")
            lines.append(((name, *_cells(row), said), right))
    total = sum(row.parameters for row in received)
    work = sum(row.operations for row in received)
    lines.append(((_("all layers"), "", "", f"{total:,}", f"{work:,}", ""), None))
    head = (
        _("layer"),
        _("yours, kernel/stride"),
        _("output"),
        _("parameters"),
        _("operations"),
        _("as published?"),
    )
    return HtmlTable(head, lines, first_difference(expected, kept, received) or "")


def network_rows(
    network: Callable[..., Any], input_shape: Sequence[int], **arguments: Any
) -> list[Row]:
    """All layers that a student's network calls in training, in order."""
    import torch

    with torch.device("meta"):
        module = network(**arguments).train()
    return trace(module, tuple(input_shape))[0]


def _cells(row: Row) -> tuple[str, str, str, str]:
    what = f"{_(row.kind_name)} {_patch(row, row)}".strip()
    size = f"{row.height}x{row.width}x{row.channels}" if row.height > 1 else f"{row.channels:,}"
    counts = (row.parameters, row.operations)
    parameters, operations = (f"{count:,}" if count else "" for count in counts)
    return what, size, parameters, operations


@comes_alive
def lecture_table(googlenet: Callable[..., Any]) -> HtmlTable | Note:
    """The lecture's table of GoogLeNet, each row computed from the student's network.

    Beside it stand the counts that the paper prints, which the lecture leaves out.
    """
    found = _on_the_main_road(network_rows(googlenet, (3, 224, 224)))
    lines: list[tuple[Sequence[str], bool | None]] = []
    for place, expected in enumerate(GOOGLENET_ROWS):
        row = found[place] if place < len(found) else None
        right = row is not None and (row.patch, row.size, row.depth) == expected[1:4]
        printed = (
            ""
            if expected.parameters is None
            else f"{expected.parameters:g}K, {expected.operations:g}M"
        )
        cells = _lecture_cells(row) if row else ("", "", "", "", "")
        lines.append(((expected.kind, *cells, printed, _("yes") if right else _("no")), right))
    parameters = sum(int(row.parameters or 0) for row in found)
    operations = sum(int(row.operations or 0) for row in found)
    depth = str(sum(row.depth for row in found))
    lines.append(
        ((_("all rows"), "", "", depth, f"{parameters:,}", f"{operations:,}", "", ""), None)
    )
    head = (
        _("type"),
        _("patch size/stride"),
        _("output size"),
        _("depth"),
        _("parameters"),
        _("operations"),
        _("the paper prints"),
        _("as in the lecture?"),
    )
    return HtmlTable(head, lines)


def _lecture_cells(row: LectureRow) -> tuple[str, ...]:
    size = "x".join(map(str, row.size))
    counts = (f"{count:,}" if count else "" for count in (row.parameters, row.operations))
    return row.patch, size, str(row.depth), *counts


def _on_the_main_road(rows: Sequence[Row]) -> list[LectureRow]:
    """The layers that the first output rests on, in parts that end where the lecture's rows do."""
    end = next(place for place, row in enumerate(rows) if row.kind_name == "output")
    found: list[LectureRow] = []
    depths: list[int] = []
    start, before = 0, 0
    for place, row in enumerate(rows[:end]):
        depths.append(_depth(row, place, depths))
        if not _ends_a_part(rows, place):
            continue
        part = rows[start : place + 1]
        weighted = [one for one in part if one.kind_name in WEIGHTED]
        last = row if not weighted or row.kind_name == "concatenation" else weighted[-1]
        size = (
            last if last.channels else next(one for one in reversed(rows[:place]) if one.channels)
        )
        found.append(
            LectureRow(
                row.kind_name,
                _patch(last, rows[place - row.source]),
                (size.height, size.width, size.channels),
                depths[place] - before,
                sum(one.parameters for one in part),
                sum(one.operations for one in part),
            )
        )
        start, before = place + 1, depths[place]
    return found


def _depth(row: Row, place: int, depths: Sequence[int]) -> int:
    """Weighted layers on the longest way from the input to this row."""
    sources = [place - distance for distance in (row.source, row.second) if distance]
    if row.kind_name == "concatenation":
        sources = list(range(max(0, place - row.source), place))
    longest = max((depths[source] for source in sources if source >= 0), default=0)
    return longest + (row.kind_name in WEIGHTED)


def _ends_a_part(rows: Sequence[Row], place: int) -> bool:
    """Poolings that shrink, modules, and what stands before such a pooling or at the end."""
    row, later = rows[place], rows[place + 1]
    shrinks = [one.kind_name == "max pooling" and one.stride_height > 1 for one in (row, later)]
    ends = ("concatenation", "global average pooling", "dropout", "linear")
    return shrinks[0] or row.kind_name in ends or (shrinks[1] and later.source == 1)


def _patch(row: Row, source: Row) -> str:
    if row.kind_name == "global average pooling":
        return f"{source.height}x{source.width}/1"
    if not row.kernel_height:
        return ""
    return f"{row.kernel_height}x{row.kernel_width}/{row.stride_height}"
