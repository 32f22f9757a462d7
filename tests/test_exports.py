"""From an LMS's zip to the LMS's gradebook: a class is graded once, with what was mended and what
was late, and its points come out as Canvas, Moodle, nbgrader and Gradescope take them."""

import copy
import csv
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from rooms import LESSON, LESSONS, RELEASE, Graded, autograder, read_csv, solved
from typer.testing import CliRunner

from autograder.command import app
from autograder.exports import gradescope_run
from autograder.exports.canvas import HEADS as CANVAS_HEADS
from autograder.exports.gradescope import make_zip
from autograder.exports.moodle import HEADS as MOODLE_HEADS
from autograder.exports.tables import ExportError
from autograder.kernels.sandbox import SandboxError
from cs_utils.exercises import lesson_exercises

NAME = f"{LESSON}.ipynb"
MOST = sum(exercise.points for exercise in lesson_exercises(LESSON))
RULES = f"""
late_days = 1
penalty_per_day = 0.25
[due]
{LESSON} = 2026-10-05T23:59:00Z
[handed_in."Emma Dubois"]
{LESSON} = 2026-10-07T12:00:00Z
"""
ROSTER = """id,first_name,last_name,email,lms_user_id,Section
asouza,Ana,Souza,ana@example.org,340,A
"""


def cell(notebook: NotebookNode, name: str) -> NotebookNode:
    (found,) = (one for one in notebook.cells if one.get("id") == name)
    return found


def mangled() -> NotebookNode:
    """Everything solved, but a function renamed, one without its first line, and one defined
    wrongly once more below, whose backward needs the cache of the right one."""
    notebook = solved()
    neuron = cell(notebook, "neuron_forward")
    later = copy.deepcopy(neuron)
    later.update(id="once-more", source="def neuron_forward(w, x):\n    return 0.0, w")
    notebook.cells.insert(notebook.cells.index(neuron) + 1, later)
    sigmoid, linear = cell(notebook, "sigmoid_forward"), cell(notebook, "linear_forward")
    sigmoid.source = sigmoid.source.replace("sigmoid_forward", "my_sigmoid")
    linear.source = linear.source.partition("\n")[2]
    return notebook


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    folder = tmp_path_factory.mktemp("exports")
    (folder / "rules.toml").write_text(RULES)
    (folder / "roster.csv").write_text(ROSTER)
    (folder / "files").mkdir()
    with zipfile.ZipFile(folder / "files" / "class.zip", "w") as archive:
        archive.writestr(f"souzaana_LATE_340_208_{LESSON}-1.ipynb", nbformat.writes(solved()))
        archive.writestr(f"bakertom_341_209_{NAME}", RELEASE.read_bytes())
        moodle = "Emma Dubois_77_assignsubmission_file_/homework.ipynb"
        archive.writestr(moodle, nbformat.writes(mangled()))
        archive.writestr("Eve_78_assignsubmission_file_/../../out.ipynb", b"{}")
    options = ["--config", str(folder / "rules.toml"), "--roster", str(folder / "roster.csv")]
    run = autograder(
        "grade", folder / "files" / "class.zip", "--out", folder / "course", "--jobs", "2", *options
    )
    return Graded(folder / "files", folder / "course", {}, run)


def export(graded: Graded, *arguments: str | Path) -> str:
    run = CliRunner().invoke(app, ["export", str(graded.course), *map(str, arguments)])
    assert run.exit_code == 0, run.stderr
    return run.stdout


def rows_of(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.reader(file))


