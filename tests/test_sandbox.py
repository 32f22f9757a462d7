"""What a student's code can reach from inside the sandbox, and what happens where there is none."""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_notebook
from rooms import LESSON, RELEASE, ROOT, grade

from autograder.kernels.isolation import SandboxError, isolation, require_sandbox
from autograder.kernels.limits import MEGABYTE, Limits
from autograder.kernels.replies import write_new
from autograder.kernels.session import Session
from autograder.kernels.walls import passing_user, read_only_places, sandboxed_command
from autograder.kernels.warm import warm_process


@dataclass
class Done:
    """What a program did inside; error: what it ended with, or ''."""

    output: str
    error: str


def cold(code: str, library: str = "numpy", limits: Limits | None = None, **how: Any) -> Done:
    """In a process that is started inside."""
    command = [sys.executable, "-c", code]
    wrapped = sandboxed_command(
        command, library, limits, isolation().walls, passing_user(), "/exchange", **how
    )
    run = subprocess.run(wrapped, capture_output=True, text=True, timeout=60, check=False)
    return Done(run.stdout, run.stderr or f"it ended with {run.returncode}" * bool(run.returncode))


def warm(code: str, library: str = "numpy", limits: Limits | None = None) -> Done:
    """In a cell of a kernel that is forked inside."""
    walls = isolation().walls
    assert walls is not None
    cell = new_code_cell(code.replace("/exchange", warm_process(library, walls).exchange))

    async def run() -> None:
        async with Session(
            new_notebook(cells=[cell]), True, limits or Limits(), library
        ) as session:
            await session.run_cells()

    asyncio.run(run())
    output = "".join(one.text for one in cell.outputs if one.get("name") == "stdout")
    errors = [one for one in cell.outputs if one.output_type == "error"]
    return Done(output, "".join(f"{one.ename}: {one.evalue}" for one in errors))


WAYS = {"cold": cold, "warm": warm}


@pytest.fixture(params=WAYS)
def inside(request: pytest.FixtureRequest) -> Callable[..., Done]:
    """Runs code inside the sandbox, as strong as this machine can make it, both ways."""
    return WAYS[request.param]


@pytest.fixture
def answer(inside: Callable[..., Done]) -> Callable[..., Any]:
    """Gives the value of an expression inside."""

    def value(expression: str, **how: Any) -> Any:
        code = f"import json, os, pathlib, socket, sys; print(json.dumps({expression}))"
        done = inside(code, **how)
        assert not done.error
        return json.loads(done.output)

    return value


