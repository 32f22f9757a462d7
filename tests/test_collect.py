"""Finding hand-ins: whatever lies in the folder, every file has a student or a remark, and where
there is nothing to grade, one clear line says so."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from rooms import LESSON, RELEASE
from typer.testing import CliRunner

from autograder.collecting.collect import CollectError, Collection, HandIn, collect
from autograder.command import app


def put(path: Path, content: bytes | None = None) -> Path:
    """A file at this path: the released notebook, or the content given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(RELEASE.read_bytes() if content is None else content)
    return path


def foreign_notebook() -> bytes:
    return nbformat.writes(new_notebook(cells=[new_code_cell("import this")])).encode()


def collected(folder: Path) -> dict[str, HandIn]:
    return {hand_in.student: hand_in for hand_in in collect(folder, [LESSON]).hand_ins}


def everything_said(collection: Collection) -> str:
    return "\n".join([*collection.remarks, *(" ".join(one.remarks) for one in collection.hand_ins)])


class TestNothingToGrade:
    """The command ends with status 2 and one line that says what is wrong and what to do."""

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["missing", "--out", "course"], "There is no folder"),
            (["empty", "--out", "course"], "There is no hand-in in"),
            (["file.txt", "--out", "course"], "is a file. Name the folder"),
            (["hand_ins", "--out", "course", "--notebook", "02_unheard_of"], "02_unheard_of"),
            (["hand_ins", "--out", "photos"], "holds other files"),
            (["hand_ins", "--out", "file.txt"], "is a file. Name a folder"),
        ],
    )
    def test_one_clear_line(self, tmp_path: Path, arguments: list[str], said: str) -> None:
        (tmp_path / "empty").mkdir()
        put(tmp_path / "file.txt", b"notes")
        kept = put(tmp_path / "photos" / "cat.jpg", b"a cat")
        put(tmp_path / "hand_ins" / "Ana" / LESSON / f"{LESSON}.ipynb")
        folder, option, out, *more = arguments
        command = ["grade", str(tmp_path / folder), option, str(tmp_path / out), *more]
        run = CliRunner().invoke(app, command)
        assert run.exit_code == 2
        assert said in run.stderr
        assert len(run.stderr.strip().splitlines()) == 1
        assert not (tmp_path / "course").exists()
        assert [path.name for path in kept.parent.iterdir()] == ["cat.jpg"]

    def test_a_folder_of_other_things(self, tmp_path: Path) -> None:
        put(tmp_path / "notes.txt", b"notes")
        with pytest.raises(CollectError, match=r"notes\.txt: no notebook, left alone"):
            collect(tmp_path, [LESSON])

    def test_hidden_files_alone(self, tmp_path: Path) -> None:
        put(tmp_path / f".Ana_{LESSON}.ipynb")
        put(tmp_path / ".ipynb_checkpoints" / LESSON / f"{LESSON}.ipynb")
        with pytest.raises(CollectError, match="There is no hand-in"):
            collect(tmp_path, [LESSON])


