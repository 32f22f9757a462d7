"""Nothing is lost: whenever the grader is killed, the same command finishes the run as if nothing
had been; in a finished folder only what changed is graded."""

import multiprocessing
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any
from weakref import ref

import pytest
from course_folders import (
    QUIET,
    RELU,
    SEED,
    HerePool,
    contents,
    grade_until,
    hand_in,
    options,
    replayed,
    small_class,
)
from filelock import FileLock
from nbgrader.api import Gradebook
from rooms import LESSON, ROOT, read_csv
from sqlalchemy import event
from sqlalchemy.engine import Engine

from autograder.grading import NOT_HANDED_IN, Result, Task, failed, grade_hand_in
from autograder.pool import graded
from autograder.results.journal import Journal, JournalError
from autograder.runs import grade

MOMENTS = 5


@pytest.fixture(scope="module")
def graded_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Result]]:
    folder = tmp_path_factory.mktemp("whole")
    small_class(folder / "hand_ins", unreadable=3)
    pool = HerePool()
    grade(folder / "hand_ins", folder / "course", options(sandbox=True), QUIET, pool)
    assert sorted(pool.results) == ["Ana", "Cleo", "Dan0", "Dan1", "Dan2"]
    return folder, pool.results


@pytest.fixture(scope="module")
def whole(graded_once: tuple[Path, dict[str, Result]]) -> Path:
    """A class graded without an interruption: ``hand_ins/`` and ``course/``."""
    return graded_once[0]


@pytest.fixture(scope="module")
def results(graded_once: tuple[Path, dict[str, Result]]) -> dict[str, Result]:
    """What grading gave for each student, as a worker sends it."""
    return graded_once[1]


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    """A copy of the class and its course folder, to do something to."""
    shutil.copytree(whole, tmp_path / "class")
    return tmp_path / "class"


def graded_again(folder: Path, results: dict[str, Result], **changes: object) -> list[str]:
    """Grade the folder again; returns whose hand-ins were graded."""
    pool = HerePool(replayed(results))
    failures = grade(folder / "hand_ins", folder / "course", options(**changes), QUIET, pool)
    assert failures == []
    return sorted(pool.results)


class TestKilled:
    def test_at_any_step_and_run_again(
        self, whole: Path, results: dict[str, Result], tmp_path: Path
    ) -> None:
        """Killed again and again, each time at another step of what is left to do."""
        hand_ins = whole / "hand_ins"
        fork = multiprocessing.get_context("forkserver")
        fork.set_forkserver_preload(["autograder.runs"])

        def killed(course: Path, step: int) -> bool:
            process = fork.Process(target=grade_until, args=(hand_ins, course, results, step))
            process.start()
            process.join()
            assert process.exitcode in (0, -signal.SIGKILL)
            return process.exitcode != 0

        assert not killed(tmp_path / "course", 0)
        expected = contents(tmp_path / "course")
        steps = int((tmp_path / "steps").read_text())
        assert steps > 200
        shutil.rmtree(tmp_path / "course")
        draw, kills = random.Random(7), 0
        while kills < MOMENTS or (tmp_path / "course").exists():
            if killed(tmp_path / "course", draw.randint(1, steps)):
                kills += 1
                continue
            assert contents(tmp_path / "course") == expected
            shutil.rmtree(tmp_path / "course")

    def test_the_command_itself(self, whole: Path, tmp_path: Path) -> None:
        """Killed alone, while its workers and their kernels are at work."""
        course = tmp_path / "course"
        arguments = ["grade", whole / "hand_ins", "--out", course, "--seed", str(SEED)]
        command = [sys.executable, "-m", "autograder.command", *map(str, arguments), "--jobs", "2"]
        run = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        while not [*course.glob("results/*/*.json")] and run.poll() is None:
            time.sleep(0.1)
        run.kill()
        assert run.wait() == -signal.SIGKILL
        assert not (course / "grades.csv").exists()
        assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0
        assert contents(course) == contents(whole / "course")


