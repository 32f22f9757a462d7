"""Mangled notebooks, hundreds of them: reading and repairing never fails, and a solution that
survived in some cell is found. A few go all the way through the grader; ``make soak`` sends 500."""

import json
from pathlib import Path

import nbformat
import pytest
from mangling import mangle
from rooms import LESSONS, released, solved
from soak.fuzz import grade_mangled

from autograder.judging.versions import versions_of
from autograder.repairing.reading import UnreadableError, read_notebook, unreadable_notebook
from autograder.repairing.repair import lesson_of, repair
from cs_utils.exercises import lesson_exercises

COUNT = 60
GRADED = 6


@pytest.mark.parametrize("lesson", LESSONS)
def test_what_survives_is_found(lesson: str, tmp_path: Path) -> None:
    exercises = [exercise.name for exercise in lesson_exercises(lesson)]
    notebook, release = json.loads(nbformat.writes(solved(lesson))), released(lesson)
    keys = [cell.id for cell in release.cells]
    path = tmp_path / "notebook.ipynb"
    unreadable = found = 0
    for seed in range(COUNT):
        mangled = mangle(notebook, exercises, seed)
        path.write_bytes(mangled.content)
        try:
            read = read_notebook(path)
        except UnreadableError as error:
            assert not mangled.intact, (seed, mangled.done, error)
            nbformat.validate(unreadable_notebook(release, str(error)))
            unreadable += 1
            continue
        lesson_of(read)
        repaired = repair(read, release)
        nbformat.validate(repaired.notebook)
        nbformat.writes(repaired.notebook).encode()
        assert [cell.id for cell in repaired.notebook.cells if cell.id in keys] == keys
        for name, source in mangled.intact.items():
            tried = versions_of(repaired.notebook, name)
            assert source.strip() in tried, (seed, mangled.done, name)
            found += 1
    assert 0 < unreadable < COUNT / 3
    assert found > COUNT


def test_a_few_are_graded_to_the_end(tmp_path: Path) -> None:
    assert grade_mangled(tmp_path, GRADED, jobs=2) == []
