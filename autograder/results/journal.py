"""The journal of a course folder: which run it holds, and what of it is done. Every file is written
in one step, and a hand-in's result is the last that is written about it: where it stands, all else
about this hand-in is complete. Whatever a killed grader left half done is done again.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from autograder.collecting.collect import HandIn
from autograder.grading import Result, Row
from autograder.results.late import RULES

# Large texts that have files of their own beside the result.
_BULKY = ("submitted", "autograded", "feedback")
_LOCK = "grading.lock"
_PARTIAL = ".partial"


class JournalError(ValueError):
    """The folder's journal does not allow what was asked for; the text says what to do."""


@dataclass
class Run:
    """What holds for all hand-ins of a course folder; kept in ``run.json``.

    seed: what the secret cases are drawn from; seed_given: whether a person chose it. isolation:
        how students' code was kept apart when it last ran. rounds: how often each lesson was
        regraded. lessons: what each lesson's source was when its release was made.
    starting_anew, regrading: what was begun and is not finished yet; of a regrade, its number and
        lessons.
    """

    seed: int
    seed_given: bool = False
    isolation: str = ""
    rounds: dict[str, int] = field(default_factory=dict)
    lessons: dict[str, str] = field(default_factory=dict)
    starting_anew: bool = False
    regrades: int = 0
    regrading: list[str] = field(default_factory=list)


class Journal:
    """Reads and writes the journal of the course folder ``root``."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @staticmethod
    def owns(path: Path) -> bool:
        """Whether a file in a folder without settings is what a killed grader left there, or the
        rules that a person put there to begin with."""
        return path.name in (_LOCK, _PARTIAL, RULES)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One grader at a time writes to the folder. The lock ends with the process, however that
        ends. Raises JournalError where another grader has it."""
        self.root.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.root / _LOCK, timeout=0):
                shutil.rmtree(self.root / _PARTIAL, ignore_errors=True)
                yield
        except Timeout:
            raise JournalError(
                f"Another grader is at work on {self.root}. Wait until it has ended."
            ) from None

    def write(self, path: Path, content: str | bytes, mode: int = 0o644) -> None:
        """Write a file of the folder in one step: it is there as a whole or not at all."""
        # A student's text may hold half a character, which no file can.
        data = content.encode(errors="replace") if isinstance(content, str) else content
        with self.replacing(path) as partial:
            partial.write_bytes(data)
            partial.chmod(mode)

    @contextmanager
    def replacing(self, path: Path) -> Iterator[Path]:
        """A file to fill that takes the place of ``path`` at the end."""
        partial = self.root / _PARTIAL / path.name
        partial.parent.mkdir(exist_ok=True)
        yield partial
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.replace(path)

    def run(self) -> Run | None:
        """The folder's run; None where nothing was graded yet."""
        try:
            return Run(**json.loads(self._run_file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as error:
            raise JournalError(f"{self._run_file} cannot be read ({error}).") from None

    def save(self, run: Run) -> None:
        """Write ``run.json``."""
        self.write(self._run_file, json.dumps(asdict(run), indent=1) + "\n")

    def result_file(self, student: str, lesson: str) -> Path:
        """Where the result of a hand-in stands."""
        return self.root / "results" / student / f"{lesson}.json"

    def store(self, result: Result) -> None:
        """Write a result; whatever else is written about the hand-in must be there already."""
        stored = asdict(result)
        for bulky in _BULKY:
            del stored[bulky]
        text = json.dumps(stored, indent=1, ensure_ascii=False)
        data = text.encode(errors="surrogatepass")
        self.write(self.result_file(result.student, result.lesson), data)

    def result(self, student: str, lesson: str) -> Result | None:
        """A stored result, without the notebooks and the feedback page; None where there is none
        that can be read."""
        try:
            data = self.result_file(student, lesson).read_bytes()
            stored: dict[str, Any] = json.loads(data.decode(errors="surrogatepass"))
            rows = tuple(Row(**_with_tuples(row)) for row in stored.pop("rows"))
            return Result(rows=rows, **_with_tuples(stored))
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def results(self) -> Iterator[Result]:
        """All stored results by students and lessons, one at a time."""
        for folder in sorted(self.root.glob("results/*/")):
            for path in sorted(folder.glob("*.json")):
                result = self.result(folder.name, path.stem)
                if result is not None:
                    yield result

    def kept(self) -> Iterator[HandIn]:
        """The hand-ins as they were graded, from the kept originals; without those whose originals
        somebody took away."""
        for result in self.results():
            files = [self.original(result.student, result.lesson, name) for name in result.files]
            if all(path.is_file() for path in files):
                yield HandIn(result.student, result.lesson, files, list(result.collected))

    def original(self, student: str, lesson: str, name: str) -> Path:
        """Where a file of a hand-in is kept byte for byte."""
        return self.root / "originals" / student / lesson / name

    def keep_originals(self, hand_in: HandIn) -> None:
        """Keep what was handed in, byte for byte, beside the repaired notebook."""
        for name, path in original_names(hand_in).items():
            target = self.original(hand_in.student, hand_in.lesson, name)
            if path != target:
                with self.replacing(target) as partial:
                    shutil.copyfile(path, partial)

    def is_done(self, hand_in: HandIn, run: Run) -> bool:
        """Whether the stored result is that of these very files in this run."""
        result = self.result(hand_in.student, hand_in.lesson)
        return (
            result is not None
            and not result.error
            and result.fingerprint == fingerprint(hand_in, run)
        )

    @property
    def _run_file(self) -> Path:
        return self.root / "run.json"


def _with_tuples(stored: Mapping[str, Any]) -> dict[str, Any]:
    """What JSON made lists of, as it was."""
    return {name: tuple(one) if isinstance(one, list) else one for name, one in stored.items()}


def original_names(hand_in: HandIn) -> dict[str, Path]:
    """The files of a hand-in by the names under which they are kept; of two with the same name the
    second one gets a number."""
    names: dict[str, Path] = {}
    for path in hand_in.files:
        if not path.is_file():
            continue
        name, number = path.name, 1
        while name in names:
            number += 1
            name = f"{path.stem} ({number}){path.suffix}"
        names[name] = path
    return names


def fingerprint(hand_in: HandIn, run: Run) -> str:
    """What a result depends on: the run's seed, the lesson's round, the files and what was said
    about them. The course's own code is left out: it is ``regrade`` that follows its changes."""
    parts = [run.seed, run.rounds.get(hand_in.lesson, 0), hand_in.lesson, hand_in.remarks]
    for name, path in original_names(hand_in).items():
        with path.open("rb") as file:
            parts.append([name, hashlib.file_digest(file, "sha256").hexdigest()])
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def merged(collected: list[HandIn], kept: Mapping[tuple[str, str], HandIn]) -> list[HandIn]:
    """Hand-ins of a folder graded before and what was collected now, by students and lessons. Who
    handed nothing in this time keeps what was handed in before."""
    hand_ins = dict(kept)
    for one in collected:
        key = one.student, one.lesson
        if one.files or key not in kept or not kept[key].files:
            hand_ins[key] = one
    return [hand_ins[key] for key in sorted(hand_ins)]
