"""One hand-in's kernel: runs its cells, answers for its functions, survives its crashes.

Nothing that comes out of it is trusted: cell outputs are shown to people, answers are plain arrays
that ``verdict`` judges.
"""

import ast
import base64
import contextlib
import os
import re
import shutil
import stat
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
from nbformat.v4 import new_output

from autograder.sandbox import new_kernel_manager
from cs_utils.answers import CRASHED, MISSING, REFUSED, TIMED_OUT, Answer, Problem
from cs_utils.exchange import ExchangeError, pack, unpack
from cs_utils.exercises import UnknownExerciseError, find_exercise
from cs_utils.exercises.specification import Case, Exercise
from cs_utils.kernel_side import REQUEST, answer_file, read_answer

_ANSWER_LIMIT = 64 * 2**20
_OUTPUT_LIMIT = 2 * 2**20
_RESTARTS = 6
_PATIENCE = 2.0


class Limits:
    """Seconds that a hand-in may take.

    cell: for one cell; shown: for a locked cell that only shows something, once one of the
    hand-in's cells ran out of time; notebook: for all cells; exercise: for all cases of one
    exercise in one round.
    """

    def __init__(
        self, cell: float = 30, shown: float = 3, notebook: float = 240, exercise: float = 20
    ) -> None:
        self.cell = cell
        self.shown = shown
        self.notebook = notebook
        self.exercise = exercise


