"""The one folder that a kernel and the grader both see. In the sandbox it lies in memory, with a
limit: the kernel writes to no disk of the host.

The grader opens it before any of the student's code runs and reaches it through that descriptor
ever after, whatever becomes of names and links.
"""

import os
import time
from pathlib import Path

_PATIENCE = 30.0


def open_inside(bubblewrap: int, path: str) -> int | None:
    """A descriptor of the folder ``path`` inside the sandbox that the process ``bubblewrap`` puts
    up; None while it is not there yet.

    Raises OSError where the grader may not look into it.
    """
    try:
        children = Path(f"/proc/{bubblewrap}/task/{bubblewrap}/children").read_text().split()
    except FileNotFoundError:
        return None
    for child in children:
        try:
            return os.open(f"/proc/{child}/root{path}", os.O_RDONLY | os.O_DIRECTORY)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return None


def await_inside(bubblewrap: int, path: str) -> int:
    """As ``open_inside``, waiting until it is there. Raises OSError where it does not come."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        found = open_inside(bubblewrap, path)
        if found is not None:
            return found
        if _has_ended(bubblewrap):
            break
        time.sleep(0.005)
    raise FileNotFoundError(path)


def _has_ended(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def path_through(descriptor: int) -> str:
    """A path to this folder for who takes paths alone; it holds while the descriptor is open."""
    return f"/proc/self/fd/{descriptor}"


def new_folder(parent: int, name: str) -> int:
    """Make a folder that the kernel can write to, and open it. Raises FileExistsError."""
    os.mkdir(name, dir_fd=parent)
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
    descriptor = os.open(name, flags, dir_fd=parent)
    os.fchmod(descriptor, 0o777)
    return descriptor
