"""Which code of a hand-in's cells grading runs: all of the student's, and of the release's own
what the student's could need."""

import ast
import re
from collections.abc import Iterator, Sequence
from symtable import SymbolTable, symtable

from nbformat import NotebookNode

from autograder.repairing.cells import is_check

_WORD = re.compile(r"\w+")
_UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
# With these, code can come at names that stand nowhere in it.
_ANY_NAME = re.compile(
    r"(?<![.\w])(dir|eval|exec|globals|locals|vars)\b|%\s*run\b|\b(__builtins__|__dict__|__globals__|"
    r"__main__|__name__|_getframe|builtins|currentframe|f_globals|f_locals|get_ipython|"
    r"import modules|runpy|sys\.modules|user_ns)\b"
)


def code_to_run(cells: Sequence[NotebookNode]) -> list[str]:
    """The code of each cell that grading runs, '' for none.

    Of a locked cell that is what it imports, assigns and defines, and nothing where no name that it
    binds is used in a cell of the student's, or in a locked one that is run. What a locked cell
    only shows earns nothing.
    """
    codes = [_code(cell) for cell in cells]
    optional = {index for index, cell in enumerate(cells) if codes[index] and _is_locked(cell)}
    used: set[str] = set()
    for index in set(range(len(cells))) - optional:
        used |= _used(codes[index])
        if _ANY_NAME.search(codes[index]):
            return codes
    bound = {index: _bound(codes[index]) for index in optional}
    while wanted := [one for one in optional if "*" in bound[one] or bound[one] & used]:
        optional -= set(wanted)
        for index in wanted:
            used |= _used(codes[index])
    return ["" if index in optional else code for index, code in enumerate(codes)]


def _is_locked(cell: NotebookNode) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("locked"))


def _code(cell: NotebookNode) -> str:
    if cell.cell_type != "code" or is_check(cell):
        return ""
    if not _is_locked(cell):
        return str(cell.source)
    try:
        module = ast.parse(cell.source)
    except SyntaxError:
        return str(cell.source)
    module.body = [statement for statement in module.body if not isinstance(statement, ast.Expr)]
    return ast.unparse(module)


def _used(code: str) -> set[str]:
    """The global names that code uses, and whatever its strings say; all words of one that is not
    Python alone, as with IPython's magics."""
    try:
        nodes, tables = _parsed(code)
    except _UNREADABLE:
        return set(_WORD.findall(code))
    names = {
        symbol.get_name()
        for table in tables
        for symbol in table.get_symbols()
        if table.get_type() == "module" or symbol.is_global()
    }
    shown = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and id(node) not in shown:
            names.update(_WORD.findall(str(node.value)))
    return names


def _bound(code: str) -> set[str]:
    """The global names that code binds or changes; ``*`` stands for names that are not known."""
    try:
        nodes, tables = _parsed(code)
    except _UNREADABLE:
        return {"*"}
    names = {
        symbol.get_name()
        for table in tables
        for symbol in table.get_symbols()
        if symbol.is_assigned() or symbol.is_imported()
        if table.get_type() == "module" or symbol.is_declared_global()
    }
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            names.add("*")
        elif isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store):
            # Of ``a.b[0] = 1`` it is a that is changed.
            names.update(one.id for one in ast.walk(node) if isinstance(one, ast.Name))
    return names


def _parsed(code: str) -> tuple[list[ast.AST], list[SymbolTable]]:
    """All nodes of its syntax tree, and the names of all its scopes. Raises one of _UNREADABLE."""
    return list(ast.walk(ast.parse(code))), list(_scopes(symtable(code, "cell", "exec")))


def _scopes(table: SymbolTable) -> Iterator[SymbolTable]:
    yield table
    for inner in table.get_children():
        yield from _scopes(inner)
