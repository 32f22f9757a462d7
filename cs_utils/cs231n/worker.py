"""The process that a student's file is run and checked in: ``python -m cs_utils.cs231n.worker``.

It writes a line of JSON for each thing it does; what the file prints goes nowhere.
"""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from cs_utils.checks import check_exercise
from cs_utils.cs231n import find, forms
from cs_utils.cs231n.loading import Loaded, UnreadableFileError, load
from cs_utils.cs231n.old_numpy import old_names, today
from cs_utils.language import _
from cs_utils.reports import text_report
from cs_utils.verdicts import CORRECT, Verdict, best


def checked(loaded: Loaded, name: str) -> dict[str, Any]:
    """The verdict on one function of the file, as plain data with its report."""
    verdicts: list[Verdict] = []
    with old_names(loaded.filename) as used:
        for exercise in forms(name):
            verdicts.append(check_exercise(exercise, loaded.namespace, find=find))
            if verdicts[-1].status == CORRECT:
                break
    verdict = best(verdicts)
    notes = _old_names_in_words([*loaded.old, *used])
    return {
        "function": name,
        "score": verdict.score,
        "max_score": verdict.max_score,
        "verdict": verdict.status,
        "hints": list(verdict.hints),
        "notes": notes,
        "report": "\n".join([text_report(verdict), *notes]),
    }


def _old_names_in_words(used: Sequence[str]) -> list[str]:
    text = _(
        "np.{old} is gone from today's NumPy: write {new}. "
        "It was put back here, so it cost nothing."
    )
    return [text.format(old=old, new=today(old)) for old in dict.fromkeys(used)]


def limit_memory(gibibytes: float) -> None:
    """At most this much memory for this process, where the system can hold it to that."""
    try:
        import resource
    except ImportError:
        return
    limit = int(gibibytes * 2**30)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def main() -> None:
    """Arguments: the file, the memory in GiB, the functions to check."""
    path, memory, *functions = sys.argv[1:]
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # On the level of the system: what C code prints goes there, too.
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    limit_memory(float(memory))
    import torch

    torch.set_num_threads(1)
    _say(answers, {"ready": True})
    try:
        loaded = load(Path(path))
    except UnreadableFileError as error:
        _say(answers, {"unreadable": str(error)})
        return
    _say(answers, {"loaded": list(dict.fromkeys(loaded.missing))})
    for name in functions:
        _say(answers, {"started": name})
        _say(answers, {"result": checked(loaded, name)})


def _say(answers: TextIO, message: dict[str, Any]) -> None:
    answers.write(json.dumps(message) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
