"""Points so far: ``check`` notes each verdict in a small file beside the notebook, and
``progress()`` shows them as a table, with what to do next. They survive a kernel's restart.
"""

import contextlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path

from cs_utils.answers import NOT_WRITTEN
from cs_utils.exercises import lesson_exercises, lessons
from cs_utils.exercises.specification import Exercise
from cs_utils.language import _
from cs_utils.verdicts import CORRECT, Verdict

FOLDER = Path(".convnet_course")

_UNCHECKED = "not checked yet"
_COLOURS = {CORRECT: "#0b6e4f", NOT_WRITTEN: "#555555", _UNCHECKED: "#555555"}
_WRONG_COLOUR = "#a3293d"
_kept: dict[Path, dict[str, "Note"]] = {}


@dataclass(frozen=True)
class Note:
    """What the last check of an exercise said."""

    score: float
    status: str


def note(verdict: Verdict, folder: Path = FOLDER) -> None:
    """Keep a verdict in ``folder``; where nothing can be written, until the kernel ends."""
    lesson = verdict.exercise.lesson
    notes = {**_notes(lesson, folder), verdict.exercise.name: Note(verdict.score, verdict.status)}
    path = _file(folder, lesson)
    _kept[path] = notes
    partial = path.with_suffix(f".{os.getpid()}")
    try:
        folder.mkdir(exist_ok=True)
        partial.write_text(json.dumps({name: asdict(one) for name, one in notes.items()}, indent=1))
        partial.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            partial.unlink()


def progress(lesson: str | None = None, folder: Path = FOLDER) -> "Progress":
    """A table of all exercises with the points so far, and what to do next.

    lesson: the notebook's name, to see that one; all of them by default.
    folder: where ``check`` keeps the points, beside the notebook.
    Raises ValueError for an unknown lesson, naming those there are.
    """
    if lesson is not None and lesson not in lessons():
        text = _("There is no lesson {lesson}. There are: {lessons}.")
        raise ValueError(text.format(lesson=lesson, lessons=", ".join(lessons())))
    return Progress({one: _notes(one, folder) for one in ([lesson] if lesson else lessons())})


class Progress:
    """Points so far, by lesson; Jupyter shows a table, ``print`` the same as text."""

    def __init__(self, notes: Mapping[str, Mapping[str, Note]]) -> None:
        self._notes = notes

    def points(self, lesson: str) -> float:
        """The points so far in one lesson."""
        return sum(one.score for one in self._notes[lesson].values())

    def next_step(self) -> str:
        """What to do next, in a sentence."""
        for lesson in self._in_the_order_of_work():
            for exercise in lesson_exercises(lesson):
                found = self._notes[lesson].get(exercise.name)
                if found is None or found.status == NOT_WRITTEN:
                    text = _("Next: write {name} in {lesson}.")
                elif found.status != CORRECT:
                    text = _("Next: mend {name} in {lesson} ({status}); its check says what.")
                else:
                    continue
                status = found.status if found else ""
                return text.format(name=exercise.name, lesson=lesson, status=_(status))
        return _("Everything here is right. Hand it in.")

    def __repr__(self) -> str:
        rows = [row for lesson in self._notes for row in self._text_rows(lesson)]
        return "\n".join([*rows, self.next_step()])

    def _repr_html_(self) -> str:
        begun = self._in_the_order_of_work()[0]
        parts = (self._lesson_html(lesson, lesson == begun) for lesson in self._notes)
        return "".join(parts) + f"<p><strong>{escape(self.next_step())}</strong></p>"

    def _in_the_order_of_work(self) -> list[str]:
        """The lesson begun and not finished first, then the others in order."""
        return sorted(self._notes, key=lambda one: not self._is_under_way(one))

    def _is_under_way(self, lesson: str) -> bool:
        notes = self._notes[lesson].values()
        right = sum(one.status == CORRECT for one in notes)
        return bool(notes) and right < len(lesson_exercises(lesson))

    def _headline(self, lesson: str) -> str:
        exercises = lesson_exercises(lesson)
        right = sum(one.status == CORRECT for one in self._notes[lesson].values())
        return _("{lesson}: {points:g} of {total:g} points, {right} of {count} right").format(
            lesson=lesson,
            points=round(self.points(lesson), 2),
            total=sum(exercise.points for exercise in exercises),
            right=right,
            count=len(exercises),
        )

    def _text_rows(self, lesson: str) -> Iterable[str]:
        yield self._headline(lesson)
        if not self._notes[lesson] and len(self._notes) > 1:
            return
        width = max(len(exercise.name) for exercise in lesson_exercises(lesson))
        for exercise in lesson_exercises(lesson):
            points, status = self._cells(exercise)
            yield f"  {exercise.name:{width}}  {points:>9}  {_(status)}"

    def _lesson_html(self, lesson: str, is_open: bool) -> str:
        left = "style='text-align:left'"
        rows = ""
        for exercise in lesson_exercises(lesson):
            points, status = self._cells(exercise)
            colour = _COLOURS.get(status, _WRONG_COLOUR)
            rows += (
                f"<tr><td {left}><code>{escape(exercise.name)}</code></td><td>{points}</td>"
                f"<td {left}><span style='color:{colour}'>{escape(_(status))}</span></td></tr>"
            )
        heads = (_("exercise"), _("points"), _("last check"))
        head = "".join(f"<th scope='col' {left}>{escape(one)}</th>" for one in heads)
        return (
            f"<details{' open' if is_open else ''}><summary>{escape(self._headline(lesson))}"
            f"</summary><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></details>"
        )

    def _cells(self, exercise: Exercise) -> tuple[str, str]:
        found = self._notes[exercise.lesson].get(exercise.name)
        score, status = (found.score, found.status) if found else (0.0, _UNCHECKED)
        return f"{round(score, 2):g} / {exercise.points:g}", status


def _notes(lesson: str, folder: Path) -> dict[str, Note]:
    """What is known of a lesson's exercises; a damaged file counts as none."""
    known = {exercise.name for exercise in lesson_exercises(lesson)}
    try:
        stored = json.loads(_file(folder, lesson).read_text())
        notes = {
            name: Note(float(one["score"]), str(one["status"]))
            for name, one in stored.items()
            if name in known
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        notes = {}
    return {**_kept.get(_file(folder, lesson), {}), **notes}


def _file(folder: Path, lesson: str) -> Path:
    return folder.absolute() / f"{lesson}.json"
