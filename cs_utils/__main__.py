"""``python -m cs_utils layers.py [--json]``: checks layers written for CS231n's assignments."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cs_utils.cs231n import names
from cs_utils.cs231n.loading import UnreadableFileError, functions_of, parse
from cs_utils.cs231n.supervision import Limits, check_file
from cs_utils.language import _
from cs_utils.verdicts import CORRECT

_SHOWN = ("function", "score", "max_score", "verdict", "hints", "notes")


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the file that is named. Returns the exit status: 0 where all is right, 1 where
    something is wrong, 2 for a file that cannot be read."""
    given = _parser().parse_args(arguments)
    path = Path(given.file)
    limits = Limits(seconds=given.seconds, gibibytes=given.memory)
    results: list[dict[str, Any]] = []
    try:
        functions = functions_of(parse(path)[0])
        if not functions:
            raise UnreadableFileError(_no_functions(path))
        for result in check_file(path, functions, limits):
            results.append(result)
            if not given.json:
                print(result["report"], end="\n\n", flush=True)
    except UnreadableFileError as error:
        print(error, file=sys.stderr)
        return 2
    if given.json:
        print(json.dumps([{key: one[key] for key in _SHOWN} for one in results], indent=2))
    else:
        print(_summary(results))
    return 0 if all(one["verdict"] == CORRECT for one in results) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m cs_utils",
        description=_(
            "Checks layers written for CS231n's assignments: points, hints, and the smallest "
            "case that fails, for every function of the file that has a known name."
        ),
        epilog=_(
            "Exit status: 0 all right, 1 something wrong, 2 the file cannot be read. "
            "The file is run in a process of its own, with your rights: run only code you trust."
        ),
    )
    parser.add_argument("file", help=_("a Python file, as layers.py or optim.py"))
    parser.add_argument("--json", action="store_true", help=_("a list of objects instead of text"))
    parser.add_argument(
        "--seconds",
        type=float,
        default=60,
        help=_("time for running the file, and for each function (60)"),
    )
    parser.add_argument(
        "--memory", type=float, default=4, help=_("memory for the file's process, in GiB (4)")
    )
    return parser


def _no_functions(path: Path) -> str:
    text = _("{path} defines no function that can be checked. Known are: {names}.")
    return text.format(path=path, names=", ".join(names()))


def _summary(results: Sequence[dict[str, Any]]) -> str:
    right = sum(one["verdict"] == CORRECT for one in results)
    text = _("{right} of {total} functions are right; {score:g} of {points:g} points.")
    return text.format(
        right=right,
        total=len(results),
        score=sum(one["score"] for one in results),
        points=sum(one["max_score"] for one in results),
    )


if __name__ == "__main__":
    sys.exit(main())
