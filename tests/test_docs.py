"""The documentation: it builds offline without a warning, its links lead somewhere, the answers and
commands that it shows are real, and its worked example works as it stands there."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import typer.main
from lab import browser, chromium
from playwright.sync_api import expect
from rooms import LESSONS, ROOT, released

from autograder.command import app
from autograder.releasing.release import lesson_sources
from autograder.results.late import read_rules
from cs_utils import check
from solutions import numpy_vectors

DOCS = ROOT / "docs"
PAGES = {path.name: path.read_text(encoding="utf-8") for path in DOCS.glob("*.md")}
TEXTS = {**PAGES, "README.md": (ROOT / "README.md").read_text(encoding="utf-8")}
NOWHERE = "http://127.0.0.1:9"
# Indent, language, caption and content of a code block.
BLOCK = re.compile(
    r"^( *)```(?:\{code-block\} )?(\w+)\n(?::caption: ([^\n]*)\n\n)?(.*?)^\1```$",
    re.MULTILINE | re.DOTALL,
)
ROOMS = ("autograder", "cs_utils", "solutions")


def blocks(text: str, language: str) -> Iterator[tuple[str, str]]:
    """The captions and contents of a page's code blocks in a language."""
    for _indent, found, caption, content in BLOCK.findall(text):
        if found == language:
            yield caption, content


