"""The sandbox: starts a kernel inside bubblewrap, through jupyter_client's provisioner door.

Inside there is no network, nothing of the host but Python and the system's libraries (read-only),
no course, no gradebook, no other student's work; time, memory, file sizes and processes are
limited. The kernel's connection files and one exchange folder are all it shares with the grader.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner
from traitlets import Unicode

import cs_utils
from cs_utils.kernel_side import GRADING

_MEMORY = 4 * 2**30
_FILE_SIZE = 256 * 2**20
_CPU_SECONDS = 600
_TEMPORARY_SPACE = 512 * 2**20
_SYSTEM_FOLDERS = ("/usr/lib", "/usr/lib64", "/usr/share/zoneinfo", "/lib", "/lib64")
_SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/localtime")
_HIDDEN_PACKAGES = ("autograder", "solutions")
_CONVOLVING_PACKAGES = ("scipy/signal", "scipy/ndimage")
_STUDENT_HOME = "/home/student"
_COURSE_FOLDER = "/course"
_COURSE = Path(cs_utils.__file__).parent.parent
_WITHOUT_PYTORCH = Path(__file__).parent / "without_pytorch"
_WITHOUT_PYTORCH_INSIDE = f"{_COURSE_FOLDER}/without_pytorch"
_WITHOUT_CONVOLUTION = Path(__file__).parent / "without_convolution"
_SWITCH_OFF = "__import__('importlib').import_module('{}').switch_off()"


class SandboxError(RuntimeError):
    """The sandbox cannot be used here; the text says why and the one command that mends it."""


class BubblewrapProvisioner(LocalProvisioner):
    """Starts the kernel inside bubblewrap.

    exchange: the folder shared with the grader, under the same path inside.
    library: what the exercises are written with; PyTorch is there for ``torch`` alone.
    """

    exchange = Unicode(config=True)
    library = Unicode("numpy", config=True)

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Wrap the kernel's command; ``cmd`` and ``env`` come back changed."""
        kwargs = await super().pre_launch(**kwargs)
        assert isinstance(self.parent, GradingKernelManager)
        connection = Path(self.parent.connection_file).parent
        shared = [connection, Path(self.exchange)]
        kwargs["cmd"] = sandboxed_command(kwargs["cmd"], shared, self.library)
        return kwargs


class GradingKernelManager(AsyncKernelManager):
    """A kernel of the grader's own Python, in the sandbox or (told so) bare.

    What kernel a notebook asks for does not matter.
    """

    sandboxed = True
    folder = ""
    library = "numpy"
    forbidden: Sequence[str] = ()

    @property
    def kernel_spec(self) -> KernelSpec:
        name = "bubblewrap-provisioner" if self.sandboxed else "local-provisioner"
        inside = {"exchange": self.folder, "library": self.library}
        config = inside if self.sandboxed else {}
        first = [f"--IPKernelApp.exec_lines={_SWITCH_OFF.format(name)}" for name in self.forbidden]
        return KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", *first],
            display_name="Python 3 (grading)",
            language="python",
            interrupt_mode="message",
            env={} if self.sandboxed else bare_environment(self.library),
            metadata={"kernel_provisioner": {"provisioner_name": name, "config": config}},
        )


def new_kernel_manager(
    folder: str, sandboxed: bool, library: str, forbidden: Sequence[str] = ()
) -> GradingKernelManager:
    """A manager for one kernel whose sockets and exchange lie in ``folder``; it has PyTorch where
    ``library`` is ``torch``, and none where it is ``numpy``. forbidden: modules that switch off
    what may not be called, as it starts."""
    manager = GradingKernelManager(
        transport="ipc",
        ip=os.path.join(folder, "kernel"),
        connection_file=os.path.join(folder, "kernel.json"),
    )
    manager.sandboxed = sandboxed
    manager.folder = folder
    manager.library = library
    manager.forbidden = forbidden
    return manager


