"""Opens the zip of a class as a learning management system (LMS) gives it, and the zips that
students put into it. What is dangerous or broken in one is refused, with its reason; all the rest
comes out.
"""

import posixpath
import re
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import IO

_MOST_FILES = 50_000
_MOST_BYTES = 8 * 2**30
_MOST_BYTES_A_FILE = 200 * 2**20
# Notebooks shrink to a tenth, with long printed outputs to a fiftieth.
_MOST_RATIO = 200
_RATIO_MATTERS_FROM = 2**20
_CHUNK = 2**20
_ENCRYPTED = 0x1
_UTF_8 = 0x800
_LONG_AGO = (1980, 1, 1)
_OTHER_ARCHIVES = (".7z", ".rar", ".tar", ".tgz", ".gz", ".bz2", ".xz")
_LEFT_BEHIND = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")


class ArchiveError(ValueError):
    """The file is no zip that can be opened; the text says why and what to do."""


class _RefusedError(ValueError):
    """A part of a zip is not taken; the text says why."""


@dataclass(frozen=True)
class Refused:
    """What was not taken from a zip: its name in there, and why."""

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


@dataclass
class Unpacked:
    """What came out of a zip.

    times: when each file was last changed, by its path, as the zip says it, in the time zone of
        whoever made it; None where it never was a zip. refused: what was left out.
    """

    folder: Path
    times: dict[Path, datetime] | None = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)


@contextmanager
def opened(submissions: Path) -> Iterator[Unpacked]:
    """A folder of hand-ins as it is, or a zip of them unpacked for as long as this lasts.

    Raises ArchiveError for a zip that cannot be opened.
    """
    if not submissions.is_file() or submissions.suffix.lower() != ".zip":
        yield Unpacked(submissions, times=None)
        return
    with tempfile.TemporaryDirectory(prefix="hand-ins-") as folder:
        yield unpack(submissions, Path(folder) / submissions.stem)


def unpack(archive: Path, folder: Path) -> Unpacked:
    """Unpack the zip of a class into ``folder``, and the zips in it beside themselves.

    Refused are names that lead out of the folder, links, encrypted parts, zips in zips in zips,
    broken parts, and whatever grows too large: one file, one file for what it was, all together.
    Raises ArchiveError where it is no zip at all.
    """
    unpacked = Unpacked(folder)
    budget = _Budget(_MOST_FILES, _MOST_BYTES)
    try:
        with zipfile.ZipFile(archive) as opened:
            folder.mkdir(parents=True, exist_ok=True)
            for path in _take_all(opened, folder, "", unpacked, budget):
                _open_inner(path, unpacked, budget)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise ArchiveError(
            f"{archive} cannot be opened as a zip ({error}). Is the download complete?"
        ) from None
    return unpacked


@dataclass
class _Budget:
    """How much may still come out of the class's zip and all the zips in it."""

    files: int
    bytes: int


def _open_inner(path: Path, unpacked: Unpacked, budget: _Budget) -> None:
    """Replace a student's own zip by the folder of what is in it."""
    if path.suffix.lower() in _OTHER_ARCHIVES:
        reason = "an archive of another kind; unpack it, or ask for a zip"
        unpacked.refused.append(Refused(_name_in(path, unpacked), reason))
    if path.suffix.lower() != ".zip":
        return
    name = _name_in(path, unpacked)
    inside = _free_path(path.with_suffix(""))
    try:
        with zipfile.ZipFile(path) as opened:
            inside.mkdir()
            for inner in _take_all(opened, inside, f"{name}/", unpacked, budget):
                if inner.suffix.lower() == ".zip":
                    inner.unlink()
                    reason = "a zip in a zip in a zip is not opened"
                    unpacked.refused.append(Refused(_name_in(inner, unpacked), reason))
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        unpacked.refused.append(Refused(name, f"the zip is broken ({error})"))
    path.unlink()


def _name_in(path: Path, unpacked: Unpacked) -> str:
    return path.relative_to(unpacked.folder).as_posix()


