"""The ``autograder`` command."""

import os
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console


class Device(StrEnum):
    """Where the references of PyTorch exercises are computed."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Release the course's notebooks and grade what comes back.",
)
_console = Console()
_errors = Console(stderr=True)

_Notebook = Annotated[str | None, typer.Option(help="Grade this notebook only.")]
_Jobs = Annotated[int, typer.Option(help="Hand-ins graded at a time.", min=1)]
_Dask = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Grade on the Dask cluster with this scheduler, such as tcp://host:8786. Its workers"
        " need this package and bubblewrap.",
    ),
]
_Sandbox = Annotated[
    bool, typer.Option(help="Run students' code inside bubblewrap. Without it, trust them.")
]
_Device = Annotated[
    Device, typer.Option(help="Where the references of PyTorch exercises are computed.")
]
_Roster = Annotated[
    Path | None,
    typer.Option(
        help="The class list, a CSV file with the columns id, first_name, last_name, email,"
        " lms_user_id: names for the gradebook, and a row for who handed nothing in."
    ),
]
_Rules = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="A TOML file that says when notebooks are due and what being late costs. It is kept"
        " as course.toml in the course folder.",
    ),
]
_CORES = os.cpu_count() or 1
_GO_ON = "What is graded is kept: the same command goes on from here."


@app.command("release")
def release_command(
    out: Annotated[Path, typer.Option(help="Where notebooks/ and the student bundle go.")] = Path(),
) -> None:
    """Make the students' notebooks from solutions/, and the bundle to hand out."""
    from autograder.releasing.release import ReleaseError, release

    try:
        notebooks, bundle = release(out)
    except ReleaseError as error:
        _fail(error)
    for notebook in notebooks:
        _console.print(f"wrote {notebook}")
    _console.print(f"wrote {bundle}")


@app.command("grade")
def grade_command(
    submissions: Annotated[
        Path, typer.Argument(help="The folder of hand-ins, or an LMS's zip of them.")
    ],
    out: Annotated[Path, typer.Option(help="The course folder that the results go to.")],
    notebook: _Notebook = None,
    jobs: _Jobs = _CORES,
    dask: _Dask = None,
    roster: _Roster = None,
    config: _Rules = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Grade all hand-ins again, with a new secret seed.")
    ] = False,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=2**63 - 1,
            help="Draw the cases of a new run from this seed, to compare runs. Whoever knows it"
            " knows the cases, so leave it out to grade; it is kept in run.json.",
        ),
    ] = None,
    sandbox: _Sandbox = True,
    device: _Device = Device.auto,
) -> None:
    """Grade a class: every hand-in gets a verdict and a reason for every exercise.

    In a folder graded before, what is new or changed is graded. What was interrupted goes on.
    """
    from autograder.runs import Options, grade

    options = Options(notebook, jobs, dask, roster, config, fresh, seed, sandbox, device.value)
    _end(lambda: grade(submissions, out, options, _console))


@app.command("regrade")
def regrade_command(
    out: Annotated[Path, typer.Argument(help="The course folder with the results.")],
    notebook: _Notebook = None,
    jobs: _Jobs = _CORES,
    dask: _Dask = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Draw the cases from a new secret seed.")
    ] = False,
    sandbox: _Sandbox = True,
    device: _Device = Device.auto,
) -> None:
    """Grade the kept hand-ins again after a check was mended, and show which scores that changed.

    The cases are the same as before. Grades and comments given by hand stay.
    """
    from autograder.runs import Options, regrade

    options = Options(notebook, jobs, dask, None, None, fresh, None, sandbox, device.value)
    _end(lambda: regrade(out, options, _console))


@app.command("export")
def export_command(
    out: Annotated[Path, typer.Argument(help="The course folder with the results.")],
    canvas: Annotated[Path | None, typer.Option(help="Write a gradebook for Canvas.")] = None,
    moodle: Annotated[
        Path | None, typer.Option(help="Write a grading worksheet for Moodle, of one notebook.")
    ] = None,
    fill: Annotated[
        Path | None,
        typer.Option(help="Fill this file, which Canvas or Moodle exported, with the points."),
    ] = None,
    roster: _Roster = None,
    notebook: Annotated[str | None, typer.Option(help="Export this notebook only.")] = None,
) -> None:
    """Write the points, less what being late costs, for an LMS's gradebook."""
    from autograder.exports.lms import export
    from autograder.exports.tables import ExportError
    from autograder.runs import UNUSABLE

    try:
        remarks = export(out, canvas, moodle, fill, roster, notebook)
    except (ExportError, *UNUSABLE) as error:
        _fail(error)
    for line in [*remarks, *(f"wrote {path}" for path in (canvas, moodle) if path)]:
        _console.print(line, markup=False, highlight=False, soft_wrap=True)


@app.command("report")
def report_command(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="The course folder with the results.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="The page to write; class_report.html in DIR by default.")
    ] = None,
) -> None:
    """Write a page on what the class misunderstood: scores, exercises, mistakes, odd ones out."""
    from autograder.class_report import ReportError, write_report

    try:
        path = write_report(directory, out)
    except ReportError as error:
        _fail(error)
    _console.print(f"wrote {path}", markup=False, highlight=False, soft_wrap=True)


@app.command("gradescope")
def gradescope_command(
    notebook: Annotated[str, typer.Argument(help="The notebook's name.")],
    out: Annotated[Path, typer.Option(help="The zip to write.")],
) -> None:
    """Make the autograder zip of a notebook for Gradescope."""
    from autograder.exports.gradescope import make_zip
    from autograder.exports.tables import ExportError

    try:
        path = make_zip(notebook, out)
    except ExportError as error:
        _fail(error)
    _console.print(f"wrote {path}", markup=False, highlight=False, soft_wrap=True)


@app.command("sandbox")
def sandbox_command(
    install: Annotated[bool, typer.Option("--install", help="Install it where it is missing.")] = (
        False
    ),
) -> None:
    """Say whether students' code can be run inside bubblewrap here, or how to make it so."""
    from autograder.kernels.sandbox import SandboxError, install_sandbox, isolation_in_words

    try:
        if install:
            install_sandbox()
        isolation = isolation_in_words()
    except SandboxError as error:
        _fail(error)
    _console.print(f"The sandbox works: {isolation}.", markup=False, highlight=False)


def _end(work: Callable[[], list[str]]) -> NoReturn:
    """Do the work and end with its status.

    work: returns what the grader itself failed on, in words.
    """
    from autograder.runs import UNUSABLE, StoppedError

    try:
        failures = work()
    except UNUSABLE as error:
        _fail(error)
    except StoppedError as error:
        _errors.print(f"{error} {_GO_ON}", markup=False, highlight=False, soft_wrap=True)
        _leave(3)
    except KeyboardInterrupt:
        _errors.print(f"Stopped. {_GO_ON}", markup=False, highlight=False, soft_wrap=True)
        _leave(130)
    for failure in failures:
        _errors.print(failure, markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(1 if failures else 0)


def _leave(status: int) -> NoReturn:
    """End at once, without waiting for workers; they end with this process."""
    sys.stdout.flush()
    os._exit(status)


def _fail(error: Exception) -> NoReturn:
    """Say in a line what cannot be done, and end as for unusable arguments."""
    _errors.print(str(error), markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(2) from None


def main() -> None:
    """Entry point of the ``autograder`` command."""
    app()


if __name__ == "__main__":
    main()