class TestGrading:
    def test_everybody_has_rows_and_the_refused_file_its_reason(self, graded: Graded) -> None:
        assert graded.run.returncode == 0, graded.run.stderr
        assert graded.students == ["Emma Dubois", "Eve", "asouza", "bakertom"]
        reasons = {row["reason"] for row in graded.rows if row["student"] == "Eve"}
        assert len(reasons) == 1
        assert "leads out of the folder" in reasons.pop()

    def test_repairs_stand_in_the_rows_of_their_exercises(self, graded: Graded) -> None:
        repairs = {
            row["exercise"]: row["repairs"]
            for row in graded.rows
            if row["student"] == "Emma Dubois" and row["repairs"]
        }
        assert repairs == {
            "neuron_forward": "neuron_forward: more than one cell defines it;"
            " the one that earns most counts",
            "sigmoid_forward": "sigmoid_forward: the function was called my_sigmoid;"
            " known by its cell or its text",
            "linear_forward": "linear_forward: the line with its name was missing;"
            " put back from the release",
        }
        page = (graded.course / "feedback" / "Emma Dubois" / f"{LESSON}.html").read_text()
        assert all(text in page for text in repairs.values())

    def test_what_was_mended_earns_full_marks(self, graded: Graded) -> None:
        verdicts = {row["verdict"] for row in graded.rows if row["student"] == "Emma Dubois"}
        assert verdicts == {"correct"}

    def test_the_version_that_counts_stands_in_the_exercises_cell(self, graded: Graded) -> None:
        path = graded.course / "autograded" / "Emma Dubois" / LESSON / NAME
        shown = cell(nbformat.read(path, as_version=4), "neuron_forward")
        assert shown.source == cell(solved(), "neuron_forward").source

    def test_totals(self, graded: Graded) -> None:
        found = {row["student"]: row for row in read_csv(graded.course / "totals.csv")}
        emma, ana = found["Emma Dubois"], found["asouza"]
        assert (emma["days_late"], emma["late_days_used"]) == ("2", "1")
        assert (float(emma["penalty"]), float(emma["final_score"])) == (MOST / 4, MOST * 3 / 4)
        assert (ana["days_late"], float(ana["final_score"])) == ("1", MOST)
        assert "Canvas marks it late" in ana["note"]
        assert found["bakertom"]["days_late"] == "0"

    def test_the_feedback_says_what_being_late_cost(self, graded: Graded) -> None:
        page = (graded.course / "feedback" / "Emma Dubois" / f"{LESSON}.html").read_text()
        assert "2 days late, late days used: 1, 25% of the points lost" in page

    def test_nbgrader_knows_of_it(self, graded: Graded) -> None:
        with Gradebook(f"sqlite:///{graded.course / 'gradebook.db'}") as gradebook:
            submission = gradebook.find_submission(LESSON, "Emma Dubois")
            (notebook,) = submission.notebooks
            assert notebook.late_submission_penalty == MOST / 4
            assert submission.total_seconds_late == pytest.approx(36 * 3600 + 60)


class TestCanvas:
    def test_a_new_gradebook(self, graded: Graded, tmp_path: Path) -> None:
        export(
            graded, "--canvas", tmp_path / "canvas.csv", "--roster", graded.course / "../roster.csv"
        )
        heads, possible, *people = rows_of(tmp_path / "canvas.csv")
        assert heads == [*CANVAS_HEADS, LESSON]
        assert possible == ["    Points Possible", "", "", "", "", f"{MOST:g}"]
        assert people == [
            ["Emma Dubois", "77", "", "", "", f"{MOST * 3 / 4:g}"],
            ["Eve", "78", "", "", "", "0"],
            ["Souza, Ana", "340", "", "asouza", "A", f"{MOST:g}"],
            ["bakertom", "341", "", "", "", "0"],
        ]

    def test_canvass_own_gradebook_is_filled(self, graded: Graded, tmp_path: Path) -> None:
        theirs = tmp_path / "theirs.csv"
        theirs.write_text(
            f"Student,ID,SIS Login ID,Section,Quiz (8),Homework {LESSON} (77123),Final Score\n"
            "    Points Possible,,,,5,100,(read only)\n"
            '"Souza, Ana",340,asouza,A,4,,80\n'
            '"Baker, Tom",341,tbaker,A,3,,60\n'
            '"Dubois, Emma",5,emma,A,,,\n'
            '"Nobody, Else",6,else,A,2,,\n'
        )
        said = export(graded, "--canvas", tmp_path / "ours.csv", "--fill", theirs)
        before, after = rows_of(theirs), rows_of(tmp_path / "ours.csv")
        column = 5
        assert [row[column] for row in after[2:]] == ["100", "0", "75", ""]
        for old, new in zip(before, after, strict=True):
            assert old[:column] + old[column + 1 :] == new[:column] + new[column + 1 :]
        assert "scaled to Canvas's 100" in said
        assert "Eve is not in Canvas's gradebook" in said


