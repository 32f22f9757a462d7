"""Tells which cell of the release a student's cell is: by nbgrader's id, by its cell id, by the
function it defines, by its text, and for functions that are still missing by likeness. Where the
function lost its name or its first line, that is mended, too.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from textwrap import indent

from nbformat import NotebookNode

# How much of a stub's text a solution keeps: the course's own solutions, renamed, keep 82 % or more
# of their own and up to 85 % of another's, so the best one is taken.
_KEPT_OF_THE_STUB = 0.75
_LIKE_NAME = 0.8
_LIKE_TEXT = 0.8
_DEFINITION = re.compile(r"^(?:def|class)\s+(\w+)\s*[(:]", re.MULTILINE)
_CHECK = re.compile(r"^\s*check\(\s*(\w+)\s*\)\s*$")


@dataclass
class StudentCell:
    """A student's cell: its source, kind and marks, and the release cell it belongs to."""

    source: str
    kind: str
    grade_id: str
    cell_id: str
    key: str | None = None


def student_cell(cell: NotebookNode) -> StudentCell:
    """A cell as ``read_notebook`` gives it, or of any notebook that nbformat has read."""
    grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
    return StudentCell(cell.source, cell.cell_type, str(grade_id), cell.get("id", ""))


def release_key(cell: NotebookNode) -> str:
    """The name by which a cell of the release is known."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id") or cell.id)


@lru_cache(maxsize=1024)
def defined_names(source: str) -> tuple[str, ...]:
    """Names of the functions and classes that a cell defines at its top level, also where it has
    errors; a name given to a lambda or another function counts, too."""
    try:
        return tuple(_bound(ast.parse(source).body))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return tuple(_DEFINITION.findall(source))


def _bound(statements: Iterable[ast.stmt]) -> Iterator[str]:
    for one in statements:
        if isinstance(one, ast.FunctionDef | ast.ClassDef):
            yield one.name
        elif isinstance(one, ast.Assign) and isinstance(
            one.value, ast.Lambda | ast.Name | ast.Attribute
        ):
            yield from (target.id for target in one.targets if isinstance(target, ast.Name))
        elif isinstance(one, ast.If | ast.Try | ast.With):
            for part in ("body", "orelse", "finalbody"):
                yield from _bound(getattr(one, part, []))


def match_cells(
    students: Sequence[StudentCell],
    by_key: Mapping[str, NotebookNode],
    exercises: Sequence[str],
) -> list[str]:
    """Give each student's cell the key of the release cell that it is, where it is one.

    Returns what had to be mended in the cells themselves, in words.
    """
    for cell in students:
        cell.key = _certain_match(cell, by_key, exercises)
    _match_by_likeness(students, by_key, exercises)
    repairs = []
    for cell in students:
        if cell.key and cell.key in exercises and not is_stub(cell, by_key[cell.key]):
            repairs += _mend(cell, by_key[cell.key].source, cell.key)
    return repairs


def is_stub(cell: StudentCell, release: NotebookNode) -> bool:
    """Whether the student left the release's cell as it was."""
    return cell.source.strip() == str(release.source).strip()


def _certain_match(
    cell: StudentCell, by_key: Mapping[str, NotebookNode], exercises: Sequence[str]
) -> str | None:
    functions = [name for name in defined_names(cell.source) if name in exercises]
    for given in (cell.grade_id, cell.cell_id):
        # A cell overwritten with an exercise's function belongs to that exercise.
        if given in by_key and (
            not functions or given in functions or is_stub(cell, by_key[given])
        ):
            return given
    if cell.kind == "code" and functions:
        return functions[0]
    checked = _CHECK.match(cell.source)
    if checked and f"check-{checked[1]}" in by_key:
        return f"check-{checked[1]}"
    text = cell.source.strip()
    return next((key for key, one in by_key.items() if text and one.source.strip() == text), None)


def _match_by_likeness(
    students: Sequence[StudentCell],
    by_key: Mapping[str, NotebookNode],
    exercises: Sequence[str],
) -> None:
    """Find the functions that are still missing, and texts that were edited, among the cells that
    are nobody's yet; the best pair first."""
    found = {cell.key for cell in students}
    written = {
        cell.key
        for cell in students
        if cell.key in defined_names(cell.source) and not is_stub(cell, by_key[cell.key])
    }
    pairs = []
    for index, cell in enumerate(students):
        if cell.key is not None or not cell.source.strip():
            continue
        for key, release in by_key.items():
            if key in exercises and key not in written and cell.kind == "code":
                likeness = _likeness_to_stub(cell.source, str(release.source), key)
            elif key not in found and key not in exercises and cell.kind == release.cell_type:
                likeness = _likeness(cell.source, str(release.source))
            else:
                continue
            if likeness:
                pairs.append((likeness, -index, key))
    taken: set[str] = set()
    for _likeness_of_pair, index, key in sorted(pairs, reverse=True):
        if students[-index].key is None and key not in taken:
            students[-index].key = key
            taken.add(key)


