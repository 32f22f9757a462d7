"""A whole class graded through the public door: everybody gets the verdicts that a fair instructor
would give, whatever the hand-in is or tries."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from nbgrader.api import Gradebook
from rooms import LESSON, Graded, files_in, read_csv
from sample_class.build import students

from cs_utils.exercises import lesson_exercises

EXERCISES = lesson_exercises(LESSON)
NAMES = sorted({student.name for student in students()})
EXPECTED = read_csv(Path(__file__).parent / "sample_class" / "expected.csv")
COLUMNS = ["student", "notebook", "exercise", "score", "max_score", "verdict", "reason"]
REGRADED = {"Jonas Weber", "Ana Clara Souza", "Lukáš Novák", "Mallory Quinn"}


def expected_of(student: str) -> dict[str, tuple[str, str]]:
    """(verdict, points) of each exercise; the row ``*`` stands for all that are not named."""
    rows = {row["exercise"]: row for row in EXPECTED if row["student"] == student}
    chosen = {one.name: rows.get(one.name) or rows["*"] for one in EXERCISES}
    return {name: (row["verdict"], row["points"]) for name, row in chosen.items()}


def in_words(row: dict[str, str]) -> str:
    score, full = float(row["score"]), float(row["max_score"])
    return "full" if score == full else "none" if score == 0 else "some"


def scores_in(course: Path, names: set[str]) -> dict[tuple[str, str], tuple[float, float]]:
    """(score, most) by student and exercise, from the gradebook."""
    found = {}
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        for name in names:
            for grade in gradebook.find_submission_notebook(LESSON, LESSON, name).grades:
                exercise = grade.name.removeprefix("check-")
                found[name, exercise] = grade.score, grade.max_score
    return found


def scores_of(graded: Graded, names: set[str]) -> dict[tuple[str, str], tuple[float, float]]:
    """The same, from ``grades.csv``."""
    return {
        (row["student"], row["exercise"]): (float(row["score"]), float(row["max_score"]))
        for row in graded.rows
        if row["student"] in names
    }


def test_the_class_is_graded_to_the_end(graded_class: Graded) -> None:
    assert graded_class.run.returncode == 0, graded_class.run.stderr
    assert "bubblewrap" in graded_class.run.stdout


def test_one_row_for_each_student_and_exercise(graded_class: Graded) -> None:
    assert list(graded_class.rows[0]) == COLUMNS
    found = [(row["student"], row["notebook"], row["exercise"]) for row in graded_class.rows]
    assert found == [(name, LESSON, one.name) for name in NAMES for one in EXERCISES]


@pytest.mark.parametrize("student", NAMES)
def test_verdicts_are_those_of_a_fair_instructor(graded_class: Graded, student: str) -> None:
    rows = [row for row in graded_class.rows if row["student"] == student]
    found = {row["exercise"]: (row["verdict"], in_words(row)) for row in rows}
    assert found == expected_of(student), [row["reason"] for row in rows]


def test_every_lost_point_has_a_reason(graded_class: Graded) -> None:
    lost = [row for row in graded_class.rows if in_words(row) != "full"]
    assert [row for row in lost if not row["reason"].strip()] == []


def test_a_cell_that_does_not_run_is_told_by_its_error(graded_class: Graded) -> None:
    (reason,) = (row["reason"] for row in graded_class.rows if row["verdict"] == "missing")
    assert reason.startswith("its cell ends with SyntaxError")


def test_no_forged_points_in_the_gradebook(graded_class: Graded) -> None:
    most = {exercise.name: exercise.points for exercise in EXERCISES}
    for (_student, exercise), (score, maximum) in scores_in(
        graded_class.course, set(NAMES)
    ).items():
        assert maximum == most[exercise]
        assert 0 <= score <= maximum


def test_gradebook_and_csv_agree(graded_class: Graded) -> None:
    names = set(NAMES)
    assert scores_in(graded_class.course, names) == scores_of(graded_class, names)


def test_everybody_gets_feedback_on_every_exercise(graded_class: Graded) -> None:
    for name in NAMES:
        page = (graded_class.course / "feedback" / name / f"{LESSON}.html").read_text()
        assert name in page
        assert all(f"href='#{exercise.name}'" in page for exercise in EXERCISES)
        assert "<script" not in page


def test_feedback_and_grades_keep_the_hidden_cases_to_themselves(graded_class: Graded) -> None:
    result = json.loads((graded_class.course / "results" / NAMES[0] / f"{LESSON}.json").read_text())
    secrets = {
        text
        for exercise in EXERCISES
        for case in exercise.draw_cases(result["seed"])
        if case.weight
        for right in exercise.oracle(case.inputs).values()
        for value in np.ravel(right)
        # The rounded numbers are of common use, the others can come from nowhere else.
        if not (text := f"{abs(value):.4f}").endswith(("00", "50"))
    }
    assert len(secrets) > 100
    pages = [graded_class.course / "grades.csv", *graded_class.course.glob("feedback/*/*.html")]
    for page in pages:
        text = page.read_text()
        assert [secret for secret in secrets if secret in text] == [], page


def test_hand_ins_are_kept_byte_for_byte(graded_class: Graded) -> None:
    assert files_in(graded_class.hand_ins) == graded_class.before
    kept = files_in(graded_class.course / "originals")
    assert {(path.parts[0], content) for path, content in kept.items()} == {
        (path.parts[0].split(f"_{LESSON}")[0], content)
        for path, content in graded_class.before.items()
    }


def test_plain_nbgrader_autograde_gives_the_same_scores(
    graded_class: Graded, tmp_path: Path
) -> None:
    course = tmp_path / "course"
    shutil.copytree(graded_class.course, course)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        for name in REGRADED:
            gradebook.remove_submission(LESSON, name)
    others = f"--CourseDirectory.student_id_exclude={','.join(set(NAMES) - REGRADED)}"
    binaries = Path(sys.executable).parent
    run = subprocess.run(
        [binaries / "nbgrader", "autograde", LESSON, "--force", others],
        cwd=course,
        env={**os.environ, "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert scores_in(course, REGRADED) == scores_of(graded_class, REGRADED)
