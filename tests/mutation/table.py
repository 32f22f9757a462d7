"""The report ``docs/mutation.md``: a row for each exercise, and the mutants that change nothing."""

import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path

REPORT = Path(__file__).parents[2] / "docs" / "mutation.md"

_HEAD = """# How the checks are checked

Made by `make mutation`; not written by hand.

- **mutants**: the lesson's own solution, and the vectorised or PyTorch reference, with one small
  mistake each, made by a machine: an operator, a comparison, an index, an axis, a constant or a
  sign changed, a condition turned round, arguments exchanged, a statement left out. Signatures and
  the texts of errors stay.
- **killed**: handed in beside the lesson's other solutions, they lose points.
- **equivalent**: they lose none, and on the cases of ten more seeds and on variations of other
  sizes they give the solution's results to nine digits. What a forward function keeps in its
  cache is judged in the backward exercise. They are listed below, to be read by a person.
- **survived**: neither. A reason stands below.
- **explained**: how often the report of a mutant killed says more than how many values are wrong: a
  known mistake, what the wrong values have in common, a shape, a layer, an exception. At most 40
  reports are drawn for each solution, evenly spread.
- **mistakes**: catalogued misconceptions. **recognised**: how often such a mistake, handed in as
  wrong outputs on three fresh seeds, costs points and gets its own hint before any other.
- **right**: right solutions in different styles (loops, vectorised, einsum, tensors, float32), and
  how many of them get full marks.

What runs when: `make test` hands in every mutant, too, with cases from another seed, but for
those that are listed here as equivalent; every right solution, but for those that train a network
(`train_small_network`); and every known mistake, on seeds of its own. `make mutation` alone puts
the equivalent ones to the test, draws reports, and trains.
"""
_COLUMNS = (
    "exercise",
    "mutants",
    "killed",
    "equivalent",
    "survived",
    "explained",
    "mistakes",
    "recognised",
    "right",
    "full marks",
)
_EQUIVALENT = "## Equivalent mutants"


@dataclass(frozen=True)
class Row:
    """What was found out about the check of an exercise. explained, recognised: shares of 1."""

    exercise: str
    mutants: int
    killed: int
    equivalent: int
    survived: int
    explained: float
    mistakes: int
    recognised: float
    right: int
    full_marks: int


def written(rows: Sequence[Row], notes: Sequence[str], equivalent: Sequence[str]) -> str:
    """The whole report, in Markdown. equivalent: mutants as ``told`` tells them."""
    lines = ["| " + " | ".join(_COLUMNS) + " |", "| --- |" + " ---: |" * (len(_COLUMNS) - 1)]
    lines += [line(row) for row in (*rows, _total(rows))]
    lines += ["", *notes, "", _EQUIVALENT, "", *(f"- {one}" for one in equivalent)]
    return "\n".join([_HEAD, *lines]).rstrip() + "\n"


def told(exercise: str, origin: str, mutant: object) -> str:
    """A mutant in a line of the report."""
    return f"`{exercise}`, {origin}, `{mutant}`"


def equivalent_in(report: str) -> set[str]:
    """The mutants that a report lists as equivalent, as ``told`` tells them."""
    return set(re.findall(r"^- (.*)$", report.partition(_EQUIVALENT)[2], re.MULTILINE))


def mistakes_told(report: str) -> dict[str, int]:
    """The number of mistakes that a report tells for each exercise."""
    rows = re.findall(r"^\| (\w+) \|(.*)\|$", report, re.MULTILINE)
    place = _COLUMNS.index("mistakes") - 1
    cells = {name: rest.split("|") for name, rest in rows if name not in ("exercise", "all")}
    return {name: int(numbers[place]) for name, numbers in cells.items()}


def line(row: Row) -> str:
    """Its line of the report."""
    cells = [f"{one:.0%}" if isinstance(one, float) else str(one) for one in astuple(row)]
    return "| " + " | ".join(cells) + " |"


def _total(rows: Sequence[Row]) -> Row:
    total = Row("all", *(sum(one) for one in zip(*(astuple(row)[1:] for row in rows), strict=True)))
    recognised = sum(row.recognised * row.mistakes for row in rows) / total.mistakes
    explained = sum(row.explained * row.killed for row in rows) / total.killed
    return replace(total, recognised=recognised, explained=explained)
