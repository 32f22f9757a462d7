"""Repairing hand-ins: whatever happened to the cells, the student's solutions end up in the
release's own cells, in their order, and what was mended is said."""

import copy
import json
from pathlib import Path
from textwrap import dedent

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from rooms import released, solved

from autograder.judging.versions import versions_of
from autograder.repairing.reading import UnreadableError, read_notebook
from autograder.repairing.repair import Repaired, lesson_of, repair
from cs_utils.exercises import lesson_exercises

RELEASE = released()
SOLVED = solved()
IDS = [cell.id for cell in RELEASE.cells]
EXERCISES = [exercise.name for exercise in lesson_exercises("01_vector_backprop")]


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
        assert versions_of(repaired.notebook, "relu_forward") == [right, draft.source]

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

    def test_a_draft_below_the_right_one_is_told(self) -> None:
        notebook = handed_in()
        at = place(notebook, "relu_forward")
        draft = new_code_cell("def relu_forward(x):\n    return x, x")
        notebook.cells.insert(at + 1, draft)
        repaired = mended(notebook)
        right = find(SOLVED, "relu_forward").source
        assert versions_of(repaired.notebook, "relu_forward") == [draft.source, right]
        assert len(repaired.repairs) == 1
        assert "the one that earns most counts" in repaired.repairs[0]

    def test_no_more_versions_are_tried_than_are_sensible(self) -> None:
        notebook = handed_in()
        for number in range(9):
            notebook.cells.append(new_code_cell(f"def relu_forward(x):\n    return {number}"))
        tried = versions_of(mended(notebook).notebook, "relu_forward")
        assert [source[-1] for source in tried] == ["8", "7", "6", "5"]

    @pytest.mark.parametrize("keeps_its_ids", [True, False])
    def test_renamed_functions_are_known_again(self, keeps_its_ids: bool) -> None:
        notebook = handed_in()
        for cell in notebook.cells:
            name = cell.id
            if cell.metadata.get("nbgrader", {}).get("solution"):
                cell.source = cell.source.replace(name, f"my_{name[::-1]}")
            if not keeps_its_ids:
                cell.metadata, cell.id = {}, f"cell-{name}"
        repaired = mended(notebook)
        for exercise in EXERCISES:
            assert source(repaired, exercise).endswith(f"{exercise} = my_{exercise[::-1]}")
            text = f"{exercise}: the function was called my_{exercise[::-1]}"
            assert any(repair.startswith(text) for repair in repaired.repairs)

    def test_a_misspelt_name_without_a_docstring(self) -> None:
        notebook = copy.deepcopy(RELEASE)
        notebook.cells.pop(place(notebook, "relu_forward"))
        notebook.cells.append(new_code_cell("def relu_foward(x):\n    return np.maximum(0, x), x"))
        assert source(mended(notebook), "relu_forward").endswith("relu_forward = relu_foward")

    def test_a_helper_of_ones_own_is_no_solution(self) -> None:
        notebook = copy.deepcopy(RELEASE)
        helper = "def maximum(x):\n    return np.maximum(0, x)"
        notebook.cells.append(new_code_cell(helper))
        repaired = mended(notebook)
        assert repaired.repairs == []
        assert source(repaired, "relu_forward") == find(RELEASE, "relu_forward").source

    @pytest.mark.parametrize("indented", [True, False])
    @pytest.mark.parametrize("keeps_its_id", [True, False])
    def test_a_lost_first_line_is_put_back(self, indented: bool, keeps_its_id: bool) -> None:
        notebook = handed_in()
        cell = find(notebook, "softmax_forward")
        whole = cell.source
        cell.source = whole.partition("\n")[2]
        if not indented:
            cell.source = dedent(cell.source)
        if not keeps_its_id:
            cell.metadata, cell.id = {}, "lost"
        repaired = mended(notebook)
        assert source(repaired, "softmax_forward") == whole
        assert "softmax_forward: the line with its name was missing" in repaired.repairs[0]

    def test_two_solutions_in_one_cell(self) -> None:
        notebook = handed_in()
        first, second = find(notebook, "relu_forward"), find(notebook, "relu_backward")
        first.source += f"\n\n\n{second.source}"
        notebook.cells.remove(second)
        repaired = mended(notebook)
        assert versions_of(repaired.notebook, "relu_backward") == [first.source]
        assert repaired.repairs == []

    def test_a_solution_that_became_a_text_cell(self) -> None:
        notebook = handed_in()
        find(notebook, "relu_forward").cell_type = "markdown"
        repaired = mended(notebook)
        assert_all_solutions_found(repaired)
        assert repaired.repairs == ["relu_forward: its cell was marked as text; run as code"]

    def test_edited_texts_are_not_doubled(self) -> None:
        notebook = handed_in()
        for cell in notebook.cells:
            cell.metadata, cell.id = {}, ""
            if cell.cell_type == "markdown":
                cell.source += "\n\nNoted."
        assert_all_solutions_found(mended(notebook))

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
        assert "20 solution cells without nbgrader's marks" in repaired.repairs[-1]

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

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-8-sig"])
    def test_other_encodings(self, tmp_path: Path, encoding: str) -> None:
        content = nbformat.writes(SOLVED).encode(encoding)
        repaired = mended(read_back(tmp_path, content))
        assert_all_solutions_found(repaired)
        assert repaired.repairs == ([] if encoding == "utf-8-sig" else repaired.repairs[:1])

    def test_an_encoding_that_nothing_tells(self, tmp_path: Path) -> None:
        notebook = handed_in()
        find(notebook, "title").source += "\n\u0416\u0434\u0438"
        content = nbformat.writes(notebook).encode("cp1251", "replace")
        repaired = mended(read_back(tmp_path, content))
        assert_all_solutions_found(repaired)
        assert "the file is not UTF-8" in repaired.repairs[0]

    def test_lines_without_their_ends(self, tmp_path: Path) -> None:
        content = json.loads(nbformat.writes(SOLVED))
        for cell in content["cells"]:
            cell["source"] = "".join(cell["source"]).split("\n")
        assert_all_solutions_found(mended(read_back(tmp_path, content)))

    def test_another_kernel(self, tmp_path: Path) -> None:
        content = json.loads(nbformat.writes(SOLVED))
        content["metadata"]["kernelspec"] = {"name": "ir", "language": "R"}
        repaired = mended(read_back(tmp_path, content))
        assert repaired.repairs == ["the notebook asked for a kernel of R; it was run with Python"]

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"", "no notebook"),
            (b'{"cells": [], "n": ' + b"1" * 5000 + b"}", "cannot be read"),
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
