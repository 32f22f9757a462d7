"""Imports of course files that are not here: their names are there all the same, and say so when
they are called."""

import ast
import builtins
import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any

from cs_utils.language import _

# What old files import from the packages that made Python 2 code run in Python 3.
_OF_PYTHON_2 = {"xrange": range, "unicode": str, "raw_input": input, "long": int}


class Absent:
    """A name that could not be imported. It may be passed around; calling it raises ImportError
    with the name and where it should have come from."""

    def __init__(self, name: str, module: str) -> None:
        self._name, self._module = name, module

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        text = _(
            "{name} should come from {module}, which is not here. "
            "Call a function of this file in its place, or put that file beside it."
        )
        raise ImportError(text.format(name=self._name, module=self._module))

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":
            return []
        if name.startswith("__"):
            raise AttributeError(name)
        return _OF_PYTHON_2.get(name) or Absent(name, self._module)


class Imports:
    """The ``__import__`` of a student's file: what cannot be imported becomes ``Absent``.

    In a ``try`` of the file it raises ImportError as usual: the file has its own answer to that.
    missing: the modules that were not there, in order.
    """

    def __init__(self, tree: ast.Module, filename: str) -> None:
        self._filename = filename
        self._in_try = {
            line
            for node in ast.walk(tree)
            if isinstance(node, ast.Try) and node.handlers
            for statement in node.body
            for line in range(statement.lineno, (statement.end_lineno or 0) + 1)
        }
        self.missing: list[str] = []

    def __call__(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Any = (),
        level: int = 0,
    ) -> Any:
        caller = sys._getframe(1)
        try:
            module = builtins.__import__(name, globals, locals, fromlist, level)
            missing = [one for one in fromlist or () if one != "*" and not hasattr(module, one)]
            for one in missing:
                importlib.import_module(f"{module.__name__}.{one}")
            return module
        except Exception as error:
            own = caller.f_code.co_filename == self._filename
            if own and caller.f_lineno in self._in_try:
                raise ImportError(str(error)) from error
            full = "." * level + name
            self.missing.append(full)
            return Absent(name, full)


def fill_in(tree: ast.Module, filename: str) -> dict[str, Any]:
    """For ``from absent_module import *``: the names that the file uses and never defines."""
    starred = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and any(one.name == "*" for one in node.names)
    ]
    if not starred:
        return {}
    module = "." * starred[0].level + (starred[0].module or "")
    unknown = _used(tree) - _bound(tree) - set(dir(builtins))
    return {name: _OF_PYTHON_2.get(name) or Absent(name, module) for name in sorted(unknown)}


def _used(tree: ast.Module) -> set[str]:
    names = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
    return {node.id for node in names if isinstance(node.ctx, ast.Load)}


def _bound(tree: ast.Module) -> set[str]:
    """Every name that is assigned, defined, imported or an argument, wherever in the file."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            found.add(node.name)
    return found


def namespace_for(
    tree: ast.Module, filename: str, name: str, package: str
) -> tuple[dict[str, Any], Imports]:
    """The globals that a file is run in, and what tells of its missing imports."""
    imports: Callable[..., Any] = Imports(tree, filename)
    own_builtins = {**vars(builtins), "__import__": imports}
    namespace = {
        "__name__": f"{package}.{name}" if package else name,
        "__file__": filename,
        "__package__": package,
        "__builtins__": own_builtins,
    }
    assert isinstance(imports, Imports)
    return {**fill_in(tree, filename), **namespace}, imports
