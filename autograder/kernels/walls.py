"""The command that runs another one inside bubblewrap: what is seen there, and what is limited."""

import json
import os
import resource
import secrets
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cs_utils
from autograder.kernels.limits import MEGABYTE, Limits
from cs_utils.kernel_side import GRADING

_SYSTEM_FOLDERS = ("/usr/lib", "/usr/lib64", "/usr/share/zoneinfo", "/lib", "/lib64")
_SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/localtime")
_HIDDEN_PACKAGES = ("autograder", "solutions")
_CONVOLVING_PACKAGES = ("scipy/signal", "scipy/ndimage")
_STUDENT_HOME = "/home/student"
_COURSE_FOLDER = "/course"
_COURSE = Path(cs_utils.__file__).parent.parent
_HERE = Path(__file__).parent
_INSIDE = _HERE / "inside"
_ENTER = _INSIDE / "enter.py"
_ENTER_INSIDE = f"{_COURSE_FOLDER}/inside/enter.py"
_WITHOUT_PYTORCH = _HERE / "without_pytorch"
_WITHOUT_PYTORCH_INSIDE = f"{_COURSE_FOLDER}/without_pytorch"
_WITHOUT_CONVOLUTION = _HERE / "without_convolution"
_MOST_THREADS = 4
# For users that exist for a while only; systemd's DynamicUser= takes its numbers there too
# (systemd.io/UIDS-GIDS).
_PASSING_USERS = range(61184, 65520)


@dataclass(frozen=True)
class Walls:
    """How the sandbox is put up on this machine.

    scope: the command that puts a kernel into a cgroup of its own, with ``{memory}`` and
        ``{processes}`` to fill in; none where no cgroup can be made.
    own_user: whether each kernel becomes a user of its own, for which the grader must be root.
        Elsewhere it lives in a user namespace, as the grader's user and without its rights.
    limit_processes: whether RLIMIT_NPROC counts the kernel's processes alone.
    """

    scope: tuple[str, ...] = ()
    own_user: bool = False
    limit_processes: bool = False


def passing_user() -> int:
    """The number of a user that nobody is."""
    return secrets.choice(_PASSING_USERS)


def new_exchange() -> str:
    """A path inside that the host has not, for the folder shared with the grader."""
    return f"/exchange-{secrets.token_hex(8)}"


def sandboxed_command(
    command: Sequence[str],
    library: str = "numpy",
    limits: Limits | None = None,
    walls: Walls | None = None,
    user: int | None = None,
    exchange: str = "/exchange",
    shown: Iterable[Path] = (),
) -> list[str]:
    """The command that runs ``command`` inside bubblewrap.

    library: what it may import, ``numpy`` or ``torch``. user: whom it becomes where
    ``walls.own_user``. exchange: the folder inside that it shares with the grader, in memory.
    shown: further files of the host that it may read.
    """
    limits, walls = limits or Limits(), walls or Walls()
    scope = [part.format(memory=limits.memory, processes=limits.processes) for part in walls.scope]
    return [
        *scope,
        *_bubblewrap(walls, ("SETUID", "SETGID")),
        *_seen(library, limits, exchange, shown),
        *(sys.executable, "-I", "-S", _ENTER_INSIDE),
        json.dumps(entering(limits, walls, user)),
        *command,
    ]


def warm_command(
    libraries: Sequence[str], library: str, limits: Limits, walls: Walls, exchange: str
) -> list[str]:
    """The command that starts a process inside bubblewrap from which kernels are forked; see
    ``autograder.kernels.inside.warm``.

    libraries: the modules that it loads. library, limits, walls, exchange: as in
    ``sandboxed_command``; what it limits is the folders' sizes alone, the kernels get the rest.
    """
    settings = {
        "libraries": list(libraries),
        "own_user": walls.own_user,
        "folders": writable_places(exchange),
        "shown": [inside for _path, inside in read_only_places()],
        "exchange": exchange,
    }
    return [
        *_bubblewrap(walls, ("SETUID", "SETGID", "SYS_ADMIN", "NET_ADMIN", "KILL")),
        *_seen(library, limits, exchange, []),
        *(sys.executable, "-m", "inside.warm", json.dumps(settings)),
    ]


def _seen(library: str, limits: Limits, exchange: str, shown: Iterable[Path]) -> list[str]:
    """Bubblewrap's arguments for what is seen inside, up to the command."""
    arguments = _places(library, limits, exchange, shown)
    for name, value in _environment(_COURSE_FOLDER, _WITHOUT_PYTORCH_INSIDE, library).items():
        arguments += ["--setenv", name, value]
    return [*arguments, "--chdir", _STUDENT_HOME, "--"]


def bare_command(command: Sequence[str], limits: Limits) -> list[str]:
    """The command that takes on the limits of one process without a sandbox."""
    settings = json.dumps(entering(limits, Walls(), None))
    return [sys.executable, "-I", "-S", str(_ENTER), settings, *command]


def bare_environment(library: str) -> dict[str, str]:
    """The environment of a kernel without a sandbox: PyTorch is switched off there too."""
    own = _environment(str(_COURSE), str(_WITHOUT_PYTORCH), library)
    return {name: value for name, value in own.items() if name not in ("HOME", "PATH")}


