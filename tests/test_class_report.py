"""What the class misunderstood: numbers, examples without names, pairs, and the page."""

import math
import re
import tracemalloc
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from lab import browser, chromium
from made_up_class import (
    EXERCISES,
    LESSON,
    LONG,
    STUB,
    made_up_class,
    result,
    row,
    store,
)
from scipy.stats import pointbiserialr
from typer.testing import CliRunner

from autograder.class_report import ReportError, write_report
from autograder.class_report.examples import HIDDEN, anonymous, words_of
from autograder.class_report.gather import gather
from autograder.class_report.similarity import (
    SAME_NAMES,
    SAME_TEXT,
    SAME_TOKENS,
    AlikeSolution,
    alike_solutions,
    print_of,
    runs_of,
    tokens_of,
)
from autograder.class_report.statistics import (
    OUTCOMES,
    discrimination,
    exercise_statistics,
    mistakes,
)
from autograder.command import app
from autograder.grading import Result
from autograder.results.journal import Journal

RENAMED = LONG.replace("total", "out").replace("window", "patch").replace("one patch", "# so")
OTHER = """def easy(x, width):
    strips = np.lib.stride_tricks.sliding_window_view(x, width)
    even = np.arange(strips.shape[0]) % 2 == 0
    positive = (strips.max(axis=1) > 0) & even
    big = strips.sum(axis=1) * 3 + strips.min(axis=1)
    small = np.exp(-strips[:, 0]) - 5 * strips[:, -1]
    result = np.where(positive, big, small)
    result += x[0] / np.square(np.arange(1, strips.shape[0] + 1))
    return result, (x, width)
"""


class _Page(HTMLParser):
    """Reads a page and holds its tags to be closed in order."""

    VOID = ("meta", "br", "wbr", "rect", "path")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in ("script", "style"):
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def page_of(root: Path) -> _Page:
    return _Page(write_report(root).read_text(encoding="utf-8"))


class TestStatistics:
    def test_discrimination_is_scipys_point_biserial_correlation(self) -> None:
        random = np.random.default_rng(7)
        for students in (10, 37, 300):
            rest = random.uniform(0, 30, students)
            right = rest + random.normal(0, 15, students) > 15
            wanted = pointbiserialr(right, rest).statistic
            assert discrimination(right.tolist(), rest.tolist()) == pytest.approx(wanted)

    def test_discrimination_of_a_worked_example(self) -> None:
        # Means 8 and 2, half of them right, standard deviation sqrt(10): (8 - 2) / sqrt(10) / 2.
        right, rest = [True] * 5 + [False] * 5, [7.0, 7, 8, 9, 9, 1, 1, 2, 3, 3]
        assert discrimination(right, rest) == pytest.approx(3 / math.sqrt(9.8))

    @pytest.mark.parametrize(
        ("right", "rest"),
        [
            ([True, False] * 4, [1.0, 2] * 4),
            ([True] * 12, [1.0, 2] * 6),
            ([True, False] * 6, [0.1 + 0.2, 0.3] * 6),
        ],
    )
    def test_where_it_says_nothing_there_is_none(
        self, right: list[bool], rest: list[float]
    ) -> None:
        assert discrimination(right, rest) is None

    def test_an_exercise_in_numbers(self) -> None:
        verdicts = ["correct", "correct", "partly correct", "wrong", "timed out", "not written yet"]
        results = [
            result(f"S{number}", row("easy", verdict), exercise_seconds={"easy": number})
            for number, verdict in enumerate(verdicts)
        ]
        unread = [result("T", row("easy", "unreadable")), result("U", row("easy", "not handed in"))]
        (found,) = exercise_statistics(results + unread)
        assert found.outcomes == dict(zip(OUTCOMES, (2, 1, 1, 1, 1), strict=True))
        assert (found.judged, found.written, found.pass_rate) == (6, 5, pytest.approx(1 / 3))
        assert found.mean_share == pytest.approx(2.25 / 6)
        assert (found.seconds, found.slowest, found.unknown) == (2, 4, 2)

    def test_mistakes_by_how_many_show_them(self) -> None:
        first, second = (row("easy", "wrong", misconception=name, hint=f"{name}?") for name in "ab")
        unknown = row("hard", "partly correct")
        results = [
            result("A", first, unknown),
            result("B", second, unknown),
            result("C", second, unknown),
        ]
        found = [(one.name, one.hint, one.students) for one in mistakes(results)]
        assert found == [
            ("b", "b?", ("B", "C")),
            ("a", "a?", ("A",)),
            ("", "", ("A", "B", "C")),
        ]


