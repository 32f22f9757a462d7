"""The tests of the tests, in part: a seeded sample of the mutants, and the mutator itself.

``make mutation`` tries them all and writes ``docs/mutation.md``.
"""

import random

import pytest
from mutation.judging import EQUIVALENT, KILLED, SURVIVED, Handed
from mutation.mutants import Mutant, mutants
from mutation.reasons import NOT_ASKED, WITHOUT_MUTANTS
from mutation.right import right_solutions
from mutation.table import REPORT, mistakes_told

from cs_utils.exercises import find_exercise, lesson_exercises, lessons

EXERCISES = [exercise for lesson in lessons() for exercise in lesson_exercises(lesson)]
# Their mutants take a second each: one of them here, the others in the long run.
HEAVY = ("AlexNet", "VGG16", "GoogLeNet", "ResNet", "occlusion_map", "saliency_map")
SAMPLE = 3


@pytest.mark.parametrize("name", [one.name for one in EXERCISES if one.name not in WITHOUT_MUTANTS])
def test_a_sample_of_mutants_loses_points(name: str) -> None:
    handed = Handed(find_exercise(name), seed=12)
    made = handed.mutants()
    for mutant in random.Random(name).sample(made, 1 if name in HEAVY else min(SAMPLE, len(made))):
        if (name, mutant.change) not in NOT_ASKED:
            assert handed.fate(mutant) != SURVIVED, mutant.change


class TestMutator:
    def test_each_mutant_is_another_program_with_one_change(self) -> None:
        source = (
            "def f(x, h=2):\n    '''Adds.'''\n    if x > 0:\n        return x + h\n    return -x\n"
        )
        made = mutants(source)
        texts = [mutant.source for mutant in made]
        assert len(set(texts)) == len(texts)
        changes = {mutant.change for mutant in made}
        assert {
            "line 4: x + h -> x - h",
            "line 3: x > 0 -> x >= 0",
            "line 3: 0 -> 1",
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
        assert {mutant.change.split(":")[0] for mutant in mutants(source)} == {"line 4"}

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
        from mutation.lessons import solution_cells

        source = solution_cells("01_vector_backprop")["relu_forward"]
        assert old in source
        handed = Handed(find_exercise("relu_forward"), seed=12)
        handed.seconds = 0.3
        before = dict(handed.namespace)
        assert handed.fate(Mutant(new, source.replace(old, new))) == fate
        assert handed.namespace["relu_forward"] is before["relu_forward"]


def test_the_report_counts_the_mistakes_that_there_are() -> None:
    registry = {exercise.name: len(exercise.misconceptions) for exercise in EXERCISES}
    assert mistakes_told(REPORT.read_text()) == registry, "make mutation writes it anew"


@pytest.mark.parametrize(
    "name", [one.name for one in EXERCISES if one.library == "numpy" and one.name != "ConvNet"]
)
def test_right_solutions_in_several_styles_get_full_marks(name: str) -> None:
    found = right_solutions(find_exercise(name))
    assert all(found.values()), found
