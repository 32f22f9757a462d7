"""The page that tells what grading takes: docs/benchmarks.md."""

import datetime
import os
import platform
import statistics
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

from autograder.kernels.sandbox import isolation_in_words
from cs_utils.machine import processor
from tests.benchmarks.machine_use import Use
from tests.benchmarks.markdown import markdown_table
from tests.benchmarks.time_split import PARTS, REST

if TYPE_CHECKING:
    from tests.benchmarks.grading import Measured, Pair

_PACKAGES = ("nbgrader", "nbclient", "ipykernel", "numpy", "torch")
_SIDES = (("autograder grade", "ours"), ("nbgrader autograde", "theirs"))
_INTRODUCTION = """# What grading takes

Made by `make bench` on {date}, with nothing else running, on {machine}. Isolation of our kernels:
{isolation}.

Wall and processor seconds and memory are those of the whole machine while a command runs: kernels
and their families come and go, and what ended without a parent counts nowhere else. Memory is by
how much the available memory fell. [Larger classes](benchmarks_growth.md), the
[layers](benchmarks_layers.md) and the [checks](benchmarks_checks.md) have pages of their own.
"""
_BESIDE = """
## Beside nbgrader's own autograde

{count} hand-ins of each of two lessons: a third right, a third with one small mistake in every
third exercise, a third unfinished; none loops without end. Both grade the same files one at a time,
as whole commands, in turn, {rounds} rounds; below are the medians. nbgrader has its own settings:
it runs the whole notebook, checks, training and plots, in an ordinary kernel that sees the whole
machine. `autograder grade` runs the parts that define something in a sandboxed kernel, and judges
outside it, by the same cases here. *Processor* is what throughput a core follows from.
"""
_SPLIT = """
## Where the time goes

Seconds of the wall clock a hand-in, in one process, one after the other; *cold* is the same with
a new process for each kernel (`AUTOGRADER_COLD=1`). The last line is divided among {count} hand-ins
and stays the same for more: imports, the release, the tables at the end.
"""
_JOBS = """
## Several at a time

The {count} hand-ins of both lessons, by `--jobs`.
"""

Lines = Iterable[Sequence[str]]


def page(measured: "Measured", rounds: int) -> str:
    """The page as Markdown."""
    count = measured.pairs[0].count
    parts = [
        _INTRODUCTION.format(
            date=datetime.date.today().isoformat(),
            machine=machine(),
            isolation=isolation_in_words(True),
        ),
        _BESIDE.format(count=count, rounds=rounds),
        markdown_table(("", "lesson 1", "lesson 3"), _beside(measured.pairs)),
        _equal(measured.pairs),
        _SPLIT.format(count=count),
        _split_table(measured.splits),
        _JOBS.format(count=sum(pair.count for pair in measured.pairs)),
        markdown_table(("jobs", "seconds", "hand-ins a minute", "memory, MB"), _jobs(measured)),
    ]
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def machine() -> str:
    """Processor and versions, in a line."""
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return f"{processor()}, {os.cpu_count()} cores; Python {platform.python_version()}, {versions}"


def _beside(pairs: "list[Pair]") -> Lines:
    for kind in ("wall", "processor"):
        for command, side in _SIDES:
            seconds = (_median(getattr(pair, side), kind) / pair.count for pair in pairs)
            yield [f"{command}: {kind} seconds a hand-in", *(f"{one:.2f}" for one in seconds)]
        ratios = (f"**{_ratio(pair, kind):.1f}** ({_range(pair, kind)})" for pair in pairs)
        yield [f"**times nbgrader's throughput, by {kind} seconds**", *ratios]
    for command, side in _SIDES:
        memory = (_median(getattr(pair, side), "memory") for pair in pairs)
        yield [f"{command}: memory, MB", *(f"{one / 1e6:.0f}" for one in memory)]


def _median(uses: Sequence[Use], kind: str) -> float:
    return statistics.median(getattr(use, kind) for use in uses)


def _ratios(pair: "Pair", kind: str) -> list[float]:
    both = zip(pair.ours, pair.theirs, strict=True)
    return [getattr(theirs, kind) / getattr(ours, kind) for ours, theirs in both]


def _ratio(pair: "Pair", kind: str) -> float:
    return statistics.median(_ratios(pair, kind))


def _range(pair: "Pair", kind: str) -> str:
    ratios = _ratios(pair, kind)
    return f"{min(ratios):.1f} to {max(ratios):.1f}"


def _equal(pairs: "list[Pair]") -> str:
    scores = sum(pair.graded for pair in pairs)
    differing = sum(pair.differing for pair in pairs)
    return f"\nOf {scores} scores of exercises, {scores - differing} are equal on both sides."


def _split_table(splits: dict[tuple[str, bool], dict[str, float]]) -> str:
    heading = ["", *(f"{lesson}, {'warm' if warm else 'cold'}" for lesson, warm in splits)]
    lines = [[part, *(f"{one[part]:.3f}" for one in splits.values())] for part in PARTS]
    each = [sum(one.values()) - one[REST] for one in splits.values()]
    lines.insert(-1, ["**a hand-in**", *(f"**{seconds:.3f}**" for seconds in each)])
    return markdown_table(heading, lines)


def _jobs(measured: "Measured") -> Lines:
    count = sum(pair.count for pair in measured.pairs)
    for jobs, use in measured.jobs.items():
        rate = count / use.wall * 60
        yield [str(jobs), f"{use.wall:.1f}", f"{rate:.0f}", f"{use.memory / 1e6:.0f}"]
