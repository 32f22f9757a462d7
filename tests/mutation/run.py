"""All mutants, all catalogued mistakes and all right solutions, and the report of what came out.

    python -m tests.mutation.run --jobs 2

Fails where a mutant survives without a reason, a mistake is recognised too seldom, or a right
solution loses points.
"""

import argparse
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from cs_utils.exercises import find_exercise, lesson_exercises, lessons
from mutation.judging import EQUIVALENT, KILLED, SURVIVED, Handed
from mutation.reasons import NOT_ASKED, WITHOUT_MUTANTS
from mutation.recognition import recognised_rate
from mutation.right import right_solutions
from mutation.sources import sources
from mutation.table import REPORT, Row, told, written

_SEED = 11
_LEAST_RATE = 0.9
# Most reports drawn for one solution.
_REPORTS = 40


@dataclass
class Examined:
    """What came out for an exercise: its row, its equivalent mutants, and what is wrong with its
    check."""

    row: Row
    equivalent: list[str]
    wrong: list[str]


def examined(name: str) -> Examined:
    """Hand in everything there is for an exercise."""
    exercise = find_exercise(name)
    fates: Counter[str] = Counter()
    equivalent, wrong = [], []
    explained: list[bool] = []
    for source in sources(exercise) if name not in WITHOUT_MUTANTS else ():
        handed = Handed(exercise, source, _SEED)
        made = handed.mutants()
        for number, mutant in enumerate(made):
            fate = handed.fate(mutant)
            fates[fate] += 1
            if fate == KILLED and number % (1 + len(made) // _REPORTS) == 0:
                explained.append(handed.explained(mutant))
            if fate == EQUIVALENT:
                equivalent.append(told(name, source.origin, mutant))
            elif fate == SURVIVED and (name, mutant.change) not in NOT_ASKED:
                wrong.append(f"{name}, {source.origin}: a mutant gets full marks, {mutant}")
    rate = recognised_rate(exercise)
    if rate < _LEAST_RATE:
        wrong.append(f"{name}: only {rate:.0%} of the mistakes get their own hint")
    right = right_solutions(exercise)
    wrong += [f"{name}: {style} loses points" for style, full in right.items() if not full]
    row = Row(
        name,
        fates[KILLED] + fates[EQUIVALENT] + fates[SURVIVED],
        fates[KILLED],
        fates[EQUIVALENT],
        fates[SURVIVED],
        sum(explained) / max(1, len(explained)),
        len(exercise.misconceptions),
        rate,
        len(right),
        sum(right.values()),
    )
    return Examined(row, equivalent, wrong)


def main() -> int:
    """Writes the report; 1 where something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2, help="processes at the same time")
    parser.add_argument("--only", nargs="*", help="these exercises alone; no report is written")
    options = parser.parse_args()
    everything = [one.name for lesson in lessons() for one in lesson_exercises(lesson)]
    all_found = []
    with ProcessPoolExecutor(options.jobs, get_context("spawn"), _one_thread) as pool:
        for found in pool.map(examined, options.only or everything):
            print(found.row, *found.wrong, sep="\n  ", flush=True)
            all_found.append(found)
    if not options.only:
        notes = [f"- `{name}`, `{change}`: {why}." for (name, change), why in NOT_ASKED.items()]
        notes += [f"- `{name}`, no mutants: {why}." for name, why in WITHOUT_MUTANTS.items()]
        equivalent = [one for found in all_found for one in found.equivalent]
        REPORT.write_text(written([found.row for found in all_found], notes, equivalent))
    faults = sum(len(found.wrong) for found in all_found)
    print(f"{faults} faults found in the checks of {len(all_found)} exercises.")
    return 1 if faults else 0


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


if __name__ == "__main__":
    sys.exit(main())
