"""Repairing hand-ins: whatever happened to the cells, the student's solutions end up in the
release's own cells, in their order, and what was mended is said."""

import copy
import json
from pathlib import Path

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from rooms import released, solved

from autograder.reading import UnreadableError, read_notebook
from autograder.repair import Repaired, lesson_of, repair

RELEASE = released()
SOLVED = solved()
IDS = [cell.id for cell in RELEASE.cells]


def find(notebook: NotebookNode, name: str) -> NotebookNode:
    (cell,) = (cell for cell in notebook.cells if cell.get("id") == name)
    return cell


def place(notebook: NotebookNode, name: str) -> int:
    return [cell.get("id") for cell in notebook.cells].index(name)


def mended(notebook: NotebookNode) -> Repaired:
    return repair(copy.deepcopy(notebook), RELEASE)


def source(repaired: Repaired, name: str) -> str:
    return find(repaired.notebook, name).source


def handed_in() -> NotebookNode:
    return copy.deepcopy(SOLVED)


def read_back(tmp_path: Path, content: dict | str | bytes) -> NotebookNode:
    """What the reader makes of a file with this content."""
    path = tmp_path / "notebook.ipynb"
    if isinstance(content, dict):
        content = json.dumps(content)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_notebook(path)


def assert_all_solutions_found(repaired: Repaired) -> None:
    assert [cell.id for cell in repaired.notebook.cells] == IDS
    for cell in SOLVED.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            assert source(repaired, cell.id) == cell.source


class TestCells:
    def test_nothing_to_mend(self) -> None:
        repaired = mended(SOLVED)
        assert repaired.repairs == []
        assert_all_solutions_found(repaired)

    def test_a_copied_check_is_left_out(self) -> None:
        notebook = handed_in()
        notebook.cells.append(copy.deepcopy(find(notebook, "check-relu_forward")))
        repaired = mended(notebook)
        assert repaired.repairs == ["check-relu_forward: copied; the copy was left out"]
        assert_all_solutions_found(repaired)

    def test_of_two_solutions_the_last_counts_and_runs_last(self) -> None:
        notebook = handed_in()
        at = place(notebook, "relu_forward")
        draft = copy.deepcopy(notebook.cells[at])
        draft.update(id="a-draft", source="def relu_forward(x):\n    return x, x")
        notebook.cells.insert(at, draft)
        repaired = mended(notebook)
        sources = [cell.source for cell in repaired.notebook.cells]
        right = find(SOLVED, "relu_forward").source
        assert sources.index(draft.source) < sources.index(right)
        assert source(repaired, "relu_forward") == right
        assert "relu_forward: more than one cell defines it" in repaired.repairs[0]

    @pytest.mark.parametrize("name", ["check-relu_forward", "set-up", "title"])
    def test_a_deleted_cell_is_put_back(self, name: str) -> None:
        notebook = handed_in()
        notebook.cells.pop(place(notebook, name))
        repaired = mended(notebook)
        assert_all_solutions_found(repaired)
        if name != "title":
            assert repaired.repairs == [f"{name}: deleted; put back"]

    def test_a_deleted_solution_is_missing(self) -> None:
        notebook = handed_in()
        notebook.cells.pop(place(notebook, "relu_forward"))
        repaired = mended(notebook)
        assert repaired.repairs == ["relu_forward: its cell is missing"]
        assert "def " not in source(repaired, "relu_forward")

    def test_an_edited_locked_cell_is_restored(self) -> None:
        notebook = handed_in()
        find(notebook, "check-relu_forward").source = "34.0"
        repaired = mended(notebook)
        assert repaired.repairs == ["check-relu_forward: locked, but changed; restored"]
        assert source(repaired, "check-relu_forward") == "check(relu_forward)"

    def test_points_are_those_of_the_release(self) -> None:
        notebook = handed_in()
        for cell in notebook.cells:
            if "nbgrader" in cell.metadata:
                cell.metadata.nbgrader.update(points=1000, grade=True, locked=False)
        for mine, theirs in zip(mended(notebook).notebook.cells, RELEASE.cells, strict=True):
            assert mine.metadata == theirs.metadata

    def test_moved_cells_come_back_in_order(self) -> None:
        notebook = handed_in()
        notebook.cells.reverse()
        assert_all_solutions_found(mended(notebook))

    def test_renamed_cells_are_known_by_their_functions(self) -> None:
        notebook = handed_in()
        for index, cell in enumerate(notebook.cells):
            cell.id = f"cell-{index}"
            if "nbgrader" in cell.metadata:
                cell.metadata.nbgrader.grade_id = f"renamed-{index}"
        assert_all_solutions_found(mended(notebook))

    def test_a_function_written_in_a_cell_of_ones_own_beats_its_stub(self) -> None:
        notebook = copy.deepcopy(RELEASE)
        written = find(SOLVED, "relu_forward").source
        notebook.cells.insert(place(notebook, "set-up") + 1, new_code_cell(written))
        assert source(mended(notebook), "relu_forward") == written

    def test_solutions_pasted_into_each_others_cells(self) -> None:
        notebook = handed_in()
        first, second = find(notebook, "relu_forward"), find(notebook, "relu_backward")
        first.source, second.source = second.source, first.source
        assert_all_solutions_found(mended(notebook))

    def test_cells_of_ones_own_stay_where_they_were(self) -> None:
        notebook = handed_in()
        own = new_code_cell("import math")
        notebook.cells.insert(place(notebook, "relu_forward"), own)
        sources = [cell.source for cell in mended(notebook).notebook.cells]
        before = notebook.cells[place(notebook, "relu_forward") - 2].source
        assert sources[sources.index("import math") - 1] == before

    def test_a_syntax_error_keeps_its_place(self) -> None:
        notebook = handed_in()
        broken = find(notebook, "relu_forward").source.replace("):", ")")
        del find(notebook, "relu_forward").metadata["nbgrader"]
        find(notebook, "relu_forward").update(source=broken, id="lost")
        assert source(mended(notebook), "relu_forward") == broken


