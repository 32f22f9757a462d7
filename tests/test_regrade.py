"""After a check was mended the kept hand-ins are graded again: what changed is shown, what a person
gave stays, and nothing need be done to the database."""

import multiprocessing
import shutil
import signal
from pathlib import Path

import nbformat
import pytest
from course_folders import (
    QUIET,
    SEED,
    HerePool,
    contents,
    hand_in,
    options,
    regrade_until,
    replayed,
    with_score,
)
from nbgrader.api import Gradebook
from nbgrader.utils import is_grade
from rich.console import Console
from rooms import LESSON, autograder, read_csv, released, solved

from autograder.grading import Result, Row
from autograder.judging.verdict import write_verdicts
from autograder.regrade import changes_table
from autograder.results.assignments import follow
from autograder.results.gradebook import CourseFolderError
from autograder.results.journal import Journal
from autograder.runs import grade, regrade
from cs_utils.exercises import lesson_exercises
from cs_utils.verdicts import Verdict

MENDED = "softmax_forward"


@pytest.fixture(scope="module")
def before() -> dict[str, Result]:
    """What two students' hand-ins got: everything right but the exercise whose check is broken."""
    verdicts = [
        Verdict(one, "wrong", 0.0, "")
        if one.name == MENDED
        else Verdict(one, "correct", one.points, "")
        for one in lesson_exercises(LESSON)
    ]
    notebook = solved()
    write_verdicts(notebook, verdicts)
    rows = tuple(
        Row(one.exercise.name, one.score, one.max_score, one.status, "") for one in verdicts
    )
    text = nbformat.writes(notebook)
    files = (f"{LESSON}.ipynb",)
    return {
        name: Result(name, LESSON, rows, SEED, False, (), text, text, "feedback", files=files)
        for name in ("Ana", "Ben")
    }


@pytest.fixture(scope="module")
def after(before: dict[str, Result]) -> dict[str, Result]:
    """What they get from the mended check."""
    return {
        "Ana": with_score(before["Ana"], MENDED, 2, "correct"),
        "Ben": with_score(before["Ben"], MENDED, 1, "partly correct"),
    }


@pytest.fixture(scope="module")
def graded_folder(tmp_path_factory: pytest.TempPathFactory, before: dict[str, Result]) -> Path:
    folder = tmp_path_factory.mktemp("graded")
    for name in before:
        hand_in(folder / "hand_ins", name)
    grade(folder / "hand_ins", folder / "course", options(), QUIET, HerePool(replayed(before)))
    return folder / "course"


@pytest.fixture
def course(graded_folder: Path, tmp_path: Path) -> Path:
    """A graded course folder, to do something to."""
    shutil.copytree(graded_folder, tmp_path / "course")
    return tmp_path / "course"


def regraded(course: Path, results: dict[str, Result], **changes: object) -> str:
    """Regrade; returns what is printed."""
    console = Console(record=True, width=200, file=QUIET.file)
    settings = options(**({"seed": None} | changes))
    assert regrade(course, settings, console, HerePool(replayed(results))) == []
    return console.export_text()


def test_what_changed_is_shown(
    course: Path, before: dict[str, Result], after: dict[str, Result]
) -> None:
    said = regraded(course, after)
    assert "2 changed scores of 2 students" in said
    rows = read_csv(course / "regrades" / "1" / "changes.csv")
    assert [(row["student"], row["exercise"], row["before"], row["after"]) for row in rows] == [
        ("Ana", MENDED, "0", "2"),
        ("Ben", MENDED, "0", "1"),
    ]
    assert rows[1]["verdict_before"] == "wrong" and rows[1]["verdict_after"] == "partly correct"
    scores = {
        (row["student"], row["exercise"]): row["score"] for row in read_csv(course / "grades.csv")
    }
    assert scores["Ana", MENDED] == "2"
    assert "No score changed." in regraded(course, after)
    assert len([*(course / "regrades").iterdir()]) == 2


