"""What is said of a layer that is missing, too many, or not as the table says."""

from collections.abc import Callable

from cs_utils.exercises.architectures import rows as kinds
from cs_utils.exercises.architectures.rows import Row
from cs_utils.language import _


def missing(name: str, row: Row, before: str, instead: Row | None) -> str:
    """That a row of the table is missing behind ``before``; instead: what the student has there."""
    if row.kind_name == "output":
        return _("{name} is missing: your network returns too few outputs").format(name=name)
    text = _("{name} is missing").format(name=name)
    if row.kind_name not in (*kinds.ACTIVATIONS, "dropout", "batchnorm"):
        text += ": " + _("expected {what}").format(what=describe(row))
    if before and before not in name:
        text += " " + _("after {before}").format(before=before)
    if instead is not None and instead.kind_name != "output":
        text += "; " + _("your next is {what}").format(what=describe(instead))
    return text


def surplus(row: Row, before: str) -> str:
    """That there is a row too many behind the one called ``before``."""
    if row.kind_name == "output":
        return _("your network returns an output too many")
    where = _("after {before}").format(before=before) if before else _("at the start")
    return _("{where} your network has {what} too many").format(where=where, what=describe(row))


def difference(name: str, expected: Row, received: Row) -> str | None:
    """What is wrong with a row, settings first, then sizes and counts."""
    if expected.kind != received.kind:
        text = _("{name}: expected {what}, yours is {other}")
        return text.format(name=name, what=describe(expected), other=describe(received))
    told = [
        text(expected, received)
        for fields, text in _TOLD
        if any(getattr(expected, field) != getattr(received, field) for field in fields)
    ]
    return f"{name}: {'; '.join(told)}" if told else None


def _sizes(expected: Row, received: Row) -> str:
    if expected.height == expected.width == received.height == received.width == 1:
        text = _("expected {channels:,} outputs, yours gives {other:,}")
        return text.format(channels=expected.channels, other=received.channels)
    return _("expected {channels} channels of {size}, yours gives {other} of {other_size}").format(
        channels=expected.channels,
        size=_by(expected.height, expected.width),
        other=received.channels,
        other_size=_by(received.height, received.width),
    )


def _counts(expected: Row, received: Row) -> str:
    return _(
        "expected {parameters:,} parameters and {operations:,} operations, "
        "yours has {other:,} and {other_operations:,}"
    ).format(
        parameters=expected.parameters,
        operations=expected.operations,
        other=received.parameters,
        other_operations=received.operations,
    )


def _pairs_of(what: str, height: str, width: str) -> Callable[[Row, Row], str]:
    def told(expected: Row, received: Row) -> str:
        sizes = [_side(getattr(row, height), getattr(row, width)) for row in (expected, received)]
        return _("expected {what} {size}, yours has {other}").format(
            what=_(what), size=sizes[0], other=sizes[1]
        )

    return told


def _plain(what: str, field: str) -> Callable[[Row, Row], str]:
    def told(expected: Row, received: Row) -> str:
        return _("expected {what} {value}, yours has {other}").format(
            what=_(what), value=getattr(expected, field), other=getattr(received, field)
        )

    return told


def _bias(expected: Row, received: Row) -> str:
    if expected.bias:
        return _("expected a bias, yours has none")
    return _("expected no bias, yours has one")


def _rounding(expected: Row, received: Row) -> str:
    if expected.round_up:
        return _("expected sizes rounded up, ceil_mode=True; yours are rounded down")
    return _("expected sizes rounded down; yours are rounded up")


def _share(expected: Row, received: Row) -> str:
    text = _("expected dropout of {p:g}, yours is {other:g}")
    return text.format(p=expected.p / 1000, other=received.p / 1000)


def _axis(expected: Row, received: Row) -> str:
    text = _("expected the branches side by side along axis {axis}, the channels; yours is {other}")
    return text.format(axis=expected.axis, other=received.axis)


_TOLD: tuple[tuple[tuple[str, ...], Callable[[Row, Row], str]], ...] = (
    (("axis",), _axis),
    (("in_channels",), _plain("input channels", "in_channels")),
    (("kernel_height", "kernel_width"), _pairs_of("a kernel of", "kernel_height", "kernel_width")),
    (("stride_height", "stride_width"), _pairs_of("stride", "stride_height", "stride_width")),
    (("padding_height", "padding_width"), _pairs_of("padding", "padding_height", "padding_width")),
    (("dilation",), _plain("dilation", "dilation")),
    (("groups",), _plain("groups", "groups")),
    (("bias",), _bias),
    (("round_up",), _rounding),
    (("p",), _share),
    (("channels", "height", "width"), _sizes),
    (("parameters", "operations"), _counts),
)


def describe(row: Row) -> str:
    """A row in a few words: 'a 3x3 convolution to 256 channels of 13x13'."""
    kernel = _by(row.kernel_height, row.kernel_width)
    size = _by(row.height, row.width)
    words = {
        "convolution": _("{a} {kernel} convolution to {channels} channels of {size}"),
        "linear": _("a linear layer to {channels:,} outputs"),
        "max pooling": _("max pooling {kernel} with stride {stride}"),
        "average pooling": _("average pooling {kernel} with stride {stride}"),
        "dropout": _("dropout of {p:g}"),
        "other operation": _("an operation that the table does not have"),
    }
    text = words.get(row.kind_name, _(row.kind_name))
    stride = _side(row.stride_height, row.stride_width)
    return text.format(
        a=_("an") if kernel.startswith(("8", "11")) else _("a"),
        kernel=kernel,
        channels=row.channels,
        size=size,
        stride=stride,
        p=row.p / 1000,
    )


def _by(height: int, width: int) -> str:
    return f"{height}x{width}"


def _side(height: int, width: int) -> str:
    return str(height) if height == width else f"({height}, {width})"
