"""One hand-in's kernel: runs its cells, answers for its functions, survives its crashes.

Nothing that comes out of it is trusted: cell outputs are shown to people, answers are plain arrays
that ``verdict`` judges.
"""

import asyncio
import base64
import contextlib
import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from queue import Empty
from subprocess import DEVNULL
from types import TracebackType
from typing import Any

import zmq
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from autograder.cells import exercise_library, to_run
from autograder.exchange_folder import new_folder
from autograder.limits import Limits
from autograder.outputs import error_output, one_line, plain_outputs
from autograder.replies import not_answered, read_reply, write_new
from autograder.sandbox import GradingKernelManager, new_kernel_manager
from autograder.stand_ins import stand_in_server
from autograder.watcher import Watcher, await_end, end_family
from cs_utils.answers import CRASHED, REFUSED, TIMED_OUT, Answer, Problem
from cs_utils.exchange import pack
from cs_utils.exercises.specification import Case, Exercise
from cs_utils.kernel_side import REQUEST, answer_file

__all__ = ["Limits", "Session"]

_PATIENCE = 2.0
# How many times longer an answer may take where other work keeps the machine busy.
_BUSY = 5


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
        # What the cells may take: once in their order, and once for all times they are run again.
        self._seconds = {"first": limits.notebook, "again": limits.notebook}
        self._unrunnable: set[int] = set()
        self._ran_until = -1
        self._asked_of_kernel = 0
        self._was_broken = False
        self._is_spoiled = False
        self._folder = ""
        self._client: _QuietClient | None = None
        self._kernel: Any = None
        self._manager: GradingKernelManager
        self._watcher: Watcher

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
            if self._client is None and not await self._restart():
                break
            self._ran_until = index
            await self._run_cell(index, "first")
        for cell in self._notebook.cells[self._ran_until + 1 :]:
            if to_run(cell) and not self._is_of_other_library(cell):
                cell.outputs = [error_output("NotRun", "Not run: the time for it is used up.")]

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
        if self._is_spoiled:
            await self._stop()
        answers = await self._asked(exercise, cases, stand_ins)
        if self._was_broken and self._asked_of_kernel > 1:
            # What an earlier exercise left behind must not cost this one its points.
            await self._stop()
            answers = await self._asked(exercise, cases, stand_ins)
        return answers

    async def _asked(
        self, exercise: Exercise, cases: Sequence[Case], stand_ins: Mapping[str, int]
    ) -> list[Answer]:
        """Ask once. Tells whether the kernel broke while it answered, and whether it is spoiled
        for other exercises."""
        self._was_broken = False
        if self._client is None and not await self._restart():
            problem = Problem(CRASHED, "the kernel died again and again")
            return [Answer(problem=problem)] * len(cases)
        request = {
            "exercise": exercise.name,
            "cases": [(_shown(exercise, case), case.inputs_unchanged) for case in cases],
            "stand_ins": dict(stand_ins),
        }
        self._asked_of_kernel += 1
        name = f"ask-{secrets.token_hex(8)}"
        try:
            descriptor = new_folder(self._manager.descriptor, name)
        except OSError:
            return self._meddled(cases)
        try:
            write_new(descriptor, REQUEST, pack(request))
            folder = os.path.join(self._manager.exchange, name)
            seconds = exercise.seconds or self._limits.exercise
            problem = await self._await_answers(folder, stand_ins, seconds)
            answers = [
                read_reply(descriptor, answer_file(index), problem) for index in range(len(cases))
            ]
        except OSError:
            return self._meddled(cases)
        finally:
            os.close(descriptor)
        unanswered = [answer.problem is problem for answer in answers]
        self._was_broken = all(unanswered) or (any(unanswered) and problem.kind != TIMED_OUT)
        self._is_spoiled = any(map(_ran_out_of_memory, answers)) or await self._has_leftovers()
        return answers

    def _meddled(self, cases: Sequence[Case]) -> list[Answer]:
        """The answers where what the exchange folder holds is in the way, or it is full."""
        self._was_broken = True
        problem = Problem(REFUSED, "the code meddled with the exchange of answers")
        return [Answer(problem=problem)] * len(cases)

    async def _has_leftovers(self) -> bool:
        """Whether processes of an exercise go on, or questions that nobody has answered wait."""
        if self._client is None:
            return False
        return self._watcher.has_grown() or await self._kernel.stdin_channel.msg_ready()

    def error_in(self, grade_id: str) -> str:
        """What the cell of this nbgrader id ended with, such as ``SyntaxError: ...``, or ''."""
        for cell in self._notebook.cells:
            if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id:
                errors = [one for one in cell.get("outputs", []) if one.output_type == "error"]
                text = f"{errors[-1].ename}: {errors[-1].evalue}"[:200] if errors else ""
                return re.sub(r"\(\w+\.py, (line \d+)\)", r"(\1)", one_line(text))
        return ""

    async def _start(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="grading-")
        self._asked_of_kernel, self._is_spoiled = 0, False
        manager = new_kernel_manager(
            self._folder, self._sandboxed, self._library, self._forbidden, self._limits
        )
        client = _QuietClient(
            self._notebook,
            km=manager,
            timeout=self._limits.cell,
            allow_errors=True,
            shutdown_kernel="immediate",
        )
        client.output_limit = self._limits.output
        client.reset_execution_trackers()
        await client.async_start_new_kernel(stdout=DEVNULL, stderr=DEVNULL)
        self._manager = manager
        self._watcher = Watcher(manager.process, self._limits)
        self._client = client
        try:
            self._kernel = await client.async_start_new_kernel_client()
        except Exception:
            await self._stop()
            raise
        self._watcher.note_family()
        # A kernel that asks and never reads must not keep the grader waiting to answer.
        self._kernel.stdin_channel.socket.setsockopt(zmq.SNDTIMEO, 0)

    async def _stop(self) -> None:
        """End the kernel, every process of its and its folder."""
        if self._client is not None:
            client, self._client = self._client, None
            self._watcher.stop()
            if await self._manager.is_alive():
                end_family(self._manager.process)
                await_end(self._manager.process, _PATIENCE)
            # A kernel that is gone, or has sent nonsense, must not keep the grader from going on.
            with contextlib.suppress(Exception):
                await client._async_cleanup_kernel()
            self._manager.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _restart(self) -> bool:
        """A new kernel with the functions defined anew; False where the time for it is used up.

        A cell that kills it this time is left out the next.
        """
        while self._seconds["again"] > 0:
            await self._stop()
            await self._start()
            for index in range(self._ran_until + 1):
                cell = self._notebook.cells[index]
                if index not in self._unrunnable and not self._is_of_other_library(cell):
                    await self._run_cell(index, "again")
                if self._client is None:
                    break
            else:
                return True
        await self._stop()
        return False

    async def _run_cell(self, index: int, time_of: str) -> None:
        cell = self._notebook.cells[index]
        code = to_run(cell)
        if not code or self._client is None:
            return
        if self._seconds[time_of] <= 0:
            text = "Not run: the notebook's time is used up."
            cell.outputs = [*cell.get("outputs", []), error_output("NotRun", text)]
            return
        run, start = NotebookNode(cell, source=code), time.monotonic()
        problem = await self._executed(run, index)
        self._seconds[time_of] -= time.monotonic() - start
        self._notebook.cells[index] = cell
        cell.outputs = plain_outputs(run.get("outputs", []))
        cell.execution_count = None
        if problem:
            cell.outputs.append(error_output(*problem))
        if self._client is None:
            self._unrunnable.add(index)

    async def _executed(self, run: NotebookNode, index: int) -> tuple[str, str] | None:
        """Run a cell; what its kernel died of, or that it does not end, as an error's two words.
        Where the kernel has to go, it has been stopped."""
        assert self._client is not None
        try:
            await self._client.async_execute_cell(run, index)
            return None
        except CellExecutionError:
            return None
        except CellTimeoutError:
            text = f"Stopped after {self._limits.cell:g} seconds: this cell does not end."
            if not await self._interrupt():
                await self._stop()
            return "OutOfTime", text
        except DeadKernelError:
            reason = self._watcher.reason
            text = f"The kernel was ended: {reason}." if reason else "The kernel died"
            await self._stop()
            return "KernelDied", text if reason else f"{text} while this cell ran."
        except Exception as error:
            # Whatever comes from the sockets is the student's: no kernel sends such messages.
            await self._stop()
            text = f"The kernel sent what cannot be understood ({type(error).__name__})."
            return "KernelDied", text

    async def _interrupt(self) -> bool:
        """Interrupt the running code; False where it takes no notice."""
        try:
            await self._manager.interrupt_kernel()
            message = self._kernel.kernel_info()
            end = time.monotonic() + _PATIENCE
            while time.monotonic() < end:
                reply = await self._kernel.shell_channel.get_msg(timeout=_PATIENCE)
                if reply["parent_header"].get("msg_id") == message:
                    return True
        except Exception:
            return False
        return False

    async def _await_answers(
        self, folder: str, stand_ins: Mapping[str, int], seconds: float
    ) -> Problem:
        """Let the kernel answer; returns what to say of the cases that it did not answer."""
        code = (
            "__import__('cs_utils.kernel_side').kernel_side"
            f".answer_request({folder!r}, get_ipython().user_ns)"
        )
        if stand_ins:
            stand_in_server().require()
        self._watcher.allow_cpu(self._limits.exercise_cpu * seconds / self._limits.exercise)
        try:
            message = self._kernel.execute(
                code, silent=True, store_history=False, allow_stdin=True, stop_on_error=False
            )
            return await self._reply_to(message, stand_ins, seconds)
        except Exception as error:
            await self._stop()
            text = f"the kernel sent what cannot be understood ({type(error).__name__})"
            return Problem(REFUSED, text)

    async def _reply_to(
        self, message: str, stand_ins: Mapping[str, int], seconds: float
    ) -> Problem:
        start, had = time.monotonic(), self._watcher.cpu()
        usual, last = start + seconds, start + _BUSY * seconds
        pause = 0.002 if stand_ins else 0.02
        while time.monotonic() < usual or (
            time.monotonic() < last and self._watcher.is_kept_waiting(had + seconds)
        ):
            try:
                reply = await self._kernel.shell_channel.get_msg(timeout=pause)
                if reply["parent_header"].get("msg_id") == message:
                    return not_answered(reply["content"])
            except Empty:
                pass
            # What working functions take is not the student's time, as far as that goes.
            usual = min(usual + await self._serve_stand_ins(stand_ins, last), last)
            if not await self._manager.is_alive():
                reason = self._watcher.reason
                await self._stop()
                text = f"the code was ended: {reason}" if reason else ""
                return Problem(CRASHED, text or "the code ended the kernel's process")
        if not await self._interrupt():
            await self._stop()
        return Problem(TIMED_OUT, f"no answer within {seconds:g} seconds: does a loop never end?")

    async def _serve_stand_ins(self, stand_ins: Mapping[str, int], end: float) -> float:
        """Compute what the kernel asks of working functions, only those now standing in; returns
        the seconds that it took."""
        channel, start = self._kernel.stdin_channel, time.monotonic()
        while time.monotonic() < end and await channel.msg_ready():
            question = await channel.get_msg(timeout=0)
            prompt = question["content"].get("prompt", "")
            reply = stand_in_server().reply(prompt, stand_ins, end - time.monotonic())
            with contextlib.suppress(zmq.Again):
                self._kernel.input(base64.b64encode(reply).decode())
        return time.monotonic() - start


def _shown(exercise: Exercise, case: Case) -> dict[str, Any]:
    """The inputs of a case that the student's kernel is given."""
    return {name: one for name, one in case.inputs.items() if name not in exercise.kept_back}


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


def _ran_out_of_memory(answer: Answer) -> bool:
    return answer.problem is not None and "MemoryError" in answer.problem.text
