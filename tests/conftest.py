"""The sample class, built and graded once for the tests that look at it."""

import pytest
from rooms import Graded, grade
from sample_class.build import build


@pytest.fixture(scope="session")
def graded_class(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    hand_ins = tmp_path_factory.mktemp("sample_class") / "hand_ins"
    build(hand_ins)
    return grade(hand_ins, "--jobs", "2")
