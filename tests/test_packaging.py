"""What is installed where: environment.yml against pyproject.toml, and which room imports which."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
CONDA_NAMES = {"pytorch": "torch"}
ALLOWED_IMPORTS = {
    "cs_utils": {"cs_utils"},
    "solutions": {"cs_utils", "solutions"},
    "autograder": {"autograder", "cs_utils", "solutions"},
}


def normalised(requirement: str) -> str:
    """A requirement as 'name range' with its bounds in a fixed order."""
    name, bounds = re.fullmatch(r"([A-Za-z0-9_.-]+?)\s*((?:[<>=!~].*)?)", requirement).groups()
    name = CONDA_NAMES.get(name, name).lower().replace("_", "-")
    return f"{name} {','.join(sorted(bounds.replace(' ', '').split(',')))}"


def test_environment_yml_names_the_packages_and_ranges_of_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    wanted = {*project["dependencies"], *(one for extra in extras for one in extra)}
    wanted.add(f"python{project['requires-python']}")
    listed = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    # What conda-forge does not have stands in a list of its own behind "pip:".
    plain = [one for one in listed if isinstance(one, str)]
    from_pypi = [one for part in listed if isinstance(part, dict) for one in part["pip"]]
    given = {normalised(one) for one in (*plain, *from_pypi) if one != "pip"}
    assert given == {normalised(one) for one in wanted}


def test_constraints_pin_every_package_of_pyproject_within_its_range():
    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    lines = (ROOT / "constraints.txt").read_text().split()
    pins = {
        name.lower().replace("_", "-"): version
        for name, version in (line.split("==") for line in lines)
    }
    for text in (*project["dependencies"], *(one for extra in extras for one in extra)):
        requirement = Requirement(text)
        pinned = pins[requirement.name.lower().replace("_", "-")]
        assert requirement.specifier.contains(pinned), f"{text} is pinned to {pinned}"


@pytest.mark.parametrize("room", ALLOWED_IMPORTS)
def test_imports_between_the_rooms_go_one_way(room):
    for path in (ROOT / room).rglob("*.py"):
        for statement in ast.walk(ast.parse(path.read_text())):
            if isinstance(statement, ast.ImportFrom):
                names = [statement.module or ""]
            elif isinstance(statement, ast.Import):
                names = [alias.name for alias in statement.names]
            else:
                continue
            rooms = {name.split(".")[0] for name in names} & ALLOWED_IMPORTS.keys()
            assert rooms <= ALLOWED_IMPORTS[room], f"{path.relative_to(ROOT)} imports {names}"


def test_notebooks_import_nothing_of_the_project_but_cs_utils():
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        text = path.read_text()
        assert "from cs_utils import" in text
        assert not re.search(r"(import|from) (autograder|solutions)", text)
