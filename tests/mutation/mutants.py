"""Mutants: copies of a piece of Python code with one small mistake each.

The kinds of mistakes are those of mutation testing (DeMillo, Lipton & Sayward, "Hints on test data
selection", IEEE Computer 11(4), 1978), and a few that NumPy invites to.
"""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

_OPERATORS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
}
_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_NAMES = {
    "max": "min",
    "min": "max",
    "maximum": "minimum",
    "minimum": "maximum",
    "argmax": "argmin",
    "argmin": "argmax",
    "sum": "mean",
    "mean": "sum",
    "ceil": "floor",
    "floor": "ceil",
    "zeros": "ones",
    "zeros_like": "ones_like",
}
_WITHOUT_EFFECT = ("inplace", "optimize", "strict", "writeable")
_BEGIN, _END = "### BEGIN SOLUTION", "### END SOLUTION"
_STATEMENTS = (ast.Assign, ast.AugAssign, ast.Expr, ast.For, ast.Return)


@dataclass(frozen=True)
class Mutant:
    """Code with a mistake in it. change: which one, as ``x + h -> x - h``; line: where."""

    line: int
    change: str
    source: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.change}"


def mutants(source: str) -> list[Mutant]:
    """All mutants of a function's or class's source, each different from it and from the others.

    Docstrings and the text of errors stay, and so does what a notebook hands out: signatures, and
    what stands around a marked solution. The order is that of the source.
    """
    tree, own_lines = ast.parse(source), _lines_of_solutions(source)
    original = ast.unparse(tree)
    nodes = list(ast.walk(tree))
    left_alone = {id(part) for node in nodes for part in _left_alone(node)}
    # A constant alone says little: it is shown with what it stands in.
    around = {id(child): place for place, node in enumerate(nodes) for child in _constants(node)}
    found: dict[str, Mutant] = {}
    for place, node in enumerate(nodes):
        if getattr(node, "lineno", 0) not in own_lines or id(node) in left_alone:
            continue
        for changed in _changes(node):
            mutant = _Replace(place, changed).applied_to(tree)
            text = ast.unparse(mutant)
            if text != original and text not in found:
                shown = around.get(id(node), place)
                before, after = (_first_line(list(ast.walk(one))[shown]) for one in (tree, mutant))
                found[text] = Mutant(node.lineno, f"{before} -> {after}", text)
    return list(found.values())


def _left_alone(node: ast.AST) -> Iterator[ast.AST]:
    """What belongs to a signature or an annotation, to an error's text, to an option that changes
    no result."""
    match node:
        case ast.FunctionDef():
            yield from ast.walk(node.args)
            yield from ast.walk(node.returns) if node.returns else ()
        case ast.AnnAssign():
            yield from ast.walk(node.annotation)
        case ast.Raise(exc=ast.Call(args=texts)):
            yield from (part for text in texts for part in ast.walk(text))
        case ast.keyword(arg=name) if name in _WITHOUT_EFFECT:
            yield from ast.walk(node)


def _constants(node: ast.AST) -> Iterator[ast.AST]:
    return (child for child in ast.iter_child_nodes(node) if isinstance(child, ast.Constant))


def _first_line(node: ast.AST) -> str:
    return ast.unparse(node).split("\n")[0]


def _lines_of_solutions(source: str) -> set[int]:
    """The numbers of the lines between the marks of a solution; of all lines where none is."""
    lines = source.splitlines()
    inside, found = False, set()
    for number, line in enumerate(lines, start=1):
        if line.strip() in (_BEGIN, _END):
            inside = line.strip() == _BEGIN
        elif inside:
            found.add(number)
    return found or set(range(1, len(lines) + 1))


class _Replace(ast.NodeTransformer):
    """Puts another node in the place of the one that ``ast.walk`` meets at a position."""

    def __init__(self, place: int, by: ast.AST) -> None:
        self.place, self.by = place, by

    def applied_to(self, tree: ast.Module) -> ast.Module:
        tree = copy.deepcopy(tree)
        self.wanted = list(ast.walk(tree))[self.place]
        return ast.fix_missing_locations(self.visit(tree))

    def visit(self, node: ast.AST) -> ast.AST:
        return self.by if node is self.wanted else self.generic_visit(node)


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in the place of a node, with one mistake in it."""
    match node:
        case ast.BinOp(op=operator) | ast.AugAssign(op=operator):
            for other in _OPERATORS.get(type(operator), ()):
                yield _with(node, op=other())
        case ast.Compare(ops=[operator]):
            for comparison in _COMPARISONS.get(type(operator), ()):
                yield _with(node, ops=[comparison()])
        case ast.UnaryOp(op=ast.USub() | ast.Not() | ast.Invert(), operand=operand):
            yield operand
        case ast.BoolOp(op=operator):
            yield _with(node, op=ast.Or() if isinstance(operator, ast.And) else ast.And())
        case ast.If() | ast.IfExp() | ast.While():
            yield _with(node, test=ast.UnaryOp(ast.Not(), node.test))
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() as value):
            yield from (ast.Constant(value + 1), _number(value - 1))
        case ast.Constant(value=float() as value):
            yield ast.Constant(value * 2 if value else 1.0)
        case ast.Slice():
            for part in ("lower", "upper", "step"):
                yield _with(node, **{part: None})
        case ast.Attribute(attr="T", value=value):
            yield value
        case ast.Attribute(attr=name) if name in _NAMES:
            yield _with(node, attr=_NAMES[name])
        case ast.Call(func=ast.Name(id=name)) if name in _NAMES and name in ("min", "max"):
            yield _with(node, func=ast.Name(_NAMES[name], ast.Load()))
    if isinstance(node, ast.AugAssign):
        yield ast.Assign([node.target], node.value, lineno=node.lineno)
    if isinstance(node, ast.Call) and len(node.args) >= 2:
        first, second, *rest = node.args
        yield _with(node, args=[second, first, *rest])
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub | ast.Div | ast.MatMult):
        yield _with(node, left=node.right, right=node.left)
    if isinstance(node, _STATEMENTS) and not _is_docstring(node):
        yield ast.Pass()


def _with(node: ast.AST, **fields: object) -> ast.AST:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _number(value: int) -> ast.expr:
    """A whole number as the parser reads it."""
    return ast.Constant(value) if value >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-value))


def _is_docstring(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