def sandboxed_command(command: list[str], shared: list[Path], library: str = "numpy") -> list[str]:
    """The command that runs ``command`` inside bubblewrap.

    shared: folders that it may write to, under their own paths. library: as for the kernel.
    """
    limits = [
        "prlimit",
        f"--as={_MEMORY}",
        f"--fsize={_FILE_SIZE}",
        f"--cpu={_CPU_SECONDS}",
        "--core=0",
        "--nofile=1024",
        "--",
    ]
    walls = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--clearenv"]
    places = ["--proc", "/proc", "--dev", "/dev"]
    for place in ("/dev/shm", "/tmp", _STUDENT_HOME):
        places += ["--size", str(_TEMPORARY_SPACE), "--tmpfs", place]
    for source, target in _read_only_places():
        places += ["--ro-bind", source, target]
    hidden = _installed(_HIDDEN_PACKAGES if library == "torch" else (*_HIDDEN_PACKAGES, "torch"))
    for folder in hidden:
        places += ["--tmpfs", folder]
    for folder in _installed(_CONVOLVING_PACKAGES):
        places += ["--ro-bind", str(_WITHOUT_CONVOLUTION), folder]
    for folder in dict.fromkeys(map(str, shared)):
        places += ["--bind", folder, folder]
    # What bubblewrap itself put up lies in memory without a limit: nothing is written there.
    for folder in ("/", "/dev", *hidden):
        places += ["--remount-ro", folder]
    environment: list[str] = []
    for name, value in _environment(_COURSE_FOLDER, _WITHOUT_PYTORCH_INSIDE, library).items():
        environment += ["--setenv", name, value]
    return [*limits, *walls, *places, *environment, "--chdir", _STUDENT_HOME, "--", *command]


def bare_environment(library: str) -> dict[str, str]:
    """The environment of a kernel without a sandbox: PyTorch is switched off there too."""
    own = _environment(str(_COURSE), str(_WITHOUT_PYTORCH), library)
    return {name: value for name, value in own.items() if name not in ("HOME", "PATH")}


def require_sandbox() -> None:
    """Raises SandboxError where bubblewrap cannot run, with the command that mends it."""
    if shutil.which("bwrap") is None:
        raise SandboxError(f"bubblewrap is not installed. Type:  {_install_command()}")
    with tempfile.TemporaryDirectory() as folder:
        trial = sandboxed_command([sys.executable, "-c", "import ipykernel"], [Path(folder)])
        run = subprocess.run(trial, capture_output=True, text=True, timeout=60, check=False)
    if run.returncode == 0:
        return
    reason = (run.stderr.strip().splitlines() or ["it ended without a word"])[-1]
    raise SandboxError(f"bubblewrap cannot run here ({reason}). {_permission_command(reason)}")


def install_sandbox() -> None:
    """Install bubblewrap with the system's package manager, where that needs no password.

    Raises SandboxError with the command to type where it does.
    """
    if shutil.which("bwrap"):
        return
    command = _install_command()
    rights = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if shutil.which("apt-get") and (not rights or shutil.which("sudo")):
        for step in (["update", "-qq"], ["install", "-y", "-qq", "bubblewrap"]):
            run = subprocess.run([*rights, "apt-get", *step], capture_output=True, check=False)
        if run.returncode == 0:
            return
    raise SandboxError(f"bubblewrap is not installed. Type:  {command}")


def _install_command() -> str:
    sudo = "" if os.geteuid() == 0 else "sudo "
    managers = {
        "apt-get": "apt-get install -y bubblewrap",
        "dnf": "dnf install -y bubblewrap",
        "pacman": "pacman -S --noconfirm bubblewrap",
        "zypper": "zypper install -y bubblewrap",
        "apk": "apk add bubblewrap",
    }
    for manager, command in managers.items():
        if shutil.which(manager):
            return sudo + command
    return "autograder grade --no-sandbox ...  (bubblewrap exists for Linux only)"


def _permission_command(reason: str) -> str:
    if "prlimit" in reason:
        return "Type:  sudo apt-get install -y util-linux"
    for setting, value in (
        ("kernel.apparmor_restrict_unprivileged_userns", "0"),
        ("kernel.unprivileged_userns_clone", "1"),
    ):
        path = Path("/proc/sys") / setting.replace(".", "/")
        if path.exists() and path.read_text().strip() != value:
            return f"Type:  sudo sysctl -w {setting}={value}"
    return "In a container, start it with:  --security-opt seccomp=unconfined --cap-add SYS_ADMIN"


def _read_only_places() -> list[tuple[str, str]]:
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
    places += [(path, f"{_STUDENT_HOME}/.cache/matplotlib/{Path(path).name}") for path in _fonts()]
    return places


def _installed(names: Iterable[str]) -> list[str]:
    """The folders of installed packages of these names, wherever a shown folder has them."""
    found: set[Path] = set()
    for folder, _inside in _read_only_places():
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
    threads = str(os.cpu_count() or 1)
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
    }
