"""``python -m cs_utils.doctor``: says in words what is wrong with an installation, and how to mend
it. Needs nothing but Python, since what is missing may be NumPy itself.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PROJECT = "convnet-course"
_PYTHON = (3, 11)
_NEEDED = {
    "matplotlib": "3.9",
    "numpy": "2.0",
    "scipy": "1.13",
    "threadpoolctl": "3.1",
    "torch": "2.9",
    "tqdm": "4.66",
}
_IN_THE_BROWSER = {"ipykernel": "6.17", "ipywidgets": "7.7"}
_MEND = '{python} -m pip install -e ".[lab]"'


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    good: True where all is well, False where the course will not work, None for a remark.
    advice: what to do, where something is to be done.
    """

    good: bool | None
    text: str
    advice: str = ""

    def __str__(self) -> str:
        mark = {True: "ok  ", False: "BAD ", None: "note"}[self.good]
        lines = [f"{mark}  {self.text}"]
        if self.advice:
            lines.append(f"      {self.advice}")
        return "\n".join(lines)


def findings() -> Iterator[Finding]:
    """Everything there is to say of this installation, in the order to mend it."""
    yield _python()
    packages = list(_packages())
    yield from packages
    whole = all(one.good for one in packages)
    for look in (_course, _data, _arithmetic, _kernel, _gpu) if whole else (_course,):
        yield _looked(look)


def _looked(look: Callable[[], Finding]) -> Finding:
    """What a look found; where it fails itself, that is the finding."""
    try:
        return look()
    except Exception as error:
        reason = (str(error).strip().splitlines() or [""])[0]
        about = look.__name__.lstrip("_")
        return Finding(False, f"{about}: {type(error).__name__}: {reason}", _install())


def _install() -> str:
    command = _MEND.format(python=sys.executable)
    return f"In the course's folder type:  {command}"


def _python() -> Finding:
    text = f"Python {platform.python_version()} at {sys.executable}"
    if sys.version_info[:2] < _PYTHON:
        wanted = ".".join(map(str, _PYTHON))
        return Finding(False, text, f"The course needs Python {wanted} or newer: see the README.")
    return Finding(True, text)


def _packages() -> Iterator[Finding]:
    """Those that are there in one line; those missing or too old with the command that mends it."""
    there, missing, old = [], [], []
    for name, least in {**_NEEDED, **_IN_THE_BROWSER}.items():
        try:
            found = version(name)
        except PackageNotFoundError:
            missing.append(name)
            continue
        there.append(f"{name} {found}")
        if _numbers(found) < _numbers(least):
            old.append(f"{name} {found} (needed: {least})")
    if there:
        yield Finding(True, "installed: " + ", ".join(there))
    if missing:
        yield Finding(False, "not installed: " + ", ".join(missing), _install())
    if old:
        names = " ".join(one.split()[0] for one in old)
        command = f"{sys.executable} -m pip install --upgrade {names}"
        yield Finding(False, "too old: " + ", ".join(old), f"Type:  {command}")


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(one) for one in re.findall(r"\d+", text.split("+")[0])[:3])


def _course() -> Finding:
    here = Path(__file__).parent
    outside = f"cs_utils at {here}"
    try:
        installed = version(_PROJECT)
    except PackageNotFoundError:
        if os.environ.get("COLAB_RELEASE_TAG"):
            return Finding(True, outside)
        advice = f"Notebooks in another folder will not find it. {_install()}"
        return Finding(None, f"{outside}, not installed", advice)
    return Finding(True, f"{_PROJECT} {installed}, {outside}")


def _data() -> Finding:
    from cs_utils.datasets import CHECKSUMS, DATA, data_file

    lines = (DATA / CHECKSUMS).read_text().splitlines()
    names = [line.split("  ", 1)[1] for line in lines if "  " in line]
    for name in names:
        try:
            data_file(name)
        except OSError as error:
            return Finding(False, str(error))
    return Finding(True, f"data: {len(names)} files, all whole")


def _arithmetic() -> Finding:
    """NumPy and PyTorch must work in one process: on some machines they load OpenMP twice."""
    import numpy as np
    import torch

    x = np.arange(6.0).reshape(2, 3)
    theirs = torch.from_numpy(x) @ torch.from_numpy(x.T)
    if not np.array_equal(x @ x.T, theirs.numpy()):
        return Finding(False, "NumPy and PyTorch do not agree on a product", _install())
    return Finding(True, "NumPy and PyTorch work together")


def _kernel() -> Finding:
    """The kernel that notebooks start should be this Python."""
    if os.environ.get("COLAB_RELEASE_TAG"):
        return Finding(True, "kernel: Colab's")
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        spec = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        command = f"{sys.executable} -m ipykernel install --sys-prefix"
        return Finding(False, "Jupyter has no Python kernel", f"Type:  {command}")
    python = spec.argv[0]
    if Path(python).is_absolute() and Path(python) != Path(sys.executable):
        command = f"{sys.executable} -m ipykernel install --sys-prefix"
        text = f"Jupyter's kernel is another Python: {python}"
        return Finding(False, text, f"Packages installed here are missing there. Type:  {command}")
    return Finding(True, "kernel: Jupyter starts this Python")


def _gpu() -> Finding:
    import torch

    if torch.cuda.is_available():
        return Finding(True, f"GPU: {torch.cuda.get_device_name()}")
    if torch.backends.mps.is_available():
        return Finding(None, "GPU: Apple's, which the course leaves alone; it runs on the CPU")
    advice = ""
    if os.environ.get("COLAB_RELEASE_TAG"):
        advice = "To have one: Runtime, Change runtime type, T4 GPU. Everything runs without, too."
    return Finding(None, "GPU: none that PyTorch can use; none is needed", advice)


def main() -> int:
    """Print every finding; returns 0 where nothing is bad, else 1."""
    bad = 0
    for finding in findings():
        print(finding)
        bad += finding.good is False
    print("\nAll is well." if not bad else f"\n{bad} to mend, from the top.")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
