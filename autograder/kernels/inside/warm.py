"""A process that has the libraries loaded and forks a kernel for each hand-in: a kernel that starts
so need not load them.

    python -m inside.warm SETTINGS

SETTINGS is JSON: ``libraries``, the modules to load; ``own_user``, whether it has the rights to
make a kernel another user; ``folders``, those that a kernel can write to, each anew; ``shown``,
what is read-only there; and ``exchange``, the one of the folders that the grader shares.

Its standard input is a socket, on which each message asks for a kernel, as JSON too: ``arguments``
for ipykernel, its ``connection`` (null for a process that only waits), the ``limits`` and ``user``
for ``enter``, and ``disk``, the bytes that each folder may hold. It answers with a descriptor of
the kernel's family (see pidfd_open(2)); when that is killed, all of it ends.

    this process, without a student's code
      `- the family's head: outside the new namespaces, waits for its end
           `- the first process of the new namespaces, waits for the kernel's end
                `- the kernel
"""

import gc
import importlib
import json
import os
import random
import select
import signal
import socket
import sys
import traceback
from typing import Any, NoReturn

from .enter import enter
from .namespaces import (
    drop_capabilities,
    end_with_parent,
    leave_for_new_namespaces,
    mount_empty,
    mount_own_processes,
    own_proc_files,
    raise_loopback,
)

# Made by the kernel's first process: where it exists the new folders are in place.
OWN_EXCHANGE = "own"
_MESSAGE_LIMIT = 2**20
_HOME = "/home/student"
_CONNECTION = f"{_HOME}/.kernel.json"


def serve(settings: dict[str, Any]) -> None:
    """Load the libraries, then fork a kernel for each message until the grader is gone."""
    for name in settings["libraries"]:
        importlib.import_module(name)
    # Forks share what the collector leaves alone.
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=os.dup(0)) as grader:
        grader.send(b"ready")
        while message := grader.recv(_MESSAGE_LIMIT):
            child = os.fork()
            if child == 0:
                grader.close()
                _head({**settings, **json.loads(message)})
            descriptor = os.pidfd_open(child)
            socket.send_fds(grader, [b"forked"], [descriptor])
            os.close(descriptor)


def _head(wanted: dict[str, Any]) -> NoReturn:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    leave_for_new_namespaces(wanted["own_user"])
    alive, held = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(held)
        _first(wanted, alive)
    os.close(alive)
    os.waitpid(child, 0)
    os._exit(0)


def _first(wanted: dict[str, Any], head_alive: int) -> NoReturn:
    """The first process: with it all others in its namespace end."""
    raise_loopback()
    mount_own_processes()
    for folder in wanted["folders"]:
        mount_empty(folder, wanted["disk"], wanted["shown"])
    exchange = os.path.join(wanted["exchange"], OWN_EXCHANGE)
    os.mkdir(exchange)
    os.chmod(exchange, 0o1777)
    enter({"user": wanted["user"], "limits": wanted["limits"]})
    drop_capabilities()
    end_with_parent(signal.SIGKILL)
    if select.select([head_alive], [], [], 0)[0]:
        os._exit(0)
    kernel = os.fork()
    if kernel == 0:
        os.close(head_alive)
        try:
            _kernel(wanted)
        except Exception:
            traceback.print_exc()
        finally:
            os._exit(0)
    while os.wait()[0] != kernel:
        pass
    os._exit(0)


def _kernel(wanted: dict[str, Any]) -> None:
    os.setsid()
    own_proc_files()
    os.dup2(0, 1)
    os.dup2(0, 2)
    os.chdir(_HOME)
    if wanted["connection"] is None:
        signal.pause()
    # Each kernel draws its own numbers, as if it had been started alone.
    random.seed()
    sys.modules["numpy"].random.seed()
    with open(_CONNECTION, "x", opener=_private) as file:
        json.dump(wanted["connection"], file)
    from ipykernel.kernelapp import launch_new_instance

    sys.path[:] = [place for place in sys.path if place != _HOME]
    sys.argv = ["ipykernel_launcher", "-f", _CONNECTION, *wanted["arguments"]]
    launch_new_instance()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


if __name__ == "__main__":
    serve(json.loads(sys.argv[1]))
