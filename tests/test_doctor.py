"""The doctor: what it says of a sound installation, and of broken ones."""

import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from cs_utils import doctor

ROOT = Path(__file__).parent.parent


def complaints() -> list[str]:
    return [str(one) for one in doctor.findings() if one.good is False]


def test_a_sound_installation_is_called_so():
    run = subprocess.run(
        [sys.executable, "-m", "cs_utils.doctor"], cwd=ROOT, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout
    assert run.stdout.endswith("All is well.\n")


def test_it_asks_for_what_the_project_declares():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["lab"]
    least = dict(re.match(r"([\w.-]+)>=([\d.]+)", text).groups() for text in wanted)
    # JupyterLab is one way to open notebooks; VS Code and Colab do without.
    del least["jupyterlab"]
    assert least == doctor._NEEDED | doctor._IN_THE_BROWSER
    assert project["requires-python"] == ">=" + ".".join(map(str, doctor._PYTHON))


def test_missing_and_old_packages_are_named_with_the_command(monkeypatch):
    def installed(name):
        if name == "scipy":
            raise metadata.PackageNotFoundError(name)
        return {"numpy": "1.26.4"}.get(name, metadata.version(name))

    monkeypatch.setattr(doctor, "version", installed)
    missing, old = complaints()
    assert "not installed: scipy" in missing and "pip install" in missing
    assert "numpy 1.26.4 (needed: 2.0)" in old and "--upgrade numpy" in old


def test_an_old_python_is_named(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 18, "final", 0))
    assert "3.11 or newer" in complaints()[0]


@pytest.mark.parametrize(("content", "word"), [(None, "missing"), (b"cut", "damaged")])
def test_data_that_are_not_whole_are_named(monkeypatch, tmp_path, content, word):
    from cs_utils import datasets

    (tmp_path / "checksums.txt").write_text(f"{'0' * 64}  fashion_mnist.npz\n")
    if content is not None:
        (tmp_path / "fashion_mnist.npz").write_bytes(content)
    monkeypatch.setattr(datasets, "DATA", tmp_path)
    (complaint,) = complaints()
    assert "fashion_mnist.npz" in complaint and word in complaint


def test_a_kernel_of_another_python_is_named(monkeypatch, tmp_path):
    kernel = tmp_path / "kernels" / "python3"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text('{"argv": ["/opt/other/python"], "language": "python"}')
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    (complaint,) = complaints()
    assert "/opt/other/python" in complaint and "ipykernel install" in complaint


def test_a_package_that_breaks_when_it_is_used_is_a_finding(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    assert any("torch" in one for one in complaints())


def test_it_runs_where_nothing_is_installed():
    """As a newcomer's bare Python: no site-packages at all."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    run = subprocess.run(
        [sys.executable, "-S", "-m", "cs_utils.doctor"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    assert "numpy" in run.stdout and "Traceback" not in run.stdout + run.stderr


def test_importing_the_helper_loads_neither_pytorch_nor_matplotlib():
    code = (
        "import sys; import cs_utils; from cs_utils import check, progress, hand_in;"
        "print(sorted({'torch', 'matplotlib', 'IPython'} & sys.modules.keys()))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert run.stdout.strip() == "[]", run.stderr
