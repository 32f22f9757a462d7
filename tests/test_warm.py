"""Kernels that start warm: nothing of one reaches another, or the process that they come from, and
they start cold where they cannot be forked. What each may do is in ``test_sandbox.py``."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder.kernels.isolation import COLD, isolation, isolation_in_words
from autograder.kernels.limits import Limits
from autograder.kernels.session import Session
from autograder.kernels.walls import Walls
from autograder.kernels.warm import WarmProcess, WarmStartError, warm_process, why_cold
from autograder.kernels.watcher import await_end, family

_SOON = 20.0


def printed(*cells: str) -> str:
    """What cells print in a kernel of their own."""
    made = [new_code_cell(cell) for cell in cells]

    async def run() -> None:
        async with Session(new_notebook(cells=made), True, Limits()) as session:
            await session.run_cells()

    asyncio.run(run())
    return "".join(output.get("text", str(output)) for cell in made for output in cell.outputs)


def own_walls() -> Walls:
    walls = isolation().walls
    assert walls is not None
    return walls


def test_here_kernels_start_warm() -> None:
    assert why_cold(own_walls()) == ""
    assert isolation_in_words().endswith("kernels start warm")
    loaded = "import sys; print({'numpy', 'matplotlib.pyplot'} <= sys.modules.keys())"
    assert printed(loaded) == "True\n"


def test_a_kernel_starts_cold_where_that_is_wished(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(COLD, "1")
    assert isolation_in_words().endswith(f"kernels start cold ({COLD} is set)")
    assert printed("import sys; print('matplotlib.pyplot' in sys.modules)") == "False\n"


def test_where_none_can_be_forked_the_reason_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> Sequence[str]:
        message = "import sys; sys.exit('Operation not permitted')"
        return [sys.executable, "-c", message]

    monkeypatch.setattr("autograder.kernels.warm.warm_command", refused)
    with pytest.raises(WarmStartError, match="Operation not permitted"):
        WarmProcess([], "numpy", own_walls())


def test_a_kernel_finds_nothing_of_the_one_before() -> None:
    places = "('/tmp', '/home/student', '/dev/shm')"
    leave = (
        "import builtins, numpy, cs_utils.checks\n"
        "builtins.stolen = numpy.stolen = cs_utils.checks.stolen = 7\n"
        f"for place in {places}: open(place + '/stolen', 'w').write('7')"
    )
    look = (
        "import builtins, numpy, os, cs_utils.checks\n"
        "print([hasattr(one, 'stolen') for one in (builtins, numpy, cs_utils.checks)])\n"
        f"print([os.path.exists(place + '/stolen') for place in {places}])"
    )
    assert printed(leave, look) == "[True, True, True]\n[True, True, True]\n"
    assert printed(look) == "[False, False, False]\n[False, False, False]\n"


def test_each_draws_its_own_random_numbers() -> None:
    draw = "import random, numpy; print(random.random(), numpy.random.rand())"
    first, second = printed(draw).split(), printed(draw).split()
    assert set(first).isdisjoint(second)


def test_nothing_reaches_what_it_was_forked_from() -> None:
    """Neither by signals, nor through the folders of /proc, nor by what was left open."""
    process = warm_process("numpy", own_walls())
    code = (
        "import os, signal\n"
        "for one in (1, os.getppid(), -1):\n"
        "    try: os.kill(one, signal.SIGKILL)\n"
        "    except (PermissionError, ProcessLookupError): pass\n"
        "print(os.readlink('/proc/self/fd/0'), sorted(filter(str.isdigit, os.listdir('/proc'))))\n"
        "try: print(os.listdir('/proc/1/root'))\n"
        "except PermissionError: print('no way')"
    )
    assert printed(code) == "/dev/null ['1', '2']\nno way\n"
    assert process.is_alive


def test_no_folder_can_be_uncovered() -> None:
    code = (
        "import ctypes, os\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "for place in ('/proc', '/tmp', '/home/student'):\n"
        "    libc.umount2(place.encode(), 2)\n"
        "    print(os.strerror(ctypes.get_errno()))"
    )
    assert set(printed(code).splitlines()) == {"Operation not permitted"}


def test_the_process_is_started_anew_when_it_has_ended() -> None:
    process = warm_process("numpy", own_walls())
    process.close()
    assert printed("print(1)") == "1\n"
    assert warm_process("numpy", own_walls()) is not process


def test_nothing_outlives_the_head_of_its_family() -> None:
    process = warm_process("numpy", own_walls())
    for _ in range(5):
        kernel, exchange = process.fork(None, [], Limits())
        os.close(exchange)
        members = list(family(kernel.pid))
        assert len(members) > 1
        kernel.kill()
        kernel.wait()
        assert all(await_end(one, _SOON) for one in members)


def test_nothing_outlives_a_grader_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "grader.py"
    script.write_text(
        "import asyncio\nfrom nbformat.v4 import new_code_cell, new_notebook\n"
        "from autograder.kernels.session import Limits, Session\n"
        "async def run():\n"
        "    async with Session(new_notebook(), True, Limits()) as session:\n"
        "        print(session._kernel.manager.process, flush=True)\n"
        "        await asyncio.sleep(60)\n"
        "asyncio.run(run())\n"
    )
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as grader:
        assert grader.stdout is not None
        kernel = int(grader.stdout.readline())
        assert Path(f"/proc/{kernel}").exists()
        os.kill(grader.pid, signal.SIGKILL)
    assert await_end(kernel, _SOON)
