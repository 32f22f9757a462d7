"""How long a check lets a student wait: every exercise, with a right and with a wrong solution.

    python -m tests.benchmarks.checks [--write] [--only NAME ...]

Right is the lesson's own solution, wrong is it with one small mistake that gives wrong values, so
that known mistakes are looked for and the report is drawn. Seconds of a processor's work, the
median of three, after imports and one check; ``train_small_network``, which trains, is left out.
``--write`` puts the table into docs/benchmarks_checks.md.
"""

import argparse
import datetime
import statistics
import sys
import time
from contextlib import nullcontext, suppress
from pathlib import Path
from timeit import Timer
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
import scipy.signal  # noqa: F401, an import that a mutant's time limit cuts off cannot be mended
import torch
from mutation.judging import KILLED, Handed, OutOfTimeError, limited
from mutation.mutants import Mutant
from mutation.reasons import WITHOUT_MUTANTS
from mutation.sources import sources

from cs_utils.checks import check_exercise
from cs_utils.exercises import find_exercise, lesson_exercises, lessons
from cs_utils.exercises.specification import Exercise
from cs_utils.reports import html_report
from cs_utils.verdicts import first_failure
from tests.benchmarks.markdown import markdown_table
from tests.benchmarks.measuring import machine

_PAGE = Path(__file__).parents[2] / "docs" / "benchmarks_checks.md"
_RUNS = 3
_PASSING, _FAILING = 0.2, 1.0
_HEADING = ("exercise", "the mistake", "right, ms", "wrong, ms")
_INTRODUCTION = f"""# How long a check takes

Made by `python -m tests.benchmarks.checks --write` on {{date}}, {{machine}}.

Processor time of `check` with its report, the median of {_RUNS}, after imports and one check: of
the lesson's own solution, and of one with a small mistake that gives wrong values, so that known
mistakes are looked for and the report is drawn. Wished for: right in {_PASSING} s, wrong in
{_FAILING} s; a star where it takes longer. `train_small_network`, which trains, is left out.
"""


def main() -> None:
    """Print the table, or write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", help="these exercises alone")
    parser.add_argument("--write", action="store_true", help=f"write {_PAGE.name}")
    arguments = parser.parse_args()
    names = arguments.only or [
        exercise.name
        for lesson in lessons()
        for exercise in lesson_exercises(lesson)
        if exercise.name not in WITHOUT_MUTANTS
    ]
    lines = []
    for name in names:
        lines.append(_line(find_exercise(name)))
        print(*lines[-1], sep="  ", flush=True)
    if arguments.write:
        introduction = _INTRODUCTION.format(
            date=datetime.date.today().isoformat(), machine=machine(torch.get_num_threads())
        )
        table = markdown_table(_HEADING, lines, text_columns=2)
        _PAGE.write_text(f"{introduction}\n{table}\n", encoding="utf-8")


def _line(exercise: Exercise) -> list[str]:
    handed = Handed(exercise, next(iter(sources(exercise))), seed=0)
    mutant = _with_wrong_values(handed)
    right = _seconds(exercise, handed.namespace)
    with handed.handed_in(mutant) if mutant else nullcontext():
        wrong = _seconds(exercise, handed.namespace)
    return [
        exercise.name,
        f"`{mutant}`" if mutant else "none",
        f"{right * 1e3:.1f}{'*' if right > _PASSING else ''}",
        f"{wrong * 1e3:.1f}{'*' if wrong > _FAILING else ''}",
    ]


def _with_wrong_values(handed: Handed) -> Mutant | None:
    """The first mutant that loses points by its values, not by an exception, and soon ends."""
    for mutant in handed.mutants():
        if handed.fate(mutant) == KILLED and handed.settled_by:
            with suppress(OutOfTimeError), handed.handed_in(mutant), limited(handed.seconds):
                failure = first_failure(handed.verdict(handed.questions).results)
                if failure is not None and failure.differences:
                    return mutant
    return None


def _seconds(exercise: Exercise, namespace: dict[str, Any]) -> float:
    """What a check with its report takes. The processor's clock may tick in milliseconds: quick
    checks are made so often that they take a while."""
    timer = Timer(lambda: html_report(check_exercise(exercise, namespace)), timer=time.process_time)
    times, _took = timer.autorange()
    return statistics.median(timer.repeat(_RUNS, times)) / times


if __name__ == "__main__":
    main()
