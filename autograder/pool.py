"""Who grades: worker processes of this machine, or a Dask cluster's. Hand-ins are sent a few at a
time, so that a large class needs no more memory than a small one, and a worker's death stops
nobody."""

import os
from collections.abc import Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Future,
    ProcessPoolExecutor,
    wait,
)
from multiprocessing import get_context, parent_process
from multiprocessing.forkserver import ensure_running
from threading import Thread
from typing import Protocol
from weakref import WeakSet

from autograder.grading import Result, Task, failed, grade_hand_in
from autograder.kernels.stand_ins import stand_in_server

_WAITING = 2


class StoppedError(RuntimeError):
    """Grading cannot go on; the text says why. What was graded is kept."""


class Pool(Protocol):
    """Workers that grade."""

    @property
    def slots(self) -> int:
        """How many hand-ins they grade at a time."""
        ...

    def submit(self, task: Task) -> Future[Result]:
        """Have a hand-in graded."""
        ...

    def renew(self) -> None:
        """Start anew after a worker's death has broken the pool."""
        ...

    def stop(self) -> None:
        """Let go of the workers without waiting for them."""
        ...


class LocalPool:
    """Worker processes of this machine. They are forked from a process that has imported what
    grading needs and nothing else: none inherits an open database."""

    def __init__(self, jobs: int) -> None:
        self.slots = jobs
        self._submitted: WeakSet[Future[Result]] = WeakSet()
        self._context = get_context("forkserver")
        self._context.set_forkserver_preload(["autograder.grading", "torch"])
        # It imports while the course folder is made ready.
        ensure_running()
        self.renew()

    def submit(self, task: Task) -> Future[Result]:
        future = self._executor.submit(grade_hand_in, task)
        self._submitted.add(future)
        return future

    def renew(self) -> None:
        self._executor = ProcessPoolExecutor(self.slots, self._context, _begin)

    def stop(self) -> None:
        # Workers that have nothing to do end at once; the others end with this process.
        idle = all(future.done() for future in self._submitted)
        self._executor.shutdown(wait=idle, cancel_futures=True)


def graded(tasks: Iterator[Task], pool: Pool) -> Iterator[Result]:
    """Results as they come. Raises StoppedError where there is nobody left to grade."""
    running: dict[Future[Result], Task] = {}
    while True:
        while len(running) < _WAITING * pool.slots and (task := next(tasks, None)):
            running[pool.submit(task)] = task
        if not running:
            return
        done, _others = wait(running, return_when=FIRST_COMPLETED)
        if any(isinstance(_error(future), BrokenExecutor) for future in done):
            yield from _one_by_one(running, pool)
            running = {}
        else:
            yield from (_result(future, running.pop(future)) for future in done)


def _one_by_one(running: dict[Future[Result], Task], pool: Pool) -> Iterator[Result]:
    """The results of a broken pool, and nobody knows who broke it: what has none is graded again,
    and the one that breaks a pool all alone has failed."""
    suspects = []
    for future, task in running.items():
        if isinstance(_error(future), BrokenExecutor):
            suspects.append(task)
        else:
            yield _result(future, task)
    for task in suspects:
        pool.renew()
        yield _result(pool.submit(task), task)
    pool.renew()


def _error(future: Future[Result]) -> BaseException | None:
    return None if future.cancelled() else future.exception()


def _result(future: Future[Result], task: Task) -> Result:
    try:
        return future.result()
    except CancelledError:
        raise StoppedError("The workers are gone.") from None
    except StoppedError:
        raise
    except Exception as error:
        return failed(task, f"its worker died, or failed: {type(error).__name__}: {error}")


def _begin() -> None:
    # Before the thread that watches: a fork of a process with threads may inherit a held lock.
    stand_in_server().fork()
    _end_with_the_grader()


def _end_with_the_grader() -> None:
    """A worker whose grader was killed ends too, and its kernel with it."""

    def watch() -> None:
        grader = parent_process()
        if grader is not None:
            grader.join()
        os._exit(1)

    Thread(target=watch, daemon=True).start()
