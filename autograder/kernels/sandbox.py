"""The sandbox: starts a kernel inside bubblewrap, through jupyter_client's provisioner door.

Inside there is no network, nothing of the host but Python and the system's libraries (read-only),
no course, no gradebook, no other student's work; time, memory, disk and processes are limited. The
kernel's sockets and one exchange folder are all it shares with the grader.
"""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import zmq
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner
from traitlets import Type, Unicode

from autograder.kernels.client import PromptClient
from autograder.kernels.exchange_folder import await_inside, path_through
from autograder.kernels.isolation import (
    Isolation,
    SandboxError,
    install_sandbox,
    isolation,
    isolation_in_words,
    require_sandbox,
)
from autograder.kernels.limits import MEGABYTE, Limits
from autograder.kernels.walls import (
    bare_command,
    bare_environment,
    new_exchange,
    passing_user,
    sandboxed_command,
)
from autograder.kernels.warm import WarmProcess, warm_process

__all__ = [
    "BubblewrapProvisioner",
    "GradingKernelManager",
    "Isolation",
    "SandboxError",
    "install_sandbox",
    "isolation",
    "isolation_in_words",
    "new_kernel_manager",
    "require_sandbox",
    "sandboxed_command",
]

# A message from a kernel that is larger, or waits while more of them do, is not taken in.
_MESSAGE_LIMIT = 32 * MEGABYTE
_WAITING_MESSAGES = 64
# Milliseconds between two tries to reach a kernel that is still starting.
_RECONNECT = 10
# NumPy imports these only when they are used, which a full memory would turn into an import error.
_PRELOAD = "import numpy, numpy.fft, numpy.linalg, numpy.ma, numpy.polynomial, numpy.random"
_SWITCH_OFF = "__import__('importlib').import_module('{}').switch_off()"

# In the sandbox it lies in the place of SciPy's own files.
_WITHOUT_CONVOLUTION = (
    "import sys, autograder.kernels.without_convolution as absent; "
    "sys.modules.update({'scipy.signal': absent, 'scipy.ndimage': absent}); del absent"
)


class BubblewrapProvisioner(LocalProvisioner):
    """Starts the kernel inside bubblewrap: as a fork of a process that has the libraries loaded, or
    cold where that can't be.

    library: what the exercises are written with; PyTorch is there for ``torch`` alone.
    limits: a ``Limits`` as JSON.
    """

    library = Unicode("numpy", config=True)
    limits = Unicode("{}", config=True)

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Wrap the kernel's command; ``cmd`` and ``env`` come back changed."""
        kwargs = await super().pre_launch(**kwargs)
        assert isinstance(self.parent, GradingKernelManager)
        if self.parent.warm:
            return kwargs
        connection = Path(self.parent.connection_file)
        walls, user = isolation().walls, passing_user()
        assert walls is not None
        if walls.own_user:
            os.chown(connection, user, user)
        kwargs["cmd"] = sandboxed_command(
            kwargs["cmd"],
            self.library,
            Limits(**json.loads(self.limits)),
            walls,
            user,
            self.parent.exchange,
            [connection],
        )
        return kwargs

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start it, and open the folder that it shares with the grader."""
        assert isinstance(self.parent, GradingKernelManager)
        if self.parent.warm:
            return self._fork(self.parent.warm, cmd)
        connection = await super().launch_kernel(cmd, **kwargs)
        assert self.pid is not None
        self.parent.descriptor = await_inside(self.pid, self.parent.exchange)
        return connection

    def _fork(self, warm: WarmProcess, cmd: list[str]) -> Any:
        assert isinstance(self.parent, GradingKernelManager)
        connection = json.loads(Path(self.parent.connection_file).read_text())
        limits = Limits(**json.loads(self.limits))
        arguments = cmd[cmd.index("-f") + 2 :]
        kernel, self.parent.descriptor = warm.fork(connection, arguments, limits)
        self.process, self.pid = cast(Any, kernel), kernel.pid
        return self.connection_info


class GradingKernelManager(AsyncKernelManager):
    """A kernel of the grader's own Python, in the sandbox or (told so) bare.

    What kernel a notebook asks for does not matter.

    exchange: the folder shared with the kernel, by its path there. descriptor: the same, for the
        grader, once the kernel has started. warm: what it is forked from; None where it starts
        cold.
    """

    sandboxed = True
    warm: WarmProcess | None = None
    exchange = ""
    descriptor = -1
    library = "numpy"
    forbidden: Sequence[str] = ()
    limits = Limits()
    client_factory = Type(PromptClient)

    @property
    def kernel_spec(self) -> KernelSpec:
        name = "bubblewrap-provisioner" if self.sandboxed else "local-provisioner"
        inside = {
            "library": self.library,
            "limits": json.dumps(asdict(self.limits)),
        }
        lines = [_PRELOAD, *map(_SWITCH_OFF.format, self.forbidden)]
        if not self.sandboxed:
            lines.append(_WITHOUT_CONVOLUTION)
        first = [f"--IPKernelApp.exec_lines={line}" for line in lines]
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", *first]
        return KernelSpec(
            argv=command if self.sandboxed else bare_command(command, self.limits),
            display_name="Python 3 (grading)",
            language="python",
            interrupt_mode="message",
            env={} if self.sandboxed else bare_environment(self.library),
            metadata={
                "kernel_provisioner": {
                    "provisioner_name": name,
                    "config": inside if self.sandboxed else {},
                }
            },
        )

    @property
    def process(self) -> int:
        """The id of the process that the kernel was started as."""
        assert isinstance(self.provisioner, LocalProvisioner) and self.provisioner.pid is not None
        return self.provisioner.pid

    def _connect_control_socket(self) -> None:
        # From here on the kernel's sockets are reached as the grader sees them.
        if self.descriptor < 0:
            self.descriptor = os.open(self.exchange, os.O_RDONLY | os.O_DIRECTORY)
        self.ip = f"{path_through(self.descriptor)}/kernel"
        super()._connect_control_socket()

    def close(self) -> None:
        """Close the exchange folder, once the kernel has ended; a sandbox's is then gone."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
        self.descriptor = -1

    def client(self, **kwargs: Any) -> Any:
        """A client that takes in no message, and no number of them, that fills its memory."""
        client = super().client(**kwargs)
        client.context.setsockopt(zmq.MAXMSGSIZE, _MESSAGE_LIMIT)
        client.context.setsockopt(zmq.RCVHWM, _WAITING_MESSAGES)
        client.context.setsockopt(zmq.RECONNECT_IVL, _RECONNECT)
        return client


def new_kernel_manager(
    folder: str,
    sandboxed: bool,
    library: str,
    forbidden: Sequence[str] = (),
    limits: Limits | None = None,
) -> GradingKernelManager:
    """A manager for one kernel, whose connection file lies in ``folder``; it has PyTorch where
    ``library`` is ``torch``, and none where it is ``numpy``. forbidden: modules that switch off
    what may not be called, as it starts."""
    warm = _warm_process(library) if sandboxed else None
    exchange = warm.exchange if warm else new_exchange() if sandboxed else folder
    manager = GradingKernelManager(
        transport="ipc",
        ip=os.path.join(exchange, "kernel"),
        connection_file=os.path.join(folder, "kernel.json"),
    )
    manager.sandboxed = sandboxed
    manager.warm = warm
    manager.exchange = exchange
    manager.library = library
    manager.forbidden = forbidden
    manager.limits = limits or Limits()
    return manager


def _warm_process(library: str) -> WarmProcess | None:
    found = isolation()
    assert found.walls is not None
    return None if found.cold else warm_process(library, found.walls)
