"""A function that several cells define: each version is asked, and the best one counts. Which was
meant to be the last word can't be told from a notebook whose cells ran in any order.
"""

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from autograder.repairing.cells import is_check
from autograder.repairing.matching import defined_names
from cs_utils.exercises.specification import Exercise
from cs_utils.verdicts import CORRECT, Verdict

MOST_VERSIONS = 4

Grade = Callable[[NotebookNode, Sequence[Exercise], Mapping[str, Verdict]], Sequence[Verdict]]


def best_of_versions(
    notebook: NotebookNode, verdicts: Sequence[Verdict], grade: Grade
) -> list[Verdict]:
    """The verdicts, with those of earlier versions where these earn more.

    A version that earns more takes the place of the last one in the notebook. All exercises'
    second-to-last versions are asked in one run, then the third-to-last: at most ``MOST_VERSIONS``
    of each, and none once an exercise and all that build on it are right.
    notebook: graded as it stands. verdicts: what came of that, where a function's last definition
    counts. grade: runs a notebook and judges some exercises, given what is known of all.
    """
    best = {verdict.exercise.name: verdict for verdict in verdicts}
    versions = {name: versions_of(notebook, name) for name in _open(best)}
    for turn in range(1, MOST_VERSIONS):
        asked = {name: versions[name][turn] for name in _open(best) if turn < len(versions[name])}
        if not asked:
            break
        variant, tried = _variant(notebook, asked)
        for verdict in grade(variant, _depending_on(asked, best), best):
            name = verdict.exercise.name
            if verdict.score > best[name].score:
                best[name] = verdict
                if name in tried:
                    _put_in_place(notebook, name, tried[name])
    return list(best.values())


def _open(best: Mapping[str, Verdict]) -> list[str]:
    """The exercises that are not right yet, and those that they build on: a backward may be right
    with the cache of another version of its forward."""
    wrong = [one.exercise for one in best.values() if one.status != CORRECT]
    names = {name for exercise in wrong for name in (exercise.name, *exercise.builds_on)}
    return [name for name in best if name in names]


def _depending_on(names: Iterable[str], best: Mapping[str, Verdict]) -> list[Exercise]:
    """The exercises that are not right yet and may become so with other versions of these."""
    changed = set(names)
    return [
        one.exercise
        for one in best.values()
        if one.status != CORRECT and changed & {one.exercise.name, *one.exercise.builds_on}
    ]


def versions_of(notebook: NotebookNode, name: str) -> list[str]:
    """The sources of the cells that define a function, as far as they are tried; the last one,
    which counts as it stands, first."""
    sources = [cell.source for cell in notebook.cells if _defines(cell, name)]
    distinct = dict.fromkeys(source.strip() for source in reversed(sources))
    return list(distinct)[:MOST_VERSIONS]


def _defines(cell: NotebookNode, name: str) -> bool:
    return cell.cell_type == "code" and not is_check(cell) and name in defined_names(cell.source)


def _variant(
    notebook: NotebookNode, versions: Mapping[str, str]
) -> tuple[NotebookNode, dict[str, NotebookNode]]:
    """The notebook with a version of each function behind the last cell that defines it, and those
    cells by the functions' names."""
    variant = copy.deepcopy(notebook)
    for cell in variant.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    tried: dict[str, NotebookNode] = {}
    for name, source in versions.items():
        last = max(index for index, cell in enumerate(variant.cells) if _defines(cell, name))
        tried[name] = new_code_cell(source, id=f"version-{len(tried)}")
        variant.cells.insert(last + 1, tried[name])
    return variant, tried


def _put_in_place(notebook: NotebookNode, name: str, better: NotebookNode) -> None:
    """Let the better version stand in the exercise's cell, and what stood there in its place."""
    (solution,) = (cell for cell in notebook.cells if _marks(cell).get("grade_id") == name)
    for cell in notebook.cells:
        if cell.source.strip() == better.source.strip() and not _marks(cell):
            cell.source, cell.outputs = solution.source, solution.get("outputs", [])
            break
    solution.source, solution.outputs = better.source, better.outputs


def _marks(cell: NotebookNode) -> Mapping[str, object]:
    return cell.metadata.get("nbgrader", {})