def entering(limits: Limits, walls: Walls, user: int | None) -> dict[str, Any]:
    """The settings of ``autograder.kernels.inside.enter``."""
    wanted = {
        "RLIMIT_AS": limits.memory,
        "RLIMIT_FSIZE": limits.disk,
        "RLIMIT_CPU": int(limits.notebook_cpu) + 1,
        "RLIMIT_CORE": 0,
        "RLIMIT_NOFILE": 1024,
    }
    if walls.limit_processes:
        wanted["RLIMIT_NPROC"] = limits.processes
    for name, value in wanted.items():
        most = resource.getrlimit(getattr(resource, name))[1]
        wanted[name] = value if most == resource.RLIM_INFINITY else min(value, most)
    return {"limits": wanted, "user": user if walls.own_user else None}


def _bubblewrap(walls: Walls, rights: Sequence[str]) -> list[str]:
    """rights: those that are kept, to become another user, say; they are gone with it."""
    always = ["bwrap", "--die-with-parent", "--new-session", "--clearenv"]
    if not walls.own_user:
        return [*always, "--unshare-all", "--cap-drop", "ALL"]
    kinds = ("ipc", "pid", "net", "uts", "cgroup-try")
    kept = [part for right in rights for part in ("--cap-add", f"CAP_{right}")]
    return [*always, *(f"--unshare-{kind}" for kind in kinds), "--cap-drop", "ALL", *kept]


def _places(library: str, limits: Limits, exchange: str, shown: Iterable[Path]) -> list[str]:
    places = ["--proc", "/proc", "--dev", "/dev"]
    for place in writable_places(exchange):
        places += ["--perms", "1777", "--size", str(limits.disk), "--tmpfs", place]
    for folder in (f"{_STUDENT_HOME}/.cache", f"{_STUDENT_HOME}/.cache/matplotlib"):
        places += ["--perms", "1777", "--dir", folder]
    seen = [*read_only_places(), *((str(path), str(path)) for path in shown)]
    # Bubblewrap would make the folders above them for its own user alone.
    for folder in sorted({str(above) for _, target in seen for above in Path(target).parents}):
        places += ["--perms", "0755", "--dir", folder]
    for source, target in seen:
        places += ["--ro-bind", source, target]
    hidden = _installed(_HIDDEN_PACKAGES if library == "torch" else (*_HIDDEN_PACKAGES, "torch"))
    for folder in hidden:
        places += ["--size", str(MEGABYTE), "--tmpfs", folder]
    for folder in _installed(_CONVOLVING_PACKAGES):
        places += ["--ro-bind", str(_WITHOUT_CONVOLUTION), folder]
    # What bubblewrap itself put up lies in memory without a limit: nothing is written there.
    for folder in ("/", "/dev", *hidden):
        places += ["--remount-ro", folder]
    return places


def writable_places(exchange: str) -> list[str]:
    """The folders inside that can be written to; they lie in memory."""
    return ["/dev/shm", "/tmp", _STUDENT_HOME, exchange]


def read_only_places() -> list[tuple[str, str]]:
    """What is shown inside, as (path on the host, path inside): Python and its libraries."""
    prefixes = {sys.prefix, sys.base_prefix, sysconfig.get_paths()["purelib"]}
    paths = [*_SYSTEM_FOLDERS, *_SYSTEM_FILES, *sorted(prefixes)]
    places = [(path, path) for path in paths if os.path.exists(path)]
    places += [
        (str(_COURSE / name), f"{_COURSE_FOLDER}/{name}")
        for name in ("cs_utils", "data")
        if (_COURSE / name).exists()
    ]
    places.append((str(_WITHOUT_PYTORCH), _WITHOUT_PYTORCH_INSIDE))
    places.append((str(_INSIDE), f"{_COURSE_FOLDER}/inside"))
    places += [(path, f"{_STUDENT_HOME}/.cache/matplotlib/{Path(path).name}") for path in _fonts()]
    return places


def _installed(names: Iterable[str]) -> list[str]:
    """The folders of installed packages of these names, wherever a shown folder has them."""
    found: set[Path] = set()
    for folder, _inside in read_only_places():
        for packages in ("python3*/*-packages", "lib*/python3*/*-packages", "."):
            for name in names:
                found.update(path.resolve() for path in Path(folder).glob(f"{packages}/{name}/"))
    return sorted(str(path) for path in found if _WITHOUT_PYTORCH not in path.parents)


def _fonts() -> list[str]:
    """matplotlib's list of fonts: made anew it would cost each hand-in a second."""
    import matplotlib
    from matplotlib import font_manager

    version = font_manager.FontManager.__version__
    path = Path(matplotlib.get_cachedir()) / f"fontlist-v{version}.json"
    return [str(path)] if path.exists() else []


def _environment(course: str, without_pytorch: str, library: str) -> dict[str, str]:
    threads = str(min(os.cpu_count() or 1, _MOST_THREADS))
    python_path = [course] if library == "torch" else [without_pytorch, course]
    return {
        "HOME": _STUDENT_HOME,
        "PATH": os.path.join(sys.prefix, "bin"),
        "PYTHONPATH": os.pathsep.join(python_path),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        GRADING: "1",
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads,
        # Threads that have nothing to do leave the processor to other kernels.
        "OMP_WAIT_POLICY": "passive",
        "OPENBLAS_THREAD_TIMEOUT": "4",
    }
