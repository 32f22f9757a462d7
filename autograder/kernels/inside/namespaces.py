"""New walls around a process that is already behind some: namespaces of its own, with nothing in
the folders that can be written to. See unshare(2), mount(2), prctl(2), capabilities(7)."""

import ctypes
import fcntl
import os
import socket
import stat
import struct
from collections.abc import Iterable

_NEW_NAMESPACES = {
    "mount": 0x00020000,
    "cgroup": 0x02000000,
    "host name": 0x04000000,
    "IPC": 0x08000000,
    "processes": 0x20000000,
    "network": 0x40000000,
}
_NEW_USER_NAMESPACE = 0x10000000
_NO_SETUID, _NO_DEVICES, _NO_PROGRAMS = 2, 4, 8
_BIND = 4096 | 16384  # with all that is mounted below
_PARENT_DEATH_SIGNAL, _DUMPABLE = 1, 4
_SET_INTERFACE_FLAGS, _UP = 0x8914, 1
_CAPABILITY_VERSION = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def leave_for_new_namespaces(own_user: bool) -> None:
    """Leave all namespaces for new ones; that of processes begins with the next child.

    own_user: whether this process may do so by its own rights; else a new user namespace gives
    them. Raises OSError where the system doesn't allow it.
    """
    flags, user, group = sum(_NEW_NAMESPACES.values()), os.getuid(), os.getgid()
    if own_user:
        _require(_libc.unshare(flags), "unshare")
        return
    _require(_libc.unshare(flags | _NEW_USER_NAMESPACE), "unshare")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def raise_loopback() -> None:
    """Have the network of one's own reach itself, and nothing else; see netdevice(7)."""
    request = struct.pack("16sh", b"lo", _UP)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SET_INTERFACE_FLAGS, request)


def mount_own_processes() -> None:
    """Show the processes of the own namespace alone, in the first process of it."""
    flags = _NO_SETUID | _NO_DEVICES | _NO_PROGRAMS
    _require(_libc.mount(b"proc", b"/proc", b"proc", flags, None), "mount /proc")


def mount_empty(folder: str, size: int, shown: Iterable[str]) -> None:
    """Put an empty folder in memory, of at most ``size`` bytes, in the place of another.

    shown: the paths in it that are to be seen as before.
    """
    kept = {path: os.open(path, os.O_PATH) for path in shown if _lies_in(path, folder)}
    options = f"size={size},mode=1777".encode()
    flags = _NO_SETUID | _NO_DEVICES
    _require(_libc.mount(b"tmpfs", folder.encode(), b"tmpfs", flags, options), f"mount {folder}")
    for path, descriptor in kept.items():
        _show(path, descriptor)
        os.close(descriptor)


def _show(path: str, descriptor: int) -> None:
    is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
    os.makedirs(path if is_folder else os.path.dirname(path), exist_ok=True)
    if not is_folder:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
    source = f"/proc/self/fd/{descriptor}".encode()
    _require(_libc.mount(source, path.encode(), None, _BIND, None), f"mount {path}")


def _lies_in(path: str, folder: str) -> bool:
    return os.path.commonpath([path, folder]) == folder


def drop_capabilities() -> None:
    """Give up every right beyond a plain user's."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    none = (ctypes.c_uint32 * 6)()
    _require(_libc.capset(header, none), "capset")


def end_with_parent(signal: int) -> None:
    """Be sent this signal when the parent ends; a change of user before this would undo it."""
    _require(_libc.prctl(_PARENT_DEATH_SIGNAL, signal, 0, 0, 0), "prctl")


def own_proc_files() -> None:
    """Have the files in /proc/self be the process's own again after a change of user, as they are
    for a program that was started by that user."""
    _require(_libc.prctl(_DUMPABLE, 1, 0, 0, 0), "prctl")


def _require(result: int, what: str) -> None:
    if result:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")
