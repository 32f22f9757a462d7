"""``hand_in("your-name")``: looks a notebook over as the grader will find it, warns, and makes the
file to submit. The same from a terminal:  python -m cs_utils.handing_in NOTEBOOK --student NAME
"""

import argparse
import json
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from cs_utils.exercises import lesson_exercises, lessons
from cs_utils.kernel_side import is_grading
from cs_utils.language import _
from cs_utils.open_notebook import (
    NotebookError,
    live_notebook,
    offer_download,
    open_notebook,
    user_names,
)

FOLDER = Path("hand_in")

_STUB = "raise NotImplementedError"
_NOT_IN_NAMES = re.compile(r"[^\w.@+-]+")
_GOOD, _BAD = "#0b6e4f", "#a3293d"


@dataclass(frozen=True)
class HandIn:
    """What came of handing in; Jupyter shows it, ``print`` gives the same as text.

    file: what to submit, or None where something must be done first.
    obstacles: why no file was made. warnings: what the grader will find, or not find.
    """

    file: Path | None
    obstacles: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "\n".join([self._headline(), *(f"- {one}" for one in self._remarks())])

    def _repr_html_(self) -> str:
        colour = _BAD if self.file is None else _GOOD
        remarks = "".join(f"<li>{escape(one)}</li>" for one in self._remarks())
        return (
            f"<div style='border-left:4px solid {colour};padding:0.3em 0.8em;line-height:1.5'>"
            f"<strong style='color:{colour}'>{escape(self._headline())}</strong>"
            f"<ul>{remarks}</ul></div>"
        )

    def _headline(self) -> str:
        if self.file is None:
            return _("Nothing was made to hand in yet:")
        return _("Hand in this file: {file}").format(file=self.file)

    def _remarks(self) -> tuple[str, ...]:
        return (*self.obstacles, *self.warnings)


def hand_in(student: str, notebook: str | Path | None = None) -> HandIn:
    """Make the file to submit, ``hand_in/<student>_<lesson>.ipynb``, and say what is wrong with it.

    student: your name or number, as your instructor wants it in the file's name.
    notebook: its path; by default the notebook that this is called in.
    No file is made of a notebook that is not saved as it was last run, or that cannot be read,
    nor without a name.
    """
    if is_grading():
        return HandIn(None, obstacles=(_("The grader has it already."),))
    name = _NOT_IN_NAMES.sub("-", student.strip()).strip("-.")
    if not name:
        text = _('Say whose it is, with your name or number between the quotes: hand_in("ana").')
        return HandIn(None, obstacles=(text,))
    try:
        content, path = _found(notebook)
        lesson = _lesson_in(content)
    except NotebookError as error:
        return HandIn(None, obstacles=(str(error),))
    solutions = _solution_cells(content)
    ran = user_names() if notebook is None else None
    unsaved = _unsaved(lesson, solutions, ran) if ran is not None and path is not None else []
    if unsaved:
        return HandIn(None, obstacles=tuple(unsaved))
    warnings = [*_lost_or_copied(lesson, content, solutions), *_open(lesson, solutions, ran)]
    folder = FOLDER if path is None else path.parent / FOLDER
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}_{lesson}.ipynb"
    file.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
    offer_download(file)
    return HandIn(file, warnings=tuple(warnings))


def _found(notebook: str | Path | None) -> tuple[dict[str, Any], Path | None]:
    """The notebook's content, and its path where it lies in a file."""
    live = live_notebook() if notebook is None else None
    if live is not None:
        return live, None
    path = open_notebook() if notebook is None else Path(notebook)
    return _read(path), path


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise NotebookError(_("There is no file {path}.").format(path=path)) from None
    except (OSError, ValueError):
        text = _("{path} cannot be read as a notebook. Save it again from Jupyter.")
        raise NotebookError(text.format(path=path)) from None
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
        raise NotebookError(_("{path} is no notebook: it has no cells.").format(path=path))
    return content