def test_the_recorded_seed_or_a_fresh_one(course: Path, after: dict[str, Result]) -> None:
    regraded(course, after)
    assert {one.seed for one in Journal(course).results()} == {SEED}
    regraded(course, after, fresh=True)
    (seed,) = {one.seed for one in Journal(course).results()}
    run = Journal(course).run()
    assert run is not None and run.seed == seed != SEED


def test_what_a_person_gave_stays(course: Path, after: dict[str, Result]) -> None:
    place = (LESSON, LESSON, "Ana")
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        for name in (MENDED, "relu_forward"):
            grade_given = gradebook.find_grade(f"check-{name}", *place)
            grade_given.manual_score, grade_given.needs_manual_grade = 0.5, False
        gradebook.find_comment("relu_forward", *place).manual_comment = "Nicely put."
        gradebook.db.commit()
    regraded(course, after)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        changed = gradebook.find_grade(f"check-{MENDED}", *place)
        same = gradebook.find_grade("check-relu_forward", *place)
        assert (changed.score, changed.auto_score, changed.needs_manual_grade) == (0.5, 2, True)
        assert (same.score, same.needs_manual_grade) == (0.5, False)
        assert gradebook.find_comment("relu_forward", *place).comment == "Nicely put."
    rows = read_csv(course / "regrades" / "1" / "changes.csv")
    assert [row["manual"] for row in rows] == ["0.5", ""]


@pytest.mark.parametrize("step", [20, 60, 110])
def test_killed_and_run_again(
    course: Path, after: dict[str, Result], tmp_path: Path, step: int
) -> None:
    other = tmp_path / "other"
    shutil.copytree(course, other)
    fork = multiprocessing.get_context("forkserver")
    process = fork.Process(target=regrade_until, args=(other, after, step))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    regraded(other, after)
    regraded(course, after)
    assert contents(other) == contents(course)


def test_an_original_that_is_gone_leaves_its_result(course: Path, after: dict[str, Result]) -> None:
    shutil.rmtree(course / "originals" / "Ben")
    assert f"Ben, {LESSON}: the original is gone" in regraded(course, after)
    rows = read_csv(course / "regrades" / "1" / "changes.csv")
    assert [row["student"] for row in rows] == ["Ana"]


def test_a_lesson_whose_cells_changed(course: Path, graded_folder: Path) -> None:
    """nbgrader itself refuses this once there are hand-ins."""
    lesson = released()
    checks = [cell for cell in lesson.cells if is_grade(cell)]
    lesson.cells.remove(checks[0])
    checks[1].metadata.nbgrader.grade_id = "check-new"
    database = f"sqlite:///{course / 'gradebook.db'}"
    for _again in range(2):
        follow(database, LESSON, lesson)
    with Gradebook(database) as gradebook:
        names = {one.name for one in gradebook.find_notebook(LESSON, LESSON).grade_cells}
        assert names == {one.metadata.nbgrader.grade_id for one in lesson.cells if is_grade(one)}
        for student in ("Ana", "Ben"):
            submitted = gradebook.find_submission_notebook(LESSON, LESSON, student)
            assert {one.name for one in submitted.grades} == names
            scores = {one.name: one.auto_score for one in submitted.grades}
            assert scores["check-new"] is None and scores["check-relu_forward"] == 1


def test_a_folder_without_results(tmp_path: Path) -> None:
    with pytest.raises(CourseFolderError, match="no results"):
        regrade(tmp_path / "nothing", options(), QUIET, HerePool())
    assert not (tmp_path / "nothing").exists()


def test_the_command_itself(course: Path) -> None:
    """The hand-ins are the released notebooks, and this time really graded."""
    run = autograder("regrade", course, "--jobs", "1", "--notebook", LESSON)
    assert run.returncode == 0, run.stderr
    assert "38 changed scores of 2 students" in run.stdout
    assert {row["score"] for row in read_csv(course / "grades.csv")} == {"0"}
    assert changes_table(course / "regrades" / "1" / "changes.csv").row_count == 38  # type: ignore[union-attr]