class TestInside:
    def test_there_is_no_network(
        self, answer: Callable[..., Any], inside: Callable[..., Done]
    ) -> None:
        assert answer("[name for _, name in socket.if_nameindex()]") == ["lo"]
        with socket.create_server(("127.0.0.1", 0)) as server:
            code = f"import socket; socket.create_connection({server.getsockname()!r}, timeout=5)"
            assert "ConnectionRefusedError" in inside(code).error

    def test_the_course_and_the_work_of_others_cannot_be_seen(
        self, answer: Callable[..., Any], tmp_path: Path
    ) -> None:
        (tmp_path / "gradebook.db").touch()
        hidden = [ROOT / "solutions", ROOT / "autograder", RELEASE, tmp_path / "gradebook.db"]
        assert all(path.exists() for path in hidden)
        assert answer(f"[os.path.exists(path) for path in {list(map(str, hidden))}]") == [False] * 4

    def test_what_is_shown_is_shown_alone(self, tmp_path: Path) -> None:
        shown = tmp_path / "shown.json"
        shown.write_text("{}")
        (tmp_path / "gradebook.db").touch()
        done = cold(f"import os; print(os.listdir({str(tmp_path)!r}))", shown=[shown])
        assert done.output == f"['{shown.name}']\n"

    def test_the_hosts_home_cannot_be_seen(self, answer: Callable[..., Any]) -> None:
        home = Path.home()
        shown = [Path(path) for path, _inside in read_only_places()]
        on_the_way = {path.relative_to(home).parts[0] for path in shown if home in path.parents}
        there = answer(f"os.listdir({str(home)!r}) if os.path.exists({str(home)!r}) else []")
        assert isinstance(there, list) and set(there) <= on_the_way
        assert answer("str(pathlib.Path.home())") == "/home/student"

    def test_no_other_processes_and_no_environment(
        self, answer: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GRADER_TOKEN", "secret")
        assert "GRADER_TOKEN" not in answer("dict(os.environ)")
        processes = answer("[name for name in os.listdir('/proc') if name.isdigit()]")
        assert len(processes) <= 2

    @pytest.mark.parametrize("name", ["autograder", "solutions", "autograder.judging.verdict"])
    def test_the_grader_cannot_be_imported(self, inside: Callable[..., Done], name: str) -> None:
        assert "ModuleNotFoundError" in inside(f"import {name}").error

    def test_the_checks_can_be_imported(self, answer: Callable[..., Any]) -> None:
        assert answer("__import__('cs_utils').check.__name__") == "check"

    def test_pytorch_is_switched_off(self, inside: Callable[..., Done]) -> None:
        assert inside("import torch.nn.functional as F").error == ""
        assert "PyTorch is switched off" in inside("import torch; torch.zeros(2)").error

    def test_pytorch_cannot_be_switched_on(self, inside: Callable[..., Done]) -> None:
        code = (
            "import sys, glob\n"
            "sys.path = [p for p in sys.path if 'torch' not in p]\n"
            "sys.path += glob.glob('/usr/lib/python3*/*-packages')\n"
            f"sys.path += glob.glob({sys.base_prefix!r} + '/lib/python3*/*-packages')\n"
            "import torch\ntorch.zeros(2)"
        )
        error = inside(code).error
        assert "ModuleNotFoundError" in error or "has no attribute 'zeros'" in error

    @pytest.mark.parametrize("library", ["numpy", "torch"])
    @pytest.mark.parametrize("name", ["signal.correlate2d", "ndimage.correlate"])
    def test_scipy_does_not_convolve(
        self, inside: Callable[..., Done], library: str, name: str
    ) -> None:
        package, function = name.split(".")
        code = f"from scipy.{package} import {function}; {function}([[1]], [[1]])"
        assert f"scipy.{name} is switched off" in inside(code, library).error

    def test_the_rest_of_scipy_works(self, answer: Callable[..., Any]) -> None:
        matrix = "__import__('scipy.sparse').sparse.eye_array(3).toarray().tolist()"
        assert answer(matrix) == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]

    @pytest.mark.parametrize(
        "place",
        [
            "/course/cs_utils/checks.py",
            "/course/x",
            sys.prefix + "/x",
            "/usr/lib/x",
            "/x",
            "/dev/x",
        ],
    )
    def test_nothing_else_can_be_written(self, inside: Callable[..., Done], place: str) -> None:
        done = inside(f"open({place!r}, 'a')")
        assert "OSError" in done.error or "PermissionError" in done.error
        assert not Path(sys.prefix, "x").exists()

    def test_what_is_written_goes_with_the_sandbox(self, inside: Callable[..., Done]) -> None:
        places = ["/tmp/mine", "/dev/shm/mine", "/home/student/mine", "/exchange/mine"]
        code = f"for place in {places}: open(place, 'w').write('mine')"
        assert inside(code).error == ""
        assert [place for place in places if Path(place).exists()] == []

    @pytest.mark.parametrize("place", ["/tmp", "/dev/shm", "/home/student", "/exchange"])
    def test_every_folder_has_a_limit(self, inside: Callable[..., Done], place: str) -> None:
        code = (
            "import os\n"
            "for n in range(40):\n"
            f"    with open(f'{place}/{{n}}', 'wb') as file: file.write(bytes(2**20))"
        )
        assert "No space left" in inside(code, limits=Limits(disk=16 * MEGABYTE)).error

    def test_memory_and_files_have_a_limit(self, inside: Callable[..., Done]) -> None:
        assert "MemoryError" in inside("bytearray(8 * 2**30)").error
        assert inside("open('/tmp/large', 'wb').truncate(2**30)").error

    def test_processes_have_a_limit(self, inside: Callable[..., Done]) -> None:
        walls = isolation().walls
        if walls is None or not walls.limit_processes:
            pytest.skip("RLIMIT_NPROC cannot count a sandbox's processes here: they are watched")
        code = "import os, time\nfor n in range(80):\n    if os.fork() == 0: time.sleep(60)\n"
        assert "BlockingIOError" in inside(code, limits=Limits(processes=40)).error

    def test_it_has_no_rights(self, answer: Callable[..., Any]) -> None:
        status = answer("pathlib.Path('/proc/self/status').read_text()")
        assert isinstance(status, str)
        lines = dict(line.split(":\t") for line in status.splitlines() if ":\t" in line)
        rights = {lines[name] for name in ("CapPrm", "CapEff", "CapAmb")}
        assert {int(right, 16) for right in rights} == {0}
        assert lines["NoNewPrivs"] == "1"


