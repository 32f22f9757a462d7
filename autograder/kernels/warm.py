"""Kernels that start warm: forks of a process that has the libraries loaded, one process for each
library, kept as long as this one lives. What runs inside the sandbox is in ``inside/``."""

import json
import os
import select
import signal
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from autograder.kernels.exchange_folder import await_inside
from autograder.kernels.inside.warm import OWN_EXCHANGE
from autograder.kernels.limits import Limits
from autograder.kernels.walls import Walls, entering, new_exchange, passing_user, warm_command

_START_SECONDS = 120.0
_FORK_SECONDS = 20.0
# A kernel's own modules, what NumPy loads only when it is used, and what the notebooks import.
_LOADED = (
    "IPython",
    "IPython.core.completerlib",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "IPython.terminal.debugger",
    "comm",
    "encodings.cp437",
    "ipykernel.debugger",
    "ipykernel.ipkernel",
    "ipykernel.kernelapp",
    "ipykernel.zmqshell",
    "matplotlib.pyplot",
    "matplotlib_inline.backend_inline",
    "pdb",
    "psutil",
    "tornado.platform.asyncio",
    *("numpy", "numpy.fft", "numpy.linalg", "numpy.ma", "numpy.polynomial", "numpy.random"),
    *("cs_utils.checks", "cs_utils.claim_table", "cs_utils.compare", "cs_utils.course_progress"),
    *("cs_utils.datasets", "cs_utils.experiments", "cs_utils.handing_in", "cs_utils.kernel_side"),
    *("cs_utils.plots", "cs_utils.reports"),
)
# PyTorch loads its compiler when the first convolution pads, a second that each kernel would take.
_WITH_PYTORCH = ("torch", "torch._dynamo", "torch.nn.functional", "cs_utils.module_training")
_LIBRARIES = {"numpy": _LOADED, "torch": (*_LOADED, *_WITH_PYTORCH)}


class WarmStartError(RuntimeError):
    """No kernel can be forked here; the text says why."""


class ForkedKernel:
    """A kernel's family as ``subprocess.Popen`` shows a process: its head is no child of ours, so
    that its return code stays unknown."""

    stdin = stdout = stderr = None

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.pid = _process(descriptor)

    def poll(self) -> int | None:
        """0 once it has ended."""
        if self._descriptor < 0 or select.select([self._descriptor], [], [], 0)[0]:
            return 0
        return None

    def wait(self) -> int:
        """Wait for its end, and let go of it."""
        if self._descriptor >= 0:
            select.select([self._descriptor], [], [])
            os.close(self._descriptor)
            self._descriptor = -1
        return 0

    def send_signal(self, number: int) -> None:
        """Send its head a signal. Raises ProcessLookupError where it has ended."""
        if self._descriptor < 0:
            raise ProcessLookupError
        signal.pidfd_send_signal(self._descriptor, number)

    def kill(self) -> None:
        """End it and all of its family."""
        self.send_signal(signal.SIGKILL)

    terminate = kill


class WarmProcess:
    """A process with libraries loaded, inside the sandbox. Raises WarmStartError.

    exchange: the path inside of the folder that each of its kernels shares with the grader.
    """

    def __init__(self, libraries: Sequence[str], library: str, walls: Walls) -> None:
        place = new_exchange()
        self.exchange = os.path.join(place, OWN_EXCHANGE)
        self._walls = walls
        self._said = tempfile.TemporaryFile()  # noqa: SIM115, closed with the process
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = warm_command(libraries, library, Limits(), walls, place)
        with theirs:
            self._process = subprocess.Popen(
                command, stdin=theirs.fileno(), stdout=subprocess.DEVNULL, stderr=self._said
            )
        self._answer(_START_SECONDS)

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def fork(
        self, connection: dict[str, Any] | None, arguments: Sequence[str], limits: Limits
    ) -> tuple[ForkedKernel, int]:
        """A new kernel, and a descriptor of the folder that it shares with the grader.

        connection: what its connection file holds; a process that only waits has none. arguments:
        further ones for ipykernel. Raises WarmStartError.
        """
        wanted = {
            "connection": connection,
            "arguments": list(arguments),
            "disk": limits.disk,
            **entering(limits, self._walls, passing_user()),
        }
        try:
            self._socket.send(json.dumps(wanted).encode())
        except OSError as error:
            raise WarmStartError(self._last_words()) from error
        kernel = ForkedKernel(self._answer(_FORK_SECONDS))
        try:
            return kernel, await_inside(kernel.pid, self.exchange)
        except OSError as error:
            if kernel.poll() is None:
                kernel.kill()
            kernel.wait()
            raise WarmStartError(self._last_words()) from error

    def close(self) -> None:
        """End it and every kernel of its."""
        self._socket.close()
        self._process.kill()
        self._process.wait()
        self._said.close()

    def _answer(self, seconds: float) -> int:
        """The descriptor that comes with its next message; -1 if there is none."""
        self._socket.settimeout(seconds)
        try:
            message, descriptors, _flags, _address = socket.recv_fds(self._socket, 100, 1)
        except OSError as error:
            reason = self._last_words()
            self.close()
            raise WarmStartError(reason) from error
        if not message:
            self._process.wait()
            reason = self._last_words()
            self.close()
            raise WarmStartError(reason)
        return descriptors[0] if descriptors else -1

    def _last_words(self) -> str:
        self._said.seek(0)
        lines = self._said.read().decode("utf-8", "replace").strip().splitlines()
        return (lines or ["it gave no answer"])[-1]


def warm_process(library: str, walls: Walls) -> WarmProcess:
    """This process's own for a library, ``numpy`` or ``torch``; started when first needed, and anew
    when it has ended. Raises WarmStartError."""
    found = _kept(library, walls)
    if not found.is_alive:
        found.close()
        _kept.cache_clear()
        found = _kept(library, walls)
    return found


@cache
def _kept(library: str, walls: Walls) -> WarmProcess:
    return WarmProcess(_LIBRARIES[library], library, walls)


@cache
def why_cold(walls: Walls) -> str:
    """Why no kernel can be forked behind these walls; '' where one can. Tried out once."""
    if walls.scope:
        return "each kernel has a cgroup of its own"
    try:
        process = WarmProcess([], "numpy", walls)
        try:
            kernel, exchange = process.fork(None, [], Limits())
            os.close(exchange)
            kernel.kill()
            kernel.wait()
        finally:
            process.close()
    except WarmStartError as error:
        return str(error)
    return ""


def _process(descriptor: int) -> int:
    """The id of the process that a descriptor stands for; see pidfd_open(2)."""
    lines = Path(f"/proc/self/fdinfo/{descriptor}").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("Pid:")).split()[1])
