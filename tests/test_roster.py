"""The class list is read as instructors have it, and refused with the line that is wrong."""

from pathlib import Path

import pytest

from autograder.collecting.roster import RosterError, Student, read_roster


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "roster.csv"
    path.write_text(text, encoding=encoding)
    return path


def test_nbgraders_own_columns(tmp_path: Path) -> None:
    text = "id,first_name,last_name,email,lms_user_id\nana,Ana Clara,Souza,ana@x.org,17\n"
    assert read_roster(written(tmp_path, text)) == {
        "ana": Student("ana", "Ana Clara", "Souza", "ana@x.org", "17")
    }


def test_a_spreadsheets_file_with_semicolons_a_mark_and_further_columns(tmp_path: Path) -> None:
    text = 'Surname;Student ID;Group\r\n"Müller; Jr.";jm;B\r\n;;\r\n Новак ;ln;\r\n'
    assert list(read_roster(written(tmp_path, text, "utf-8-sig")).values()) == [
        Student("jm", last_name="Müller; Jr.", further={"Group": "B"}),
        Student("ln", last_name="Новак", further={"Group": ""}),
    ]


def test_who_has_no_name_is_called_by_the_id() -> None:
    assert Student("ana").names == {"first_name": "", "last_name": "ana"}
    assert Student("ana", "Ana").names == {"first_name": "Ana", "last_name": ""}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no column 'id'"),
        ("name,email\nAna,a@x.org\n", "Its columns: name, email"),
        ("id,email\nana,a@x.org\nana,b@x.org\n", "line 3: ana is there twice"),
        ("id,email\n,a@x.org\n", "line 2: the id is missing"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(RosterError, match=said):
        read_roster(written(tmp_path, text))


def test_no_text_and_no_file(tmp_path: Path) -> None:
    with pytest.raises(RosterError, match="UTF-8"):
        read_roster(written(tmp_path, "id,name\nana,Ünal\n", "latin-1"))
    with pytest.raises(RosterError, match="cannot be read"):
        read_roster(tmp_path / "missing.csv")
