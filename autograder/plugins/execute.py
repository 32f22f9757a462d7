"""What nbgrader's own ``autograde`` and formgrader's button use: the same repair and the same
trusted verdict as ``autograder grade``, as nbgrader preprocessors."""

from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.manager import KernelManager
from nbformat import NotebookNode
from nbgrader.preprocessors import Execute, NbGraderPreprocessor
from traitlets import Bool, Integer

from autograder.judging.verdict import fresh_seed, grade_notebook
from autograder.kernels.sandbox import require_sandbox
from autograder.repairing.repair import repair
from cs_utils.exercises import lesson_exercises


class RepairCells(NbGraderPreprocessor):
    """Matches a hand-in's cells to the release before nbgrader looks at them."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """nbgrader converts with the course folder as its working folder."""
        lesson = resources["nbgrader"]["notebook"]
        release = Path("release") / resources["nbgrader"]["assignment"] / f"{lesson}.ipynb"
        if not lesson_exercises(lesson) or not release.exists():
            return nb, resources
        repaired = repair(nb, nbformat.read(release, as_version=4))
        for text in repaired.repairs:
            self.log.warning("%s: %s", lesson, text)
        return repaired.notebook, resources


class TrustedExecute(Execute):
    """nbgrader's Execute, except that scores are decided outside the student's kernel.

    Notebooks that are no lesson of the course are executed as nbgrader does it.
    """

    sandboxed = Bool(True, help="Run the kernel inside bubblewrap.").tag(config=True)
    seed = Integer(
        None, allow_none=True, help="Draw the cases from this seed; a fresh secret one by default."
    ).tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: Any = None, km: KernelManager | None = None
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Execute the notebook and write its verdicts into the check cells."""
        lesson = resources["nbgrader"]["notebook"]
        if not lesson_exercises(lesson):
            return super().preprocess(nb, resources, km)
        if self.sandboxed:
            require_sandbox()
        seed = fresh_seed() if self.seed is None else self.seed
        grading = grade_notebook(nb, lesson, seed, self.sandboxed)
        return grading.notebook, resources
