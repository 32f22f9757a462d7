"""The ``autograder`` command."""

import os
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


@app.command("release")
def release_command(
    out: Annotated[Path, typer.Option(help="Where notebooks/ and the student bundle go.")] = Path(),
) -> None:
    """Make the students' notebooks from solutions/, and the bundle to hand out."""
    from autograder.release import ReleaseError, release

    try:
        notebooks, bundle = release(out)
    except ReleaseError as error:
        _fail(error)
    for notebook in notebooks:
        _console.print(f"wrote {notebook}")
    _console.print(f"wrote {bundle}")


@app.command("grade")
def grade_command(
    submissions: Annotated[Path, typer.Argument(help="The folder of hand-ins.")],
    out: Annotated[Path, typer.Option(help="The course folder that the results go to.")],
    notebook: Annotated[str | None, typer.Option(help="Grade this notebook only.")] = None,
    jobs: Annotated[int, typer.Option(help="Hand-ins graded at a time.", min=1)] = (
        os.cpu_count() or 1
    ),
    sandbox: Annotated[
        bool, typer.Option(help="Run students' code inside bubblewrap. Without it, trust them.")
    ] = True,
    device: Annotated[
        Device, typer.Option(help="Where the references of PyTorch exercises are computed.")
    ] = Device.auto,
) -> None:
    """Grade a class: every hand-in gets a verdict and a reason for every exercise."""
    from autograder.batch import grade_class
    from autograder.collect import CollectError, collect
    from autograder.gradebook import CourseFolder, CourseFolderError
    from autograder.release import lesson_sources
    from autograder.report import score_tables
    from autograder.sandbox import SandboxError, require_sandbox
    from autograder.verdict import DeviceError, require_device

    try:
        lessons = [path.stem for path in lesson_sources()]
        collection = collect(submissions, lessons, notebook)
        course = CourseFolder(out)
        require_device(device.value)
        if sandbox:
            require_sandbox()
    except (CollectError, CourseFolderError, DeviceError, SandboxError) as error:
        _fail(error)
    for remark in collection.remarks:
        _console.print(remark, markup=False, highlight=False, soft_wrap=True)
    isolation = "bubblewrap" if sandbox else "none, students' code runs with your rights"
    _console.print(f"{len(collection.hand_ins)} hand-ins, {jobs} at a time; isolation: {isolation}")
    results = grade_class(collection.hand_ins, course, jobs, sandbox, device.value, _console)
    for table in score_tables(results):
        _console.print(table)
    for name in ("grades.csv", "feedback", "gradebook.db"):
        _console.print(str(course.root / name), markup=False, highlight=False, soft_wrap=True)
    failed = [result for result in results if result.error]
    for result in failed:
        _errors.print(f"{result.student}: {result.error}", markup=False, highlight=False)
    raise typer.Exit(1 if failed else 0)


@app.command("sandbox")
def sandbox_command(
    install: Annotated[bool, typer.Option("--install", help="Install it where it is missing.")] = (
        False
    ),
) -> None:
    """Say whether students' code can be run inside bubblewrap here, or how to make it so."""
    from autograder.sandbox import SandboxError, install_sandbox, require_sandbox

    try:
        if install:
            install_sandbox()
        require_sandbox()
    except SandboxError as error:
        _fail(error)
    _console.print("The sandbox works: bubblewrap.")


def _fail(error: Exception) -> NoReturn:
    """Say in a line what cannot be done, and end as for unusable arguments."""
    _errors.print(str(error), markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(2) from None


def main() -> None:
    """Entry point of the ``autograder`` command."""
    app()


if __name__ == "__main__":
    main()