class _Page(HTMLParser):
    """A page's ids, links, pictures, and what its reader's browser fetches."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.pictures: list[dict[str, str | None]] = []
        self.fetched: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids |= {given["id"] or ""} if "id" in given else set()
        self.links += [given["href"] or ""] if tag == "a" and "href" in given else []
        self.pictures += [given] if tag == "img" else []
        if tag in ("img", "script", "link", "iframe"):
            self.fetched += [given.get("src") or given.get("href") or ""]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    run = subprocess.run(
        [*command, "-d", str(out / "doctrees"), str(DOCS), str(out / "html")],
        env={**os.environ, "http_proxy": NOWHERE, "https_proxy": NOWHERE},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return out / "html"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, _Page]:
    return {path: _Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


class TestSite:
    def test_every_page_and_every_notebook_is_there(self, site: Path) -> None:
        assert {Path(name).stem for name in PAGES} <= {path.stem for path in site.glob("*.html")}
        assert set(LESSONS) == {path.stem for path in (site / "notebooks").glob("*.html")}

    def test_links_lead_somewhere(self, pages: dict[Path, _Page]) -> None:
        for path, page in pages.items():
            for link in page.links:
                parts = urlsplit(link)
                if parts.scheme or parts.netloc or path.name == "genindex.html":
                    continue
                target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
                assert target.exists(), f"{path.name}: {link}"
                if parts.fragment and target in pages:
                    assert unquote(parts.fragment) in pages[target].ids, f"{path.name}: {link}"

    def test_nothing_is_fetched_from_the_network(self, pages: dict[Path, _Page]) -> None:
        for path, page in pages.items():
            for address in page.fetched:
                parts = urlsplit(address)
                assert not parts.netloc, f"{path.name} fetches {address}"
                if parts.path and parts.scheme != "data":
                    assert (path.parent / unquote(parts.path)).exists(), f"{path.name}: {address}"

    def test_mathematics_is_drawn_by_what_lies_beside_the_pages(
        self, site: Path, pages: dict[Path, _Page]
    ) -> None:
        for lesson in LESSONS:
            fetched = pages[site / "notebooks" / f"{lesson}.html"].fetched
            assert any("mathjax/" in address for address in fetched), lesson
        assert list((site / "_static" / "mathjax").rglob("*.woff"))

    @pytest.mark.skipif(chromium() is None, reason="Chromium is missing; type: make browser")
    @pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
    def test_a_browser_without_network_draws_formulas_and_fits_the_page(
        self, site: Path, width: int, scheme: str
    ) -> None:
        size = {"width": width, "height": 800}
        with browser() as chrome:
            page = chrome.new_page(viewport=size, color_scheme=scheme, offline=True)
            page.goto((site / "notebooks" / f"{LESSONS[0]}.html").as_uri())
            formulas = page.locator(".math").count()
            assert formulas > 100
            expect(page.locator("mjx-container")).to_have_count(formulas, timeout=30_000)
            assert page.locator("mjx-merror").count() == 0
            assert page.evaluate("document.documentElement.scrollWidth") <= width

    @pytest.mark.parametrize("page", PAGES)
    def test_terms_stand_above_their_definitions(self, site: Path, page: str) -> None:
        text = (site / page).with_suffix(".html").read_text(encoding="utf-8")
        assert text.count("<dd>") == len(re.findall(r"^: ", PAGES[page], re.MULTILINE))

    def test_pictures_have_words(self, pages: dict[Path, _Page]) -> None:
        wordless = [
            (path.name, picture)
            for path, page in pages.items()
            for picture in page.pictures
            if not (picture.get("alt") or "").strip()
        ]
        assert wordless == []

    @pytest.mark.parametrize("lesson", LESSONS)
    def test_pictures_in_a_notebooks_text_have_words(self, lesson: str) -> None:
        texts = [cell.source for cell in released(lesson).cells if cell.cell_type == "markdown"]
        shown = [alt for text in texts for alt in re.findall(r"!\[([^\]]*)\]\(", text)]
        assert shown, "the badge at the top is a picture"
        assert all(alt.strip() for alt in shown)
        pictures = [one for text in texts for one in _Page(text).pictures]
        assert all((one.get("alt") or "").strip() for one in pictures)


def cells_of(lesson: str) -> dict[str, str]:
    """The cells of a lesson's source by name, told without what makes the site."""
    (path,) = (one for one in lesson_sources() if one.stem == lesson)
    parts = re.split(r"^# %%", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return {re.search(r'name="([^"]+)"', part)[1]: part for part in parts}


class TestLecture:
    """The index into the lessons is whole, and leads to what is there."""

    LINKED = re.findall(r"\]\(#(\d\d)-([^)]+)\)", PAGES["lecture.md"])

    @pytest.mark.parametrize("lesson", LESSONS)
    def test_every_target_is_a_cell(self, lesson: str) -> None:
        linked = {name for number, name in self.LINKED if number == lesson[:2]}
        assert linked and linked <= cells_of(lesson).keys()

    def test_no_other_lesson_is_linked(self) -> None:
        assert {number for number, _name in self.LINKED} == {lesson[:2] for lesson in LESSONS}

    @pytest.mark.parametrize("lesson", LESSONS)
    def test_every_exercise_is_linked_once(self, lesson: str) -> None:
        linked = [name for number, name in self.LINKED if number == lesson[:2]]
        exercises = [name for name in cells_of(lesson) if name.startswith("exercise-")]
        assert sorted(name for name in linked if name in exercises) == sorted(exercises)

    @pytest.mark.parametrize("lesson", LESSONS)
    def test_every_claim_that_does_not_hold_is_linked(self, lesson: str) -> None:
        linked = {name for number, name in self.LINKED if number == lesson[:2]}
        refuting = {name for name, text in cells_of(lesson).items() if "instead=" in text}
        # A lesson's last table says once more what others have shown.
        assert {name for name in refuting if not name.endswith("all-claims")} <= linked


class TestWhatIsShown:
    def test_the_checks_answer_is_the_one_on_the_page(self) -> None:
        ((_caption, code),) = (
            one for one in blocks(PAGES["working.md"], "python") if one[0] == "a cell of yours"
        )
        ((_caption, answer),) = blocks(PAGES["working.md"], "text")
        namespace = dict(vars(numpy_vectors))
        exec(code, namespace)
        assert str(check(namespace["relu_backward"])) == answer.strip()

    @pytest.mark.parametrize("page", TEXTS)
    def test_commands_and_their_options_exist(self, page: str) -> None:
        commands = typer.main.get_command(app).commands
        used = re.findall(r"(?:`|^ *)autograder (\w+)([^`\n]*)", TEXTS[page], re.MULTILINE)
        for name, rest in used:
            assert name in commands, f"{page}: autograder {name}"
            options = commands[name].params
            known = {name for one in options for name in (*one.opts, *one.secondary_opts)}
            given = set(re.findall(r"(?<!\S)--[\w-]+", rest.split("#")[0]))
            assert given <= known, f"{page}: autograder {name}{rest}"

    @pytest.mark.parametrize("page", TEXTS)
    def test_make_knows_what_is_to_be_made(self, page: str) -> None:
        targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
        assert set(re.findall(r"(?:`|^)make (\w+)", TEXTS[page], re.MULTILINE)) <= targets

    def test_the_rules_for_being_late_are_understood(self, tmp_path: Path) -> None:
        (rules,) = (text for _caption, text in blocks(PAGES["teaching.md"], "toml"))
        path = tmp_path / "course.toml"
        path.write_text(rules)
        read = read_rules(path, LESSONS)
        assert read.late_days == 4 and set(read.due) == {"01_vector_backprop"}

    @pytest.mark.parametrize("page", PAGES)
    def test_files_that_are_named_exist(self, page: str) -> None:
        made = {caption for caption, _text in blocks(PAGES[page], "python")}
        rooms = "autograder|cs_utils|data|docs|solutions|tests"
        for name in re.findall(rf"`((?:{rooms})/[\w./-]+)`", PAGES[page]):
            assert name in made or (ROOT / name).exists() or "_build" in name, f"{page}: {name}"

    def test_the_grading_rooms_modules_exist(self) -> None:
        modules = re.findall(r"`(\w+\.py)`", PAGES["how_it_works.md"])
        assert len(modules) > 10
        there = {path.name for path in (ROOT / "autograder").rglob("*.py")}
        assert set(modules) - there == set()


class TestWorkedExample:
    """Typed in as it stands on the page, in a copy of the project."""

    PAGE = PAGES["new_exercise.md"]

    def test_it_works_as_it_stands(self, tmp_path: Path) -> None:
        copy = tmp_path / "course"
        self.copy_project(copy)
        for name, content in blocks(self.PAGE, "python"):
            assert not (copy / name).exists(), f"{name} is there already"
            (copy / name).write_text(content, encoding="utf-8")
        for name, change in blocks(self.PAGE, "diff"):
            self.edit(copy / name, change)
        environment = {
            **os.environ,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "PYTHONPATH": str(copy),
        }
        for _caption, commands in blocks(self.PAGE, "bash"):
            run = subprocess.run(
                ["bash", "-e", "-c", commands],
                cwd=copy,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert run.returncode == 0, f"{commands}\n{run.stdout[-3000:]}\n{run.stderr[-3000:]}"
        notebook = (copy / "notebooks" / "06_smooth_relu.ipynb").read_text(encoding="utf-8")
        assert notebook.count("raise NotImplementedError") == 2
        assert "logaddexp" not in notebook

    @staticmethod
    def copy_project(copy: Path) -> None:
        """What the example needs; of the lessons none, so that only its own is released."""
        copy.mkdir()
        for room in ROOMS:
            ignored = shutil.ignore_patterns("__pycache__", "[0-9]*.py")
            shutil.copytree(ROOT / room, copy / room, ignore=ignored)
        (copy / "data").symlink_to(ROOT / "data")
        (copy / "tests").mkdir()
        shutil.copy(ROOT / "tests" / "submissions.py", copy / "tests")
        for name in ("pyproject.toml", "setup.py", "environment.yml"):
            shutil.copy(ROOT / name, copy)

    @staticmethod
    def edit(path: Path, change: str) -> None:
        """Apply the lines of a diff, which must fit at one place."""
        lines = change.splitlines()
        old = "\n".join(line[1:] for line in lines if line[:1] != "+")
        new = "\n".join(line[1:] for line in lines if line[:1] != "-")
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{path.name}:\n{old}"
        path.write_text(text.replace(old, new), encoding="utf-8")
