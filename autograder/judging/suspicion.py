"""What in a hand-in a person should look at: code that reaches for what no exercise needs.

It takes no points. Where PyTorch itself is what the exercise is written with, its layers and its
autograd can only be switched off inside the student's own process, where code can work around it;
whoever does has to name one of these.
"""

import ast
from collections.abc import Iterator

from nbformat import NotebookNode

from autograder.repairing.cells import exercise_forbids, is_check

# Ways into the course's own package, Python's machinery, other processes and PyTorch's inner rooms.
_REACHES = (
    "cs_utils.answers",
    "cs_utils.exchange",
    "cs_utils.exercises",
    "cs_utils.kernel_side",
    "cs_utils.verdicts",
    "__code__",
    "_getframe",
    "ast_transformers",
    "ctypes",
    "gc",
    "get_objects",
    "meta_path",
    "subprocess",
    "torch._C",
    "torch.library",
    "torch.ops",
    "torch.utils._python_dispatch",
)
# What an exercise is to do without that takes PyTorch's own layer away.
_READY_MADE = (
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose2d",
    "Conv2d",
    "enable_grad",
    "forward_ad",
    "torch.autograd.functional",
    "torch.autograd.grad",
    "torch.func",
    "torch.jit",
    "torch.nn.grad",
)


def suspicions(notebook: NotebookNode) -> list[str]:
    """Lines for a person, one for each cell of the student's that reaches for such a thing."""
    lines = []
    for number, cell in enumerate(notebook.cells, start=1):
        marks = cell.metadata.get("nbgrader", {})
        if cell.cell_type != "code" or is_check(cell) or marks.get("locked"):
            continue
        wanted = (*_REACHES, *_READY_MADE) if exercise_forbids(cell) else _REACHES
        used = set(_used(cell.source))
        found = [name for name in wanted if any(_names(one, name) for one in used)]
        if found:
            place = marks.get("grade_id") or f"cell {number}"
            lines.append(f"{place}: a person should look at it, it uses {', '.join(found)}")
    return lines


def _used(source: str) -> Iterator[str]:
    """The names, with their dots, that code imports and uses; none where it cannot be read."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Attribute | ast.Name):
            yield ast.unparse(node)[-200:]


def _names(used: str, name: str) -> bool:
    """Whether a dotted name holds another one, from dot to dot."""
    return f".{name}." in f".{used}."