class TestBroken:
    def signs(self, results: list[Result]) -> dict[str, str]:
        return {one.name: "; ".join(one.signs) for one in exercise_statistics(results)}

    def test_a_sound_exercise_shows_no_sign(self, tmp_path: Path) -> None:
        record = gather(made_up_class(tmp_path, 60))
        assert set(self.signs(record.results).values()) == {""}

    def test_strong_students_fail(self) -> None:
        weak = [result(f"W{n}", row("easy", "wrong"), row("hard")) for n in range(9)]
        strong = [result(f"S{n}", row("easy"), row("hard", "wrong")) for n in range(4)]
        signs = self.signs(weak + strong)["hard"]
        assert "4 of 4 strong students fail it" in signs
        assert "weaker students have it right more often" in signs

    def test_nobody_has_it_right(self) -> None:
        results = [result(f"S{n}", row("easy"), row("hard", "error")) for n in range(5)]
        signs = self.signs([*results, result("T", row("easy"), row("hard", "not written yet"))])
        assert "nobody has it right, of 5 who wrote it" in signs["hard"]
        assert signs["easy"] == ""

    def test_a_case_that_nobody_passes(self) -> None:
        results = [
            result(f"S{n}", row("easy", "partly correct", failed=("stride 2", *others)))
            for n, others in enumerate([(), ("padding 0",), ()])
        ]
        signs = self.signs(results)["easy"]
        assert "\u201cstride 2\u201d is passed by nobody" in signs
        assert "padding 0" not in signs

    def test_withdrawn_cases(self) -> None:
        results = [
            result("A", row("easy", withdrawn=("float32",)), row("hard", "withdrawn")),
            result("B", row("easy", withdrawn=("float32",)), row("hard", "withdrawn")),
        ]
        signs = self.signs(results)
        assert "cases withdrawn because the references disagree: float32" in signs["easy"]
        assert "disagree on every case" in signs["hard"]

    def test_many_time_out(self) -> None:
        results = [result(f"S{n}", row("easy")) for n in range(8)]
        results += [result(f"T{n}", row("easy", "timed out")) for n in range(2)]
        assert "many give no answer: 2 timed out" in self.signs(results)["easy"]


class TestExamples:
    SOURCE = '''# Ada Lovelace wrote this
def easy(x, mode="train"):
    """By Ada."""
    "and Lovelace again"
    max_ada = max(x)  # ada@example.org
    lovelace, AdaNet = np.max(x), "Ada"
    if mode == "train":
        raise ValueError(f"ask ada {lovelace}")
    return max_ada + lovelace
'''

    def test_names_comments_and_sentences_go(self) -> None:
        code = anonymous(self.SOURCE, words_of(["Ada Lovelace"]))
        assert not re.search(r"\bada\b|_ada\b|lovelace|example", code, re.IGNORECASE)
        assert f"max_{HIDDEN}" in code and "mode='train'" in code

    def test_the_code_does_what_it_did(self) -> None:
        x, answers = np.array([1.0, 4.0]), []
        for source in (self.SOURCE, anonymous(self.SOURCE, words_of(["Ada Lovelace", "Max"]))):
            names = {"np": np}
            exec(source, names)
            answers.append(names["easy"](x, mode="test"))  # type: ignore[operator]
        assert answers == [8.0, 8.0]

    def test_code_that_cannot_be_parsed_is_not_shown(self) -> None:
        assert anonymous("def easy(x) return Ada", {"ada"}) == ""