class Session:
    """A hand-in's kernel, from its start to its end; use it with ``async with``.

    notebook: executed in place; its check cells are left alone.
    sandboxed: whether the kernel runs inside bubblewrap.
    """

    def __init__(self, notebook: NotebookNode, sandboxed: bool, limits: Limits) -> None:
        self._notebook = notebook
        self._sandboxed = sandboxed
        self._limits = limits
        self._deadline = time.monotonic() + limits.notebook
        self._unrunnable: set[int] = set()
        self._ran_until = -1
        self._restarts = 0
        self._out_of_time = False
        self._show_is_over = False
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
        """Run every code cell but the checks. A cell that kills the kernel or does not end is
        marked so and left out from then on; the kernel comes back for the others."""
        for index, cell in enumerate(self._notebook.cells):
            if cell.cell_type != "code" or is_check(cell):
                continue
            self._ran_until = index
            await self._run_cell(index)
        self._restarts = 0

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
            "cases": [(dict(case.inputs), case.inputs_unchanged) for case in cases],
            "stand_ins": dict(stand_ins),
        }
        folder = tempfile.mkdtemp(prefix="ask-", dir=self._folder)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            write_new(descriptor, REQUEST, pack(request))
            problem = await self._await_answers(folder, stand_ins)
            return [_read(descriptor, answer_file(index), problem) for index in range(len(cases))]
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
        manager = new_kernel_manager(self._folder, self._sandboxed)
        client = _QuietClient(
            self._notebook,
            km=manager,
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
                if index not in self._unrunnable and _defines(cell):
                    await self._run_cell(index, restart=False)
                if self._client is None:
                    break
            else:
                return True
        return False

    async def _run_cell(self, index: int, restart: bool = True) -> None:
        cell = self._notebook.cells[index]
        if self._client is None:
            _add_error(cell, "NotRun", "Not run: the kernel died too often before this cell.")
            return
        shown_only = not _defines(cell)
        late = time.monotonic() > self._deadline
        if shown_only and late:
            _add_error(cell, "NotRun", "Not run: the notebook's time is used up.")
            return
        if shown_only and self._show_is_over:
            _add_error(cell, "NotRun", "Not run: a cell like this one ended the kernel.")
            return
        slow = self._out_of_time or late
        self._client.timeout = int(self._limits.shown if shown_only and slow else self._limits.cell)
        try:
            await self._client.async_execute_cell(cell, index)
            return
        except CellExecutionError:
            return
        except CellTimeoutError:
            self._out_of_time = True
            text = f"Stopped after {self._client.timeout} seconds: this cell does not end."
            _add_error(cell, "OutOfTime", text)
            if await self._interrupt():
                return
        except DeadKernelError:
            _add_error(cell, "KernelDied", "The kernel died while this cell ran.")
        self._unrunnable.add(index)
        self._show_is_over |= shown_only
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

    async def _await_answers(self, folder: str, stand_ins: Mapping[str, int]) -> Problem:
        """Let the kernel answer; returns what to say of the cases that it did not answer."""
        code = (
            "__import__('cs_utils.kernel_side').kernel_side"
            f".answer_request({folder!r}, get_ipython().user_ns)"
        )
        message = self._kernel.execute(
            code, silent=True, store_history=False, allow_stdin=True, stop_on_error=False
        )
        end = time.monotonic() + self._limits.exercise
        while time.monotonic() < end:
            try:
                reply = await self._kernel.shell_channel.get_msg(timeout=0.02)
                if reply["parent_header"].get("msg_id") == message:
                    return _not_answered(reply["content"])
            except Empty:
                pass
            await self._serve_stand_ins(stand_ins, end)
            if not await self._manager.is_alive():
                await self._stop()
                return Problem(CRASHED, "the code ended the kernel's process")
        if not await self._interrupt():
            await self._stop()
        seconds = f"{self._limits.exercise:g}"
        return Problem(TIMED_OUT, f"no answer within {seconds} seconds: does a loop never end?")

    async def _serve_stand_ins(self, stand_ins: Mapping[str, int], end: float) -> None:
        """Compute what the kernel asks of working functions, only those now standing in."""
        channel = self._kernel.stdin_channel
        while time.monotonic() < end and await channel.msg_ready():
            question = await channel.get_msg(timeout=0)
            prompt = question["content"].get("prompt", "")
            with contextlib.suppress(zmq.Again):
                self._kernel.input(base64.b64encode(_stand_in_reply(prompt, stand_ins)).decode())


class _QuietClient(NotebookClient):
    """A client that keeps a flood of outputs out of the grader's memory."""

    def process_message(self, msg: Any, cell: NotebookNode, cell_index: int) -> Any:
        if msg["msg_type"] in ("stream", "display_data", "execute_result", "error"):
            sizes = self.__dict__.setdefault("output_sizes", {})
            sizes[cell_index] = sizes.get(cell_index, 0) + len(str(msg["content"]))
            if sizes[cell_index] > _OUTPUT_LIMIT:
                return None
        return super().process_message(msg, cell, cell_index)


def is_check(cell: NotebookNode) -> bool:
    """Whether a cell is a check, which the grader answers itself."""
    marks = cell.metadata.get("nbgrader", {})
    return bool(marks.get("grade")) and not marks.get("solution")


def _defines(cell: NotebookNode) -> bool:
    """Whether a code cell may define what functions need: the student's own cells do, locked ones
    only where they import or assign; the others show something."""
    if cell.cell_type != "code" or is_check(cell):
        return False
    if not cell.metadata.get("nbgrader", {}).get("locked"):
        return True
    try:
        statements = ast.parse(cell.source).body
    except SyntaxError:
        return False
    return all(isinstance(one, ast.Import | ast.ImportFrom | ast.Assign) for one in statements)


def _add_error(cell: NotebookNode, name: str, text: str) -> None:
    cell.setdefault("outputs", []).append(
        new_output("error", ename=name, evalue=text, traceback=[f"{name}: {text}"])
    )


def _not_answered(reply: Mapping[str, Any]) -> Problem:
    if reply.get("status") == "error":
        text = f"{reply.get('ename')}: {str(reply.get('evalue'))[:200]}"
        return Problem(CRASHED, f"the function could not be called ({text})")
    return Problem(REFUSED, "no answer was handed back")


def write_new(folder: int, name: str, data: bytes) -> None:
    """Write a file into the folder of this descriptor. Raises FileExistsError for one that is
    there already: it may be a link that the student's code has laid to a file of the grader's."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(os.open(name, flags, 0o600, dir_fd=folder), "wb") as file:
        file.write(data)


def _read(folder: int, name: str, problem: Problem) -> Answer:
    """One answer from the exchange folder, read as plain arrays and through no link."""
    try:
        opened = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except FileNotFoundError:
        return Answer(problem=problem)
    except OSError:
        return Answer(problem=Problem(REFUSED, "the answer is no plain file"))
    try:
        status = os.fstat(opened)
        if not stat.S_ISREG(status.st_mode):
            return Answer(problem=Problem(REFUSED, "the answer is no plain file"))
        if status.st_size > _ANSWER_LIMIT:
            return Answer(problem=Problem(REFUSED, "the answer is too large"))
        data = os.read(opened, _ANSWER_LIMIT)
    finally:
        os.close(opened)
    try:
        return read_answer(data, _ANSWER_LIMIT)
    except (ExchangeError, KeyError, TypeError, AttributeError, ValueError) as error:
        return Answer(problem=Problem(REFUSED, f"the answer cannot be read: {error}"))


def _stand_in_reply(prompt: str, stand_ins: Mapping[str, int]) -> bytes:
    try:
        question = unpack(base64.b64decode(prompt), 2**24)
        name = question["name"]
        if name not in stand_ins:
            raise UnknownExerciseError(f"{name} is not standing in now")
        function = find_exercise(name).stand_ins[stand_ins[name]]
        return pack({"value": function(*question["args"], **question["kwargs"])})
    except Exception as error:
        return pack({"error": f"{type(error).__name__}: {error}"})


def missing_part(name: str) -> Answer:
    """The answer where a function that this one builds on is known never to end."""
    text = f"{name}, which this one builds on, gave no answer"
    return Answer(problem=Problem(MISSING, text))
