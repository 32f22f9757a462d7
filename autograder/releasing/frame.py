"""What every notebook begins and ends with: a badge that opens it on Google Colab, a cell that
installs the release's bundle there, and at the end the points so far and the way to hand in.

The project's address is one setting, ``Repository`` in ``pyproject.toml``.
"""

import tomllib
from importlib.metadata import metadata
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

import cs_utils

BADGE = "colab-badge"
SET_UP = "colab-set-up"

_PROJECT = Path(cs_utils.__file__).parent.parent
_NAME = "convnet-course"
_GITHUB = "https://github.com/"
_SET_UP = """\
# On Google Colab this installs the course's helper and its data; anywhere else it does nothing.
import sys

if "google.colab" in sys.modules:
    import subprocess

    bundle = "{bundle}"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", bundle]
    if subprocess.run(command).returncode:
        print("The helper could not be installed. Is this runtime connected to the network?")"""

_ENDING = """\
## Where you stand

All exercises with your points so far, and what to do next. The points are kept beside the
notebook and survive a restart of the kernel."""
_HAND_IN = """\
**Hand in.** Save the notebook (Ctrl+S or Cmd+S), put your name or number between the quotes, run
the cell, and submit the file that it names. It tells you first what the grader would miss."""


class AddressError(ValueError):
    """The project's address cannot be used; the text says what to write."""


def add_frame(notebook: NotebookNode, lesson: str) -> None:
    """Put the badge above a lesson's first cell, the installing cell below it, and the ending last.

    Raises AddressError where ``Repository`` in ``pyproject.toml`` is no address on GitHub.
    """
    project = _project()
    badge = new_markdown_cell(_badge(project, lesson), id=BADGE)
    set_up = _locked(_SET_UP.format(bundle=_bundle(project)), SET_UP)
    # Folded: to JupyterLab and to Colab.
    set_up.metadata.update({"jupyter": {"source_hidden": True}, "cellView": "form"})
    title, *lesson_cells = notebook.cells
    notebook.cells = [badge, title, set_up, *lesson_cells, *_ending(lesson)]


def _ending(lesson: str) -> list[NotebookNode]:
    return [
        new_markdown_cell(_ENDING, id="where-you-stand"),
        _locked(f'from cs_utils import hand_in, progress\n\nprogress("{lesson}")', "progress"),
        new_markdown_cell(_HAND_IN, id="hand-in-text"),
        new_code_cell('hand_in("")', id="hand-in"),
    ]


def _locked(source: str, name: str) -> NotebookNode:
    """A code cell that students cannot change."""
    cell = new_code_cell(source, id=name)
    cell.metadata["nbgrader"] = {
        "grade": False,
        "grade_id": name,
        "locked": True,
        "solution": False,
        "schema_version": 3,
        "task": False,
        "cell_type": "code",
    }
    return cell


def _project() -> dict[str, Any]:
    """Version and addresses, from the checkout or, where there is none, as installed."""
    try:
        text = (_PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    except FileNotFoundError:
        installed = metadata(_NAME)
        addresses = installed.get_all("Project-URL") or []
        urls = dict(line.split(", ", 1) for line in addresses)
        return {"version": installed["Version"], "urls": urls}
    return dict(tomllib.loads(text)["project"])


def _badge(project: dict[str, Any], lesson: str) -> str:
    place = _repository(project).removeprefix(_GITHUB)
    link = f"https://colab.research.google.com/github/{place}/blob/{_tag(project)}"
    picture = "https://colab.research.google.com/assets/colab-badge.svg"
    return f"[![Open in Colab]({picture})]({link}/notebooks/{lesson}.ipynb)"


def _bundle(project: dict[str, Any]) -> str:
    """The bundle among a release's files on GitHub: of this version, whatever comes later."""
    return f"{_repository(project)}/releases/download/{_tag(project)}/student_bundle.zip"


def _tag(project: dict[str, Any]) -> str:
    return f"v{project['version']}"


def _repository(project: dict[str, Any]) -> str:
    address = str(project.get("urls", {}).get("Repository", "")).rstrip("/").removesuffix(".git")
    if not address.startswith(_GITHUB) or address.removeprefix(_GITHUB).count("/") != 1:
        raise AddressError(
            "pyproject.toml must say where the course lies on GitHub, as in:\n"
            f'[project.urls]\nRepository = "{_GITHUB}owner/name"'
        )
    return address
