"""What keeps students' code apart on this machine: found out once, by trying, and said in words."""

import os
import shutil
import subprocess
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from autograder.kernels.exchange_folder import await_inside
from autograder.kernels.limits import MEGABYTE, Limits
from autograder.kernels.walls import Walls, new_exchange, passing_user, sandboxed_command
from autograder.kernels.warm import why_cold

# Set in the environment, it has every kernel start anew.
COLD = "AUTOGRADER_COLD"
_TRIAL_PROCESSES = 24
_SCOPE = (
    "systemd-run",
    "--scope",
    "--quiet",
    "--collect",
    "--property=MemoryMax={memory}",
    "--property=MemorySwapMax=0",
    "--property=TasksMax={processes}",
    "--",
)


class SandboxError(RuntimeError):
    """The sandbox cannot be used here; the text says why and the one command that mends it."""


@dataclass(frozen=True)
class Isolation:
    """What is in force while students' code runs.

    walls: how bubblewrap is put up; None where code runs bare, with the grader's rights.
    cold: why kernels are started anew, each loading its libraries; '' where they are forked from a
        process that has them.
    """

    walls: Walls | None
    cold: str = ""
    limits: Limits = field(default_factory=Limits)

    def __str__(self) -> str:
        """One line for people: ``bubblewrap (no network, ...); memory: ...; processes: ...``."""
        parts = (self._who(), self._memory(), self._processes(), self._disk(), self._start())
        return "; ".join(filter(None, parts))

    def _who(self) -> str:
        if self.walls is None:
            return "none, students' code runs with your rights, in your files and network"
        user = "a user of its own" if self.walls.own_user else "a user namespace"
        return f"bubblewrap (no network, no files but Python's, {user})"

    def _memory(self) -> str:
        size = f"{self.limits.memory // MEGABYTE} MB"
        if self.walls is None:
            return f"memory: {size} a process"
        together = "by a cgroup" if self.walls.scope else "watched"
        return f"memory: {size} a process and all together ({together})"

    def _processes(self) -> str:
        if self.walls is None:
            return "processes: watched"
        how = "by a cgroup" if self.walls.scope else "by RLIMIT_NPROC"
        counted = self.walls.scope or self.walls.limit_processes
        return f"processes: {self.limits.processes} ({how if counted else 'watched'})"

    def _disk(self) -> str:
        size = self.limits.disk // MEGABYTE
        return f"disk: {size} MB a file" if self.walls is None else f"disk: {size} MB a folder"

    def _start(self) -> str:
        if self.walls is None:
            return ""
        return f"kernels start cold ({self.cold})" if self.cold else "kernels start warm"


def isolation(sandboxed: bool = True) -> Isolation:
    """What is in force on this machine; tried out once in a process.

    Raises SandboxError where bubblewrap is wanted and cannot run, with the command that mends it.
    """
    if not sandboxed:
        return Isolation(None)
    walls = _best_walls(shutil.which("bwrap"), shutil.which("systemd-run"))
    return Isolation(walls, f"{COLD} is set" if os.environ.get(COLD) else why_cold(walls))


def isolation_in_words(sandboxed: bool = True) -> str:
    """``isolation`` as a line to print. Raises SandboxError as that does."""
    return str(isolation(sandboxed))


def require_sandbox() -> None:
    """Raises SandboxError where bubblewrap cannot run, with the command that mends it."""
    isolation()


@lru_cache
def _best_walls(bubblewrap: str | None, systemd_run: str | None) -> Walls:
    """The strongest walls that can be put up with these programs."""
    if bubblewrap is None:
        raise SandboxError(f"bubblewrap is not installed. Type:  {_install_command()}")
    walls = Walls(own_user=os.geteuid() == 0)
    counted, reason = _trial(walls)
    if reason and walls.own_user:
        walls = Walls()
        counted, reason = _trial(walls)
    if reason:
        raise SandboxError(f"bubblewrap cannot run here ({reason}). {_permission_command(reason)}")
    walls = replace(walls, limit_processes=counted)
    scope = _SCOPE if os.geteuid() == 0 else (_SCOPE[0], "--user", *_SCOPE[1:])
    if systemd_run and Path("/run/systemd/system").exists():
        scoped = replace(walls, scope=scope)
        if not _trial(scoped)[1]:
            return scoped
    return walls


def _trial(walls: Walls) -> tuple[bool, str]:
    """Whether RLIMIT_NPROC holds behind these walls, and why they cannot be put up, or ''."""
    limits = Limits(processes=_TRIAL_PROCESSES)
    trial, exchange = replace(walls, limit_processes=True), new_exchange()
    command = sandboxed_command([], "numpy", limits, trial, passing_user(), exchange)
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as run:
        try:
            # It waits for a word from the grader, which looks into it meanwhile.
            os.close(await_inside(run.pid, exchange))
        except OSError as error:
            run.kill()
            said = run.communicate()[1].strip().splitlines()
            return False, (said or [f"its folder cannot be opened: {error.strerror}"])[-1]
        out, told = run.communicate("go\n", timeout=60)
    if run.returncode == 0 and out.strip().isdigit():
        # With no room for even a few, it counts what others run.
        return _TRIAL_PROCESSES - 8 < int(out) <= _TRIAL_PROCESSES, ""
    return False, (told.strip().splitlines() or ["it ended without a word"])[-1]


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
    for setting, value in (
        ("kernel.apparmor_restrict_unprivileged_userns", "0"),
        ("kernel.unprivileged_userns_clone", "1"),
    ):
        path = Path("/proc/sys") / setting.replace(".", "/")
        if path.exists() and path.read_text().strip() != value:
            return f"Type:  sudo sysctl -w {setting}={value}"
    return "In a container, start it with:  --security-opt seccomp=unconfined --cap-add SYS_ADMIN"
