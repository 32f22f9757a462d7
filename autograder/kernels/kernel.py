"""A hand-in's kernel: its process, what watches it, and the lines to it."""

import asyncio
import contextlib
import shutil
import tempfile
import time
from collections.abc import Sequence
from subprocess import DEVNULL
from typing import Any

import zmq
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from autograder.kernels.limits import Limits
from autograder.kernels.sandbox import GradingKernelManager, new_kernel_manager
from autograder.kernels.watcher import Watcher, await_end, end_family

_PATIENCE = 2.0


class Kernel:
    """A kernel for one hand-in, to be started and stopped as often as it must.

    notebook: whose cells it will run. sandboxed, library, forbidden: as a ``Session``'s.
    manager: jupyter_client's; watcher: what its processes use; client: the lines to it. All three
    are those of the last start.
    """

    def __init__(
        self,
        notebook: NotebookNode,
        sandboxed: bool,
        limits: Limits,
        library: str,
        forbidden: Sequence[str],
    ) -> None:
        self._notebook = notebook
        self._sandboxed = sandboxed
        self._library = library
        self._forbidden = forbidden
        self._limits = limits
        self._folder = ""
        self._runner: _QuietClient | None = None
        self.client: Any = None
        self.manager: GradingKernelManager
        self.watcher: Watcher

    @property
    def is_running(self) -> bool:
        """Whether it was started and, as far as is known, neither ended nor was stopped."""
        return self._runner is not None

    async def start(self) -> None:
        """Start it, in a folder of its own; a second time where it does not answer, since no
        student's code has run by then. Raises RuntimeError."""
        try:
            await self._start()
        except RuntimeError:
            await self._start()

    async def _start(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="grading-")
        try:
            manager = new_kernel_manager(
                self._folder, self._sandboxed, self._library, self._forbidden, self._limits
            )
            runner = _QuietClient(
                self._notebook,
                km=manager,
                timeout=self._limits.cell,
                allow_errors=True,
                shutdown_kernel="immediate",
            )
            runner.output_limit = self._limits.output
            runner.reset_execution_trackers()
            await runner.async_start_new_kernel(stdout=DEVNULL, stderr=DEVNULL)
            self.manager = manager
            self.watcher = Watcher(manager.process, self._limits)
            self._runner = runner
            self.client = await runner.async_start_new_kernel_client()
        except Exception:
            await self.stop()
            raise
        self.watcher.note_family()
        # A kernel that asks and never reads must not keep the grader waiting to answer.
        self.client.stdin_channel.socket.setsockopt(zmq.SNDTIMEO, 0)

    async def stop(self) -> None:
        """End the kernel, every process of its and its folder."""
        if self._runner is not None:
            runner, self._runner = self._runner, None
            self.watcher.stop()
            if await self.manager.is_alive():
                end_family(self.manager.process)
                await_end(self.manager.process, _PATIENCE)
            # A kernel that is gone, or has sent nonsense, must not keep the grader from going on.
            with contextlib.suppress(Exception):
                await runner._async_cleanup_kernel()
            self.manager.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    async def execute(self, cell: NotebookNode, index: int) -> tuple[str, str] | None:
        """Run a cell; what its kernel died of, or that it does not end, as an error's two words.
        Where the kernel has to go, it has been stopped."""
        assert self._runner is not None
        try:
            await self._runner.async_execute_cell(cell, index)
            return None
        except CellExecutionError:
            return None
        except CellTimeoutError:
            text = f"Stopped after {self._limits.cell:g} seconds: this cell does not end."
            if not await self.interrupt():
                await self.stop()
            return "OutOfTime", text
        except DeadKernelError:
            reason = self.watcher.reason
            text = f"The kernel was ended: {reason}." if reason else "The kernel died"
            await self.stop()
            return "KernelDied", text if reason else f"{text} while this cell ran."
        except Exception as error:
            # Whatever comes from the sockets is the student's: no kernel sends such messages.
            await self.stop()
            text = f"The kernel sent what cannot be understood ({type(error).__name__})."
            return "KernelDied", text

    async def interrupt(self) -> bool:
        """Interrupt the running code; False where it takes no notice."""
        try:
            await self.manager.interrupt_kernel()
            message = self.client.kernel_info()
            end = time.monotonic() + _PATIENCE
            while time.monotonic() < end:
                reply = await self.client.shell_channel.get_msg(timeout=_PATIENCE)
                if reply["parent_header"].get("msg_id") == message:
                    return True
        except Exception:
            return False
        return False


class _QuietClient(NotebookClient):
    """A client that keeps a flood of outputs out of the grader's memory."""

    output_limit = Limits.output
    _most_cells = 8

    async def _async_check_alive(self) -> None:
        if self.kc is None:
            # The kernel was stopped while this waited for it.
            raise asyncio.CancelledError
        await super()._async_check_alive()

    def process_message(self, msg: Any, cell: NotebookNode, cell_index: int) -> Any:
        if msg["msg_type"] in ("stream", "display_data", "execute_result", "error"):
            sizes = self.__dict__.setdefault("output_sizes", {})
            sizes[cell_index] = sizes.get(cell_index, 0) + len(str(msg["content"]))
            most = self.output_limit
            if sizes[cell_index] > most or sum(sizes.values()) > most * self._most_cells:
                return None
        return super().process_message(msg, cell, cell_index)