def _likeness(source: str, release: str) -> float:
    """How alike two texts are, from 0 to 1; 0 below what speaks for the same cell."""
    if not _share_words(source, release):
        return 0.0
    matcher = SequenceMatcher(None, source, release, autojunk=False)
    if matcher.real_quick_ratio() < _LIKE_TEXT or matcher.quick_ratio() < _LIKE_TEXT:
        return 0.0
    ratio = matcher.ratio()
    return ratio if ratio >= _LIKE_TEXT else 0.0


def _share_words(source: str, release: str) -> bool:
    """Whether the release's text has half of its words in the other: a quick look that spares the
    long one."""
    words = _words(release)
    return 2 * len(words & _words(source)) >= len(words)


def _without_indents(source: str) -> str:
    return "\n".join(line.strip() for line in source.splitlines())


@lru_cache(maxsize=1024)
def _words(source: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", source))


def _likeness_to_stub(source: str, stub: str, name: str) -> float:
    """How sure it is that a cell solves the exercise of this stub, from 0 to 1: by what it keeps
    of the stub's text, or by a function of nearly this name that takes the same arguments."""
    if _share_words(source, stub):
        given, kept_of = _without_indents(source), _without_indents(stub)
        blocks = SequenceMatcher(None, given, kept_of, autojunk=False).get_matching_blocks()
        # Pieces of a few letters are alike by chance.
        kept = sum(block.size for block in blocks if block.size > 3) / len(kept_of)
        if kept >= _KEPT_OF_THE_STUB:
            return kept
    likeness = 0.0
    for function in _functions(source):
        if _arguments(function) == _arguments(*_functions(stub)):
            matcher = SequenceMatcher(None, function.name.lower(), name.lower(), autojunk=False)
            likeness = max(likeness, matcher.ratio())
    return likeness if likeness >= _LIKE_NAME else 0.0


def _mend(cell: StudentCell, stub: str, name: str) -> list[str]:
    """Give the function of a cell its name or its first line back, where it lost them."""
    if name in defined_names(cell.source):
        return []
    renamed = [one.name for one in _functions(cell.source) if _takes_the_same(one, stub)]
    if renamed:
        cell.source = f"{cell.source}\n\n\n{name} = {renamed[-1]}"
        return [f"{name}: the function was called {renamed[-1]}; known by its cell or its text"]
    restored = _with_first_line(cell.source, stub, name)
    if restored is None:
        return []
    cell.source = restored
    return [f"{name}: the line with its name was missing; put back from the release"]


@lru_cache(maxsize=1024)
def _functions(source: str) -> tuple[ast.FunctionDef | ast.ClassDef, ...]:
    """What a cell defines at its top level; nothing where it has errors."""
    try:
        statements = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    return tuple(one for one in statements if isinstance(one, ast.FunctionDef | ast.ClassDef))


def _arguments(function: ast.FunctionDef | ast.ClassDef, *_others: object) -> object:
    """The names of a function's arguments, or of a class's methods."""
    if isinstance(function, ast.FunctionDef):
        return ast.unparse(function.args)
    return [one.name for one in function.body if isinstance(one, ast.FunctionDef)]


def _takes_the_same(function: ast.FunctionDef | ast.ClassDef, stub: str) -> bool:
    """Whether a function takes as many arguments as the stub, whatever their names."""
    (asked, *_rest) = _functions(stub)
    if isinstance(function, ast.FunctionDef) and isinstance(asked, ast.FunctionDef):
        return len(function.args.args) == len(asked.args.args)
    return type(function) is type(asked)


def _with_first_line(source: str, stub: str, name: str) -> str | None:
    """The source behind the stub's first line, if that makes it a function that returns, or a
    class with methods; else None."""
    (asked, *_rest) = _functions(stub)
    first = "\n".join(stub.splitlines()[: asked.body[0].lineno - 1])
    for body in (source, indent(source, "    ")):
        for made in _functions(f"{first}\n{body}"):
            kinds = ast.Return if isinstance(asked, ast.FunctionDef) else ast.FunctionDef
            if made.name == name and any(isinstance(one, kinds) for one in ast.walk(made)):
                return f"{first}\n{body}"
    return None
