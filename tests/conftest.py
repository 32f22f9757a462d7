"""What holds for every test: one thread each, the order of the files, and the sample class, built
and graded once, with the solved notebooks among its hand-ins."""

import os
import sys

# Two files of tests run side by side: with a thread for each core in both, NumPy's and PyTorch's
# threads wait for one another. Read once, when they are imported, which is below.
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")
# Hundreds of processes start: each would compile the course's modules anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

import autograder  # noqa: E402, F401, I001 (before nbformat, it spares each worker a second)
import pytest  # noqa: E402
from rooms import LESSONS, SOLVED, Graded, grade, solved, write_hand_in  # noqa: E402
from sample_class.build import build  # noqa: E402

# A worker takes a file at a time: a long one that is left for the end keeps the other one waiting.
# What waits more than it computes comes while the sample class keeps two processes busy.
FIRST = (
    *("sample_class", "session", "red_team", "browser", "plain_runs", "mutation", "pooling_lesson"),
    *("journal", "convolution_lesson", "fuzz", "sandbox", "cluster", "matrix_lesson"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        name = item.path.stem.removeprefix("test_")
        return FIRST.index(name) if name in FIRST else len(FIRST)

    items.sort(key=place)


@pytest.fixture(scope="session")
def graded_class(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    hand_ins = tmp_path_factory.mktemp("sample_class") / "hand_ins"
    build(hand_ins)
    # Among the class: what is worked out once for a lesson would take far longer than they do.
    for lesson in LESSONS:
        write_hand_in(hand_ins, SOLVED, lesson, solved(lesson))
    return grade(hand_ins, "--jobs", "2")
