"""What students get: made anew it is what is committed, it holds no solution, and every exercise is
left to be written. That solved it is worth full marks is tested with the sample class."""

import re
import tomllib
import zipfile
from pathlib import Path

import pytest
from rooms import LESSONS, ROOT, autograder, files_in, released, solved

from autograder.releasing.release import BUNDLE, lesson_sources
from cs_utils.exercises import lesson_exercises


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    run = autograder("release", "--out", folder)
    assert run.returncode == 0, run.stderr
    return folder


def test_the_committed_notebooks_are_those_of_a_fresh_release(fresh: Path) -> None:
    made = {path.name: path.read_bytes() for path in (fresh / "notebooks").iterdir()}
    committed = {path.name: path.read_bytes() for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert made.keys() == {f"{path.stem}.ipynb" for path in lesson_sources()}
    assert made == committed


def test_a_second_release_equals_the_first(fresh: Path, tmp_path: Path) -> None:
    autograder("release", "--out", tmp_path)
    assert files_in(fresh) == files_in(tmp_path)


def without_indents(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines())


_TELLING = 32


def solution_pieces(lesson: str) -> list[str]:
    """What stands between the solution marks, two lines at a time: one may be anybody's, and so may
    two as short as a bracket behind ``nn.ReLU()``."""
    pieces = []
    for cell in solved(lesson).cells:
        for part in re.findall(r"### BEGIN SOLUTION\n(.*?)### END", cell.source, re.DOTALL):
            lines = [line for line in without_indents(part).splitlines() if line]
            pairs = ["\n".join(lines[at : at + 2]) for at in range(max(1, len(lines) - 1))]
            pieces += [pair for pair in pairs if len(lines) == 1 or len(pair) >= _TELLING]
    return pieces


def test_the_bundle_holds_no_solution_and_no_grader(fresh: Path) -> None:
    with zipfile.ZipFile(fresh / BUNDLE) as bundle:
        names = [Path(name).relative_to("convnet_course") for name in bundle.namelist()]
        texts = {name: bundle.read(name).decode("utf-8", "replace") for name in bundle.namelist()}
    assert {Path("notebooks", f"{lesson}.ipynb") for lesson in LESSONS} <= set(names)
    assert {"cs_utils", "notebooks", "pyproject.toml"} <= {name.parts[0] for name in names}
    assert not {"autograder", "solutions", "tests"} & {name.parts[0] for name in names}
    pieces = []
    for lesson in LESSONS:
        found = solution_pieces(lesson)
        assert len(found) >= len(lesson_exercises(lesson))
        pieces += found
    for name, text in texts.items():
        assert "BEGIN SOLUTION" not in text, name
        flat = without_indents(text)
        assert [piece for piece in pieces if piece in flat] == [], name


def test_the_bundle_asks_for_no_grader(fresh: Path) -> None:
    with zipfile.ZipFile(fresh / BUNDLE) as bundle:
        bundled = tomllib.loads(bundle.read("convnet_course/pyproject.toml").decode())
    own = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert bundled["project"]["dependencies"] == own["project"]["dependencies"]
    assert "nbgrader" not in str(bundled)


@pytest.mark.parametrize("lesson", LESSONS)
def test_check_cells_are_worth_what_the_exercises_are(lesson: str) -> None:
    marks = [cell.metadata.get("nbgrader", {}) for cell in released(lesson).cells]
    found = {mark["grade_id"]: mark["points"] for mark in marks if mark.get("grade")}
    right = {f"check-{exercise.name}": exercise.points for exercise in lesson_exercises(lesson)}
    assert found == right


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_function_is_left_to_be_written(lesson: str) -> None:
    cells = {cell.id: cell for cell in released(lesson).cells}
    for exercise in lesson_exercises(lesson):
        assert cells[exercise.name].source.rstrip().endswith("raise NotImplementedError")
        assert "SOLUTION" not in cells[exercise.name].source
