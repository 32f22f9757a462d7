"""``progress()``: points noted by checks, kept in a file, shown as a table with what to do next."""

import json
from dataclasses import replace

import pytest

from cs_utils import Points, progress
from cs_utils.answers import NOT_WRITTEN, RAISED
from cs_utils.checks import check_exercise
from cs_utils.course_progress import note
from cs_utils.exercises import lesson_exercises, lessons
from cs_utils.verdicts import CORRECT, Verdict

FIRST, SECOND = lessons()[:2]


def verdict(index: int, status: str, share: float = 1.0, lesson: str = FIRST) -> Verdict:
    exercise = lesson_exercises(lesson)[index]
    return Verdict(exercise, status, share * exercise.points, "")


def test_nothing_checked_yet_says_where_to_begin(tmp_path):
    shown = progress(folder=tmp_path)
    assert shown.points(FIRST) == 0
    assert shown.next_step() == f"Next: write {lesson_exercises(FIRST)[0].name} in {FIRST}."
    assert all(lesson in repr(shown) for lesson in lessons())


def test_points_outlive_the_kernel_that_earned_them(tmp_path):
    note(verdict(0, CORRECT), tmp_path / "kept")
    note(verdict(1, RAISED, 0.25), tmp_path / "kept")
    stored = json.loads((tmp_path / "kept" / f"{FIRST}.json").read_text())
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / f"{FIRST}.json").write_text(json.dumps(stored))
    first, second = lesson_exercises(FIRST)[:2]
    shown = progress(folder=tmp_path / "later")
    assert shown.points(FIRST) == first.points + second.points / 4
    assert shown.next_step().startswith(f"Next: mend {second.name} in {FIRST} (error)")


def test_the_last_check_counts(tmp_path):
    for status, share in ((CORRECT, 1.0), (NOT_WRITTEN, 0.0)):
        note(verdict(0, status, share), tmp_path)
    assert progress(folder=tmp_path).points(FIRST) == 0


def test_the_lesson_under_way_comes_before_one_not_begun(tmp_path):
    note(verdict(0, CORRECT, lesson=SECOND), tmp_path)
    assert SECOND in progress(folder=tmp_path).next_step()


def test_all_right_leads_to_handing_in(tmp_path):
    for index in range(len(lesson_exercises(FIRST))):
        note(verdict(index, CORRECT), tmp_path)
    shown = progress(FIRST, folder=tmp_path)
    assert "Hand it in" in shown.next_step()
    assert shown.points(FIRST) == sum(one.points for one in lesson_exercises(FIRST))


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"relu_forward": 3}', '{"no_such": {}}'])
def test_a_damaged_file_counts_as_none(tmp_path, content):
    (tmp_path / f"{FIRST}.json").write_text(content)
    assert progress(folder=tmp_path).points(FIRST) == 0
    note(verdict(0, CORRECT), tmp_path)
    assert progress(folder=tmp_path).points(FIRST) == lesson_exercises(FIRST)[0].points


def test_where_nothing_can_be_written_the_kernel_remembers(tmp_path):
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "below"
    note(verdict(0, CORRECT), folder)
    assert progress(folder=folder).points(FIRST) == lesson_exercises(FIRST)[0].points


def test_text_and_table_hold_the_same_points(tmp_path):
    note(verdict(0, CORRECT), tmp_path)
    note(verdict(1, RAISED, 0.5), tmp_path)
    shown = progress(FIRST, folder=tmp_path)
    html = shown._repr_html_()
    for exercise in lesson_exercises(FIRST):
        assert exercise.name in repr(shown) and exercise.name in html
    second = lesson_exercises(FIRST)[1]
    assert f"{second.points / 2:g} / {second.points:g}" in html
    assert f"{second.points / 2:g} / {second.points:g}" in repr(shown)


def test_an_unknown_lesson_is_named_with_those_there_are():
    with pytest.raises(ValueError, match=FIRST):
        progress("99_no_such_lesson")


def test_a_check_outside_a_notebook_notes_nothing(tmp_path, monkeypatch):
    from cs_utils import check

    monkeypatch.chdir(tmp_path)

    def relu_forward(x):
        raise NotImplementedError

    assert isinstance(check(relu_forward), Points)
    assert list(tmp_path.iterdir()) == []


def test_a_verdict_of_a_check_can_be_noted(tmp_path):
    exercise = lesson_exercises(FIRST)[0]
    found = check_exercise(exercise, {})
    note(replace(found), tmp_path)
    assert "missing" in repr(progress(FIRST, folder=tmp_path))
