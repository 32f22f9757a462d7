"""nbgrader's own late penalty: with this plugin ``nbgrader autograde`` and formgrader take off what
``autograder grade`` takes off."""

from pathlib import Path

from nbgrader.plugins.latesubmission import LateSubmissionPlugin

from autograder.results.totals import stored_penalty


class LatePenalty(LateSubmissionPlugin):
    """Looks the penalty up in ``totals.csv``; nbgrader runs with the course folder as its working
    folder."""

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        """The points lost, None for none."""
        lesson = getattr(self.parent, "assignment_id", "")
        return stored_penalty(Path(), student_id, lesson)
