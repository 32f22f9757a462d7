"""Running a student's file without what it imports from elsewhere in its course."""

import ast
import contextlib
import linecache
import sys
import tokenize
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

from cs_utils.answers import students_line
from cs_utils.cs231n import names
from cs_utils.cs231n.absent import namespace_for
from cs_utils.cs231n.old_numpy import old_names
from cs_utils.language import _


class UnreadableFileError(Exception):
    """The file cannot be checked; the text says why."""


@dataclass(frozen=True)
class Loaded:
    """A file that was run. old: the old NumPy names it asked for on the way."""

    filename: str
    namespace: dict[str, Any]
    missing: tuple[str, ...]
    old: tuple[str, ...]


def parse(path: Path) -> tuple[ast.Module, CodeType]:
    """The file's code. Raises UnreadableFileError for a missing file and for no Python."""
    if not path.is_file():
        raise UnreadableFileError(_("There is no file {path}.").format(path=path))
    try:
        with tokenize.open(path) as file:
            text = file.read()
        tree = ast.parse(text, str(path))
        return tree, compile(tree, str(path), "exec")
    except SyntaxError as error:
        where = _("line {line}: ").format(line=error.lineno) if error.lineno else ""
        told = _("{path} is no Python that runs: {where}{what}.")
        line = f" ({error.text.strip()})" if error.text else ""
        raise UnreadableFileError(
            told.format(path=path, where=where, what=f"{error.msg}{line}")
        ) from None
    except (ValueError, RecursionError, MemoryError, OSError) as error:
        told = _("{path} is no Python that runs: {what}.")
        raise UnreadableFileError(told.format(path=path, what=error)) from None


def functions_of(tree: ast.Module) -> list[str]:
    """The functions to check that a file defines or assigns, in CS231n's order."""
    found = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return [name for name in names() if name in found]


def load(path: Path) -> Loaded:
    """Run the file. Raises UnreadableFileError where it ends with an exception."""
    tree, code = parse(path)
    filename = str(path)
    linecache.checkcache(filename)
    folder = path.resolve().parent
    package = folder.name if (folder / "__init__.py").exists() else ""
    sys.path.insert(0, str(folder.parent if package else folder))
    if package:
        with contextlib.suppress(Exception):
            __import__(package)
    namespace, imports = namespace_for(tree, filename, path.stem, package)
    with old_names(filename) as used:
        try:
            exec(code, namespace)
        except (Exception, SystemExit) as error:
            line = students_line(error)
            told = _("Running {path} ends with {kind}: {what} (in the line: {line})")
            raise UnreadableFileError(
                told.format(path=path, kind=type(error).__name__, what=error, line=line)
            ) from None
    return Loaded(filename, namespace, tuple(imports.missing), tuple(used))
