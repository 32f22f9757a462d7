"""A hand-in's kernel: what code does that never ends, ends the kernel or floods the grader, and
that the functions beside it are asked all the same."""

import asyncio
import time
from typing import Any

import numpy as np
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from autograder.kernels import isolation
from autograder.kernels.limits import MEGABYTE, Limits
from autograder.kernels.sandbox import BubblewrapProvisioner
from autograder.kernels.session import Session
from autograder.kernels.walls import Walls
from cs_utils.answers import CRASHED, REFUSED, TIMED_OUT, Answer
from cs_utils.exercises import find_exercise

RELU = find_exercise("relu_forward")
CASES = RELU.draw_cases(0)
LIMITS = Limits(cell=2, exercise=2)
RIGHT = "import numpy as np\ndef relu_forward(x): return np.maximum(0, x), x"
DEAF = "while True:\n    try:\n        time.sleep(0.1)\n    except:\n        pass"


def locked(source: str) -> NotebookNode:
    cell = new_code_cell(source)
    cell.metadata["nbgrader"] = {"locked": True}
    return cell


def run(
    *cells: str | NotebookNode, times: int = 1, sandboxed: bool = True, limits: Limits = LIMITS
) -> tuple[list[NotebookNode], list[Answer]]:
    """The cells after they ran, and the answers of the last of some askings."""
    made = [new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells]

    async def session() -> list[Answer]:
        async with Session(new_notebook(cells=made), sandboxed, limits) as kernel:
            await kernel.run_cells()
            return [await kernel.ask(RELU, CASES, {}) for _ in range(times)][-1]

    return made, asyncio.run(session())


def problems(answers: list[Answer]) -> set[str | None]:
    return {answer.problem.kind if answer.problem else None for answer in answers}


def assert_right(answers: list[Answer]) -> None:
    assert problems(answers) == {None}
    for case, answer in zip(CASES, answers, strict=True):
        assert np.array_equal(answer.outputs["z"], np.maximum(0, case.inputs["x"]))


def errors(cell: NotebookNode) -> list[str]:
    return [output.ename for output in cell.outputs if output.output_type == "error"]


@pytest.mark.parametrize("ends", [1, 2])
def test_a_kernel_that_ends_as_it_starts(monkeypatch: pytest.MonkeyPatch, ends: int) -> None:
    launch, started = BubblewrapProvisioner.launch_kernel, []

    async def launch_kernel(self: BubblewrapProvisioner, cmd: list[str], **kwargs: Any) -> Any:
        connection = await launch(self, cmd, **kwargs)
        started.append(self.pid)
        if len(started) <= ends:
            assert self.process is not None
            self.process.kill()
        return connection

    monkeypatch.setattr(BubblewrapProvisioner, "launch_kernel", launch_kernel)
    if ends == 1:
        assert_right(run(RIGHT)[1])
    else:
        with pytest.raises(RuntimeError, match="Kernel died"):
            run(RIGHT)
    assert len(started) == 2


class TestCells:
    def test_one_that_never_ends_is_interrupted(self) -> None:
        cells, answers = run("kept = 7", "while True: pass", RIGHT, "print(kept)")
        assert_right(answers)
        assert "OutOfTime" in errors(cells[1])
        assert cells[3].outputs[0].text == "7\n"

    def test_one_that_takes_no_notice_of_interrupts_is_left_out(self) -> None:
        cells, answers = run(RIGHT, f"import time\n{DEAF}", "print('after')")
        assert_right(answers)
        assert errors(cells[1]) == ["OutOfTime"]
        assert cells[2].outputs[0].text == "after\n"

    @pytest.mark.parametrize(
        "end", ["import os; os._exit(0)", "import os; os.kill(os.getpid(), 9)"]
    )
    def test_one_that_ends_the_kernel_is_left_out(self, end: str) -> None:
        cells, answers = run(RIGHT, end, "print('after')")
        assert_right(answers)
        assert errors(cells[1]) == ["KernelDied"]
        assert cells[2].outputs[0].text == "after\n"

    def test_a_function_that_ends_the_kernel_where_it_is_shown(self) -> None:
        shown = [locked("print(broken())") for _ in range(10)]
        _cells, answers = run("import os\ndef broken(): os._exit(1)", *shown, RIGHT)
        assert_right(answers)

    def test_a_flood_of_output_is_dammed(self) -> None:
        cells, answers = run("for _ in range(400): print('x' * 2**16)", RIGHT)
        assert_right(answers)
        assert len(str(cells[0].outputs)) < 4 * 2**20