class TestSimilarity:
    GIVEN_OUT = runs_of(tokens_of(STUB)[1])

    def alike(self, *sources: str) -> dict[tuple[str, str], AlikeSolution]:
        prints = [print_of(f"S{number}", source) for number, source in enumerate(sources)]
        return dict(alike_solutions(LESSON, "easy", prints, self.GIVEN_OUT))

    @pytest.mark.parametrize(
        ("copy", "degree"),
        [
            (LONG, SAME_TEXT),
            (LONG.replace("    # one window after the other\n", ""), SAME_NAMES),
            (RENAMED, SAME_TOKENS),
        ],
    )
    def test_copies_are_told_and_how_alike_they_are(self, copy: str, degree: str) -> None:
        (found,) = self.alike(LONG, OTHER, copy).items()
        pair, solution = found
        assert pair == ("S0", "S2")
        assert (solution.share, solution.degree) == (1, degree)

    def test_a_copy_with_a_changed_line_is_told(self) -> None:
        changed = RENAMED.replace("+= x[0] / (1 + start) ** 2", "+= x[0]")
        (solution,) = self.alike(LONG, changed).values()
        assert 0.7 <= solution.share < 1

    def test_solutions_of_their_own_are_not(self) -> None:
        assert self.alike(LONG, OTHER) == {}

    def test_short_functions_are_left_out(self) -> None:
        short = STUB.replace("raise NotImplementedError", "return np.convolve(x, np.ones(width))")
        assert self.alike(short, short) == {}

    def test_what_the_release_gives_out_is_taken_away(self) -> None:
        prints = [print_of(student, LONG) for student in ("A", "B")]
        given_out = runs_of(tokens_of(RENAMED)[1])
        assert list(alike_solutions(LESSON, "easy", prints, given_out)) == []

    def test_what_many_write_is_left_out(self) -> None:
        assert len(self.alike(*[LONG] * 3, OTHER)) == 3
        assert self.alike(*[LONG] * 4, OTHER) == {}

    def test_broken_code_is_compared_up_to_where_it_breaks(self) -> None:
        tokens, _normalised = tokens_of("def f(x):\n    return x[")
        assert tokens == ["def", "f", "(", "x", ")", ":", "return", "x", "["]


class TestPage:
    def test_a_class_of_300(self, tmp_path: Path) -> None:
        page = page_of(made_up_class(tmp_path, 300))
        assert "300 hand-ins that could be read, of 300 students" in page.text
        assert page.text.count("sign turned") > len(EXERCISES)
        assert len(write_report(tmp_path).read_bytes()) < 100_000

    @pytest.mark.parametrize("verdict", ["correct", "wrong", "not handed in", "not written yet"])
    def test_a_class_of_one(self, tmp_path: Path, verdict: str) -> None:
        store(tmp_path, result("Ada", row("easy", verdict)), {"easy": LONG})
        page = page_of(tmp_path)
        assert "of 1 student, in 1 lesson" in page.text
        assert ("no hand-in could be read" in page.text) == (verdict == "not handed in")
        # Without a discrimination there is still a number to sort by, one that JavaScript knows.
        values = {one["data-value"] for one in page.all("td") if "data-value" in one}
        assert "-Infinity" in values and "-inf" not in values

    def test_lessons_of_which_much_is_missing(self, tmp_path: Path) -> None:
        made_up_class(tmp_path, 3)
        made_up_class(tmp_path, 2, lesson="07_later")
        (tmp_path / "autograded" / "Student0" / "07_later" / "07_later.ipynb").unlink()
        (tmp_path / "results" / "Student1" / "07_later.json").write_text("{ cut off")
        page = page_of(tmp_path)
        assert "of 3 students, in 2 lessons" in page.text
        assert "left out: results/Student1/07_later.json" in page.text

    def test_nothing_is_fetched_and_every_link_leads_somewhere(self, tmp_path: Path) -> None:
        root = tmp_path / "a course"
        root.mkdir()
        for student in ("Ada", "Bo & Co"):
            known = {"misconception": "sign's <turned>", "hint": "Which?", "failed": ("one",)}
            store(root, result(student, row("easy", "wrong", **known)), {"easy": LONG})
            feedback = root / "feedback" / student / f"{LESSON}.html"
            feedback.parent.mkdir(parents=True)
            feedback.write_text("feedback")
        page = page_of(root)
        identifiers = [one["id"] for _tag, one in page.tags if "id" in one]
        assert len(identifiers) == len(set(identifiers))
        links = [str(one["href"]) for one in page.all("a")]
        assert f"feedback/Bo%20%26%20Co/{LESSON}.html#easy" in links
        assert {link[1:] for link in links if link.startswith("#")} <= set(identifiers)
        assert not any("src" in one for _tag, one in page.tags) and not page.all("link")
        assert not any("//" in link for link in links)

    def test_every_plot_is_described(self, tmp_path: Path) -> None:
        plots = page_of(made_up_class(tmp_path, 12)).all("svg")
        assert len(plots) > len(EXERCISES)
        for plot in plots:
            assert plot.get("aria-hidden") == "true" or (
                plot["role"] == "img" and plot["aria-label"]
            )

    def test_what_students_write_stays_text(self, tmp_path: Path) -> None:
        evil = "<script>alert(1)</script>"
        one = result(evil, row(evil, "wrong", misconception=evil, hint=evil), remarks=(evil,))
        journal = Journal(tmp_path)
        path = journal.result_file("mallory", LESSON)
        journal.store(one.__class__(**{**one.__dict__, "student": "mallory"}))
        path.write_text(path.read_text().replace("mallory", "<b>mallory</b>"))
        page = page_of(tmp_path)
        assert len(page.all("script")) == 1 and page.all("b") != []
        assert "<b>mallory</b>" in page.text and evil in page.text

    def test_names_stand_in_no_example(self, tmp_path: Path) -> None:
        source = LONG.replace("total", "total_ada")
        wrong = row("easy", "wrong", misconception="sign", hint="Which?", failed=("one",))
        store(tmp_path, result("Ada", wrong), {"easy": source})
        html = write_report(tmp_path).read_text()
        (example,) = re.findall(r"<pre>(.*?)</pre>", html, re.DOTALL)
        assert f"total_{HIDDEN}" in example and "Ada" not in html.split("id='pairs'")[0]

    def test_who_was_late_mended_or_flagged_is_named(self, tmp_path: Path) -> None:
        mended = "easy: the line with its name was missing; put back from the release"
        store(tmp_path, result("Ada", row("easy", "crashed"), remarks=(mended,)), {"easy": LONG})
        (tmp_path / "totals.csv").write_text(
            "student,notebook,days_late,late_days_used,penalty,note\n"
            f"Ada,{LESSON},3,1,0.5,told by hand\n"
        )
        page = page_of(tmp_path).text
        for words in ("told by hand", "crashed", "was missing; put back from the release"):
            assert words in page

    def test_memory_does_not_grow_with_what_notebooks_print(self, tmp_path: Path) -> None:
        size = 3_000_000
        for number in range(8):
            one = result(f"S{number}", row("easy"))
            store(tmp_path, one, {"easy": LONG}, printed="x" * size)
        tracemalloc.start()
        try:
            write_report(tmp_path)
            _now, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 5 * size