def _take_all(
    opened: zipfile.ZipFile, folder: Path, above: str, unpacked: Unpacked, budget: _Budget
) -> Iterator[Path]:
    """Write every acceptable file of a zip below ``folder``; yields their paths.

    above: what stands before the names where something is refused.
    """
    for info in opened.infolist():
        name = _real_name(info)
        if any(part in _LEFT_BEHIND for part in name.split("/")):
            continue
        try:
            target = folder / _safe_name(name)
            _refuse_kind(info)
            if name.endswith("/"):
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target = _free_path(target)
            with opened.open(info) as source:
                _copy(source, target, info, budget)
        except _RefusedError as error:
            unpacked.refused.append(Refused(above + name, str(error)))
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            NotImplementedError,
            RuntimeError,
            ValueError,
        ) as error:
            problem = error.strerror if isinstance(error, OSError) else error
            unpacked.refused.append(Refused(above + name, f"broken in the zip ({problem})"))
        else:
            time = _time(info)
            if time is not None and unpacked.times is not None:
                unpacked.times[target] = time
            yield target


def _real_name(info: zipfile.ZipInfo) -> str:
    """The name with ``/`` between folders, and in UTF-8 where the zip forgot to say so."""
    name = info.filename
    if not info.flag_bits & _UTF_8:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = info.filename
    return name.replace("\\", "/")


def _safe_name(name: str) -> str:
    """The name as a path within the folder. Raises _RefusedError for one that leads out of it."""
    if name.startswith("/") or re.match(r"^[A-Za-z]:", name):
        raise _RefusedError("an absolute name is not taken")
    if ".." in name.split("/"):
        raise _RefusedError("a name that leads out of the folder is not taken")
    if any(not character.isprintable() for character in name):
        raise _RefusedError("a name with control characters is not taken")
    return posixpath.normpath(name)


def _refuse_kind(info: zipfile.ZipInfo) -> None:
    """Raises _RefusedError for a part that is no plain file and no folder, or that is locked."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        raise _RefusedError("a link is not followed")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _RefusedError("no plain file")
    if info.flag_bits & _ENCRYPTED:
        raise _RefusedError("encrypted; ask for it without a password")


def _copy(source: IO[bytes], target: Path, info: zipfile.ZipInfo, budget: _Budget) -> None:
    """Write a file of a zip, counting what really comes out: what the zip says may be a lie.

    Raises _RefusedError where that is too much, and leaves nothing behind.
    """
    if budget.files <= 0:
        raise _RefusedError(f"more than {_MOST_FILES} files in the zip")
    budget.files -= 1
    most = max(_RATIO_MATTERS_FROM, _MOST_RATIO * info.compress_size)
    written = 0
    try:
        with target.open("wb") as file:
            while chunk := source.read(_CHUNK):
                written += len(chunk)
                budget.bytes -= len(chunk)
                if written > _MOST_BYTES_A_FILE:
                    raise _RefusedError(f"larger than {_MOST_BYTES_A_FILE // 2**20} MB")
                if written > most:
                    raise _RefusedError(f"grows more than {_MOST_RATIO}-fold: a zip bomb")
                if budget.bytes < 0:
                    raise _RefusedError(f"more than {_MOST_BYTES // 2**30} GB in the zip")
                file.write(chunk)
    except BaseException:
        budget.bytes += written
        target.unlink(missing_ok=True)
        raise


def _free_path(path: Path) -> Path:
    """The path, with a number behind it where there is a file already."""
    if not path.exists():
        return path
    numbered = (path.with_name(f"{path.stem} ({index}){path.suffix}") for index in count(1))
    return next(one for one in numbered if not one.exists())


def _time(info: zipfile.ZipInfo) -> datetime | None:
    """When the file was last changed, to two seconds; None where the zip does not say."""
    try:
        return None if info.date_time[:3] == _LONG_AGO else datetime(*info.date_time)
    except ValueError:
        return None