class TestMoodle:
    def test_a_new_worksheet(self, graded: Graded, tmp_path: Path) -> None:
        export(graded, "--moodle", tmp_path / "moodle.csv")
        heads, *people = rows_of(tmp_path / "moodle.csv")
        assert heads == list(MOODLE_HEADS)
        found = {row[1]: dict(zip(heads, row, strict=True)) for row in people}
        emma = found["Emma Dubois"]
        assert (emma["Identifier"], emma["Grade"]) == ("Participant 77", f"{MOST * 3 / 4:g}")
        assert "2 days late" in emma["Feedback comments"]
        assert "relu_forward (0 / 1): not written yet" in found["bakertom"]["Feedback comments"]

    def test_moodles_own_worksheet_is_filled(self, graded: Graded, tmp_path: Path) -> None:
        theirs = tmp_path / "theirs.csv"
        theirs.write_text(
            "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
            '"Last modified (grade)",Feedback comments\n'
            'Teilnehmer/in 77,Emma D.,e@example.org,"Submitted",,100.00,Yes,-,\n'
            "Teilnehmer/in 9,Eve,t@example.org,No submission,,100.00,Yes,-,\n"
        )
        said = export(graded, "--moodle", tmp_path / "ours.csv", "--fill", theirs)
        _heads, emma, eve = rows_of(tmp_path / "ours.csv")
        assert (emma[4], eve[4]) == ("75", "0")
        assert "asouza is not in Moodle's worksheet" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Say what to write"),
        (["--canvas", "a.csv", "--moodle", "b.csv", "--fill", "c.csv"], "one of the two"),
        (["--canvas", "a.csv", "--notebook", "09_none"], "no result of 09_none"),
        (["--canvas", "a.csv", "--fill", "missing.csv"], "cannot be read as CSV"),
        (["--canvas", "a.csv", "--fill", "grades"], "no gradebook of Canvas"),
        (["--moodle", "a.csv", "--fill", "grades"], "no grading worksheet of Moodle"),
    ],
)
def test_what_cannot_be_exported(graded: Graded, arguments: list[str], said: str) -> None:
    grades = str(graded.course / "grades.csv")
    files = [grades if one == "grades" else one for one in arguments]
    run = CliRunner().invoke(app, ["export", str(graded.course), *files], env={"COLUMNS": "200"})
    assert run.exit_code == 2
    assert said in run.stderr
    assert not Path("a.csv").exists()


class TestGradescope:
    def test_the_zip_grades_as_the_command_does(self, graded: Graded, tmp_path: Path) -> None:
        out = str(tmp_path / "autograder.zip")
        assert CliRunner().invoke(app, ["gradescope", LESSON, "--out", out]).exit_code == 0
        root = tmp_path / "root"
        with zipfile.ZipFile(tmp_path / "autograder.zip") as archive:
            archive.extractall(root / "source")
            modes = {one.filename: one.external_attr >> 16 for one in archive.infolist()}
        assert all(modes[name] & 0o111 for name in ("setup.sh", "run_autograder"))
        (root / "submission" / "deep").mkdir(parents=True)
        nbformat.write(mangled(), root / "submission" / "deep" / "my work.ipynb")
        run = subprocess.run(
            ["bash", root / "source" / "run_autograder"],
            env={
                "PATH": os.environ["PATH"],
                "AUTOGRADER_ROOT": str(root),
                "AUTOGRADER_PYTHON": sys.executable,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        results = json.loads((root / "results" / "results.json").read_text())
        *tests, hidden = results["tests"]
        rows = [row for row in graded.rows if row["student"] == "Emma Dubois"]
        assert [(one["name"], one["score"], one["max_score"]) for one in tests] == [
            (row["exercise"], float(row["score"]), float(row["max_score"])) for row in rows
        ]
        assert {one["visibility"] for one in tests} == {"visible"}
        assert hidden["visibility"] == "hidden"
        assert hidden["output"].startswith("bubblewrap")
        assert "my_sigmoid" in results["output"]
        assert results["stdout_visibility"] == "hidden"

    def test_the_scripts_are_sound(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(make_zip(LESSON, tmp_path / "autograder.zip")) as archive:
            names = set(archive.namelist())
            for script in ("setup.sh", "run_autograder"):
                path = archive.extract(script, tmp_path)
                assert subprocess.run(["bash", "-n", path], check=False).returncode == 0
        assert {f"notebooks/{NAME}", "pyproject.toml", "solutions/numpy_layers.py"} <= names
        assert not any(name.startswith(("tests/", ".git")) for name in names)

    def test_no_walls_are_no_secret(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse() -> str:
            raise SandboxError("no user namespaces")

        monkeypatch.setattr(gradescope_run, "isolation_in_words", refuse)
        (tmp_path / "submission").mkdir()
        (tmp_path / "submission" / NAME).write_bytes(b"no notebook")
        results = json.loads(gradescope_run.run(LESSON, tmp_path).read_text())
        *tests, hidden = results["tests"]
        assert "no user namespaces" in hidden["output"]
        assert "ran with the grader's own rights" in hidden["output"]
        assert {(one["score"], one["status"]) for one in tests} == {(0.0, "failed")}
        assert all("unreadable" in one["output"] for one in tests)

    def test_an_unknown_notebook(self, tmp_path: Path) -> None:
        with pytest.raises(ExportError, match=LESSONS[-1]):
            make_zip("09_none", tmp_path / "autograder.zip")