class TestFormats:
    """The same notebook as other editors save it."""

    def test_all_metadata_and_ids_gone(self, tmp_path: Path) -> None:
        content = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 0}
        for cell in SOLVED.cells:
            kept = {"cell_type": cell.cell_type, "source": cell.source, "metadata": {}}
            outputs = {"outputs": [], "execution_count": None}
            content["cells"].append(kept | (outputs if cell.cell_type == "code" else {}))
        repaired = mended(read_back(tmp_path, content))
        assert_all_solutions_found(repaired)
        assert "20 solution cells had lost their marks" in repaired.repairs[-1]

    def test_ids_moved_into_metadata(self, tmp_path: Path) -> None:
        content = json.loads(nbformat.writes(SOLVED))
        for cell in content["cells"]:
            cell["metadata"] = {"id": cell.pop("id")}
            cell["source"] = "".join(cell["source"]).splitlines(keepends=True)
        repaired = mended(read_back(tmp_path, content | {"nbformat_minor": 0}))
        assert_all_solutions_found(repaired)

    def test_format_3(self, tmp_path: Path) -> None:
        old = nbformat.convert(handed_in(), 3)
        repaired = mended(read_back(tmp_path, nbformat.writes(old, version=3)))
        assert_all_solutions_found(repaired)

    def test_a_byte_order_mark(self, tmp_path: Path) -> None:
        content = b"\xef\xbb\xbf" + nbformat.writes(SOLVED).encode()
        assert_all_solutions_found(mended(read_back(tmp_path, content)))

    def test_broken_widget_state_and_fields_of_the_wrong_kind(self, tmp_path: Path) -> None:
        content = json.loads(nbformat.writes(SOLVED))
        content["metadata"] = {"widgets": {"application/vnd.jupyter.widget-state+json": 3}}
        for cell in content["cells"][::2]:
            cell["outputs"] = "none"
            cell["execution_count"] = "seven"
        content["cells"] += [None, "text", {"cell_type": 7}]
        assert_all_solutions_found(mended(read_back(tmp_path, content)))

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"", "no notebook"),
            (b"\x89PNG\r\n\x1a\n", "no text"),
            (b'{"cells": [', "cut off"),
            (b"[1, 2]", "no cells"),
            (b'{"name": "notebook"}', "no cells"),
            (b'{"cells": 7}', "cannot be understood"),
            (b"[" * 100_000, "cannot be read"),
        ],
    )
    def test_what_is_no_notebook(self, tmp_path: Path, content: bytes, said: str) -> None:
        with pytest.raises(UnreadableError, match=said):
            read_back(tmp_path, content)


def test_the_lesson_is_known_by_its_functions() -> None:
    assert lesson_of(RELEASE) == "01_vector_backprop"
    assert lesson_of(nbformat.v4.new_notebook(cells=[new_code_cell("x = 1")])) is None


JUNK = st.one_of(st.none(), st.integers(), st.text(max_size=8), st.lists(st.integers(), max_size=2))
MARKS = st.dictionaries(
    st.sampled_from(["grade_id", "grade", "points", "solution", "locked", "schema_version"]),
    st.one_of(JUNK, st.sampled_from(IDS)),
)


@st.composite
def mangled(draw: st.DrawFn) -> dict:
    """The solved notebook with cells dropped, doubled and shuffled, and metadata mangled."""
    cells = json.loads(nbformat.writes(SOLVED))["cells"]
    sources = [cell["source"] for cell in cells]
    indices = st.integers(0, len(cells) - 1)
    order = [index for index in range(len(cells)) if index not in draw(st.sets(indices))]
    order += draw(st.lists(indices, max_size=8))
    if draw(st.booleans()):
        order = draw(st.permutations(order))
    chosen = [copy.deepcopy(cells[index]) for index in order]
    for gone in draw(st.sets(st.sampled_from(["metadata", "id"]))):
        for cell in chosen:
            del cell[gone]
    for cell in chosen[:: draw(st.integers(3, 20))]:
        cell |= draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "metadata": JUNK | st.fixed_dictionaries({"nbgrader": MARKS | JUNK}),
                    "id": JUNK | st.sampled_from(IDS),
                    "source": JUNK | st.sampled_from(sources),
                },
            )
        )
    return {"cells": chosen, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(content=mangled())
def test_whatever_happened_every_cell_of_the_release_is_there_once(
    tmp_path: Path, content: dict
) -> None:
    repaired = mended(read_back(tmp_path, content)).notebook
    nbformat.validate(repaired)
    assert [cell.id for cell in repaired.cells if cell.id in IDS] == IDS
    for cell in repaired.cells:
        if cell.id in IDS:
            given_out = find(RELEASE, cell.id)
            assert cell.metadata == given_out.metadata
            if not given_out.metadata.get("nbgrader", {}).get("solution"):
                assert cell.source == given_out.source
        else:
            assert "nbgrader" not in cell.metadata
