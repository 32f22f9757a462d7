"""Google Colab: the badge, the first cell that installs the bundle there and nothing elsewhere, and
what the runtime already has."""

import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from packaging.requirements import Requirement
from rooms import LESSONS, ROOT, released

from autograder.releasing import frame
from autograder.releasing.release import BUNDLE, ReleaseError, make_bundle, source_notebook

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
VERSIONS = dict(
    line.split("==")
    for line in (Path(__file__).parent / "colab_versions.txt").read_text().splitlines()
    if not line.startswith("#")
)


def set_up_code(lesson: str = LESSONS[0]) -> str:
    return next(cell.source for cell in released(lesson).cells if cell.id == frame.SET_UP)


@pytest.fixture
def commands(monkeypatch):
    """The commands that a cell starts; they succeed without being run."""
    started = []

    def run(command):
        started.append(command)
        return SimpleNamespace(returncode=commands_end_with[0])

    commands_end_with = [0]
    monkeypatch.setattr(subprocess, "run", run)
    return SimpleNamespace(started=started, end_with=commands_end_with)


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_notebook_opens_with_its_own_badge(lesson):
    badge = released(lesson).cells[0]
    assert badge.cell_type == "markdown" and "[![Open in Colab](" in badge.source
    place = PROJECT["urls"]["Repository"].removeprefix("https://github.com/")
    tag = f"v{PROJECT['version']}"
    assert f"/github/{place}/blob/{tag}/notebooks/{lesson}.ipynb" in badge.source


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_first_code_cell_does_nothing_elsewhere(lesson, commands):
    first = next(cell for cell in released(lesson).cells if cell.cell_type == "code")
    assert first.id == frame.SET_UP and first.metadata.nbgrader.locked
    exec(first.source, {})
    assert commands.started == []


def test_on_colab_it_installs_this_release_without_touching_other_packages(commands, monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    exec(set_up_code(), {})
    (command,) = commands.started
    assert command[:4] == [sys.executable, "-m", "pip", "install"]
    assert "--no-deps" in command
    assert command[-1].startswith(PROJECT["urls"]["Repository"])
    assert command[-1].endswith(f"/v{PROJECT['version']}/{BUNDLE}")


def test_on_colab_without_a_network_it_says_so(commands, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    commands.end_with[0] = 1
    exec(set_up_code(), {})
    assert "could not be installed" in capsys.readouterr().out


def test_the_runtime_has_all_that_the_helper_needs():
    """pip would find nothing to install or replace, so that --no-deps leaves nothing out."""
    for text in PROJECT["dependencies"]:
        requirement = Requirement(text)
        assert requirement.specifier.contains(VERSIONS[requirement.name]), text


def test_the_bundle_brings_helper_and_data(tmp_path):
    """What Colab's pip does with the bundle, into a folder of its own and without the network."""
    bundle = make_bundle(tmp_path, sorted((ROOT / "notebooks").glob("*.ipynb")))
    target = tmp_path / "installed"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(target), str(bundle)], check=True)
    code = (
        "import cs_utils, cs_utils.datasets as d, cs_utils.doctor as doctor;"
        "print(cs_utils.__file__, d.fashion_mnist().train_images.shape); print(doctor._data())"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(target)},
        capture_output=True,
        text=True,
    )
    assert str(target) in run.stdout and "(10000, 28, 28)" in run.stdout, run.stderr
    assert "all whole" in run.stdout
    assert not (target / "autograder").exists() and not (target / "solutions").exists()


@pytest.mark.parametrize(
    "address", ["", "convnet-course", "https://example.org/a/b", "https://github.com/a"]
)
def test_an_address_that_cannot_be_used_is_named(address, monkeypatch):
    project = {**PROJECT, "urls": {"Repository": address}}
    monkeypatch.setattr(frame, "_project", lambda: project)
    with pytest.raises(ReleaseError, match="Repository"):
        source_notebook(ROOT / "solutions" / f"{LESSONS[0]}.py")


def test_another_address_is_one_setting(monkeypatch):
    project = {**PROJECT, "urls": {"Repository": "https://github.com/somebody/course.git/"}}
    monkeypatch.setattr(frame, "_project", lambda: project)
    cells = {
        cell.id: cell for cell in source_notebook(ROOT / "solutions" / f"{LESSONS[0]}.py").cells
    }
    assert "github/somebody/course/blob" in cells[frame.BADGE].source
    assert "github.com/somebody/course/releases/download" in cells[frame.SET_UP].source
