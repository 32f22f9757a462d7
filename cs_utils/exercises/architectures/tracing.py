"""Following a network on its way from input to output: which layers it calls, in which order, with
which settings, whatever style it is written in.

It watches PyTorch's operators below modules and functions alike. What is equal by mathematics comes
out equal: ReLU before or after maximum pooling, a convolution over a whole map or a linear layer.
"""

from collections.abc import Callable, Iterator
from typing import Any

from cs_utils.exercises.architectures.operators import (
    BATCHNORM,
    NEW_TENSOR,
    PASSES_ON,
    one_side_done,
    read_operator,
)
from cs_utils.exercises.architectures.rows import KINDS, SIZES, WITHOUT_SIZE, Row

BATCH = 2


class Node:
    """A call of a layer: its settings, as ``Row`` names them, and the calls it takes its input
    from."""

    def __init__(self, kind: str, inputs: list["Node"], label: str, **settings: int) -> None:
        self.kind = kind
        self.inputs = inputs
        self.label = label
        self.settings = settings
        self.operator = ""
        self.depth: int = 1 + max((node.depth for node in inputs), default=0)


def trace(
    network: Callable[[Any], Any], input_shape: tuple[int, ...], label: Any = None
) -> tuple[list[Row], list[str]]:
    """The rows of a network's calls, and a name for each.

    network: called once with a tensor (N, *input_shape) on PyTorch's meta device, where tensors
    have a shape and no values. Parameters must be there, too. Rows come in the order in which the
    outputs need them, branches in the order in which they are joined, the longer path of an
    addition first; last of each output stands a row ``output``.
    label: names the layer being called, where somebody knows; the names are '' otherwise.
    """
    import torch

    tracer = _make_tracer(label or (lambda: ""))
    with torch.no_grad(), torch.device("meta"):
        x = torch.empty(BATCH, *input_shape, device="meta")
        start = tracer.start(x)
        with tracer:
            outputs = list(tensors(network(x)))
    return _in_order([tracer.output(tensor) for tensor in outputs], start)


def tensors(found: Any) -> Iterator[Any]:
    """The tensors in what a network returned: itself, or those of a tuple, list or dict."""
    if hasattr(found, "detach"):
        yield found
    elif isinstance(found, dict):
        for value in found.values():
            yield from tensors(value)
    elif isinstance(found, tuple | list):
        for value in found:
            yield from tensors(value)


def _make_tracer(label: Callable[[], str]) -> Any:
    from torch.utils._python_dispatch import TorchDispatchMode

    class Tracer(TorchDispatchMode):
        """Keeps for every tensor that comes from the network's input the call that made it."""

        def __init__(self) -> None:
            super().__init__()
            self.nodes: dict[int, Node] = {}
            self.masks: dict[int, float] = {}
            self.alive: list[Any] = []

        def start(self, x: Any) -> Node:
            node = Node("input", [], "", **_shape(x))
            self._keep(x, node)
            return node

        def output(self, tensor: Any) -> Node:
            node = self.nodes.get(id(tensor))
            return Node("output", [node] if node else [], label(), **_shape(tensor))

        def _keep(self, tensor: Any, node: Node) -> None:
            self.nodes[id(tensor)] = node
            self.alive.append(tensor)

        def __torch_dispatch__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            name = func._schema.name.split("::")[-1].rstrip("_").lstrip("_")
            if BATCHNORM.fullmatch(name):
                found = _like_results(func, args[0])
            else:
                found = func(*args, **(kwargs or {}))
            out = found[0] if isinstance(found, tuple | list) and found else found
            if not hasattr(out, "detach"):
                return found
            self.alive.append(out)
            if name == "bernoulli":
                self.masks[id(out)] = 1 - float(args[1]) if len(args) > 1 else 0.0
            elif not NEW_TENSOR.fullmatch(name):
                self._record(name, args, kwargs or {}, out)
            return found

        def _record(self, name: str, args: Any, kwargs: Any, out: Any) -> None:
            inputs = [self.nodes[id(one)] for one in _all(args) if id(one) in self.nodes]
            if not inputs:
                return
            if PASSES_ON.fullmatch(name):
                self._keep(out, inputs[0])
                return
            kind, settings = read_operator(name, args, kwargs, out, inputs, BATCH)
            if name == "mul" and (p := self._mask(args)) is not None:
                kind, settings = "dropout", {"p": round(1000 * p)}
            if kind is None:
                self._keep(out, inputs[0])
                return
            if kind == "local response normalisation":
                inputs = inputs[:1]
            if kind.startswith("global") and one_side_done(inputs[0], name):
                inputs = inputs[0].inputs
            node = _joined(kind, inputs, label(), {**_shape(out), **settings})
            node.operator = name
            self._keep(out, node)

        def _mask(self, args: Any) -> float | None:
            found = [self.masks[id(one)] for one in _all(args) if id(one) in self.masks]
            return found[0] if found else None

    return Tracer()