class TestGradedBefore:
    def test_nothing_new(self, folder: Path, results: dict[str, Result]) -> None:
        before = contents(folder / "course")
        assert graded_again(folder, results, seed=None, sandbox=True) == []
        assert contents(folder / "course") == before

    def test_a_changed_and_a_new_hand_in(self, folder: Path, results: dict[str, Result]) -> None:
        changed = hand_in(folder / "hand_ins", "Ana", relu_forward=RELU)
        hand_in(folder / "hand_ins", "Eva", relu_forward=RELU)
        assert graded_again(folder, results | {"Eva": results["Ana"]}) == ["Ana", "Eva"]
        kept = folder / "course" / "originals" / "Ana" / LESSON / changed.name
        assert kept.read_bytes() == changed.read_bytes()

    def test_who_is_not_in_the_folder_keeps_what_was_handed_in(
        self, folder: Path, results: dict[str, Result]
    ) -> None:
        before = (folder / "course" / "grades.csv").read_bytes()
        (folder / "hand_ins" / f"Dan0_{LESSON}.ipynb").unlink()
        (folder / "hand_ins" / "Ana" / LESSON / f"{LESSON}.ipynb").unlink()
        assert graded_again(folder, results) == []
        assert (folder / "course" / "grades.csv").read_bytes() == before

    def test_what_the_grader_failed_on_is_graded_again(
        self, folder: Path, results: dict[str, Result]
    ) -> None:
        hand_in(folder / "hand_ins", "Ana")
        pool = HerePool(lambda task: failed(task, "no space left"))
        said = grade(folder / "hand_ins", folder / "course", options(), QUIET, pool)
        assert said == [f"Ana, {LESSON}: no space left"]
        assert graded_again(folder, results) == ["Ana"]

    def test_a_new_seed_for_everybody_and_no_other_way(
        self, folder: Path, results: dict[str, Result]
    ) -> None:
        with pytest.raises(JournalError, match="graded with another seed"):
            graded_again(folder, results, seed=SEED + 1)
        everybody = sorted(results)
        assert graded_again(folder, results, seed=None, fresh=True) == everybody
        run = Journal(folder / "course").run()
        assert run is not None and run.seed != SEED and not run.seed_given
        assert f"seed = {run.seed}\n" in (folder / "course" / "nbgrader_config.py").read_text()

    def test_a_new_seed_for_one_lesson_of_several(
        self, folder: Path, results: dict[str, Result]
    ) -> None:
        other = "02_matrix_backprop"
        (folder / "hand_ins" / f"Eva_{other}.ipynb").write_text("{ cut off")
        assert "Eva" in graded_again(folder, results | {"Eva": results["Dan0"]}, notebook=other)
        with pytest.raises(JournalError, match="Leave --notebook out"):
            graded_again(folder, results, seed=None, fresh=True, notebook=other)

    def test_settings_of_the_instructors_own_stay(
        self, folder: Path, results: dict[str, Result]
    ) -> None:
        settings = folder / "course" / "nbgrader_config.py"
        text = settings.read_text() + "c.CourseDirectory.course_id = 'mine'\n"
        settings.write_text(text)
        graded_again(folder, results)
        assert settings.read_text().replace("sandboxed = False", "sandboxed = True") == text

    def test_one_grader_at_a_time(self, folder: Path, results: dict[str, Result]) -> None:
        with (
            FileLock(folder / "course" / "grading.lock"),
            pytest.raises(JournalError, match="Another grader is at work"),
        ):
            graded_again(folder, results)


def test_two_files_of_one_name_are_both_kept(tmp_path: Path, results: dict[str, Result]) -> None:
    for place, text in (("a", "one"), ("b", "two")):
        path = tmp_path / "hand_ins" / "Ana" / place / f"{LESSON}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(text)
    (tmp_path / "hand_ins" / "Ana" / f"{LESSON}.ipynb").write_text("three")
    grade(tmp_path / "hand_ins", tmp_path / "course", options(), QUIET, HerePool())
    kept = (tmp_path / "course" / "originals").rglob("*.ipynb")
    assert "three" in {path.read_text() for path in kept}


