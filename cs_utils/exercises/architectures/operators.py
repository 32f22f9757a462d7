"""What PyTorch's operators mean as layers: kind and settings of each call that ``tracing`` sees."""

import re
from typing import Any

# Operators' names are those without the underscores of in-place and private ones.
NEW_TENSOR = re.compile(r"(empty|zeros|ones|rand|randn|full)(_like)?|new_\w+")
# They change the form or the place of the numbers alone.
PASSES_ON = re.compile(
    r"view|reshape|unsafe_view|reshape_alias|flatten|clone|copy|to_copy|detach|alias|contiguous|"
    r"unsqueeze|squeeze|permute|transpose|t|expand|slice|select|split|unbind|as_strided|lift_fresh"
)
_CONVOLUTION = re.compile(r"\w*convolution\w*|conv2d")
BATCHNORM = re.compile(r"\w*batch_norm\w*")
_ACTIVATIONS = {
    "relu": "ReLU",
    "clamp_min": "ReLU",
    "threshold": "ReLU",
    "maximum": "ReLU",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
    "softmax": "softmax",
    "log_softmax": "log softmax",
    "leaky_relu": "leaky ReLU",
    "gelu": "GELU",
    "silu": "SiLU",
    "elu": "ELU",
    "native_layer_norm": "layer normalisation",
    "native_group_norm": "group normalisation",
    "native_dropout": "dropout",
}

Settings = dict[str, int]


def read_operator(
    name: str, args: Any, kwargs: Any, out: Any, inputs: list[Any], batch: int
) -> tuple[str | None, Settings]:
    """The kind of layer that an operator call is, and its settings as ``Row`` names them.

    inputs: the calls that made those arguments that come from the network's input, in order. A
    kind of None is a call that changes nothing.
    """
    if _CONVOLUTION.fullmatch(name):
        return _convolution(args, out)
    if name in ("addmm", "mm", "linear", "addmm_activation"):
        return _linear(name, args, out, batch)
    if BATCHNORM.fullmatch(name):
        learned = [one for one in args[1:3] if one is not None]
        return "batchnorm", {"parameters": sum(one.numel() for one in learned)}
    if name in ("max_pool2d_with_indices", "max_pool2d", "avg_pool2d"):
        return _pooling(name, args, kwargs, out)
    if name in ("adaptive_avg_pool2d", "adaptive_max_pool2d"):
        if args[0].shape == out.shape:
            return None, {}
        kind = "adaptive average pooling" if "avg" in name else "global max pooling"
        return kind, {}
    if name in ("mean", "sum", "amax", "max"):
        return _global(name, args, inputs)
    if name in ("clamp", "hardtanh"):
        upper = args[2] if len(args) > 2 else kwargs.get("max")
        return ("ReLU" if upper is None else "ReLU6"), {}
    if name == "cat":
        axis = args[1] if len(args) > 1 else kwargs.get("dim", 0)
        return "concatenation", {"axis": axis % out.ndim}
    if name == "constant_pad_nd":
        return _padding(args, out)
    if name == "native_dropout":
        return "dropout", {"p": round(1000 * args[1])}
    if name in _ACTIVATIONS:
        return _ACTIVATIONS[name], {}
    return _arithmetic(name, args, inputs)


def _convolution(args: Any, out: Any) -> tuple[str, Settings]:
    x, weight, bias = args[:3]
    transposed = len(args) > 6 and args[6]
    if x.ndim != 4 or transposed:
        return "other operation", {}
    (stride_h, stride_w), (pad_h, pad_w), dilation = (_pair(one) for one in args[3:6])
    outputs, channels, kernel_h, kernel_w = weight.shape
    parameters = weight.numel() + (bias.numel() if bias is not None else 0)
    counted = {
        "bias": int(bias is not None),
        "parameters": parameters,
        "operations": weight.numel() * out.shape[2] * out.shape[3],
    }
    whole = tuple(x.shape[2:]) == (kernel_h, kernel_w) and (pad_h, pad_w) == (0, 0)
    if whole and args[8] == 1:
        return "linear", {"in_channels": channels * kernel_h * kernel_w, **counted}
    return "convolution", {
        "kernel_height": kernel_h,
        "kernel_width": kernel_w,
        "stride_height": stride_h,
        "stride_width": stride_w,
        "padding_height": pad_h,
        "padding_width": pad_w,
        "dilation": dilation[0],
        "groups": args[8],
        "in_channels": x.shape[1],
        "channels": outputs,
        **counted,
    }


