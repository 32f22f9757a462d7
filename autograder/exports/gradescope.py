"""The zip that Gradescope takes as an autograder, one for each notebook: ``setup.sh``,
``run_autograder`` and this package, so that the same code gives the same verdicts there.

Gradescope's form: https://gradescope-autograders.readthedocs.io/en/latest/specs/
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import cs_utils
from autograder.exports.tables import ExportError
from autograder.releasing.release import lesson_sources

_PROJECT = Path(cs_utils.__file__).parent.parent
_FOLDERS = ("autograder", "cs_utils", "solutions", "data")
_FILES = ("pyproject.toml", "constraints.txt", "README.md")
_LONG_AGO = (1980, 1, 1, 0, 0, 0)

_SETUP = """#!/usr/bin/env bash
# Gradescope runs this once, when it builds the container.
set -euo pipefail
root="${AUTOGRADER_ROOT:-/autograder}"
apt-get update -qq
apt-get install -y -qq bubblewrap util-linux software-properties-common
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    add-apt-repository -y ppa:deadsnakes/ppa
    apt-get install -y -qq python3.12 python3.12-venv
    python=python3.12
else
    apt-get install -y -qq python3-venv
    python=python3
fi
"$python" -m venv "$root/venv"
# The wheels for the CPU are a tenth as large as those for a GPU.
"$root/venv/bin/pip" install --quiet --extra-index-url https://download.pytorch.org/whl/cpu \\
    -c "$root/source/constraints.txt" -e "$root/source[lab,grader]"
"""
_RUN = """#!/usr/bin/env bash
# Gradescope runs this for every submission.
root="${{AUTOGRADER_ROOT:-/autograder}}"
cd "$root/source"
exec "${{AUTOGRADER_PYTHON:-$root/venv/bin/python}}" -m autograder.exports.gradescope_run \\
    {lesson} "$root"
"""


def make_zip(lesson: str, out: Path) -> Path:
    """Write the autograder of one notebook for Gradescope to ``out`` and return that.

    Raises ExportError for an unknown notebook.
    """
    known = [path.stem for path in lesson_sources()]
    if lesson not in known:
        raise ExportError(f"There is no notebook {lesson}. There are: {', '.join(known)}.")
    out.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "setup.sh", _SETUP.encode(), 0o755)
        _add(archive, "run_autograder", _RUN.format(lesson=lesson).encode(), 0o755)
        for path in _sources():
            _add(archive, path.relative_to(_PROJECT).as_posix(), path.read_bytes(), 0o644)
        notebook = _PROJECT / "notebooks" / f"{lesson}.ipynb"
        _add(archive, f"notebooks/{lesson}.ipynb", notebook.read_bytes(), 0o644)
    return out


def _sources() -> Iterator[Path]:
    yield from (_PROJECT / name for name in _FILES if (_PROJECT / name).exists())
    for name in _FOLDERS:
        for path in sorted((_PROJECT / name).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def _add(archive: zipfile.ZipFile, name: str, content: bytes, mode: int) -> None:
    entry = zipfile.ZipInfo(name, _LONG_AGO)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = (0o100000 | mode) << 16
    archive.writestr(entry, content)