def test_a_roster_given_later_names_students_and_misses_some(
    tmp_path: Path, results: dict[str, Result]
) -> None:
    hand_in(tmp_path / "hand_ins", "Ana")
    hand_in(tmp_path / "hand_ins", "Ben")
    pool = HerePool(replayed({"Ana": results["Ana"], "Ben": results["Dan0"]}))
    grade(tmp_path / "hand_ins", tmp_path / "course", options(), QUIET, pool)
    roster = tmp_path / "roster.csv"
    roster.write_text("id,first_name,last_name,email\nAna,Ana Clara,Souza,a@x.org\nZoe,Zoe,Kaya,\n")
    pool = HerePool(replayed({"Zoe": results["Cleo"]}))
    grade(tmp_path / "hand_ins", tmp_path / "course", options(roster=roster), QUIET, pool)
    with Gradebook(f"sqlite:///{tmp_path / 'course' / 'gradebook.db'}") as gradebook:
        names = {one.id: (one.first_name, one.last_name, one.email) for one in gradebook.students}
    assert names == {
        "Ana": ("Ana Clara", "Souza", "a@x.org"),
        "Ben": ("", "Ben", None),
        "Zoe": ("Zoe", "Kaya", None),
    }
    rows = read_csv(tmp_path / "course" / "grades.csv")
    assert {row["verdict"] for row in rows if row["student"] == "Zoe"} == {NOT_HANDED_IN}


def test_results_are_not_kept(folder: Path, results: dict[str, Result]) -> None:
    """However large a class is, few of its results are in memory at a time."""
    class_of = [f"Eva{number}" for number in range(20)]
    for name in class_of:
        (folder / "hand_ins" / f"{name}_{LESSON}.ipynb").write_text(name)
    pool = _CountingPool(replayed(results | dict.fromkeys(class_of, results["Ana"])))
    assert grade(folder / "hand_ins", folder / "course", options(), QUIET, pool) == []
    assert len(pool.sent) == 20
    assert pool.most <= 4


@pytest.mark.parametrize("made_by", ["the grader", "an earlier grader"])
def test_no_hand_in_costs_a_look_at_all_others(
    folder: Path, results: dict[str, Result], made_by: str
) -> None:
    database = folder / "course" / "gradebook.db"
    if made_by == "an earlier grader":
        with closing(sqlite3.connect(database)) as connection:
            for table in ("comment", "grade"):
                connection.execute(f"DROP INDEX {table}_notebook_id")
    (folder / "hand_ins" / f"Eva_{LESSON}.ipynb").write_text("Eva")
    asked = _asked(lambda: graded_again(folder, results | {"Eva": results["Ana"]}))
    with closing(sqlite3.connect(database)) as connection:
        plans = [
            step[3].split()[:2]
            for statement, values in asked
            for step in connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
    assert ["SEARCH", "grade"] in plans
    assert ["SCAN", "grade"] not in plans
    assert ["SCAN", "comment"] not in plans


def _asked(work: Callable[[], object]) -> list[tuple[str, Any]]:
    """The database's questions, with their values, that this work asks."""
    found = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        if statement.startswith("SELECT"):
            found.append((statement, values))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return found


def test_a_worker_that_dies_takes_nobody_with_it(results: dict[str, Result]) -> None:
    tasks = [Task(name, LESSON, (), (), "", SEED, False) for name in ("Ana", "Killer", "Ben")]
    found = {result.student: result for result in graded(iter(tasks), _DyingPool())}
    assert {name: bool(result.error) for name, result in found.items()} == {
        "Ana": False,
        "Killer": True,
        "Ben": False,
    }


class _CountingPool(HerePool):
    """Counts the results that are in memory."""

    def __init__(self, answer: Callable[[Task], Result]) -> None:
        super().__init__(answer)
        self.sent: list[ref[Result]] = []
        self.most = 0

    def submit(self, task: Task) -> Future[Result]:
        future = super().submit(task)
        self.results.clear()
        self.sent.append(ref(future.result()))
        self.most = max(self.most, sum(one() is not None for one in self.sent))
        return future


class _DyingPool:
    """Real processes; one hand-in kills the one that grades it."""

    slots = 2

    def __init__(self) -> None:
        self.renew()

    def submit(self, task: Task) -> Future[Result]:
        work: Callable[[Task], Result] = _die if task.student == "Killer" else grade_hand_in
        return self._executor.submit(work, task)

    def renew(self) -> None:
        self._executor = ProcessPoolExecutor(2, multiprocessing.get_context("forkserver"))

    def stop(self) -> None:
        self._executor.shutdown()


def _die(task: Task) -> Result:
    os._exit(9)