def _lesson_in(content: Mapping[str, Any]) -> str:
    """The lesson that most of the defined functions belong to. Raises NotebookError."""
    defined = {name for cell in _code_cells(content) for name in _defined(cell)}
    counts = {
        lesson: sum(exercise.name in defined for exercise in lesson_exercises(lesson))
        for lesson in lessons()
    }
    best = max(counts, key=lambda lesson: counts[lesson])
    if not counts[best]:
        raise NotebookError(_("This notebook defines no function of the course."))
    return best


def _code_cells(content: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    cells = [cell for cell in content["cells"] if isinstance(cell, dict)]
    return [cell for cell in cells if cell.get("cell_type") == "code"]


def _source(cell: Mapping[str, Any]) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(map(str, source))


def _defined(cell: Mapping[str, Any]) -> list[str]:
    return re.findall(r"^(?:def|class)\s+(\w+)", _source(cell), re.MULTILINE)


def _solution_cells(content: Mapping[str, Any]) -> dict[str, list[str]]:
    """The text of every cell that defines a function, by the function's name."""
    found: dict[str, list[str]] = {}
    for cell in _code_cells(content):
        for name in _defined(cell):
            found.setdefault(name, []).append(_source(cell))
    return found


def _unsaved(
    lesson: str, solutions: Mapping[str, list[str]], ran: Mapping[str, str | None]
) -> list[str]:
    """Exercises whose cell in the file is not what was last run."""
    differing = [
        exercise.name
        for exercise in lesson_exercises(lesson)
        if (source := ran.get(exercise.name)) is not None
        and not any(source.strip() in text for text in solutions.get(exercise.name, []))
    ]
    if not differing:
        return []
    text = _(
        "The saved file does not hold what you last ran of {names}. "
        "Run their cells, save the notebook (Ctrl+S or Cmd+S), and run this cell again."
    )
    return [text.format(names=", ".join(differing))]


def _lost_or_copied(
    lesson: str, content: Mapping[str, Any], solutions: Mapping[str, list[str]]
) -> Iterable[str]:
    names = [exercise.name for exercise in lesson_exercises(lesson)]
    lost = [name for name in names if name not in solutions]
    if lost:
        text = _(
            "No cell defines {names} any more: they will earn nothing. Take them from a fresh "
            "copy of the notebook."
        )
        yield text.format(names=", ".join(lost))
    copied = [name for name in names if len(set(solutions.get(name, []))) > 1]
    if copied:
        text = _("More than one cell defines {names}: keep the one that counts.")
        yield text.format(names=", ".join(copied))
    checks = [_source(cell).strip() for cell in _code_cells(content)]
    unchecked = [name for name in names if name in solutions and f"check({name})" not in checks]
    if unchecked:
        text = _("The check of {names} was changed or deleted; the grader puts it back.")
        yield text.format(names=", ".join(unchecked))


def _open(
    lesson: str, solutions: Mapping[str, list[str]], ran: Mapping[str, str | None] | None
) -> Iterable[str]:
    """Exercises not written yet, and those written but not run since the kernel started."""
    names = [exercise.name for exercise in lesson_exercises(lesson) if exercise.name in solutions]
    unwritten = [name for name in names if all(_STUB in text for text in solutions[name])]
    if unwritten:
        text = _("{count} of {total} are not written yet: {names}.")
        listed = ", ".join(unwritten)
        yield text.format(count=len(unwritten), total=len(lesson_exercises(lesson)), names=listed)
    if ran is None:
        return
    not_run = [name for name in names if name not in ran and name not in unwritten]
    if not_run:
        text = _("Not run since the kernel started: {names}. Restart and run all to be sure.")
        yield text.format(names=", ".join(not_run))


def main(arguments: list[str] | None = None) -> int:
    """The command; returns 0 where a file was made and nothing is amiss, else 1."""
    parser = argparse.ArgumentParser(prog="python -m cs_utils.handing_in", description=__doc__)
    parser.add_argument("notebook", type=Path, help=_("the saved notebook"))
    parser.add_argument("--student", required=True, help=_("name or number for the file's name"))
    options = parser.parse_args(arguments)
    result = hand_in(options.student, options.notebook)
    print(result)
    return 0 if result.file and not result.warnings else 1


if __name__ == "__main__":
    sys.exit(main())
