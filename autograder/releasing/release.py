"""What students get: the notebooks, made from ``solutions/`` by nbgrader's own preprocessors, and a
bundle with no solution and no grader in it."""

import logging
import shutil
import tempfile
import tomllib
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import jupytext
import nbformat
import nbgrader
from alembic.script import ScriptDirectory
from nbformat import NotebookNode
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import SAWarning
from traitlets.config import Config

import cs_utils
import solutions
from autograder.judging.verdict import CHECK_PREFIX
from autograder.releasing.frame import AddressError, add_frame
from cs_utils.exercises import lesson_exercises

STUB = "raise NotImplementedError"
BUNDLE = "student_bundle.zip"

_SOLUTIONS = Path(solutions.__file__).parent
_PROJECT = Path(cs_utils.__file__).parent.parent
_KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
_BUNDLED = ("data", "cs_utils")
_STUDENT_README = Path(__file__).parent / "student_readme.md"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


class ReleaseError(ValueError):
    """A lesson's source does not agree with its exercises; the text says where."""


def lesson_sources() -> list[Path]:
    """The lessons' sources, in order."""
    return sorted(_SOLUTIONS.glob("[0-9]*.py"))


def source_notebook(path: Path) -> NotebookNode:
    """The solved notebook with nbgrader's metadata, its cell ids taken from the cells' names.

    Raises ReleaseError where a cell has no name of its own, or where check cells and exercises
    differ.
    """
    notebook = jupytext.read(path)
    notebook.metadata = NotebookNode(kernelspec=_KERNEL, language_info={"name": "python"})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen: set[str] = set()
    for cell in notebook.cells:
        name = cell.metadata.pop("name", "")
        if not name or name in seen:
            first = cell.source.splitlines()[:1]
            raise ReleaseError(f"{path.name}: a cell needs a name of its own: {first} ({name!r})")
        seen.add(name)
        cell.id = name
        cell.metadata.pop("lines_to_next_cell", None)
    _compare_with_exercises(path, notebook)
    try:
        add_frame(notebook, path.stem)
    except AddressError as error:
        raise ReleaseError(str(error)) from error
    return notebook


def _compare_with_exercises(path: Path, notebook: NotebookNode) -> None:
    marks = [cell.metadata.get("nbgrader", {}) for cell in notebook.cells]
    found = {
        mark["grade_id"].removeprefix(CHECK_PREFIX): float(mark["points"])
        for mark in marks
        if mark.get("grade")
    }
    wanted = {exercise.name: float(exercise.points) for exercise in lesson_exercises(path.stem)}
    if found != wanted or list(found) != list(wanted):
        different = sorted(set(found.items()) ^ set(wanted.items())) or "their order"
        raise ReleaseError(f"{path.name}: check cells and exercises differ in {different}")


def make_course(root: Path, lessons: Iterable[str] | None = None, database: bool = True) -> None:
    """Fill an nbgrader course folder: ``source/``, ``release/`` and the gradebook's assignments.

    lessons: names; all of them by default.
    """
    for path in lesson_sources():
        if lessons is not None and path.stem not in lessons:
            continue
        target = root / "source" / path.stem / f"{path.stem}.ipynb"
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(source_notebook(path), target)
        config = course_config(root, path.stem)
        config.GenerateAssignment.no_database = not database
        config.SaveCells.enabled = database
        config.GenerateAssignment.force = True
        with quiet_nbgrader():
            GenerateAssignment(coursedir=CourseDirectory(config=config), config=config).start()


def course_config(root: Path, lesson: str) -> Config:
    """nbgrader's configuration for one lesson of the course folder."""
    config = Config()
    config.CourseDirectory.root = str(root.resolve())
    config.CourseDirectory.assignment_id = lesson
    config.ClearSolutions.code_stub = {"python": STUB}
    return config


@contextmanager
def quiet_nbgrader() -> Iterator[None]:
    """nbgrader tells each of its steps; only its errors matter here, and they are raised.

    Raises NbGraderException with all that nbgrader had to say about it.
    """
    records: list[str] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: records.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("traitlets")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), patch("nbgrader.api.get_alembic_version", _schema_version):
            # Its models are older than the SQLAlchemy that it admits.
            warnings.simplefilter("ignore", SAWarning)
            yield
    except NbGraderException as error:
        raise NbGraderException("\n".join([*records, str(error)])) from error
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def _schema_version() -> str:
    """What nbgrader asks the command ``alembic`` for when it makes a database, without the seconds
    that another process takes."""
    scripts = ScriptDirectory(str(Path(nbgrader.__file__).parent / "alembic"))
    return scripts.get_current_head() or ""


def release(out: Path) -> tuple[list[Path], Path]:
    """Write ``out/notebooks/`` and the student bundle; returns the notebooks and the bundle."""
    with tempfile.TemporaryDirectory() as folder:
        make_course(Path(folder), database=False)
        written = []
        for path in lesson_sources():
            target = out / "notebooks" / f"{path.stem}.ipynb"
            target.parent.mkdir(parents=True, exist_ok=True)
            made = Path(folder) / "release" / path.stem / f"{path.stem}.ipynb"
            _write(nbformat.read(made, as_version=4), target)
            written.append(target)
    return written, make_bundle(out, written)


def make_bundle(out: Path, notebooks: Iterable[Path]) -> Path:
    """The zip that students get: notebooks, ``cs_utils``, data, and how to install them."""
    bundle = out / BUNDLE
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED) as archive:

        def add(name: str, content: bytes) -> None:
            entry = zipfile.ZipInfo(f"convnet_course/{name}", _LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)

        for notebook in notebooks:
            add(f"notebooks/{notebook.name}", notebook.read_bytes())
        for path in _bundled_files():
            add(path.relative_to(_PROJECT).as_posix(), path.read_bytes())
        add("README.md", _STUDENT_README.read_bytes())
        add("pyproject.toml", student_pyproject().encode())
        add("setup.py", (_PROJECT / "setup.py").read_bytes())
        add("environment.yml", student_environment().encode())
    return bundle


def student_pyproject() -> str:
    """A ``pyproject.toml`` for the bundle: the project's own without grader and tests."""
    project = tomllib.loads((_PROJECT / "pyproject.toml").read_text())["project"]

    def listed(packages: list[str]) -> str:
        return "".join(f'    "{package}",\n' for package in packages)

    return (
        '[build-system]\nrequires = ["setuptools>=77"]\nbuild-backend = "setuptools.build_meta"\n\n'
        f'[project]\nname = "{project["name"]}"\nversion = "{project["version"]}"\n'
        f'description = "{project["description"]}"\n'
        f'requires-python = "{project["requires-python"]}"\n'
        f"dependencies = [\n{listed(project['dependencies'])}]\n\n"
        "[project.optional-dependencies]\n"
        f"lab = [\n{listed(project['optional-dependencies']['lab'])}]\n"
    )


def student_environment() -> str:
    """An ``environment.yml`` for the bundle: the project's own up to the grader's packages."""
    text = (_PROJECT / "environment.yml").read_text()
    kept, _grader, _rest = text.partition("  # grader\n")
    return kept


def _bundled_files() -> list[Path]:
    files: list[Path] = []
    for name in _BUNDLED:
        path = _PROJECT / name
        files += [path] if path.is_file() else sorted(path.rglob("*"))
    return [path for path in files if path.is_file() and "__pycache__" not in path.parts]


def _write(notebook: NotebookNode, path: Path) -> None:
    partial = path.with_suffix(".part")
    nbformat.write(notebook, partial)
    shutil.move(partial, path)
