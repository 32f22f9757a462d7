"""What a student's code can reach from inside the sandbox, and what happens where there is none."""

import json
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rooms import LESSON, RELEASE, ROOT, grade
from typer.testing import CliRunner

from autograder import batch, sandbox
from autograder.collect import HandIn
from autograder.command import app
from autograder.grading import Result, grade_hand_in
from autograder.sandbox import SandboxError, require_sandbox, sandboxed_command
from autograder.session import write_new


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one folder that both sides can write to."""
    require_sandbox()
    return tmp_path_factory.mktemp("shared")


def inside(shared: Path, code: str, library: str = "numpy") -> subprocess.CompletedProcess[str]:
    command = sandboxed_command([sys.executable, "-c", code], [shared], library)
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def answer(shared: Path, expression: str) -> object:
    """The value of an expression inside."""
    code = f"import json, os, pathlib, socket, sys; print(json.dumps({expression}))"
    run = inside(shared, code)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


class TestInside:
    def test_there_is_no_network(self, shared: Path) -> None:
        assert answer(shared, "[name for _, name in socket.if_nameindex()]") == ["lo"]
        with socket.create_server(("127.0.0.1", 0)) as server:
            code = f"import socket; socket.create_connection({server.getsockname()!r}, timeout=5)"
            assert "ConnectionRefusedError" in inside(shared, code).stderr

    def test_the_course_and_the_work_of_others_cannot_be_seen(self, shared: Path) -> None:
        hidden = [ROOT / "solutions", ROOT / "autograder", RELEASE, shared.parent]
        assert all(path.exists() for path in hidden)
        seen = answer(shared, f"[os.path.exists(path) for path in {list(map(str, hidden[:3]))}]")
        assert seen == [False, False, False]
        assert answer(shared, f"os.listdir({str(shared.parent)!r})") == [shared.name]

    def test_the_hosts_home_cannot_be_seen(self, shared: Path) -> None:
        home = Path.home()
        shown = [Path(path) for path, _inside in sandbox._read_only_places()]
        on_the_way = {
            path.relative_to(home).parts[0]
            for path in [*shown, shared]
            if path.is_relative_to(home) and path != home
        }
        there = answer(
            shared, f"os.listdir({str(home)!r}) if os.path.exists({str(home)!r}) else []"
        )
        assert set(there) <= on_the_way
        assert answer(shared, "str(pathlib.Path.home())") == "/home/student"

    def test_no_other_processes_and_no_environment(
        self, shared: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GRADER_TOKEN", "secret")
        assert "GRADER_TOKEN" not in answer(shared, "dict(os.environ)")
        processes = answer(shared, "[name for name in os.listdir('/proc') if name.isdigit()]")
        assert len(processes) <= 2

    @pytest.mark.parametrize("name", ["autograder", "solutions", "autograder.verdict"])
    def test_the_grader_cannot_be_imported(self, shared: Path, name: str) -> None:
        assert "ModuleNotFoundError" in inside(shared, f"import {name}").stderr

    def test_the_checks_can_be_imported(self, shared: Path) -> None:
        assert answer(shared, "__import__('cs_utils').check.__name__") == "check"

    def test_pytorch_is_switched_off(self, shared: Path) -> None:
        assert inside(shared, "import torch.nn.functional as F").returncode == 0
        assert "PyTorch is switched off" in inside(shared, "import torch; torch.zeros(2)").stderr

    def test_pytorch_cannot_be_switched_on(self, shared: Path) -> None:
        code = (
            "import sys, glob\n"
            "sys.path = [p for p in sys.path if 'torch' not in p]\n"
            "sys.path += glob.glob('/usr/lib/python3*/*-packages')\n"
            f"sys.path += glob.glob({sys.base_prefix!r} + '/lib/python3*/*-packages')\n"
            "import torch\ntorch.zeros(2)"
        )
        error = inside(shared, code).stderr
        assert "ModuleNotFoundError" in error or "has no attribute 'zeros'" in error

    @pytest.mark.parametrize("library", ["numpy", "torch"])
    @pytest.mark.parametrize("name", ["signal.correlate2d", "ndimage.correlate"])
    def test_scipy_does_not_convolve(self, shared: Path, library: str, name: str) -> None:
        package, function = name.split(".")
        code = f"from scipy.{package} import {function}; {function}([[1]], [[1]])"
        assert f"scipy.{name} is switched off" in inside(shared, code, library).stderr

    def test_the_rest_of_scipy_works(self, shared: Path) -> None:
        matrix = "__import__('scipy.sparse').sparse.eye_array(3).toarray().tolist()"
        assert answer(shared, matrix) == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]

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
    def test_nothing_else_can_be_written(self, shared: Path, place: str) -> None:
        run = inside(shared, f"open({place!r}, 'a')")
        assert "OSError" in run.stderr or "PermissionError" in run.stderr
        assert not Path(sys.prefix, "x").exists()

    def test_only_the_shared_folder_can_be_written(self, shared: Path) -> None:
        assert inside(shared, f"open({str(shared / 'answer')!r}, 'w').write('2')").returncode == 0
        assert (shared / "answer").read_text() == "2"
        assert inside(shared, "open('/tmp/mine', 'w')").returncode == 0
        assert not Path("/tmp/mine").exists()

    def test_memory_and_files_have_a_limit(self, shared: Path) -> None:
        assert "MemoryError" in inside(shared, "bytearray(8 * 2**30)").stderr
        large = f"open({str(shared / 'large')!r}, 'wb').truncate(2**30)"
        assert inside(shared, large).returncode != 0


class TestExchange:
    def test_no_link_is_written_through(self, tmp_path: Path) -> None:
        gradebook, folder = tmp_path / "gradebook.db", tmp_path / "shared"
        gradebook.write_bytes(b"scores")
        folder.mkdir()
        (folder / "request.npz").symlink_to(gradebook)
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            with pytest.raises(FileExistsError):
                write_new(descriptor, "request.npz", b"overwritten")
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

    def test_no_sandbox_grades_all_the_same(
        self, hand_ins: Path, bare_path: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        results: list[Result] = []

        def without_a_gradebook(hand_ins: list[HandIn], course: Any, jobs: int, *how: Any) -> Any:
            sandboxed, device, _console = how
            tasks = [batch._task(one, course, 0, sandboxed, device) for one in hand_ins]
            results.extend(grade_hand_in(replace(task, release=str(RELEASE))) for task in tasks)
            return results

        monkeypatch.setattr(batch, "grade_class", without_a_gradebook)
        monkeypatch.setenv("PATH", bare_path)
        out = str(hand_ins.parent / "course")
        run = CliRunner().invoke(app, ["grade", str(hand_ins), "--out", out, "--no-sandbox"])
        assert run.exit_code == 0, run.output
        assert "isolation: none" in run.output
        assert {row.verdict for row in results[0].rows} == {"not written yet"}

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
