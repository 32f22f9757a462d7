"""A process that has this one's libraries loaded from its start, because it is a fork of it."""

import contextlib
import os
import signal
from collections.abc import Callable
from typing import IO


class Fork:
    """A fork of this process that runs a function, as ``subprocess.Popen`` shows it; the function
    is given its standard input and output."""

    def __init__(self, function: Callable[[IO[bytes], IO[bytes]], None]) -> None:
        read, write = os.pipe(), os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.dup2(read[0], 0)
            os.dup2(write[1], 1)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            os.closerange(3, os.sysconf("SC_OPEN_MAX"))
            try:
                function(os.fdopen(0, "rb"), os.fdopen(1, "wb"))
            finally:
                os._exit(0)
        os.close(read[0])
        os.close(write[1])
        self.stdin, self.stdout = os.fdopen(read[1], "wb"), os.fdopen(write[0], "rb")

    def poll(self) -> int | None:
        """0 once it has ended."""
        ended = os.waitid(os.P_PID, self._pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return None if ended is None else 0

    def kill(self) -> None:
        """End it."""
        os.kill(self._pid, signal.SIGKILL)

    def communicate(self) -> None:
        """Wait for its end, and let go of it."""
        os.waitpid(self._pid, 0)
        self.stdout.close()
        with contextlib.suppress(BrokenPipeError):
            self.stdin.close()
