"""Hostile and broken hand-ins: each gets the verdicts that it must, none an unearned point, and
none stops the batch.

Kernels start as they do when a class is graded; with AUTOGRADER_COLD=1 in the environment, cold.
"""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace

import nbformat
import pytest
from red_team.broken_files import BROKEN_FILES
from red_team.build import Attack, attacks, build_broken_files
from rooms import LESSON, Graded, grade, released, write_hand_in

from autograder.grading import Row
from autograder.judging.verdict import grade_notebook
from autograder.kernels.limits import MEGABYTE, Limits
from autograder.repairing.cells import is_check
from autograder.repairing.repair import repair
from autograder.results.report import feedback_page

ATTACKS = {f"{attack.lesson}/{attack.name}": attack for attack in attacks()}
LIMITS = Limits(
    cell=3,
    notebook=30,
    exercise=4,
    exercise_cpu=6,
    notebook_cpu=120,
    memory=1024 * MEGABYTE,
    processes=64,
    disk=48 * MEGABYTE,
    output=MEGABYTE,
)

# These wait for their limit however long it is; searches and new processes need the time.
_ENDLESS = {
    f"{LESSON}/{name}"
    for name in (
        "cpu_of_many",
        "endless_function",
        "fork_bomb",
        "odd_questions",
        "output_flood",
        "patched_ipython",
        "process_ends",
        "shadowed_names",
    )
}
_OVER_SOON = replace(LIMITS, exercise=1, exercise_cpu=2)
_WITH_PYTORCH = replace(LIMITS, memory=3072 * MEGABYTE, exercise=10, exercise_cpu=20)


@dataclass(frozen=True)
class Outcome:
    """What an attack got: (verdict, points, reason) by exercise, and what people get to see."""

    verdicts: dict[str, tuple[str, float, str]]
    autograded: str
    feedback: str


def outcome(attack: Attack) -> Outcome:
    """Repair and grade a hand-in as a worker does, within limits that are over sooner."""
    repaired = repair(attack.notebook, released(attack.lesson)).notebook
    limits = LIMITS if attack.lesson < "03" else _WITH_PYTORCH
    if f"{attack.lesson}/{attack.name}" in _ENDLESS:
        limits = _OVER_SOON
    verdicts = grade_notebook(repaired, attack.lesson, 20_240_229, limits=limits).verdicts
    rows = [Row(v.exercise.name, v.score, v.max_score, v.status, v.reason) for v in verdicts]
    return Outcome(
        {row.exercise: (row.verdict, row.score, row.reason) for row in rows},
        nbformat.writes(repaired),
        feedback_page(attack.name, attack.lesson, rows, [], repaired),
    )


@pytest.fixture(scope="module")
def outcomes() -> Iterator[dict[str, Future[Outcome]]]:
    """All attacks on their way, two at a time: many wait more than they compute. The long one
    with PyTorch is not left for the end."""
    start_anew = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, start_anew) as pool:
        latest_first = sorted(ATTACKS, key=lambda name: ATTACKS[name].lesson, reverse=True)
        yield {name: pool.submit(outcome, ATTACKS[name]) for name in latest_first}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("name", ATTACKS)
def test_it_gets_what_it_must(outcomes: dict[str, Future[Outcome]], name: str) -> None:
    got = outcomes[name].result(timeout=300)
    wrong = {
        exercise: got.verdicts[exercise]
        for exercise, (verdicts, points) in ATTACKS[name].expected.items()
        if got.verdicts[exercise][0] not in verdicts or got.verdicts[exercise][1] != points
    }
    assert wrong == {}
    lost = [one for one in got.verdicts.values() if one[0] != "correct" and not one[2].strip()]
    assert lost == []
    assert all(reason.isprintable() for *_verdict, reason in got.verdicts.values())
    assert_harmless(got.autograded, got.feedback)


def assert_harmless(autograded: str, feedback: str) -> None:
    """Nothing in what people look at can run: HTML is of the grader's making alone."""
    notebook = nbformat.reads(autograded, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code" and not is_check(cell):
            kinds = {kind for output in cell.outputs for kind in output.get("data", {})}
            assert kinds <= {"text/plain", "image/png", "image/jpeg"}
    assert "<script" not in feedback and "<img src=x" not in feedback
    feedback.encode()


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """The broken files and a hand-in of hostile outputs, graded through the public door."""
    hand_ins = tmp_path_factory.mktemp("red_team") / "hand_ins"
    build_broken_files(hand_ins)
    write_hand_in(hand_ins, "hostile", LESSON, ATTACKS[f"{LESSON}/scripts_in_outputs"].notebook)
    return grade(hand_ins, "--notebook", LESSON, "--jobs", "2")


def test_no_broken_file_stops_the_batch(batch: Graded) -> None:
    assert batch.run.returncode == 0, batch.run.stderr
    got = {
        name: {row["verdict"] for row in batch.rows if row["student"] == name}
        for name in BROKEN_FILES
    }
    assert got == {name: {broken.verdict} for name, broken in BROKEN_FILES.items()}
    points = {row["student"]: float(row["score"]) for row in batch.rows if float(row["score"])}
    assert points == {"hostile": 1.0}


def test_nothing_handed_in_runs_in_the_instructors_browser(batch: Graded) -> None:
    autograded = batch.course / "autograded" / "hostile" / LESSON / f"{LESSON}.ipynb"
    feedback = batch.course / "feedback" / "hostile" / f"{LESSON}.html"
    assert_harmless(autograded.read_text("utf-8"), feedback.read_text("utf-8"))
