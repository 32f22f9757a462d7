"""A whole class graded through the public door: everybody gets the verdicts that a fair instructor
would give, whatever the hand-in is or tries."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from html import escape
from pathlib import Path

import numpy as np
import pytest
from nbgrader.api import Gradebook
from rooms import LESSONS, SOLVED, Graded, files_in, read_csv
from sample_class.build import students

from autograder.class_report import write_report
from cs_utils.exercises import lesson_exercises

HAND_INS = sorted(
    {(student.name, student.lesson) for student in students()}
    | {(SOLVED, lesson) for lesson in LESSONS}
)
NAMES = sorted({name for name, _lesson in HAND_INS})
COLUMNS = [
    "student",
    "notebook",
    "exercise",
    "score",
    "max_score",
    "verdict",
    "reason",
    "repairs",
]
NOT_HANDED_IN = ("not handed in", "none")
# nbgrader runs the same verdicts for the others.
REGRADED = {"Ana Clara Souza", "Emma Dubois", "Lukáš Novák", "Mallory Quinn"}

Scores = dict[tuple[str, str, str], tuple[float, float]]


def expected_of(lesson: str) -> dict[tuple[str, str], tuple[str, str]]:
    """(verdict, points) by student and exercise; a student's row ``*`` stands for all that have
    none, and who has no row handed nothing in."""
    table = read_csv(Path(__file__).parent / "sample_class" / "expected" / f"{lesson}.csv")
    rows = {(row["student"], row["exercise"]): (row["verdict"], row["points"]) for row in table}
    assert {student for student, _exercise in rows} <= set(NAMES)
    rows[SOLVED, "*"] = ("correct", "full")
    return {
        (name, one.name): rows.get((name, one.name)) or rows.get((name, "*")) or NOT_HANDED_IN
        for name in NAMES
        for one in lesson_exercises(lesson)
    }


def in_words(row: dict[str, str]) -> str:
    score, full = float(row["score"]), float(row["max_score"])
    return "full" if score == full else "none" if score == 0 else "some"


def scores_in(course: Path, hand_ins: Iterable[tuple[str, str]]) -> Scores:
    """(score, most) by student, lesson and exercise, from the gradebook."""
    found = {}
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        for name, lesson in hand_ins:
            for grade in gradebook.find_submission_notebook(lesson, lesson, name).grades:
                exercise = grade.name.removeprefix("check-")
                found[name, lesson, exercise] = grade.score, grade.max_score
    return found


def scores_of(graded: Graded, hand_ins: Iterable[tuple[str, str]]) -> Scores:
    """The same, from ``grades.csv``."""
    chosen = set(hand_ins)
    return {
        (row["student"], row["notebook"], row["exercise"]): (
            float(row["score"]),
            float(row["max_score"]),
        )
        for row in graded.rows
        if (row["student"], row["notebook"]) in chosen
    }


def test_the_class_is_graded_to_the_end(graded_class: Graded) -> None:
    assert graded_class.run.returncode == 0, graded_class.run.stderr
    assert "bubblewrap" in graded_class.run.stdout


def test_one_row_for_each_student_and_exercise(graded_class: Graded) -> None:
    assert list(graded_class.rows[0]) == COLUMNS
    found = [(row["student"], row["notebook"], row["exercise"]) for row in graded_class.rows]
    assert found == [
        (name, lesson, exercise.name)
        for name in NAMES
        for lesson in LESSONS
        for exercise in lesson_exercises(lesson)
    ]


@pytest.mark.parametrize("student", NAMES)
@pytest.mark.parametrize("lesson", LESSONS)
def test_verdicts_are_those_of_a_fair_instructor(
    graded_class: Graded, lesson: str, student: str
) -> None:
    rows = {
        row["exercise"]: row
        for row in graded_class.rows
        if (row["student"], row["notebook"]) == (student, lesson)
    }
    for (name, exercise), expected in expected_of(lesson).items():
        if name == student:
            row = rows[exercise]
            assert (row["verdict"], in_words(row)) == expected, (exercise, row["reason"])


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_solved_notebook_gets_full_marks(graded_class: Graded, lesson: str) -> None:
    found = {
        row["exercise"]: row
        for row in graded_class.rows
        if (row["student"], row["notebook"]) == (SOLVED, lesson)
    }
    for exercise in lesson_exercises(lesson):
        right = found[exercise.name]
        assert (right["verdict"], float(right["score"])) == ("correct", exercise.points)


def test_every_lost_point_has_a_reason(graded_class: Graded) -> None:
    lost = [row for row in graded_class.rows if in_words(row) != "full"]
    assert [row for row in lost if not row["reason"].strip()] == []


def test_a_cell_that_does_not_run_is_told_by_its_error(graded_class: Graded) -> None:
    (reason,) = (row["reason"] for row in graded_class.rows if row["verdict"] == "missing")
    assert reason.startswith("its cell ends with SyntaxError")


def test_no_forged_points_in_the_gradebook(graded_class: Graded) -> None:
    most = {one.name: one.points for lesson in LESSONS for one in lesson_exercises(lesson)}
    for (*_hand_in, exercise), (score, maximum) in scores_in(graded_class.course, HAND_INS).items():
        assert maximum == most[exercise]
        assert 0 <= score <= maximum


def test_gradebook_and_csv_agree(graded_class: Graded) -> None:
    assert scores_in(graded_class.course, HAND_INS) == scores_of(graded_class, HAND_INS)


def test_everybody_gets_feedback_on_every_exercise(graded_class: Graded) -> None:
    pages = graded_class.course / "feedback"
    assert len([*pages.glob("*/*.html")]) == len(HAND_INS)
    for name, lesson in HAND_INS:
        page = (pages / name / f"{lesson}.html").read_text()
        assert name in page
        assert all(f"href='#{exercise.name}'" in page for exercise in lesson_exercises(lesson))
        assert "<script" not in page


@pytest.mark.parametrize("lesson", LESSONS)
def test_feedback_and_grades_keep_the_hidden_cases_to_themselves(
    graded_class: Graded, lesson: str
) -> None:
    name = next(name for name, handed_in in HAND_INS if handed_in == lesson)
    result = json.loads((graded_class.course / "results" / name / f"{lesson}.json").read_text())
    secrets = {
        text
        for exercise in lesson_exercises(lesson)
        for case in exercise.draw_cases(result["seed"])
        if case.weight
        for right in exercise.oracle(case.inputs).values()
        for value in np.ravel(right)
        # The rounded numbers are of common use, the others can come from nowhere else.
        if not (text := f"{abs(value):.4f}").endswith(("00", "50"))
    }
    assert len(secrets) > 100
    pages = graded_class.course.glob(f"feedback/*/{lesson}.html")
    for page in [graded_class.course / "grades.csv", *pages]:
        numbers = set(re.findall(r"\d+\.\d{4}", page.read_text()))
        assert numbers & secrets == set(), page


def test_results_keep_the_known_mistakes_and_the_times(graded_class: Graded) -> None:
    lesson = LESSONS[0]
    stored = json.loads((graded_class.course / f"results/Lukáš Novák/{lesson}.json").read_text())
    rows = {row["exercise"]: row for row in stored["rows"]}
    known = {one.name: one.misconceptions for one in lesson_exercises(lesson)}
    found = [row for row in rows.values() if row["misconception"]]
    assert len(found) > 5
    for row in found:
        hints = {one.name: one.hint for one in known[row["exercise"]]}
        assert row["hint"] == hints[row["misconception"]] and row["failed"]
    assert stored["exercise_seconds"].keys() == rows.keys()
    assert 0 < sum(stored["exercise_seconds"].values()) < stored["seconds"]


def test_the_class_report_shows_each_known_mistake(graded_class: Graded, tmp_path: Path) -> None:
    html = write_report(graded_class.course, tmp_path / "page.html").read_text()
    results = (graded_class.course / "results").glob("*/*.json")
    rows = [row for path in results for row in json.loads(path.read_text())["rows"]]
    for row in rows:
        assert not row["misconception"] or f"</code>: {escape(row['misconception'])}" in html
    named = html.index("id='pairs'")
    assert not any(re.search(rf"\b{name}\b", html[:named]) for name in NAMES)


def test_hand_ins_are_kept_byte_for_byte(graded_class: Graded) -> None:
    assert files_in(graded_class.hand_ins) == graded_class.before
    kept = files_in(graded_class.course / "originals")
    assert {(path.parts[0], content) for path, content in kept.items()} == {
        (path.parts[0].split("_0")[0], content) for path, content in graded_class.before.items()
    }


def test_plain_nbgrader_autograde_gives_the_same_scores(
    graded_class: Graded, tmp_path: Path
) -> None:
    course, lesson = tmp_path / "course", LESSONS[0]
    shutil.copytree(graded_class.course, course)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        for name in REGRADED:
            gradebook.remove_submission(lesson, name)
    others = f"--CourseDirectory.student_id_exclude={','.join(set(NAMES) - REGRADED)}"
    binaries = Path(sys.executable).parent
    run = subprocess.run(
        [binaries / "nbgrader", "autograde", lesson, "--force", others],
        cwd=course,
        env={**os.environ, "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    regraded = [(name, lesson) for name in REGRADED]
    assert scores_in(course, regraded) == scores_of(graded_class, regraded)
