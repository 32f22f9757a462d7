"""One hand-in's kernel: runs its cells, answers for its functions, survives its crashes.

Nothing that comes out of it is trusted: cell outputs are shown to people, answers are plain arrays
that ``verdict`` judges.
"""

import base64
import contextlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from queue import Empty
from subprocess import DEVNULL
from types import TracebackType
from typing import Any

import zmq
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_output

from autograder.cells import exercise_library, to_run
from autograder.replies import not_answered, read_reply, stand_in_reply, write_new
from autograder.sandbox import new_kernel_manager
from cs_utils.answers import CRASHED, REFUSED, TIMED_OUT, Answer, Problem
from cs_utils.exchange import pack
from cs_utils.exercises.specification import Case, Exercise
from cs_utils.kernel_side import REQUEST, answer_file

_OUTPUT_LIMIT = 2 * 2**20
_RESTARTS = 6
_PATIENCE = 2.0


@dataclass(frozen=True)
class Limits:
    """Seconds that a hand-in may take.

    cell: for one cell. notebook: for all cells. exercise: for all cases of one exercise in one
        round.
    """

    cell: float = 30
    notebook: float = 240
    exercise: float = 20


class Session:
    """A hand-in's kernel, from its start to its end; use it with ``async with``.

    notebook: executed in place; its check cells are left alone.
    sandboxed: whether the kernel runs inside bubblewrap.
    library: ``numpy``, where PyTorch is switched off, or ``torch``. Solutions to exercises of the
        other library are left out.
    forbidden: what the exercises forbid, as ``Exercise.forbids``.
    """

    def __init__(
        self,
        notebook: NotebookNode,
        sandboxed: bool,
        limits: Limits,
        library: str = "numpy",
        forbidden: Sequence[str] = (),
    ) -> None:
        self._notebook = notebook
        self._sandboxed = sandboxed
        self._library = library
        self._forbidden = forbidden
        self._limits = limits
        self._deadline = time.monotonic() + limits.notebook
        self._unrunnable: set[int] = set()
        self._ran_until = -1
        self._restarts = 0
        self._folder = ""
        self._client: NotebookClient | None = None
        self._kernel: Any = None
        self._manager: Any = None

    async def __aenter__(self) -> "Session":
        await self._start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stop()

    async def run_cells(self) -> None:
        """Run every cell that may define what the functions need; see ``to_run``.

        A cell that kills the kernel or does not end is marked so and left out from then on; the
        kernel comes back for the others.
        """
        for index, cell in enumerate(self._notebook.cells):
            if self._is_of_other_library(cell):
                continue
            self._ran_until = index
            await self._run_cell(index)
        self._restarts = 0

    def _is_of_other_library(self, cell: NotebookNode) -> bool:
        """PyTorch's classes cannot even be defined where PyTorch is switched off."""
        return self._library == "numpy" and exercise_library(cell) == "torch"

    async def ask(
        self, exercise: Exercise, cases: Sequence[Case], stand_ins: Mapping[str, int]
    ) -> list[Answer]:
        """Ask the student's functions for all cases of an exercise.

        stand_ins: which working version takes the place of which function meanwhile.
        Returns an answer for each case; what was not answered says why.
        """
        if self._client is None and not await self._restart():
            problem = Problem(CRASHED, "the kernel died again and again")
            return [Answer(problem=problem)] * len(cases)
        request = {
            "exercise": exercise.name,
            "cases": [(_shown(exercise, case), case.inputs_unchanged) for case in cases],
            "stand_ins": dict(stand_ins),
        }
        folder = tempfile.mkdtemp(prefix="ask-", dir=self._folder)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            write_new(descriptor, REQUEST, pack(request))
            seconds = exercise.seconds or self._limits.exercise
            problem = await self._await_answers(folder, stand_ins, seconds)
            return [
                read_reply(descriptor, answer_file(index), problem) for index in range(len(cases))
            ]
        except FileExistsError:
            problem = Problem(REFUSED, "the code meddled with the exchange of answers")
            return [Answer(problem=problem)] * len(cases)
        finally:
            os.close(descriptor)

    def error_in(self, grade_id: str) -> str:
        """What the cell of this nbgrader id ended with, such as ``SyntaxError: ...``, or ''."""
        for cell in self._notebook.cells:
            if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id:
                errors = [one for one in cell.get("outputs", []) if one.output_type == "error"]
                text = f"{errors[-1].ename}: {errors[-1].evalue}"[:200] if errors else ""
                return re.sub(r"\(\w+\.py, (line \d+)\)", r"(\1)", text)
        return ""

    async def _start(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="grading-")
        manager = new_kernel_manager(self._folder, self._sandboxed, self._library, self._forbidden)
        client = _QuietClient(
            self._notebook,
            km=manager,
            timeout=self._limits.cell,
            allow_errors=True,
            shutdown_kernel="immediate",
        )
        client.reset_execution_trackers()
        await client.async_start_new_kernel(stdout=DEVNULL, stderr=DEVNULL)
        self._kernel = await client.async_start_new_kernel_client()
        # A kernel that asks and never reads must not keep the grader waiting to answer.
        self._kernel.stdin_channel.socket.setsockopt(zmq.SNDTIMEO, 0)
        self._manager = manager
        self._client = client

    async def _stop(self) -> None:
        if self._client is not None:
            await self._client._async_cleanup_kernel()
            self._client = None
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _restart(self) -> bool:
        """A new kernel with the functions defined anew; False once it died too often."""
        await self._stop()
        while self._restarts < _RESTARTS:
            self._restarts += 1
            await self._start()
            for index in range(self._ran_until + 1):
                cell = self._notebook.cells[index]
                if index not in self._unrunnable and not self._is_of_other_library(cell):
                    await self._run_cell(index, restart=False)
                if self._client is None:
                    break
            else:
                return True
        return False

    async def _run_cell(self, index: int, restart: bool = True) -> None:
        cell = self._notebook.cells[index]
        code = to_run(cell)
        if not code:
            return
        if self._client is None:
            _add_error(cell, "NotRun", "Not run: the kernel died too often before this cell.")
            return
        if time.monotonic() > self._deadline:
            _add_error(cell, "NotRun", "Not run: the notebook's time is used up.")
            return
        run = NotebookNode(cell, source=code)
        try:
            await self._client.async_execute_cell(run, index)
            return
        except CellExecutionError:
            return
        except CellTimeoutError:
            text = f"Stopped after {self._limits.cell:g} seconds: this cell does not end."
            _add_error(run, "OutOfTime", text)
            if await self._interrupt():
                return
        except DeadKernelError:
            _add_error(run, "KernelDied", "The kernel died while this cell ran.")
        finally:
            cell.outputs, cell.execution_count = run.outputs, run.get("execution_count")
        self._unrunnable.add(index)
        await self._stop()
        if restart:
            await self._restart()

    async def _interrupt(self) -> bool:
        """Interrupt the running code; False where it takes no notice."""
        await self._manager.interrupt_kernel()
        message = self._kernel.kernel_info()
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            try:
                reply = await self._kernel.shell_channel.get_msg(timeout=_PATIENCE)
            except Empty:
                return False
            if reply["parent_header"].get("msg_id") == message:
                return True
        return False

    async def _await_answers(
        self, folder: str, stand_ins: Mapping[str, int], seconds: float
    ) -> Problem:
        """Let the kernel answer; returns what to say of the cases that it did not answer."""
        code = (
            "__import__('cs_utils.kernel_side').kernel_side"
            f".answer_request({folder!r}, get_ipython().user_ns)"
        )
        message = self._kernel.execute(
            code, silent=True, store_history=False, allow_stdin=True, stop_on_error=False
        )
        end = time.monotonic() + seconds
        pause = 0.002 if stand_ins else 0.02
        while time.monotonic() < end:
            try:
                reply = await self._kernel.shell_channel.get_msg(timeout=pause)
                if reply["parent_header"].get("msg_id") == message:
                    return not_answered(reply["content"])
            except Empty:
                pass
            await self._serve_stand_ins(stand_ins, end)
            if not await self._manager.is_alive():
                await self._stop()
                return Problem(CRASHED, "the code ended the kernel's process")
        if not await self._interrupt():
            await self._stop()
        return Problem(TIMED_OUT, f"no answer within {seconds:g} seconds: does a loop never end?")

    async def _serve_stand_ins(self, stand_ins: Mapping[str, int], end: float) -> None:
        """Compute what the kernel asks of working functions, only those now standing in."""
        channel = self._kernel.stdin_channel
        while time.monotonic() < end and await channel.msg_ready():
            question = await channel.get_msg(timeout=0)
            prompt = question["content"].get("prompt", "")
            with contextlib.suppress(zmq.Again):
                self._kernel.input(base64.b64encode(stand_in_reply(prompt, stand_ins)).decode())


def _shown(exercise: Exercise, case: Case) -> dict[str, Any]:
    """The inputs of a case that the student's kernel is given."""
    return {name: one for name, one in case.inputs.items() if name not in exercise.kept_back}


class _QuietClient(NotebookClient):
    """A client that keeps a flood of outputs out of the grader's memory."""

    def process_message(self, msg: Any, cell: NotebookNode, cell_index: int) -> Any:
        if msg["msg_type"] in ("stream", "display_data", "execute_result", "error"):
            sizes = self.__dict__.setdefault("output_sizes", {})
            sizes[cell_index] = sizes.get(cell_index, 0) + len(str(msg["content"]))
            if sizes[cell_index] > _OUTPUT_LIMIT:
                return None
        return super().process_message(msg, cell, cell_index)


def _add_error(cell: NotebookNode, name: str, text: str) -> None:
    cell.setdefault("outputs", []).append(
        new_output("error", ename=name, evalue=text, traceback=[f"{name}: {text}"])
    )