def _linear(name: str, args: Any, out: Any, batch: int) -> tuple[str, Settings]:
    if name == "linear":
        weight, bias = args[1], args[2] if len(args) > 2 else None
    else:
        weight, bias = args[-1], args[0] if name.startswith("addmm") else None
    places = out.numel() // out.shape[-1] // batch
    return "linear", {
        "bias": int(bias is not None),
        "in_channels": args[1 if name.startswith("addmm") else 0].shape[-1],
        "channels": out.shape[-1],
        "height": places,
        "width": 1,
        "parameters": weight.numel() + (bias.numel() if bias is not None else 0),
        "operations": weight.numel() * places,
    }


def _pooling(name: str, args: Any, kwargs: Any, out: Any) -> tuple[str, Settings]:
    x, kernel_size, stride, padding = (*args, None, None, None)[:4]
    kernel = _pair(kernel_size)
    steps = _pair(stride) if stride else kernel
    border = _pair(padding or 0)
    sides = tuple(x.shape[2:])
    if "avg" in name and tuple(out.shape[2:]) == (1, 1) and kernel == sides and not any(border):
        return "global average pooling", {}
    floored = tuple(
        (side + 2 * pad - size) // step + 1
        for side, pad, size, step in zip(sides, border, kernel, steps, strict=True)
    )
    return "average pooling" if "avg" in name else "max pooling", {
        "kernel_height": kernel[0],
        "kernel_width": kernel[1],
        "stride_height": steps[0],
        "stride_width": steps[1],
        "padding_height": border[0],
        "padding_width": border[1],
        "round_up": int(floored != tuple(out.shape[2:])),
    }


def one_side_done(node: Any, name: str) -> bool:
    """Whether a call took the mean, sum or maximum along one side of its maps alone."""
    return node.kind == "other operation" and node.operator == name and "axis" in node.settings


def _global(name: str, args: Any, inputs: list[Any]) -> tuple[str, Settings]:
    """The mean, sum or maximum over whole maps, one number left for each channel; over one side
    alone where the other may follow."""
    kinds = {"mean": "global average pooling", "sum": "global sum"}
    x = args[0]
    over = sorted(axis % x.ndim for axis in _listed(args[1])) if len(args) > 1 else []
    if x.ndim == 4 and inputs and one_side_done(inputs[0], name):
        over = sorted([*over, inputs[0].settings["axis"]])
    if x.ndim == 4 and over in ([2], [3]):
        return "other operation", {"axis": over[0]}
    if x.ndim < 3 or over != list(range(2, x.ndim)):
        return "other operation", {}
    return kinds.get(name, "global max pooling"), {
        "channels": x.shape[1],
        "height": 1,
        "width": 1,
    }


def _padding(args: Any, out: Any) -> tuple[str, Settings]:
    """Zeros around the maps, the same on both sides of an axis, or another operation."""
    left, right, top, bottom = (*args[1], 0, 0, 0, 0)[:4]
    value = args[2] if len(args) > 2 else 0
    if value or left != right or top != bottom or any(args[1][4:]):
        return "other operation", {}
    return "padding", {"padding_height": top, "padding_width": left}


def _arithmetic(name: str, args: Any, inputs: list[Any]) -> tuple[str | None, Settings]:
    if name == "add" and len(inputs) == 2:
        return "addition", {}
    if name == "add" and any(hasattr(one, "detach") for one in args[:2]) and len(inputs) == 1:
        return (None if all(hasattr(one, "detach") for one in args[:2]) else "other operation"), {}
    if name == "div" and len(inputs) == 2 and inputs[1].operator == "pow":
        return "local response normalisation", {}
    return ("multiplication" if name in ("mul", "div") else "other operation"), {}


def _pair(value: Any) -> tuple[int, int]:
    values = _listed(value)
    return (values[0], values[-1])


def _listed(value: Any) -> list[int]:
    return list(value) if isinstance(value, tuple | list) else [value]
