"""The table of ``docs/mutation.md``: one row for each exercise."""

import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

REPORT = Path(__file__).parents[2] / "docs" / "mutation.md"

_HEAD = """# How the checks are checked

Made by `make mutation`; not written by hand.

- **mutants**: the lesson's own solution with one small mistake each, made by a machine: an
  operator, a comparison, an index, an axis, a constant or a sign changed, a condition turned round,
  arguments exchanged, a statement left out. What the notebook hands out (the signature) stays.
- **killed**: handed in beside the lesson's other solutions, they lose points.
- **equivalent**: they lose none, and on the cases of ten more seeds and on variations of other
  sizes they give the solution's results to nine digits. What a forward function keeps in its
  cache is judged in the backward exercise.
- **survived**: neither. A reason stands below.
- **mistakes**: catalogued misconceptions. **recognised**: how often such a mistake, handed in as
  wrong outputs on three fresh seeds, costs points and gets its own hint before any other.
- **right**: right solutions in different styles (loops, vectorised, einsum, tensors, float32), and
  how many of them get full marks.
"""
_COLUMNS = (
    "exercise",
    "mutants",
    "killed",
    "equivalent",
    "survived",
    "mistakes",
    "recognised",
    "right",
    "full marks",
)


@dataclass(frozen=True)
class Row:
    """What was found out about the check of an exercise. recognised: a share of 1."""

    exercise: str
    mutants: int
    killed: int
    equivalent: int
    survived: int
    mistakes: int
    recognised: float
    right: int
    full_marks: int


def written(rows: Sequence[Row], notes: Sequence[str]) -> str:
    """The whole report, in Markdown."""
    lines = ["| " + " | ".join(_COLUMNS) + " |", "| --- |" + " ---: |" * (len(_COLUMNS) - 1)]
    lines += [_line(row) for row in (*rows, _total(rows))]
    return "\n".join([_HEAD, *lines, "", *notes]).rstrip() + "\n"


def mistakes_told(report: str) -> dict[str, int]:
    """The number of mistakes that a report tells for each exercise."""
    rows = re.findall(r"^\| (\w+) \|(.*)\|$", report, re.MULTILINE)
    place = _COLUMNS.index("mistakes") - 1
    cells = {name: rest.split("|") for name, rest in rows if name not in ("exercise", "all")}
    return {name: int(numbers[place]) for name, numbers in cells.items()}


def _line(row: Row) -> str:
    cells = [f"{one:.0%}" if isinstance(one, float) else str(one) for one in astuple(row)]
    return "| " + " | ".join(cells) + " |"


def _total(rows: Sequence[Row]) -> Row:
    counts = [sum(one) for one in zip(*(astuple(row)[1:] for row in rows), strict=True)]
    told = sum(row.recognised * row.mistakes for row in rows) / sum(row.mistakes for row in rows)
    mutants, killed, equivalent, survived, mistakes, _recognised, right, full_marks = counts
    return Row("all", mutants, killed, equivalent, survived, mistakes, told, right, full_marks)
