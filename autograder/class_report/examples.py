"""Students' code as an example for others: without what may tell whose it is."""

import ast
import builtins
import re
from collections.abc import Iterable

_KEPT = set(dir(builtins))
_WORD = re.compile(r"[^\W_]{3,}")
HIDDEN = "student"


def words_of(texts: Iterable[str]) -> set[str]:
    """The words of three letters or more in names or code, in lower case."""
    return {word.lower() for text in texts for word in _WORD.findall(text)}


def anonymous(source: str, hidden: set[str]) -> str:
    """Code without comments, docstrings and sentences, laid out anew, and with the hidden words
    replaced wherever they are whole words of a name or a text.

    hidden: words in lower case. Returns '' for code that cannot be parsed: it is not shown.
    """
    try:
        module = _Anonymous(hidden).visit(ast.parse(source))
        return ast.unparse(ast.fix_missing_locations(module))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""


class _Anonymous(ast.NodeTransformer):
    def __init__(self, hidden: set[str]) -> None:
        self._hidden = hidden

    def visit(self, node: ast.AST) -> ast.AST:
        """Any node; what is not handled here is left as it is, with its parts visited."""
        if isinstance(node, ast.Constant):
            return self._constant(node)
        body = getattr(node, "body", None)
        if isinstance(body, list):
            # Docstrings, and texts that stand where a comment might.
            statements = [one for one in body if not _is_text(one)]
            node.body = statements or [ast.Pass()]  # type: ignore[attr-defined]
        self.generic_visit(node)
        # What is imported, and attributes, are other people's names.
        for field in ("asname",) if isinstance(node, ast.alias) else ("id", "arg", "name"):
            if isinstance(value := getattr(node, field, None), str):
                setattr(node, field, self._without_names(value))
        if isinstance(node, ast.Global | ast.Nonlocal):
            node.names = [self._without_names(name) for name in node.names]
        return node

    def _constant(self, node: ast.Constant) -> ast.Constant:
        if isinstance(node.value, bytes):
            node.value = b"..."
        elif isinstance(node.value, str):
            is_sentence = len(node.value.split()) > 1
            node.value = "..." if is_sentence else self._without_names(node.value)
        return node

    def _without_names(self, text: str) -> str:
        if text in _KEPT:
            return text
        return _WORD.sub(lambda one: HIDDEN if one[0].lower() in self._hidden else one[0], text)


def _is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )
