"""The first thing that runs inside the sandbox: takes on the limits, then becomes the command.

    python -I -S enter.py SETTINGS COMMAND ...

SETTINGS is JSON: ``limits`` by the names of the resource module, and ``user``, the number of the
user to become, or null. Without a command it waits for a line and tells how many processes it may
start.
"""

import json
import os
import resource
import sys


def enter(settings: dict) -> None:
    """Become the user and take on the limits; neither can be taken back."""
    if settings["user"] is not None:
        os.setgroups([])
        os.setgid(settings["user"])
        os.setuid(settings["user"])
    for name, value in settings["limits"].items():
        resource.setrlimit(getattr(resource, name), (value, value))


def started_processes(most: int) -> int:
    """How many processes this one may start, tried up to ``most``."""
    waiting, release = os.pipe()
    children: list[int] = []
    while len(children) < most:
        try:
            child = os.fork()
        except OSError:
            break
        if child == 0:
            os.close(release)
            os.read(waiting, 1)
            os._exit(0)
        children.append(child)
    os.close(release)
    for child in children:
        os.waitpid(child, 0)
    return len(children)


if __name__ == "__main__":
    own = json.loads(sys.argv[1])
    enter(own)
    if len(sys.argv) == 2:
        sys.stdin.readline()
        print(started_processes(own["limits"]["RLIMIT_NPROC"] + 10))
    else:
        os.execv(sys.argv[2], sys.argv[2:])
