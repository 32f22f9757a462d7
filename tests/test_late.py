"""What being late costs: the rules of ``course.toml``, and when a hand-in came."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rooms import LESSON, LESSONS, RELEASE

from autograder.collecting.collect import FILE_DATE, HandIn, collect
from autograder.results.late import Arrival, Lateness, Rules, RulesError, assess, read_rules

DUE = datetime(2026, 10, 5, 12, tzinfo=UTC)
NEXT = LESSONS[1]


def rules(**further: object) -> Rules:
    return Rules(due={LESSON: DUE, NEXT: DUE + timedelta(days=7)}, **further)


def came(late: timedelta, lesson: str = LESSON, **further: object) -> Arrival:
    due = DUE if lesson == LESSON else DUE + timedelta(days=7)
    return Arrival("Ana", lesson, due + late, "timestamp.txt", **further)


def lateness(given: Rules, *arrivals: Arrival) -> list[Lateness]:
    found = assess(given, arrivals)
    return [found[one.student, one.lesson] for one in arrivals]


def days(count: float) -> timedelta:
    return timedelta(days=count)


class TestRule:
    @pytest.mark.parametrize(
        ("late", "begun"), [(-1, 0), (0, 0), (0.01, 0), (0.02, 1), (1, 1), (1.01, 2)]
    )
    def test_begun_days_count_after_the_grace(self, late: float, begun: int) -> None:
        (found,) = lateness(rules(grace_minutes=15), came(days(late)))
        assert found.days == begun

    def test_late_days_are_spent_before_points(self) -> None:
        given = rules(late_days=3, penalty_per_day=0.2)
        first, second = lateness(given, came(days(2)), came(days(2), NEXT))
        assert (first.free_days, first.share_lost) == (2, 0)
        assert (second.free_days, second.share_lost) == (1, 0.2)

    def test_they_are_spent_in_the_order_of_due_dates(self) -> None:
        given = rules(late_days=2, penalty_per_day=0.2)
        second, first = lateness(given, came(days(2), NEXT), came(days(2)))
        assert (first.free_days, second.free_days) == (2, 0)

    def test_no_more_than_all_is_lost(self) -> None:
        (found,) = lateness(rules(penalty_per_day=0.3), came(days(10)))
        assert found.share_lost == 1

    def test_too_late_counts_nothing_and_spends_no_late_day(self) -> None:
        first, second = lateness(
            rules(late_days=3, most_days=5), came(days(6)), came(days(3), NEXT)
        )
        assert (first.share_lost, first.free_days) == (1, 0)
        assert (second.share_lost, second.free_days) == (0, 3)

    def test_extensions_and_what_a_person_says_go_first(self) -> None:
        later = rules(extensions={"Ana": {LESSON: DUE + days(3)}})
        assert lateness(later, came(days(2)))[0].days == 0
        told = rules(handed_in={"Ana": {LESSON: DUE - days(1)}})
        assert lateness(told, came(days(2), is_late=True))[0].days == 0

    def test_dates_of_files_count_only_where_the_rules_say_so(self) -> None:
        copied = Arrival("Ana", LESSON, DUE + days(9), FILE_DATE)
        (found,) = lateness(rules(), copied)
        assert found.days == 0
        assert "nothing says when" in found.note
        assert lateness(rules(file_dates=True), copied)[0].days == 9

    @pytest.mark.parametrize(("is_late", "begun"), [(True, 1), (False, 0)])
    def test_canvas_says_late_or_not(self, is_late: bool, begun: int) -> None:
        (found,) = lateness(rules(), Arrival("Ana", LESSON, is_late=is_late))
        assert found.days == begun
        assert ("Canvas marks it late" in found.note) == is_late


class TestFile:
    def test_all_of_it(self, tmp_path: Path) -> None:
        (tmp_path / "course.toml").write_text(
            "grace_minutes = 15\nlate_days = 4\npenalty_per_day = 0.1\nmost_days = 5\n"
            f"file_dates = true\n[due]\n{LESSON} = 2026-10-05T14:00:00+02:00\n{NEXT} = 2026-10-12\n"
            f'[extensions."Ana Souza"]\n{LESSON} = 2026-10-08T12:00:00Z\n'
        )
        found = read_rules(tmp_path / "course.toml", LESSONS)
        assert found.due[LESSON] == DUE
        assert found.due[NEXT] == datetime(2026, 10, 12, 23, 59, 59).astimezone()
        assert found.extensions["Ana Souza"][LESSON] == DUE + days(3)
        assert (found.late_days, found.most_days, found.file_dates) == (4, 5, True)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("late_days = ", "cannot be read"),
            ("late_day = 3", "late_day is not understood"),
            ("penalty_per_day = 10", "must be a number, 0 to 1"),
            ("late_days = true", "must be a number"),
            ("[due]\n09_none = 2026-10-05", "names 09_none"),
            (f"[due]\n{LESSON} = 'Monday'", "must be a time such as"),
            ("due = 3", "must be a table"),
            ("extensions = 3", "must be a table"),
        ],
    )
    def test_what_cannot_be_used(self, tmp_path: Path, text: str, said: str) -> None:
        (tmp_path / "course.toml").write_text(text)
        with pytest.raises(RulesError, match=said):
            read_rules(tmp_path / "course.toml", LESSONS)


class TestTime:
    """When a hand-in came, by the surest thing that says so."""

    def collected(self, folder: Path) -> HandIn:
        (hand_in,) = collect(folder, [LESSON]).hand_ins
        return hand_in

    def test_nbgraders_timestamp(self, tmp_path: Path) -> None:
        place = tmp_path / "Ana" / LESSON
        place.mkdir(parents=True)
        (place / f"{LESSON}.ipynb").write_bytes(RELEASE.read_bytes())
        (place / "timestamp.txt").write_text("2026-10-05 12:00:00.000000 UTC\n")
        found = self.collected(tmp_path)
        assert (found.time, found.time_source) == (DUE, "timestamp.txt")
        assert [path.name for path in found.files] == [f"{LESSON}.ipynb"]

    def test_a_timestamp_that_is_none(self, tmp_path: Path) -> None:
        place = tmp_path / "Ana" / LESSON
        place.mkdir(parents=True)
        (place / f"{LESSON}.ipynb").write_bytes(RELEASE.read_bytes())
        (place / "timestamp.txt").write_bytes(b"\xff yesterday")
        assert self.collected(tmp_path).time_source == FILE_DATE

    def test_of_two_versions_the_later_one(self, tmp_path: Path) -> None:
        for at, name in enumerate((f"Ana_{LESSON}.ipynb", f"Ana_{LESSON} (1).ipynb")):
            (tmp_path / name).write_bytes(RELEASE.read_bytes())
            moment = (DUE + days(at)).timestamp()
            os.utime(tmp_path / name, (moment, moment))
        assert self.collected(tmp_path).time == DUE + days(1)
