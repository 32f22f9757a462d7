"""Finds what was handed in: whose it is and which lesson it belongs to. Nothing is opened for
writing, links are not followed, and every file either has a student or a remark that says why not.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from autograder.reading import UnreadableError, read_notebook
from autograder.repair import lesson_of

_COPY = re.compile(r"(\s*\(\d+\)|[-_ ]+[Cc]opy\s*\d*|\s+-\s+[Cc]opy)+$")
_IGNORED = ("__MACOSX", "Thumbs.db", "desktop.ini")
_NOT_IN_PATHS = re.compile(r"[*?\[\]{}/\\]")


class CollectError(ValueError):
    """There is nothing here that could be graded; the text says why and what to do."""


@dataclass
class HandIn:
    """What one student handed in for one lesson.

    files: every file that may be it; none where nothing was handed in, several where there are
        versions. remarks: what a person should know, as lines.
    """

    student: str
    lesson: str
    files: list[Path] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


@dataclass
class Collection:
    """All hand-ins, one for every student and lesson, and remarks on files that are none."""

    hand_ins: list[HandIn]
    remarks: list[str]


def collect(folder: Path, lessons: Iterable[str], only: str | None = None) -> Collection:
    """Find the hand-ins in a folder.

    folder: nbgrader's ``<student>/<assignment>/<notebook>.ipynb`` or a flat folder of
        ``<student>_<notebook>.ipynb``; a mixture is fine.
    lessons: the names that notebooks may have; only: the one to grade.
    Raises CollectError for a folder that is missing or holds no hand-in, and an unknown lesson.
    """
    lessons = sorted(lessons)
    if only is not None and only not in lessons:
        raise CollectError(f"There is no notebook {only}. There are: {', '.join(lessons)}.")
    if not folder.exists():
        raise CollectError(f"There is no folder {folder}. Is its name spelt right?")
    if not folder.is_dir():
        raise CollectError(f"{folder} is a file. Name the folder that holds the hand-ins.")
    remarks: list[str] = []
    found = list(_find(folder, lessons, remarks))
    if not found:
        raise CollectError(
            f"There is no hand-in in {folder}: it should hold <student>/<notebook>/<notebook>.ipynb"
            " or <student>_<notebook>.ipynb." + "".join(f"\n{remark}" for remark in remarks)
        )
    return Collection(_sorted_out(found, lessons, only, remarks), remarks)


def _find(
    folder: Path, lessons: list[str], remarks: list[str]
) -> Iterator[tuple[str, str | None, Path]]:
    """(student, lesson or None, file) of everything that has a student."""
    for path in _entries(folder, remarks):
        if path.is_dir():
            yield from _find_in_tree(path, lessons, remarks)
        else:
            yield from _find_flat(path, lessons, remarks)


def _find_in_tree(
    student_folder: Path, lessons: list[str], remarks: list[str]
) -> Iterator[tuple[str, str | None, Path]]:
    student = student_folder.name
    entries = _entries(student_folder, remarks)
    if not entries:
        yield student, None, student_folder
    for path in entries:
        if not path.is_dir():
            yield student, _lesson_by_name(path, lessons) or _lesson_by_content(path), path
            continue
        files = [file for file in _entries(path, remarks) if file.is_file()]
        notebooks = [file for file in files if file.suffix == ".ipynb"] or files
        for file in notebooks:
            lesson = path.name if path.name in lessons else _lesson_by_content(file)
            yield student, lesson, file
        if not notebooks:
            yield student, None, path


def _find_flat(
    path: Path, lessons: list[str], remarks: list[str]
) -> Iterator[tuple[str, str | None, Path]]:
    stem = _COPY.sub("", path.stem)
    lesson = _lesson_by_name(path, lessons)
    if lesson is not None:
        student = stem.removesuffix(lesson).rstrip("_- ")
        if student:
            yield student, lesson, path
        else:
            remarks.append(f"{path.name}: whose is it? Name it <student>_{lesson}.ipynb.")
    elif path.suffix == ".ipynb":
        yield stem.split("_")[0].strip() or stem, _lesson_by_content(path), path
    else:
        remarks.append(f"{path.name}: no notebook, left alone.")


def _sorted_out(
    found: list[tuple[str, str | None, Path]],
    lessons: list[str],
    only: str | None,
    remarks: list[str],
) -> list[HandIn]:
    """One hand-in for every student and every lesson that is graded."""
    students = _safe_names({student for student, _lesson, _path in found}, remarks)
    graded = [only] if only else sorted({lesson for _s, lesson, _p in found if lesson}) or lessons
    hand_ins = {
        (student, lesson): HandIn(students[student], lesson)
        for student in sorted(students)
        for lesson in graded
    }
    for student, lesson, path in found:
        if lesson in graded:
            hand_ins[student, lesson].files.append(path)
        elif lesson is None:
            remark = f"{path.name} is no notebook of this course"
            remarks.append(f"{student}: {remark}.")
            for one in graded:
                hand_ins[student, one].remarks.append(remark)
    for hand_in in hand_ins.values():
        if len(hand_in.files) > 1:
            names = ", ".join(path.name for path in hand_in.files)
            hand_in.remarks.append(f"{len(hand_in.files)} versions ({names}): the best one counts")
    return list(hand_ins.values())


def _safe_names(students: set[str], remarks: list[str]) -> dict[str, str]:
    """Students' names as nbgrader can take them: it reads some characters as wildcards."""
    safe: dict[str, str] = {}
    for student in sorted(students):
        name = _NOT_IN_PATHS.sub("_", student).strip().lstrip(".") or "_"
        while name in safe.values():
            name += "_"
        if name != student:
            remarks.append(f"{student!r} is called {name!r} in the gradebook.")
        safe[student] = name
    return safe


def _entries(folder: Path, remarks: list[str]) -> list[Path]:
    kept = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name in _IGNORED:
            continue
        if path.is_symlink():
            remarks.append(f"{path.name}: a link, not followed.")
            continue
        kept.append(path)
    return kept


def _lesson_by_name(path: Path, lessons: list[str]) -> str | None:
    stem = _COPY.sub("", path.stem)
    return next((lesson for lesson in lessons if stem.endswith(lesson)), None)


def _lesson_by_content(path: Path) -> str | None:
    try:
        return lesson_of(read_notebook(path))
    except UnreadableError:
        return None