class TestFiles:
    def test_tree_and_flat_files_beside_each_other(self, tmp_path: Path) -> None:
        tree = put(tmp_path / "Ana" / LESSON / f"{LESSON}.ipynb")
        flat = put(tmp_path / f"Ben_{LESSON}.ipynb")
        found = collected(tmp_path)
        assert {name: hand_in.files for name, hand_in in found.items()} == {
            "Ana": [tree],
            "Ben": [flat],
        }

    @pytest.mark.parametrize(
        "name",
        ["Ana Clara Souza", "Мария Кузнецова", "d'Arc, Jeanne", "Ó Sé", "李 小龍", "a.b_c-d"],
    )
    @pytest.mark.parametrize("place", ["{name}/{lesson}/{lesson}.ipynb", "{name}_{lesson}.ipynb"])
    def test_names_of_all_kinds(self, tmp_path: Path, name: str, place: str) -> None:
        file = put(tmp_path / place.format(name=name, lesson=LESSON))
        assert collected(tmp_path)[name].files == [file]

    def test_names_that_nbgrader_would_read_as_wildcards(self, tmp_path: Path) -> None:
        put(tmp_path / "A*" / LESSON / f"{LESSON}.ipynb")
        put(tmp_path / "A?" / LESSON / f"{LESSON}.ipynb")
        collection = collect(tmp_path, [LESSON])
        names = {hand_in.student for hand_in in collection.hand_ins}
        assert len(names) == 2
        assert not any(set(name) & set("*?[]") for name in names)
        assert "'A*' is called" in everything_said(collection)

    def test_two_versions_of_one_student(self, tmp_path: Path) -> None:
        first = put(tmp_path / f"Ana_{LESSON}.ipynb")
        second = put(tmp_path / f"Ana_{LESSON} (1).ipynb")
        third = put(tmp_path / "Ana" / LESSON / f"{LESSON}.ipynb")
        (hand_in,) = collect(tmp_path, [LESSON]).hand_ins
        assert sorted(hand_in.files) == sorted([first, second, third])
        assert "3 versions" in hand_in.remarks[0]

    def test_a_flat_file_without_a_student(self, tmp_path: Path) -> None:
        put(tmp_path / f"{LESSON}.ipynb")
        put(tmp_path / f"Ana_{LESSON}.ipynb")
        collection = collect(tmp_path, [LESSON])
        assert [hand_in.student for hand_in in collection.hand_ins] == ["Ana"]
        assert "whose is it?" in everything_said(collection)

    def test_a_notebook_known_by_its_functions(self, tmp_path: Path) -> None:
        file = put(tmp_path / "Ana_homework.ipynb")
        assert collected(tmp_path)["Ana"].files == [file]

    @pytest.mark.parametrize("content", [b"\x89PNG\r\n", foreign_notebook()], ids=["png", "other"])
    def test_no_notebook_of_this_course(self, tmp_path: Path, content: bytes) -> None:
        put(tmp_path / "Ana" / "homework.ipynb", content)
        put(tmp_path / f"Ben_{LESSON}.ipynb")
        found = collected(tmp_path)
        assert found["Ana"].files == []
        assert found["Ana"].remarks == ["homework.ipynb is no notebook of this course"]
        assert len(found["Ben"].files) == 1

    def test_an_empty_folder_is_a_student_who_handed_nothing_in(self, tmp_path: Path) -> None:
        (tmp_path / "Ana").mkdir()
        put(tmp_path / f"Ben_{LESSON}.ipynb")
        assert collected(tmp_path)["Ana"].files == []

    def test_links_are_not_followed(self, tmp_path: Path) -> None:
        elsewhere = put(tmp_path / "elsewhere.ipynb")
        folder = tmp_path / "hand_ins"
        put(folder / f"Ben_{LESSON}.ipynb")
        (folder / f"Ana_{LESSON}.ipynb").symlink_to(elsewhere)
        (folder / "Eve").symlink_to(tmp_path, target_is_directory=True)
        (folder / "Mallory" / LESSON).mkdir(parents=True)
        (folder / "Mallory" / LESSON / f"{LESSON}.ipynb").symlink_to(elsewhere)
        collection = collect(folder, [LESSON])
        files = [path for hand_in in collection.hand_ins for path in hand_in.files]
        assert [path for path in files if path.is_file()] == [folder / f"Ben_{LESSON}.ipynb"]
        assert everything_said(collection).count("a link, not followed") == 3

    def test_hidden_files_and_what_systems_leave_behind(self, tmp_path: Path) -> None:
        file = put(tmp_path / "Ana" / LESSON / f"{LESSON}.ipynb")
        put(file.parent / ".ipynb_checkpoints" / f"{LESSON}-checkpoint.ipynb")
        put(tmp_path / "__MACOSX" / "Ana" / f"{LESSON}.ipynb")
        put(tmp_path / ".DS_Store", b"\0")
        assert {name: one.files for name, one in collected(tmp_path).items()} == {"Ana": [file]}

    def test_a_file_that_nobody_may_read_stops_nobody(self, tmp_path: Path) -> None:
        put(tmp_path / f"Ana_{LESSON}.ipynb")
        (tmp_path / "Ben" / LESSON / f"{LESSON}.ipynb").mkdir(parents=True)
        assert collected(tmp_path).keys() == {"Ana", "Ben"}
