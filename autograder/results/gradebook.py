"""The course folder that grading fills: nbgrader's settings, gradebook, notebooks and feedback, and
the journal beside them. One process writes it; formgrader opens on it."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

import nbformat
import nbgrader
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from sqlalchemy import DDL, URL

from autograder.grading import Result
from autograder.releasing import release
from autograder.releasing.release import (
    STUB,
    lesson_sources,
    make_course,
    quiet_nbgrader,
    source_notebook,
)
from autograder.results.assignments import follow
from autograder.results.journal import Journal, Run
from autograder.results.report import write_grades

_MARK = "nbgrader_config.py"
_CONFIG = """\
# nbgrader's settings for this course folder. Change what you like: grading again writes no
# more than the two lines of TrustedExecute.

c = get_config()
c.ClearSolutions.code_stub = {{"python": "{stub}"}}
c.Autograde.sanitize_preprocessors = [
    "nbgrader.preprocessors.ClearOutput",
    "autograder.plugins.execute.RepairCells",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "autograder.plugins.execute.TrustedExecute",
    "nbgrader.preprocessors.IgnorePattern",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.TrustedExecute.sandboxed = True
# The secret that the cases were drawn from: with it, nbgrader's scores are those of grades.csv.
c.TrustedExecute.seed = None
c.AssignLatePenalties.plugin_class = "autograder.plugins.late_plugin.LatePenalty"
# What students wrote must not run in the browser in which you grade.
c.HTMLExporter.filters = {{"markdown2html": "autograder.plugins.safe_html.safe_markdown"}}
c.HTMLExporter.raw_mimetypes = []
c.ExportApp.plugin_class = "nbgrader.plugins.CsvExportPlugin"
c.CsvExportPlugin.to = "nbgrader_grades.csv"
"""
# Seconds to wait while formgrader writes.
_PATIENCE = 60
# What nbgrader looks up by without an index, reading the whole class for each hand-in.
_LOOKED_UP = {
    "comment": "notebook_id",
    "grade": "notebook_id",
    "submitted_assignment": "student_id",
    "submitted_notebook": "assignment_id",
}


class CourseFolderError(ValueError):
    """The folder cannot be used for results; the text says why and what to do."""


class CourseFolder:
    """An nbgrader course folder for the results of grading.

    Raises CourseFolderError for a folder that holds something else.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.journal = Journal(self.root)
        if self.root.exists() and not self.root.is_dir():
            raise CourseFolderError(f"{root} is a file. Name a folder for the results.")
        others = not self.is_graded and any(not Journal.owns(one) for one in self._entries())
        if others:
            raise CourseFolderError(
                f"{root} holds other files. Name an empty or a new folder, or one graded before."
            )

    @property
    def is_graded(self) -> bool:
        """Whether grading was ever begun here."""
        return (self.root / _MARK).exists()

    def prepare(self, lessons: Iterable[str], run: Run, sandboxed: bool) -> None:
        """Write the settings, the lessons' source and release, and the assignments, as far as they
        are not there already."""
        self._write_settings(run, sandboxed)
        self.journal.save(run)
        self._make_database()
        self._add_indexes()
        for source in lesson_sources():
            state = _state(source)
            if source.stem in lessons and run.lessons.get(source.stem) != state:
                with quiet_nbgrader():
                    follow(self.database, source.stem, source_notebook(source))
                make_course(self.root, [source.stem])
                run.lessons[source.stem] = state
                self.journal.save(run)

    def release(self, lesson: str) -> Path:
        """The release notebook of a lesson."""
        return self.root / "release" / lesson / f"{lesson}.ipynb"

    @property
    def database(self) -> URL:
        """Where nbgrader's gradebook is."""
        return _database(self.root / "gradebook.db")

    def write_files(self, result: Result, autograded: NotebookNode | None) -> None:
        """Write a result's notebooks and its feedback. autograded: as nbgrader keeps it."""
        if result.submitted:
            self.journal.write(self._notebook("submitted", result), result.submitted)
        if autograded is not None:
            # Nobody should edit it, as nbgrader has it.
            text = nbformat.writes(autograded)
            self.journal.write(self._notebook("autograded", result), text, 0o444)
        if result.feedback:
            page = self.root / "feedback" / result.student / f"{result.lesson}.html"
            self.journal.write(page, result.feedback)

    def write_grades(self, path: Path | None = None) -> None:
        """Write the stored results to ``grades.csv``, or to another path."""
        with self.journal.replacing(path or self.root / "grades.csv") as partial:
            write_grades(partial, self.journal.results())

    def _entries(self) -> Iterable[Path]:
        return self.root.iterdir() if self.root.exists() else ()

    def _write_settings(self, run: Run, sandboxed: bool) -> None:
        path = self.root / _MARK
        text = path.read_text(encoding="utf-8") if path.exists() else _CONFIG.format(stub=STUB)
        for name, value in (("sandboxed", sandboxed), ("seed", run.seed)):
            setting = rf"^c\.TrustedExecute\.{name} = .*$"
            text = re.sub(setting, f"c.TrustedExecute.{name} = {value}", text, flags=re.MULTILINE)
        self.journal.write(path, text)

    def _make_database(self) -> None:
        """nbgrader makes its database in several steps, and a half made one would stay so."""
        path = self.root / "gradebook.db"
        if not path.exists():
            with quiet_nbgrader(), self.journal.replacing(path) as partial:
                partial.unlink(missing_ok=True)
                Gradebook(_database(partial)).close()

    def _add_indexes(self) -> None:
        """To an older gradebook, too."""
        with quiet_nbgrader(), Gradebook(self.database) as gradebook:
            for table, column in _LOOKED_UP.items():
                index = f"{table}_{column} ON {table} ({column})"
                gradebook.db.execute(DDL(f"CREATE INDEX IF NOT EXISTS {index}"))
            gradebook.db.commit()

    def _notebook(self, step: str, result: Result) -> Path:
        return self.root / step / result.student / result.lesson / f"{result.lesson}.ipynb"


def _database(path: Path) -> URL:
    return URL.create("sqlite", database=str(path), query={"timeout": str(_PATIENCE)})


def _state(source: Path) -> str:
    """What a lesson's release is made from."""
    made_by = [source.read_bytes(), Path(release.__file__).read_bytes()]
    made_by.append(nbgrader.__version__.encode())
    return hashlib.sha256(b"\0".join(made_by)).hexdigest()[:16]
