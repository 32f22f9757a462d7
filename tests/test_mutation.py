"""The tests of the tests: every mutant and every right solution is handed in (of the two deepest
networks a fifth of the mutants); the mutator itself.

``make mutation`` does the same at more length, and writes ``docs/mutation.md``.
"""

import pytest
from mutation.judging import EQUIVALENT, KILLED, SURVIVED, Handed
from mutation.lessons import solution_cells
from mutation.mutants import Mutant, mutants
from mutation.reasons import NOT_ASKED, WITHOUT_MUTANTS
from mutation.right import right_solutions, right_styles
from mutation.run import examined
from mutation.sources import sources
from mutation.table import REPORT, equivalent_in, line, mistakes_told, told

from cs_utils.exercises import find_exercise, lesson_exercises, lessons

EXERCISES = [exercise for lesson in lessons() for exercise in lesson_exercises(lesson)]
NAMES = [exercise.name for exercise in EXERCISES]
# Their right solutions train for half a minute each.
TRAINED = ("train_small_network",)
# Each of their 500 mutants has a whole network to build: here a fifth of them will do.
DEEP = ("GoogLeNet", "ResNet")
LEAST_STYLES = 4


@pytest.fixture(scope="module")
def equivalent() -> set[str]:
    return equivalent_in(REPORT.read_text())


def test_an_exercise_has_its_row_in_the_report() -> None:
    found = examined("relu_forward")
    assert found.wrong == []
    assert line(found.row) in REPORT.read_text().splitlines()


@pytest.mark.parametrize("name", [name for name in NAMES if name not in WITHOUT_MUTANTS])
def test_every_mutant_loses_points(name: str, equivalent: set[str]) -> None:
    survivors = []
    for source in sources(find_exercise(name)):
        handed = Handed(find_exercise(name), source, seed=12)
        for mutant in handed.mutants()[:: 5 if name in DEEP else 1]:
            known = told(name, source.origin, mutant) in equivalent
            if not known and (name, mutant.change) not in NOT_ASKED:
                survivors += [mutant] if handed.fate(mutant) == SURVIVED else []
    assert [str(mutant) for mutant in survivors] == []


class TestMutator:
    def test_each_mutant_is_another_program_with_one_change(self) -> None:
        source = (
            "def f(x, h=2):\n    '''Adds.'''\n    if x > 0:\n        return x + h\n    return -x\n"
        )
        made = mutants(source)
        texts = [mutant.source for mutant in made]
        assert len(set(texts)) == len(texts)
        changes = {str(mutant) for mutant in made}
        assert {
            "line 4: x + h -> x - h",
            "line 3: x > 0 -> x >= 0",
            "line 3: x > 0 -> x > 1",
            "line 5: -x -> x",
            "line 4: return x + h -> pass",
        } <= changes
        for text in texts:
            assert "Adds." in text
            compile(text, "mutant", "exec")

    def test_what_is_handed_out_stays(self) -> None:
        source = (
            "def f(x, h=2):\n    y = x + 1\n    ### BEGIN SOLUTION\n"
            "    y = y * h\n    ### END SOLUTION\n    return y - 1\n"
        )
        assert {mutant.line for mutant in mutants(source)} == {4}

    def test_signatures_and_the_texts_of_errors_stay(self) -> None:
        source = "def f(x: int = 2) -> int:\n    raise ValueError(f'{x + 1} is not')\n"
        assert mutants(source) == []

    @pytest.mark.parametrize(
        ("old", "new", "fate"),
        [
            ("z[n] = x[n]", "z[n] = -x[n]", KILLED),
            ("z[n] = x[n]", "z[n] = x[n] * 1.0", EQUIVALENT),
            # Endless.
            ("if x[n] > 0", "while x[n] > 0", KILLED),
        ],
    )
    def test_fates(self, old: str, new: str, fate: str) -> None:
        exercise = find_exercise("relu_forward")
        source = next(one for one in sources(exercise) if one.origin == "lesson")
        assert source.text == solution_cells("01_vector_backprop")["relu_forward"]
        assert old in source.text
        handed = Handed(exercise, source, seed=12)
        handed.seconds = 0.3
        before = dict(handed.namespace)
        mutant = Mutant(1, new, source.text.replace(old, new))
        assert handed.fate(mutant) == fate
        assert fate != KILLED or handed.explained(mutant)
        assert handed.namespace["relu_forward"] is before["relu_forward"]


def test_the_report_counts_the_mistakes_that_there_are() -> None:
    registry = {exercise.name: len(exercise.misconceptions) for exercise in EXERCISES}
    assert mistakes_told(REPORT.read_text()) == registry, "make mutation writes it anew"


@pytest.mark.parametrize("name", NAMES)
def test_there_are_right_solutions_in_several_styles(name: str) -> None:
    assert len(right_styles(find_exercise(name))) >= LEAST_STYLES


@pytest.mark.parametrize("name", [name for name in NAMES if name not in TRAINED])
def test_right_solutions_get_full_marks(name: str) -> None:
    found = right_solutions(find_exercise(name))
    assert all(found.values()), found
