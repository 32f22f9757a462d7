"""The sample class, built and graded once for the tests that look at it."""

import pytest
from rooms import Graded, autograder
from sample_class.build import build


@pytest.fixture(scope="session")
def graded_class(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    folder = tmp_path_factory.mktemp("sample_class")
    hand_ins, course = folder / "hand_ins", folder / "course"
    build(hand_ins)
    return Graded(hand_ins, course, autograder("grade", hand_ins, "--out", course, "--jobs", "2"))
