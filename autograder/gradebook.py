"""The course folder that grading fills: nbgrader's gradebook, notebooks and feedback, and the
results beside them. One process writes it; formgrader opens on it."""

import json
import shutil
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import (
    AssignLatePenalties,
    LimitOutput,
    NbGraderPreprocessor,
    SaveAutoGrades,
)
from traitlets.config import Config

from autograder.grading import Result
from autograder.release import STUB, course_config, make_course, quiet_nbgrader
from autograder.report import write_grades

_MARK = "nbgrader_config.py"
_CONFIG = '''"""nbgrader's settings for this course folder."""

c = get_config()
c.ClearSolutions.code_stub = {{"python": "{stub}"}}
c.Autograde.sanitize_preprocessors = [
    "nbgrader.preprocessors.ClearOutput",
    "autograder.execute.RepairCells",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "autograder.execute.TrustedExecute",
    "nbgrader.preprocessors.IgnorePattern",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.TrustedExecute.sandboxed = {sandboxed}
# The secret that the cases were drawn from: with it, nbgrader's scores are those of grades.csv.
c.TrustedExecute.seed = {seed}
c.ExportApp.plugin_class = "nbgrader.plugins.CsvExportPlugin"
c.CsvExportPlugin.to = "nbgrader_grades.csv"
'''


class CourseFolderError(ValueError):
    """The folder cannot be used for results; the text says why and what to do."""


class GradedNotebook(NbGraderPreprocessor):
    """Stands where nbgrader would execute: hands over the notebook that was graded already."""

    graded: NotebookNode | None = None

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Returns the notebook set for this conversion."""
        assert GradedNotebook.graded is not None
        return GradedNotebook.graded, resources


class CourseFolder:
    """An nbgrader course folder for the results of grading.

    Raises CourseFolderError for a folder that holds something else.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        if self.root.exists() and not self.root.is_dir():
            raise CourseFolderError(f"{root} is a file. Name a folder for the results.")
        if self.root.exists() and any(self.root.iterdir()) and not (self.root / _MARK).exists():
            raise CourseFolderError(
                f"{root} holds other files. Name an empty or a new folder, or one graded before."
            )

    def prepare(self, lessons: Iterable[str], seed: int, sandboxed: bool) -> None:
        """Write the settings, the lessons' source and release, and the assignments."""
        self.root.mkdir(parents=True, exist_ok=True)
        settings = _CONFIG.format(stub=STUB, seed=seed, sandboxed=sandboxed)
        (self.root / _MARK).write_text(settings, encoding="utf-8")
        make_course(self.root, lessons)

    def release(self, lesson: str) -> Path:
        """The release notebook of a lesson."""
        return self.root / "release" / lesson / f"{lesson}.ipynb"

    def keep_originals(self, student: str, lesson: str, files: Iterable[Path]) -> None:
        """Keep what was handed in, byte for byte, beside the repaired notebook."""
        for file in files:
            if file.is_file():
                target = self.root / "originals" / student / lesson / file.name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)

    def record(self, result: Result) -> None:
        """Write one result: to the gradebook, as notebooks, as feedback and as plain data."""
        with quiet_nbgrader():
            if result.submitted:
                self._write(self._notebook("submitted", result), result.submitted)
                self._autograde(result)
            else:
                with Gradebook(self._config(result).CourseDirectory.db_url) as gradebook:
                    gradebook.update_or_create_student(result.student)
        if result.feedback:
            page = self.root / "feedback" / result.student / f"{result.lesson}.html"
            self._write(page, result.feedback)
        stored = asdict(result)
        for bulky in ("submitted", "autograded", "feedback"):
            del stored[bulky]
        path = self.root / "results" / result.student / f"{result.lesson}.json"
        self._write(path, json.dumps(stored, indent=1, ensure_ascii=False))

    def write_grades(self, results: Iterable[Result]) -> Path:
        """Write ``grades.csv`` and return its path."""
        path = self.root / "grades.csv"
        write_grades(path, results)
        return path

    def _autograde(self, result: Result) -> None:
        """nbgrader's own conversion, with the graded notebook in place of an execution."""
        config = self._config(result)
        GradedNotebook.graded = nbformat.reads(result.autograded, as_version=4)
        Autograde(coursedir=CourseDirectory(config=config), config=config).start()

    def _config(self, result: Result) -> Config:
        config = course_config(self.root, result.lesson)
        config.CourseDirectory.student_id = result.student
        config.CourseDirectory.db_url = f"sqlite:///{self.root / 'gradebook.db'}"
        config.Autograde.force = True
        config.Autograde.sanitize_preprocessors = []
        config.Autograde.autograde_preprocessors = [
            GradedNotebook,
            LimitOutput,
            SaveAutoGrades,
            AssignLatePenalties,
        ]
        return config

    def _notebook(self, step: str, result: Result) -> Path:
        return self.root / step / result.student / result.lesson / f"{result.lesson}.ipynb"

    @staticmethod
    def _write(path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
