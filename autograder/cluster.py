"""Grading on a Dask cluster that is there already. Its workers need this package, at the same
version, and bubblewrap; the hand-ins are sent to them."""

import logging
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

from autograder.grading import Result, Task, course_code, grade_hand_in
from autograder.judging.verdict import DeviceError, require_device
from autograder.kernels.sandbox import SandboxError, isolation_in_words
from autograder.pool import StoppedError

# Seconds for the scheduler to answer, and for a first worker to come.
_PATIENCE = 10
_WORKER_PATIENCE = 60


class ClusterError(ValueError):
    """The cluster cannot grade; the text says why and what to do."""


class DaskPool:
    """The workers of the cluster at ``address``, such as ``tcp://host:8786``, however many they are
    at the moment. What TLS needs is read from Dask's own configuration.

    isolation: what keeps students' code apart on them.

    Raises ClusterError where the cluster cannot be reached or one of its workers cannot grade.
    """

    def __init__(self, address: str, sandboxed: bool, device: str) -> None:
        try:
            from distributed import Client
        except ImportError:
            text = "Dask is not installed. Type:  pip install -c constraints.txt -e '.[cluster]'"
            raise ClusterError(text) from None
        for name in ("distributed.client", "distributed.core", "distributed.comm"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        try:
            self._client: Any = Client(address, timeout=_PATIENCE)
            self._client.wait_for_workers(1, timeout=_WORKER_PATIENCE)
        except (OSError, ValueError) as error:
            text = f"No Dask cluster with a worker answers at {address}"
            raise ClusterError(f"{text} ({type(error).__name__}).") from None
        asked = self._client.run(_asked, course_code(), sandboxed, device, on_error="return")
        for worker, answer in asked.items():
            trouble = answer[0] if isinstance(answer, tuple) else f"{answer!r}"
            if trouble:
                self._client.close()
                raise ClusterError(f"The worker {worker} cannot grade: {trouble}")
        self.isolation = " | ".join(sorted({words for _trouble, words in asked.values()}))
        self._executor = self._client.get_executor(pure=False)

    @property
    def slots(self) -> int:
        """How many hand-ins the workers that are there now grade at a time."""
        with _or_stop():
            return max(1, sum(self._client.nthreads().values()))

    def submit(self, task: Task) -> Future[Result]:
        with _or_stop():
            future: Future[Result] = self._executor.submit(_grade, task)
            return future

    def renew(self) -> None:
        """The cluster's scheduler renews its workers by itself."""

    def stop(self) -> None:
        """Withdraw what is not done and leave the cluster as it was."""
        with suppress(Exception):
            self._executor.shutdown(wait=False)
            self._client.close()


@contextmanager
def _or_stop() -> Iterator[None]:
    """Raises StoppedError where the cluster no longer answers, in whatever way Dask puts that."""
    try:
        yield
    except Exception as error:
        raise StoppedError(f"The cluster is gone ({type(error).__name__}).") from error


def _grade(task: Task) -> Result:
    """Grade on a worker, which may have come after the others were asked."""
    trouble = _trouble(task.course, task.sandboxed, task.device)
    if trouble:
        raise StoppedError(f"A worker cannot grade: {trouble}")
    return grade_hand_in(task)


def _asked(course: str, sandboxed: bool, device: str) -> tuple[str, str]:
    """Why this worker cannot grade, or ''; and what keeps students' code apart on it."""
    trouble = _trouble(course, sandboxed, device)
    return trouble, "" if trouble else isolation_in_words(sandboxed)


@cache
def _trouble(course: str, sandboxed: bool, device: str) -> str:
    """Why this worker cannot grade; '' where it can."""
    if course_code() != course:
        return "it has another version of the course. Install the same one on all machines."
    try:
        require_device(device)
        isolation_in_words(sandboxed)
    except (DeviceError, SandboxError) as error:
        return str(error)
    return ""
