"""Writes results into nbgrader's gradebook: what ``nbgrader autograde`` would write, over one
connection for the whole class and in one transaction for each hand-in.

nbgrader's own preprocessors decide the values; what they look up one by one is loaded at once.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.api import (
    Assignment,
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.preprocessors import AssignLatePenalties, LimitOutput, SaveAutoGrades
from nbgrader.utils import is_grade, parse_utc
from sqlalchemy import URL

from autograder.collecting import roster
from autograder.grading import Result
from autograder.releasing.release import quiet_nbgrader
from autograder.results.assignments import fill


class Recorder(AbstractContextManager["Recorder"]):
    """An open gradebook; use it with ``with``.

    students: the roster; who is not on it is called by the id.
    """

    def __init__(self, database: URL, students: Mapping[str, roster.Student]) -> None:
        self._students = students
        self._open = ExitStack()
        self._open.enter_context(quiet_nbgrader())
        self._gradebook = self._open.enter_context(Gradebook(database))
        self._session = self._gradebook.db
        self._late = AssignLatePenalties()
        self._late.init_plugin()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def record(self, result: Result, timestamp: Path) -> NotebookNode | None:
        """Write a result's scores and nbgrader's own comments; manual scores and comments stay.

        timestamp: the file in which nbgrader's exchange keeps when this was handed in, if it is
            there. Returns the notebook as nbgrader keeps it, None where nothing was handed in.
        """
        try:
            student = self._student(result.student)
            notebook = None
            if result.autograded:
                notebook = self._record_notebook(result, student, timestamp)
            self._session.commit()
        except BaseException:
            self._session.rollback()
            raise
        finally:
            # The gradebook's rows are kept for this hand-in only.
            self._session.remove()
        return notebook

    def name_students(self) -> None:
        """Give everybody on the roster who has a row already the roster's names."""
        for name in self._students:
            if self._session.get(Student, name) is not None:
                self._student(name)
        self._session.commit()
        self._session.remove()

    def manual_scores(self, student: str, lesson: str) -> dict[str, float]:
        """What a person gave, by the names of check cells."""
        found = (
            self._session.query(GradeCell.name, Grade.manual_score)
            .join(Grade, Grade.cell_id == GradeCell.id)
            .join(SubmittedNotebook, SubmittedNotebook.id == Grade.notebook_id)
            .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
            .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
            .filter(
                Assignment.name == lesson,
                SubmittedAssignment.student_id == student,
                Grade.manual_score.is_not(None),
            )
        )
        return dict(found.all())

    def _student(self, name: str) -> Student:
        """The student's row; a name that a person gave there stays, but for the roster's."""
        student = self._session.get(Student, name)
        if student is None:
            student = Student(id=name)
            self._session.add(student)
        known = self._students.get(name)
        if known is not None or (student.first_name is None and student.last_name is None):
            for column, value in (known or roster.Student(name)).names.items():
                setattr(student, column, value)
        return student

    def _record_notebook(self, result: Result, student: Student, timestamp: Path) -> NotebookNode:
        notebook = nbformat.reads(result.autograded, as_version=4)
        notebook, _resources = LimitOutput().preprocess(notebook, {})
        submission = self._submission(result.lesson, student)
        if timestamp.exists():
            submission.timestamp = parse_utc(timestamp.read_text(encoding="utf-8").strip())
        (submitted,) = (one for one in submission.notebooks if one.name == result.lesson)
        _save_scores(notebook, submitted)
        self._session.flush()
        self._penalise(submission, submitted)
        return notebook

    def _submission(self, lesson: str, student: Student) -> SubmittedAssignment:
        """The student's submission of the lesson with a place for each grade and comment."""
        assignment = self._session.query(Assignment).filter_by(name=lesson).one()
        submission = (
            self._session.query(SubmittedAssignment)
            .filter_by(assignment_id=assignment.id, student_id=student.id)
            .one_or_none()
        )
        if submission is None:
            submission = SubmittedAssignment(assignment=assignment, student=student)
            self._session.add(submission)
            for notebook in assignment.notebooks:
                submission.notebooks.append(SubmittedNotebook(notebook=notebook))
                fill(submission.notebooks[-1], notebook)
            self._session.flush()
        return submission

    def _penalise(self, submission: SubmittedAssignment, submitted: SubmittedNotebook) -> None:
        """nbgrader's late penalty, as its plugin has it."""
        submitted.late_submission_penalty = None
        late = submission.total_seconds_late
        if late > 0:
            plugin = self._late.plugin_inst
            penalty = plugin.late_submission_penalty(submission.student_id, submitted.score, late)
            if penalty is not None:
                penalty = self._late._check_late_penalty(submitted, penalty)
            submitted.late_submission_penalty = penalty


class _Loaded:
    """Stands where a preprocessor has its gradebook: finds what was loaded, and commits nothing."""

    def __init__(self, submitted: SubmittedNotebook) -> None:
        self.grades = {grade.name: grade for grade in submitted.grades}
        self.comments = {comment.name: comment for comment in submitted.comments}
        self.db = self

    def find_grade(self, name: str, *_place: str) -> Grade:
        return self.grades[name]

    def find_comment(self, name: str, *_place: str) -> Comment:
        return self.comments[name]

    def commit(self) -> None:
        """The hand-in is committed as a whole."""


def _save_scores(notebook: NotebookNode, submitted: SubmittedNotebook) -> None:
    """nbgrader's own SaveAutoGrades on every cell. A manual score is marked for another look where
    the automatic one changed under it."""
    saver: Any = SaveAutoGrades()
    saver.gradebook = _Loaded(submitted)
    saver.notebook_id = saver.assignment_id = submitted.name
    saver.student_id = submitted.student.id
    before = {
        name: (one.auto_score, one.needs_manual_grade)
        for name, one in saver.gradebook.grades.items()
    }
    for index, cell in enumerate(notebook.cells):
        saver.preprocess_cell(cell, {}, index)
        if is_grade(cell):
            grade = saver.gradebook.grades[cell.metadata.nbgrader.grade_id]
            score, needed = before[grade.name]
            if score is not None and score == grade.auto_score:
                grade.needs_manual_grade = needed
