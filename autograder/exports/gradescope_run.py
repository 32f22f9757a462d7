"""What ``run_autograder`` does in Gradescope's container: grades the submission as ``autograder
grade`` does and writes ``results.json``.

    python -m autograder.exports.gradescope_run NOTEBOOK ROOT

ROOT holds ``submission/`` and gets ``results/results.json``, as Gradescope's ``/autograder`` does.
"""

import json
import sys
from html import escape
from pathlib import Path
from typing import Any

import nbformat

from autograder.collecting.collect import collect_student
from autograder.grading import Result, Row, Task, grade_hand_in
from autograder.judging.verdict import CHECK_PREFIX, fresh_seed
from autograder.kernels.sandbox import SandboxError, isolation_in_words
from cs_utils.verdicts import CORRECT

_PROJECT = Path(__file__).parents[2]
_BARE = (
    "bubblewrap cannot run in this container ({reason}). The submitted code ran with the grader's"
    " own rights: it is kept from changing scores by where they are decided, but nothing keeps it"
    " from reading or changing this container's files. Look at high scores before you publish them."
)


def run(lesson: str, root: Path) -> Path:
    """Grade the submission in ``root`` and return the path of the results.

    The cases are drawn anew for each submission.
    """
    try:
        isolation, is_bare = isolation_in_words(), False
    except SandboxError as error:
        isolation, is_bare = _BARE.format(reason=error), True
    hand_in = collect_student(root / "submission", lesson)
    task = Task(
        student=hand_in.student,
        lesson=lesson,
        files=tuple((path.name, path.read_bytes()) for path in hand_in.files),
        remarks=tuple(hand_in.remarks),
        release=(_PROJECT / "notebooks" / f"{lesson}.ipynb").read_text(encoding="utf-8"),
        seed=fresh_seed(),
        sandboxed=not is_bare,
    )
    results = results_of(grade_hand_in(task), isolation)
    path = root / "results" / "results.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1), encoding="utf-8")
    return path


def results_of(result: Result, isolation: str) -> dict[str, Any]:
    """The results as Gradescope reads them: a test for each exercise with its hints, and one that
    instructors alone see, which says how the code was kept apart."""
    reports = _reports(result)
    tests = [_test(row, reports.get(row.exercise, "")) for row in result.rows]
    hidden = {
        "name": "how the code was run",
        "score": 0,
        "max_score": 0,
        "output": "\n".join(filter(None, (isolation, result.error))),
        "output_format": "text",
        "visibility": "hidden",
    }
    return {
        "tests": [*tests, hidden],
        "output": "\n".join(result.remarks),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "execution_time": round(result.seconds, 1),
        "extra_data": {"seed": str(result.seed), "isolation": isolation},
    }


def _test(row: Row, report: str) -> dict[str, Any]:
    return {
        "name": row.exercise,
        "score": row.score,
        "max_score": row.max_score,
        "status": "passed" if row.verdict == CORRECT else "failed",
        "output": report or escape(f"{row.verdict}: {row.reason}"),
        "output_format": "html",
        "visibility": "visible",
    }


def _reports(result: Result) -> dict[str, str]:
    """The reports in the notebook's check cells, free of the secret cases' values."""
    if not result.autograded:
        return {}
    reports = {}
    for cell in nbformat.reads(result.autograded, as_version=4).cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if name.startswith(CHECK_PREFIX):
            html = [output.get("data", {}).get("text/html", "") for output in cell.outputs]
            reports[name.removeprefix(CHECK_PREFIX)] = "".join(html)
    return reports


if __name__ == "__main__":
    print(run(sys.argv[1], Path(sys.argv[2])))