@pytest.mark.skipif(chromium() is None, reason="Chromium is missing; type: make browser")
def test_tables_sort_and_the_page_fits_a_phone(tmp_path: Path) -> None:
    path = write_report(made_up_class(tmp_path, 20))
    with browser() as chrome:
        page = chrome.new_page(viewport={"width": 375, "height": 800})
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 375
        column = "#exercises tbody tr td:nth-child(4)"
        page.get_by_role("button", name=re.compile("^right$")).click()
        shares = [int(one.rstrip("%")) for one in page.locator(column).all_inner_texts()]
        assert shares == sorted(shares, reverse=True) and len(set(shares)) > 1
        link = page.locator("#misconceptions tbody a").first
        link.click()
        assert page.locator("details[open] pre").count() > 0


def test_a_result_comes_back_as_it_was_stored(tmp_path: Path) -> None:
    one = result(
        "Ada",
        row("easy", "wrong", misconception="sign", hint="?", failed=("a", "b")),
        remarks=("r",),
    )
    journal = Journal(tmp_path)
    journal.store(one)
    assert journal.result("Ada", LESSON) == one


def test_the_command_writes_the_page_or_says_what_is_wrong(tmp_path: Path) -> None:
    page = tmp_path / "pages" / "page.html"
    run = CliRunner().invoke(app, ["report", str(made_up_class(tmp_path, 2)), "--out", str(page)])
    assert run.exit_code == 0 and f"wrote {page}" in run.output.replace("\n", "")
    assert page.is_file()
    run = CliRunner().invoke(app, ["report", str(page.parent)])
    assert run.exit_code == 2


def test_a_folder_that_was_not_graded(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    for root in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ReportError, match="no graded course folder"):
            write_report(root)
