"""The class that the grading benchmark grades: right, wrong and unfinished hand-ins of a lesson,
made from its solved notebook; none of them loops without end."""

import random
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from mutation.judging import KILLED, Handed
from mutation.sources import sources
from rooms import released, solved, write_hand_in
from sample_class.build import cell_index

from cs_utils.exercises import lesson_exercises
from cs_utils.exercises.specification import Exercise

_SEED = 7
_KINDS = ("right", "wrong", "unfinished")
# In a wrong hand-in one exercise in so many is wrong.
_WRONG_ONE_IN = 3


def write_hand_ins(folder: Path, lesson: str, count: int) -> Path:
    """Write that many hand-ins of a lesson in nbgrader's tree, a third of each kind.

    Of a wrong one every third exercise has one small mistake of those that mutation testing makes;
    an unfinished one ends somewhere in the middle. Returns the folder.
    """
    chance = random.Random(_SEED)
    exercises = lesson_exercises(lesson)
    unwritten = {cell.id: cell.source for cell in released(lesson).cells}
    mistakes = {one.name: _mistakes(one, chance) for one in exercises}
    for number in range(count):
        kind = _KINDS[number % len(_KINDS)]
        notebook = solved(lesson)
        if kind == "wrong":
            for name in chance.sample(sorted(mistakes), len(mistakes) // _WRONG_ONE_IN):
                notebook.cells[cell_index(notebook, name)].source = next(mistakes[name])
        elif kind == "unfinished":
            for exercise in exercises[chance.randrange(len(exercises)) :]:
                place = cell_index(notebook, exercise.name)
                notebook.cells[place].source = unwritten[exercise.name]
        write_hand_in(folder, f"{kind}{number:03}", lesson, notebook)
    return folder


def _mistakes(exercise: Exercise, chance: random.Random) -> Iterator[str]:
    """Wrong texts of the exercise's solution, again and again: what runs, ends and loses points."""
    handed = Handed(exercise, next(sources(exercise)), _SEED)
    mutants = handed.mutants()
    chance.shuffle(mutants)
    found = []
    for mutant in mutants:
        if handed.fate(mutant) == KILLED and handed.settled_by:
            found.append(mutant.source)
            yield mutant.source
    while found:
        yield from found