class TestFunctions:
    def test_one_that_never_ends_leaves_the_kernel_usable(self) -> None:
        endless = "def relu_forward(x):\n    while len(x) > 4: pass\n    return x * (x > 0), x"
        start = time.monotonic()
        _cells, answers = run("import numpy as np", endless, times=2)
        assert time.monotonic() - start < 90
        assert problems(answers) == {None, TIMED_OUT}
        assert answers[0].problem is None

    def test_one_that_takes_no_notice_of_interrupts(self) -> None:
        body = DEAF.replace("\n", "\n    ")
        _cells, answers = run(f"import time\ndef relu_forward(x):\n    {body}")
        assert problems(answers) == {TIMED_OUT}

    def test_one_that_ends_the_kernel(self) -> None:
        _cells, answers = run("import os\ndef relu_forward(x): os._exit(0)", times=2)
        assert problems(answers) == {CRASHED}

    def test_a_flood_of_questions_to_the_grader(self) -> None:
        flood = (
            "def relu_forward(x):\n"
            "    kernel = get_ipython().kernel\n"
            "    while True:\n"
            "        kernel.session.send(kernel.stdin_socket, 'input_request',\n"
            "            {'prompt': 'z?', 'password': False}, parent=kernel.get_parent('shell'),\n"
            "            ident=kernel._parent_ident['shell'])\n"
        )
        start = time.monotonic()
        _cells, answers = run(flood)
        assert time.monotonic() - start < 90
        assert problems(answers) <= {TIMED_OUT, CRASHED}

    def test_one_that_answers_nothing_at_all(self) -> None:
        silent = "from cs_utils import kernel_side\nkernel_side.answer_request = lambda *_: None"
        _cells, answers = run(RIGHT, silent)
        assert problems(answers) == {REFUSED}


class TestLimits:
    """What the system does not count by itself is watched, and costs its own exercise alone."""

    @pytest.fixture
    def in_a_namespace(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """As for a grader that is root and may become nobody else: no system limit of processes."""
        monkeypatch.setattr(isolation, "_best_walls", lambda *_programs: Walls())

    @pytest.mark.parametrize(
        ("hog", "words"),
        [
            ("[time.sleep(60) for _ in range(200) if os.fork()]", "more than 36 processes"),
            # Eight processes that fill it once and wait: it takes little of their CPU time.
            ("kept = [os.fork() for _ in '123'], bytes([1]) * 2**20 * 150", "of memory"),
            ("[None for _ in range(3) if os.fork()]\n    while True: pass", "more CPU time"),
        ],
    )
    def test_of_all_processes_together(self, in_a_namespace: None, hog: str, words: str) -> None:
        limits = Limits(
            exercise=20, exercise_cpu=3, memory=1024 * MEGABYTE, processes=36, disk=MEGABYTE
        )
        code = f"import os, time\ndef relu_forward(x):\n    {hog}\n    time.sleep(60)"
        _cells, answers = run(code, limits=limits)
        problem = answers[0].problem
        # Of memory the system's own limit may come first.
        assert problem is not None
        assert (problem.kind == CRASHED and words in problem.text) or (
            words == "of memory" and problem.text == "MemoryError"
        )

    def test_without_a_sandbox_scipy_does_not_convolve_either(self) -> None:
        code = "from scipy.signal import correlate2d\ncorrelate2d([[1]], [[1]])"
        cells, answers = run(code, RIGHT, sandboxed=False)
        assert errors(cells[0]) == ["RuntimeError"]
        assert_right(answers)
