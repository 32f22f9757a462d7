"""All mutants, all catalogued mistakes and all right solutions, and the report of what came out.

    python -m tests.mutation.run --jobs 2

Fails where a mutant survives without a reason, a mistake is recognised too seldom, or a right
solution loses points.
"""

import argparse
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from cs_utils.exercises import find_exercise, lesson_exercises, lessons
from mutation.judging import KILLED, SURVIVED, Handed
from mutation.reasons import NOT_ASKED, WITHOUT_MUTANTS
from mutation.recognition import recognised_rate
from mutation.right import right_solutions
from mutation.table import REPORT, Row, written

_SEED = 11
_LEAST_RATE = 0.9


def examined(name: str) -> tuple[Row, list[str]]:
    """The row of an exercise, and what is wrong with its check."""
    exercise = find_exercise(name)
    fates: Counter[str] = Counter()
    wrong = []
    if name not in WITHOUT_MUTANTS:
        handed = Handed(exercise, _SEED)
        for mutant in handed.mutants():
            fate = handed.fate(mutant)
            fates[fate] += 1
            if fate == SURVIVED and (name, mutant.change) not in NOT_ASKED:
                wrong.append(f"{name}: a mutant gets full marks, {mutant.change}")
    rate = recognised_rate(exercise)
    if rate < _LEAST_RATE:
        wrong.append(f"{name}: only {rate:.0%} of the mistakes get their own hint")
    right = right_solutions(exercise)
    wrong += [f"{name}: {style} loses points" for style, full in right.items() if not full]
    row = Row(
        name,
        sum(fates.values()),
        fates[KILLED],
        sum(fates.values()) - fates[KILLED] - fates[SURVIVED],
        fates[SURVIVED],
        len(exercise.misconceptions),
        rate,
        len(right),
        sum(right.values()),
    )
    return row, wrong


def main() -> int:
    """Writes the report; 1 where something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2, help="processes at the same time")
    parser.add_argument("--only", nargs="*", help="these exercises alone; no report is written")
    options = parser.parse_args()
    everything = [one.name for lesson in lessons() for one in lesson_exercises(lesson)]
    rows, wrong = [], []
    with ProcessPoolExecutor(options.jobs, get_context("spawn"), _one_thread) as pool:
        for row, found in pool.map(examined, options.only or everything):
            print(row, *found, sep="\n  ", flush=True)
            rows.append(row)
            wrong += found
    if not options.only:
        notes = [f"- `{name}`, {change}: {why}." for (name, change), why in NOT_ASKED.items()]
        notes += [f"- `{name}`, no mutants: {why}." for name, why in WITHOUT_MUTANTS.items()]
        REPORT.parent.mkdir(exist_ok=True)
        REPORT.write_text(written(rows, notes))
    print(f"{len(wrong)} faults found in the checks of {len(rows)} exercises.")
    return 1 if wrong else 0


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


if __name__ == "__main__":
    sys.exit(main())
