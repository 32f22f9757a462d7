"""Zips of a class, as learning management systems give them: every hand-in comes out, with whose it
is, and whatever is dangerous or broken in one is refused with its reason while the rest is graded.
"""

import io
import stat
import struct
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from rooms import LESSON, LESSONS, RELEASE
from typer.testing import CliRunner

from autograder.collecting import archives
from autograder.collecting.archives import ArchiveError, Unpacked, opened, unpack
from autograder.collecting.collect import Collection, HandIn, collect
from autograder.collecting.origins import Origin, origin_of
from autograder.collecting.roster import Student
from autograder.command import app

NOTEBOOK = RELEASE.read_bytes()
NAME = f"{LESSON}.ipynb"


def zipped(path: Path, *files: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return path


def zip_of(*files: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return buffer.getvalue()


def link(name: str, target: str) -> tuple[zipfile.ZipInfo, bytes]:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info, target.encode()


def gathered(source: Unpacked, **options: object) -> Collection:
    return collect(
        source.folder, LESSONS, LESSON, times=source.times, refused=source.refused, **options
    )


def collected(tmp_path: Path, *files: tuple[str | zipfile.ZipInfo, bytes]) -> dict[str, HandIn]:
    """The hand-ins of a zip of these files, by students."""
    archive = zipped(tmp_path / "class.zip", *files)
    with opened(archive) as source:
        return {one.student: one for one in gathered(source).hand_ins}


def refused(tmp_path: Path, *files: tuple[str | zipfile.ZipInfo, bytes]) -> dict[str, str]:
    """What is refused, and why; beside it an honest hand-in comes out of the same zip."""
    honest = (f"Ana_1_assignsubmission_file_/{NAME}", NOTEBOOK)
    source = unpack(zipped(tmp_path / "class.zip", *files, honest), tmp_path / "out" / "class")
    assert (source.folder / honest[0]).read_bytes() == NOTEBOOK
    inside = {path for path in tmp_path.rglob("*") if path.is_file() or path.is_symlink()}
    assert {path for path in inside if source.folder not in path.parents} == {
        tmp_path / "class.zip"
    }
    return {one.name: one.reason for one in source.refused}


class TestNames:
    @pytest.mark.parametrize(
        ("name", "origin"),
        [
            (
                "Ana Clara Souza_12345_assignsubmission_file_",
                Origin("Ana Clara Souza", "12345"),
            ),
            (
                f"Ó Sé_77_assignsubmission_file_{NAME}",
                Origin("Ó Sé", "77", NAME),
            ),
            (f"souzaana_340934_208490284_{NAME}", Origin("souzaana", "340934", NAME, False)),
            (f"souzaana_LATE_340934_208490284_{NAME}", Origin("souzaana", "340934", NAME, True)),
            (f"LATE_anon_x7Yz_208490284_{NAME}", Origin("anon_x7Yz", "", NAME, True)),
        ],
    )
    def test_what_an_lms_says(self, name: str, origin: Origin) -> None:
        assert origin_of(name) == origin

    @pytest.mark.parametrize("name", [NAME, f"Ana_{NAME}", f"ana_12_{NAME}", "Ana", "a+b"])
    def test_names_of_ones_own_are_no_lms(self, name: str) -> None:
        assert origin_of(name) is None

    def test_nbgraders_exchange_says_when(self) -> None:
        origin = origin_of(f"ana+{LESSON}+2026-10-02 10:30:05.125 UTC+k3j2h")
        assert origin is not None
        assert (origin.student, origin.rest) == ("ana", LESSON)
        assert origin.time == datetime.fromisoformat("2026-10-02T10:30:05.125+00:00")


class TestHandIns:
    def test_moodle(self, tmp_path: Path) -> None:
        found = collected(
            tmp_path,
            (f"Ana Souza_12_assignsubmission_file_/{NAME}", NOTEBOOK),
            ("Ana Souza_12_assignsubmission_onlinetext_/onlinetext.html", b"<p>Hi</p>"),
            ("李 小龍_13_assignsubmission_file_/homework.ipynb", NOTEBOOK),
        )
        assert found.keys() == {"Ana Souza", "李 小龍"}
        assert all(len(one.files) == 1 for one in found.values())
        assert found["Ana Souza"].number == "12"

    def test_moodle_without_folders_and_two_of_one_name(self, tmp_path: Path) -> None:
        found = collected(
            tmp_path,
            (f"Ana Souza_12_assignsubmission_file_{NAME}", NOTEBOOK),
            (f"Ana Souza_99_assignsubmission_file_{NAME}", NOTEBOOK),
        )
        assert found.keys() == {"Ana Souza_12", "Ana Souza_99"}

    def test_canvas_with_its_copies_and_late_marks(self, tmp_path: Path) -> None:
        found = collected(
            tmp_path,
            (f"souzaana_340_208_{LESSON}-1.ipynb", NOTEBOOK),
            (f"bakertom_LATE_341_209_{NAME}", NOTEBOOK),
        )
        assert {name: one.is_late for name, one in found.items()} == {
            "souzaana": False,
            "bakertom": True,
        }
        assert all(one.time is None for one in found.values())

    def test_the_roster_says_who_it_is(self, tmp_path: Path) -> None:
        roster = {
            "asouza": Student("asouza", "Ana", "Souza", lms_user_id="340"),
            "tbaker": Student("tbaker", "Tom", "Baker"),
        }
        archive = zipped(
            tmp_path / "class.zip",
            (f"souzaana_340_208_{NAME}", NOTEBOOK),
            (f"bakertom_LATE_341_209_{NAME}", NOTEBOOK),
        )
        with opened(archive) as source:
            hand_ins = gathered(source, roster=roster).hand_ins
        assert [one.student for one in hand_ins] == ["asouza", "tbaker"]

    def test_a_students_own_zip_is_opened_once(self, tmp_path: Path) -> None:
        inner = zip_of((f"homework/deep/{NAME}", NOTEBOOK), ("homework/again.zip", zip_of()))
        found = collected(
            tmp_path,
            ("Ana_1_assignsubmission_file_/work.zip", inner),
            (f"souzaben_2_3_{LESSON}.zip", zip_of((NAME, NOTEBOOK))),
        )
        assert [path.name for path in found["Ana"].files] == [NAME]
        assert [path.name for path in found["souzaben"].files] == [NAME]
        assert "a zip in a zip in a zip is not opened" in str(found["Ana"].remarks)

    def test_a_folder_around_everything(self, tmp_path: Path) -> None:
        found = collected(
            tmp_path, (f"class/Ana/{LESSON}/{NAME}", NOTEBOOK), (f"class/Ben/{NAME}", NOTEBOOK)
        )
        assert found.keys() == {"Ana", "Ben"}

    def test_one_student_alone_is_no_folder_around(self, tmp_path: Path) -> None:
        assert collected(tmp_path, (f"Ana/{LESSON}/{NAME}", NOTEBOOK)).keys() == {"Ana"}

    def test_two_files_of_one_name_are_both_kept(self, tmp_path: Path) -> None:
        with pytest.warns(UserWarning, match="Duplicate name"):
            found = collected(tmp_path, (f"Ana/{NAME}", NOTEBOOK), (f"Ana/{NAME}", b"{}"))
        assert len(found["Ana"].files) == 2

    def test_a_name_in_utf_8_that_does_not_say_so(self, tmp_path: Path) -> None:
        name = f"Мария_7_assignsubmission_file_{NAME}"
        archive = zipped(tmp_path / "class.zip", (name, NOTEBOOK))
        # The flag for UTF-8, bit 11 of the flags, in both places where a zip has it.
        data = archive.read_bytes()
        for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            at = data.index(mark) + offset
            assert struct.unpack_from("<H", data, at) == (0x800,)
            data = data[:at] + b"\0\0" + data[at + 2 :]
        archive.write_bytes(data)
        with opened(archive) as source:
            assert [one.student for one in gathered(source).hand_ins] == ["Мария"]


class TestRefused:
    """Each with its reason; the honest hand-in beside it comes out, nothing leaves the folder."""

    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("../evil.ipynb", "leads out"),
            ("Eve/../../evil.ipynb", "leads out"),
            ("..\\evil.ipynb", "leads out"),
            ("/tmp/evil.ipynb", "absolute"),
            ("C:\\evil.ipynb", "absolute"),
            ("//host/evil.ipynb", "absolute"),
            ("Eve/evil\n.ipynb", "control characters"),
        ],
    )
    def test_names(self, tmp_path: Path, name: str, reason: str) -> None:
        (found,) = refused(tmp_path, (name, NOTEBOOK)).values()
        assert reason in found

    def test_links(self, tmp_path: Path) -> None:
        found = refused(tmp_path, link("Eve/notes.ipynb", "/etc/passwd"), link("Eve/up", ".."))
        assert set(found.values()) == {"a link is not followed"}

    def test_a_name_longer_than_names_can_be(self, tmp_path: Path) -> None:
        (found,) = refused(tmp_path, (f"Eve/{'e' * 300}.ipynb", NOTEBOOK)).values()
        assert "File name too long" in found

    def test_a_zip_bomb(self, tmp_path: Path) -> None:
        found = refused(tmp_path, (f"Eve/{NAME}", bytes(4 * 2**20)))
        assert found == {f"Eve/{NAME}": "grows more than 200-fold: a zip bomb"}

    def test_a_zip_bomb_in_a_students_zip(self, tmp_path: Path) -> None:
        found = refused(tmp_path, ("Eve/work.zip", zip_of((NAME, bytes(4 * 2**20)))))
        assert found == {f"Eve/work.zip/{NAME}": "grows more than 200-fold: a zip bomb"}

    def test_too_many_files(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(archives, "_MOST_FILES", 3)
        source = unpack(
            zipped(tmp_path / "class.zip", *((f"Eve/{at}.txt", b"x") for at in range(5))),
            tmp_path / "class",
        )
        assert [one.name for one in source.refused] == ["Eve/3.txt", "Eve/4.txt"]

    def test_too_much_all_together(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(archives, "_MOST_BYTES", 2 * len(NOTEBOOK))
        source = unpack(
            zipped(tmp_path / "class.zip", *((f"{who}/{NAME}", NOTEBOOK) for who in "abc")),
            tmp_path / "class",
        )
        assert [one.name for one in source.refused] == [f"c/{NAME}"]

    def test_an_encrypted_file(self, tmp_path: Path) -> None:
        archive = zipped(tmp_path / "inner.zip", ("secret.ipynb", NOTEBOOK))
        data = bytearray(archive.read_bytes())
        data[data.index(b"PK\x03\x04") + 6] |= 1
        data[data.index(b"PK\x01\x02") + 8] |= 1
        archive.unlink()
        found = refused(tmp_path, ("Eve/work.zip", bytes(data)))
        assert "encrypted" in found["Eve/work.zip/secret.ipynb"]

    def test_a_damaged_file(self, tmp_path: Path) -> None:
        data = bytearray(zip_of(("broken.ipynb", NOTEBOOK)))
        at = data.index(b"broken.ipynb") + 200
        data[at : at + 40] = bytes(40)
        found = refused(tmp_path, ("Eve/work.zip", bytes(data)), ("Eve/b.zip", b"PK no zip"))
        assert "broken in the zip" in found["Eve/work.zip/broken.ipynb"]
        assert "the zip is broken" in found["Eve/b.zip"]

    def test_archives_of_other_kinds(self, tmp_path: Path) -> None:
        assert "another kind" in refused(tmp_path, ("Eve/work.rar", b"Rar!"))["Eve/work.rar"]

    def test_whose_it_was_is_told_and_gets_a_row(self, tmp_path: Path) -> None:
        found = collected(
            tmp_path,
            (f"Ana_1_assignsubmission_file_/{NAME}", NOTEBOOK),
            (f"Eve_2_assignsubmission_file_/{NAME}", bytes(4 * 2**20)),
        )
        assert found["Eve"].files == []
        assert "zip bomb" in str(found["Eve"].remarks)


def test_no_zip_at_all(tmp_path: Path) -> None:
    (tmp_path / "class.zip").write_bytes(NOTEBOOK)
    with pytest.raises(ArchiveError, match="Is the download complete"):
        unpack(tmp_path / "class.zip", tmp_path / "out")
    run = CliRunner().invoke(
        app, ["grade", str(tmp_path / "class.zip"), "--out", str(tmp_path / "course")]
    )
    assert run.exit_code == 2
    assert "cannot be opened as a zip" in run.stderr
    assert not (tmp_path / "course").exists()
