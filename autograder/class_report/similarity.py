"""Solutions so alike that somebody should look at both. That they are alike proves nothing.

A solution's tokens, with the student's own names replaced by one word and without comments and
docstrings, are cut into overlapping runs of ``RUN`` tokens, as MOSS does (Schleimer, Wilkerson and
Aiken, Winnowing, SIGMOD 2003). Runs that the release gave out count for nothing. Two solutions are
shown where most of their runs are the same and enough of these are rare in the class.
"""

import builtins
import keyword
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from io import StringIO
from itertools import combinations

import numpy as np

RUN = 8
# Fewer runs of a student's own and functions are alike by nature.
SHORTEST = 60
ALIKE = 0.7
# More hand-ins than this have a run that is common in the class.
COMMON_SHARE, COMMON_COUNT = 0.1, 3
_FEWEST_RARE = 30
_MOST_TOKENS = 2000

SAME_TEXT = "the same to the letter"
SAME_NAMES = "the same but for comments and layout"
SAME_TOKENS = "the same but for names"
MOSTLY = "nearly the same"
_DEGREES = (SAME_TEXT, SAME_NAMES, SAME_TOKENS)

_SKIPPED = (
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
)
_LINE_ENDS = (tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT)
_KEPT_NAMES = {*keyword.kwlist, *dir(builtins)}


@dataclass(frozen=True)
class Print:
    """What is kept of a solution: hashes of its runs, sorted and distinct, and of its text at each
    degree of sameness."""

    student: str
    runs: np.ndarray
    degrees: tuple[int, int, int]


@dataclass(frozen=True)
class AlikeSolution:
    """An exercise in which a pair is alike. share: of all runs of both, those that both have.
    rare: how many of those hardly anybody else has."""

    lesson: str
    exercise: str
    share: float
    rare: int
    degree: str


@dataclass(frozen=True)
class Pair:
    """Two students and the exercises in which their solutions are alike."""

    students: tuple[str, str]
    solutions: tuple[AlikeSolution, ...]

    @property
    def rare(self) -> int:
        return sum(one.rare for one in self.solutions)


def print_of(student: str, source: str) -> Print:
    """What is compared of a solution."""
    with_names, tokens = tokens_of(source)
    text = "".join(source.split())
    degrees = _hash(text), _hash(" ".join(with_names)), _hash(" ".join(tokens))
    return Print(student, runs_of(tokens), degrees)


def tokens_of(source: str) -> tuple[list[str], list[str]]:
    """The code's tokens, as they are and with its own names made alike; without comments,
    docstrings and layout. Broken code gives those up to where it breaks."""
    with_names: list[str] = []
    normalised: list[str] = []
    previous, starts_line = "", True
    for token in _read(source):
        if len(normalised) == _MOST_TOKENS:
            break
        is_docstring = token.type == tokenize.STRING and starts_line
        starts_line = token.type in _LINE_ENDS or is_docstring
        if token.type in _SKIPPED or is_docstring:
            continue
        with_names.append(token.string)
        normalised.append(_normalised(token, previous))
        previous = token.string
    return with_names, normalised


def runs_of(tokens: Sequence[str]) -> np.ndarray:
    """Hashes of all runs of RUN tokens: sorted, distinct, uint64."""
    runs = {_hash(" ".join(tokens[i : i + RUN])) for i in range(len(tokens) - RUN + 1)}
    return np.array(sorted(runs), dtype=np.uint64)


def alike_solutions(
    lesson: str, exercise: str, prints: Sequence[Print], given_out: np.ndarray
) -> Iterator[tuple[tuple[str, str], AlikeSolution]]:
    """Pairs of students whose solutions of one exercise are alike.

    prints: one for each student. given_out: the runs of the release.
    """
    own = {one.student: np.setdiff1d(one.runs, given_out) for one in prints}
    own = {student: runs for student, runs in own.items() if len(runs) >= SHORTEST}
    if len(own) < 2:
        return
    degrees = {one.student: one.degrees for one in prints}
    for pair, rare in _rare_runs(own).items():
        first, second = pair
        both = len(np.intersect1d(own[first], own[second], assume_unique=True))
        share = both / (len(own[first]) + len(own[second]) - both)
        if rare >= _FEWEST_RARE and share >= ALIKE:
            degree = _degree(degrees[first], degrees[second])
            yield pair, AlikeSolution(lesson, exercise, share, rare, degree)


def pairs(found: Iterable[tuple[tuple[str, str], AlikeSolution]]) -> list[Pair]:
    """The pairs, with most rare runs in common first."""
    by_students: dict[tuple[str, str], list[AlikeSolution]] = defaultdict(list)
    for students, solution in found:
        by_students[students].append(solution)
    made = [Pair(students, tuple(solutions)) for students, solutions in by_students.items()]
    return sorted(made, key=lambda pair: (-pair.rare, pair.students))


def _rare_runs(own: Mapping[str, np.ndarray]) -> Counter[tuple[str, str]]:
    """How many runs that are rare in the class each pair has in common."""
    most = max(COMMON_COUNT, int(COMMON_SHARE * len(own)))
    owners: dict[int, list[str]] = defaultdict(list)
    for student in sorted(own):
        for run in own[student].tolist():
            owners[run].append(student)
    return Counter(
        pair
        for students in owners.values()
        if 2 <= len(students) <= most
        for pair in combinations(students, 2)
    )


def _degree(first: tuple[int, ...], second: tuple[int, ...]) -> str:
    same = (one == other for one, other in zip(first, second, strict=True))
    return next((degree for degree, is_same in zip(_DEGREES, same, strict=True) if is_same), MOSTLY)


def _read(source: str) -> Iterator[tokenize.TokenInfo]:
    try:
        yield from tokenize.generate_tokens(StringIO(source).readline)
    except (tokenize.TokenError, SyntaxError, ValueError):
        return


def _normalised(token: tokenize.TokenInfo, previous: str) -> str:
    if token.type == tokenize.NAME:
        is_own = token.string not in _KEPT_NAMES and previous != "."
        return "name" if is_own else token.string
    is_text = token.string[-1:] in ("'", '"') or tokenize.tok_name[token.type].startswith("FSTRING")
    return "text" if is_text else token.string


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(errors="replace"), digest_size=8).digest())
