"""What the instructor's browser gets from formgrader when it opens a hand-in."""

import os
import sys
import warnings
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell
from nbgrader.api import Gradebook
from nbgrader.server_extensions.formgrader import handlers
from sqlalchemy import create_engine, text
from traitlets.config import Config, PyFileConfigLoader

from autograder.results.gradebook import CourseFolder
from autograder.results.journal import Run

SCRIPT = "<script>write_scores()</script>"
PIXEL = "iVBORw0KGgo="


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """As formgrader reads them from a course folder."""
    folder = tmp_path_factory.mktemp("course")
    CourseFolder(folder).prepare([], Run(seed=0), sandboxed=True)
    return PyFileConfigLoader("nbgrader_config.py", path=str(folder)).load_config()


def page(settings: Config, *cells: object, **metadata: object) -> BeautifulSoup:
    """What formgrader makes of a notebook, as the browser reads it."""
    exporter = HTMLExporter(config=settings)
    exporter.template_name = "formgrade"
    exporter.extra_template_basedirs = [handlers.template_path]
    names = ("base_url", "last_name", "first_name", "mathjax_url", "assignment_id", "notebook_id")
    shown = {"index": 0, "total": 1, "submission_id": "1", **dict.fromkeys(names, "")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        notebook = new_notebook(cells=list(cells), metadata=metadata)
        text, _resources = exporter.from_notebook_node(notebook, resources=shown)
    return BeautifulSoup(text, "html.parser")


def active_parts(shown: BeautifulSoup) -> list[str]:
    """Whatever runs a student's code, or sends the reader to it."""
    programs = [one for one in shown.find_all("script") if "json" not in one.get("type", "")]
    scripts = [one for one in programs if "write_scores" in str(one)]
    others = shown.select("iframe, object, embed, form, svg, base, link[href*=write_scores]")
    handlers_and_links = [
        one
        for one in shown.find_all(True)
        for name, value in one.attrs.items()
        if "write_scores" in str(value)
        and (name.startswith("on") or name in ("href", "src", "srcdoc"))
    ]
    styles = [one for one in shown.find_all("style") if "write_scores" in str(one)]
    return [str(one) for one in (*scripts, *others, *handlers_and_links, *styles)]


@pytest.mark.parametrize(
    "source",
    [
        SCRIPT,
        "<img src=x onerror=write_scores()>",
        "[click](javascript:write_scores())",
        "<a href='data:text/html,<script>write_scores()</script>'>click</a>",
        "<iframe srcdoc='<script>write_scores()</script>'></iframe>",
        "<style>@import 'https://example.org/write_scores()';</style>",
        "<svg onload=write_scores()></svg>",
        "<form action=write_scores()><button>Next</button></form>",
        f"![gone](attachment:gone.png) {SCRIPT}",
        f"$$ a </script>{SCRIPT} $$",
    ],
)
def test_no_markdown_of_a_student_runs(settings: Config, source: str) -> None:
    shown = page(settings, new_markdown_cell(source))
    assert active_parts(shown) == []


def test_nbgraders_own_settings_would_let_it_run() -> None:
    assert active_parts(page(Config(), new_markdown_cell(SCRIPT))) != []


def test_nor_what_else_a_notebook_holds(settings: Config) -> None:
    raw = new_raw_cell(SCRIPT, metadata={"raw_mimetype": "text/html"})
    code = new_code_cell(f"'{SCRIPT}'", metadata={"tags": [f'">{SCRIPT}']})
    widgets = {"application/vnd.jupyter.widget-state+json": {"state": {"a": f"</script>{SCRIPT}"}}}
    language = {"name": "python", "pygments_lexer": SCRIPT}
    shown = page(
        settings,
        raw,
        code,
        new_raw_cell(SCRIPT),
        title=f"</title>{SCRIPT}",
        widgets=widgets,
        language_info=language,
    )
    assert active_parts(shown) == []


def test_markdown_looks_as_it_should(settings: Config) -> None:
    source = (
        "## A heading\n\n*why*: `a < b`, $$\\begin{aligned} a &= b \\end{aligned}$$\n\n"
        "| a |\n|---|\n| 1 |\n\n![plot](attachment:plot.png) [book](https://example.org)"
    )
    attached = {"plot.png": {"image/png": PIXEL}}
    shown = page(settings, new_markdown_cell(source, attachments=attached))
    for part in (
        "<h2>A heading",
        "<em>why</em>",
        "<code>a &lt; b</code>",
        "a &amp;= b",
        "<td>1</td>",
        f'src="data:image/png;base64,{PIXEL}"',
        'href="https://example.org"',
    ):
        assert part in str(shown)


def test_pictures_come_from_no_other_place(settings: Config) -> None:
    shown = str(
        page(settings, new_markdown_cell("![x](file:///etc/passwd) ![y](//example.org/x.png)"))
    )
    assert "passwd" not in shown and "example.org" not in shown


def test_the_database_is_as_new_as_nbgrader_wants_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    (tmp_path / "ours").mkdir()
    CourseFolder(tmp_path / "ours").prepare([], Run(seed=0), sandboxed=True)
    theirs = f"sqlite:///{tmp_path / 'gradebook.db'}"
    Gradebook(theirs).close()
    versions = []
    for database in (CourseFolder(tmp_path / "ours").database, theirs):
        with create_engine(database).connect() as connection:
            versions.append(connection.execute(text("SELECT * FROM alembic_version")).all())
    assert versions[0] == versions[1] != []