class TestExchange:
    def test_no_link_is_written_through(self, tmp_path: Path) -> None:
        gradebook, folder = tmp_path / "gradebook.db", tmp_path / "shared"
        gradebook.write_bytes(b"scores")
        folder.mkdir()
        (folder / "request.arrays").symlink_to(gradebook)
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            with pytest.raises(FileExistsError):
                write_new(descriptor, "request.arrays", b"overwritten")
        finally:
            os.close(descriptor)
        assert gradebook.read_bytes() == b"scores"


class TestWithoutBubblewrap:
    """Nobody's code is run bare by mistake: it takes the word --no-sandbox."""

    @pytest.fixture
    def bare_path(self, tmp_path: Path) -> str:
        """A PATH with a package manager and no bubblewrap."""
        folder = tmp_path / "bin"
        folder.mkdir()
        (folder / "apt-get").touch(mode=0o755)
        return str(folder)

    @pytest.fixture
    def hand_ins(self, tmp_path: Path) -> Path:
        path = tmp_path / "hand_ins" / f"Ana_{LESSON}.ipynb"
        path.parent.mkdir()
        shutil.copyfile(RELEASE, path)
        return path.parent

    def test_it_refuses_and_names_the_one_command(self, hand_ins: Path, bare_path: str) -> None:
        graded = grade(hand_ins, PATH=bare_path)
        assert graded.run.returncode == 2
        (line,) = graded.run.stderr.strip().splitlines()
        assert "bubblewrap is not installed" in line
        assert line.endswith("apt-get install -y bubblewrap")
        assert not graded.course.exists()

    def test_no_sandbox_grades_all_the_same(self, hand_ins: Path, bare_path: str) -> None:
        path = f"{bare_path}{os.pathsep}{Path(sys.executable).parent}"
        graded = grade(hand_ins, "--notebook", LESSON, "--no-sandbox", PATH=path)
        assert graded.run.returncode == 0, graded.run.stderr
        assert "isolation: none" in graded.run.stdout
        assert {row["verdict"] for row in graded.rows} == {"not written yet"}

    @pytest.mark.parametrize(
        ("manager", "command"),
        [
            ("dnf", "dnf install -y bubblewrap"),
            ("pacman", "pacman -S --noconfirm bubblewrap"),
            ("none of these", "autograder grade --no-sandbox"),
        ],
    )
    def test_the_command_is_the_systems_own(
        self, monkeypatch: pytest.MonkeyPatch, manager: str, command: str
    ) -> None:
        monkeypatch.setattr(shutil, "which", lambda name: name == manager or None)
        with pytest.raises(SandboxError, match=command):
            require_sandbox()

    def test_where_it_may_not_run_the_reason_is_told(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        fake = tmp_path / "bwrap"
        fake.write_text(
            "#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1"
        )
        fake.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
        with pytest.raises(SandboxError, match="No permissions to create new namespace"):
            require_sandbox()
