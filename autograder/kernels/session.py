"""One hand-in's kernel: runs its cells, answers for its functions, survives its crashes.

Nothing that comes out of it is trusted: cell outputs are shown to people, answers are plain arrays
that ``verdict`` judges.
"""

import base64
import contextlib
import os
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from queue import Empty
from types import TracebackType
from typing import Any

import zmq
import zmq.asyncio
from nbformat import NotebookNode

from autograder.kernels.exchange_folder import new_folder
from autograder.kernels.kernel import Kernel
from autograder.kernels.limits import Limits
from autograder.kernels.outputs import error_output, one_line, plain_outputs
from autograder.kernels.replies import not_answered, read_reply, write_new
from autograder.kernels.stand_ins import stand_in_server
from autograder.repairing.cells import exercise_library
from autograder.repairing.needed import code_to_run
from cs_utils.answers import CRASHED, REFUSED, TIMED_OUT, Answer, Problem
from cs_utils.exchange import pack
from cs_utils.exercises.specification import Case, Exercise
from cs_utils.kernel_side import REQUEST, answer_file

__all__ = ["Limits", "Session"]

# How many times longer an answer may take where other work keeps the machine busy.
_BUSY = 5
_PAUSE_MILLISECONDS = 20


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
        self._code = code_to_run(notebook.cells)
        self._library = library
        self._limits = limits
        # What the cells may take: once in their order, and once for all times they are run again.
        self._seconds = {"first": limits.notebook, "again": limits.notebook}
        self._unrunnable: set[int] = set()
        self._ran_until = -1
        self._asked_of_kernel = 0
        self._was_broken = False
        self._is_spoiled = False
        self._kernel = Kernel(notebook, sandboxed, limits, library, forbidden)

    async def __aenter__(self) -> "Session":
        await self._start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._kernel.stop()

    async def run_cells(self) -> None:
        """Run every cell that may define what the functions need; see ``code_to_run``.

        A cell that kills the kernel or does not end is marked so and left out from then on; the
        kernel comes back for the others.
        """
        for index, cell in enumerate(self._notebook.cells):
            if self._is_of_other_library(cell):
                continue
            if not self._kernel.is_running and not await self._restart():
                break
            self._ran_until = index
            await self._run_cell(index, "first")
        for index in range(self._ran_until + 1, len(self._code)):
            cell = self._notebook.cells[index]
            if self._code[index] and not self._is_of_other_library(cell):
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
            await self._kernel.stop()
        answers = await self._asked(exercise, cases, stand_ins)
        if self._was_broken and self._asked_of_kernel > 1:
            # What an earlier exercise left behind must not cost this one its points.
            await self._kernel.stop()
            answers = await self._asked(exercise, cases, stand_ins)
        return answers

    async def _asked(
        self, exercise: Exercise, cases: Sequence[Case], stand_ins: Mapping[str, int]
    ) -> list[Answer]:
        """Ask once. Tells whether the kernel broke while it answered, and whether it is spoiled
        for other exercises."""
        self._was_broken = False
        if not self._kernel.is_running and not await self._restart():
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
            descriptor = new_folder(self._kernel.manager.descriptor, name)
        except OSError:
            return self._meddled(cases)
        try:
            write_new(descriptor, REQUEST, pack(request))
            folder = os.path.join(self._kernel.manager.exchange, name)
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
        if not self._kernel.is_running:
            return False
        return (
            self._kernel.watcher.has_grown() or await self._kernel.client.stdin_channel.msg_ready()
        )

    def error_in(self, grade_id: str) -> str:
        """What the cell of this nbgrader id ended with, such as ``SyntaxError: ...``, or ''."""
        for cell in self._notebook.cells:
            if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id:
                errors = [one for one in cell.get("outputs", []) if one.output_type == "error"]
                text = f"{errors[-1].ename}: {errors[-1].evalue}"[:200] if errors else ""
                return re.sub(r"\(\w+\.py, (line \d+)\)", r"(\1)", one_line(text))
        return ""

    async def _start(self) -> None:
        self._asked_of_kernel, self._is_spoiled = 0, False
        await self._kernel.start()

    async def _restart(self) -> bool:
        """A new kernel with the functions defined anew; False where the time for it is used up.

        A cell that kills it this time is left out the next.
        """
        while self._seconds["again"] > 0:
            await self._kernel.stop()
            await self._start()
            for index in range(self._ran_until + 1):
                cell = self._notebook.cells[index]
                if index not in self._unrunnable and not self._is_of_other_library(cell):
                    await self._run_cell(index, "again")
                if not self._kernel.is_running:
                    break
            else:
                return True
        await self._kernel.stop()
        return False

    async def _run_cell(self, index: int, time_of: str) -> None:
        cell = self._notebook.cells[index]
        code = self._code[index]
        if not code or not self._kernel.is_running:
            return
        if self._seconds[time_of] <= 0:
            text = "Not run: the notebook's time is used up."
            cell.outputs = [*cell.get("outputs", []), error_output("NotRun", text)]
            return
        run, start = NotebookNode(cell, source=code), time.monotonic()
        problem = await self._kernel.execute(run, index)
        self._seconds[time_of] -= time.monotonic() - start
        self._notebook.cells[index] = cell
        cell.outputs = plain_outputs(run.get("outputs", []))
        cell.execution_count = None
        if problem:
            cell.outputs.append(error_output(*problem))
        if not self._kernel.is_running:
            self._unrunnable.add(index)

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
        self._kernel.watcher.allow_cpu(self._limits.exercise_cpu * seconds / self._limits.exercise)
        try:
            message = self._kernel.client.execute(
                code, silent=True, store_history=False, allow_stdin=True, stop_on_error=False
            )
            return await self._reply_to(message, stand_ins, seconds)
        except Exception as error:
            await self._kernel.stop()
            text = f"the kernel sent what cannot be understood ({type(error).__name__})"
            return Problem(REFUSED, text)

    async def _reply_to(
        self, message: str, stand_ins: Mapping[str, int], seconds: float
    ) -> Problem:
        start, had = time.monotonic(), self._kernel.watcher.cpu()
        usual, last = start + seconds, start + _BUSY * seconds
        lines = zmq.asyncio.Poller()
        for channel in (self._kernel.client.shell_channel, self._kernel.client.stdin_channel):
            lines.register(channel.socket, zmq.POLLIN)
        while time.monotonic() < usual or (
            time.monotonic() < last and self._kernel.watcher.is_kept_waiting(had + seconds)
        ):
            await lines.poll(_PAUSE_MILLISECONDS)
            with contextlib.suppress(Empty):
                reply = await self._kernel.client.shell_channel.get_msg(timeout=0)
                if reply["parent_header"].get("msg_id") == message:
                    return not_answered(reply["content"])
            # What working functions take is not the student's time, as far as that goes.
            usual = min(usual + await self._serve_stand_ins(stand_ins, last), last)
            if not await self._kernel.manager.is_alive():
                reason = self._kernel.watcher.reason
                await self._kernel.stop()
                text = f"the code was ended: {reason}" if reason else ""
                return Problem(CRASHED, text or "the code ended the kernel's process")
        if not await self._kernel.interrupt():
            await self._kernel.stop()
        return Problem(TIMED_OUT, f"no answer within {seconds:g} seconds: does a loop never end?")

    async def _serve_stand_ins(self, stand_ins: Mapping[str, int], end: float) -> float:
        """Compute what the kernel asks of working functions, only those now standing in; returns
        the seconds that it took."""
        channel, start = self._kernel.client.stdin_channel, time.monotonic()
        while time.monotonic() < end and await channel.msg_ready():
            question = await channel.get_msg(timeout=0)
            prompt = question["content"].get("prompt", "")
            reply = stand_in_server().reply(prompt, stand_ins, end - time.monotonic())
            with contextlib.suppress(zmq.Again):
                self._kernel.client.input(base64.b64encode(reply).decode())
        return time.monotonic() - start


def _shown(exercise: Exercise, case: Case) -> dict[str, Any]:
    """The inputs of a case that the student's kernel is given."""
    return {name: one for name, one in case.inputs.items() if name not in exercise.kept_back}


def _ran_out_of_memory(answer: Answer) -> bool:
    return answer.problem is not None and "MemoryError" in answer.problem.text