def _like_results(func: Any, x: Any) -> tuple[Any, ...]:
    """In the place of a batchnorm's results: PyTorch takes milliseconds to find that their shape is
    that of its input."""
    import torch

    return tuple(torch.empty_like(x) for _result in func._schema.returns)


def _all(args: Any) -> Iterator[Any]:
    """The tensors among an operator's arguments, in order."""
    for one in args:
        if hasattr(one, "detach"):
            yield one
        elif isinstance(one, tuple | list):
            yield from _all(one)


def _shape(tensor: Any) -> dict[str, int]:
    """Channels, height and width of one image's activations."""
    channels, *sides = [*tensor.shape[1:]] or [1]
    height, width = (1, 1, *sides)[-2:]
    return dict(zip(SIZES, (channels, height, width), strict=True))


def _joined(kind: str, inputs: list[Node], label: str, settings: dict[str, int]) -> Node:
    """A new call, in the form that all equal ones share."""
    if kind == "ReLU":
        return _rectified(inputs[0], label, settings)
    if kind == "convolution" and inputs[0].kind == "padding":
        padding = inputs[0].settings
        for side in ("padding_height", "padding_width"):
            settings[side] += padding.get(side, 0)
        inputs = inputs[0].inputs
    if kind == "concatenation":
        inputs = [
            part
            for node in inputs
            for part in (
                node.inputs
                if node.kind == kind and node.settings["axis"] == settings["axis"]
                else [node]
            )
        ]
    if kind == "addition":
        inputs = sorted(inputs, key=lambda node: -node.depth)
    return Node(kind, inputs, label, **settings)


def _rectified(node: Node, label: str, settings: dict[str, int]) -> Node:
    """ReLU of a call: once is enough, and it changes places with what it commutes with."""
    if node.kind == "ReLU":
        return node
    if node.kind in ("max pooling", "dropout", "concatenation"):
        inputs = [_rectified(one, label, dict(one.settings)) for one in node.inputs]
        return Node(node.kind, inputs, node.label, **node.settings)
    return Node("ReLU", [node], label, **{side: node.settings.get(side, 1) for side in SIZES})


def _in_order(outputs: list[Node], start: Node) -> tuple[list[Row], list[str]]:
    """All calls that the outputs rest on, each behind those that it needs."""
    places: dict[int, int] = {id(start): -1}
    rows: list[Row] = []
    labels: list[str] = []
    waiting = list(reversed(outputs))
    while waiting:
        node = waiting[-1]
        missing = [one for one in node.inputs if id(one) not in places]
        if id(node) in places:
            waiting.pop()
        elif missing:
            waiting.extend(reversed(missing))
        else:
            waiting.pop()
            place = places[id(node)] = len(rows)
            sources = [place - places[id(one)] for one in node.inputs]
            source, second = [*sources, 0, 0][:2]
            settings = {**node.settings, "source": source, "second": second}
            if node.kind in WITHOUT_SIZE:
                settings |= dict.fromkeys(SIZES, 0)
            rows.append(Row(KINDS.index(node.kind), **settings))
            labels.append(node.label)
    return rows, labels
