"""Notebooks as they come back: a solved one, changed in the ways that editors, browsers and people
change notebooks, drawn from a seed."""

import copy
import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Cell = dict[str, Any]

_JUNK = (None, 7, "text", [], [1, None], {"a": {}}, {"nbgrader": "none"}, {"nbgrader": {}})
_OWN_CODE = ("x = [", "print(undefined)", "%%time\n1 + 1", "import math\nmath.tau", "1 / 0", "")


@dataclass
class Mangled:
    """A file's content. intact: the sources of the solutions that still stand as they were in some
    code cell, by exercise; empty where the file's bytes were broken."""

    content: bytes
    intact: dict[str, str]
    done: list[str] = field(default_factory=list)


def mangle(notebook: dict[str, Any], exercises: list[str], seed: int) -> Mangled:
    """A hand-in made of a solved notebook, whose cells carry the exercises' names as their ids.

    notebook: as JSON, format 4.5.
    """
    draw = random.Random(seed)
    content = copy.deepcopy(notebook)
    cells: list[Cell] = content["cells"]
    solutions = {cell["id"]: text(cell) for cell in cells if cell["id"] in exercises}
    done = []
    for change in draw.sample(_CHANGES, draw.randint(1, 5)):
        change(cells, draw, exercises)
        done.append(change.__name__.strip("_"))
    standing = {text(cell).strip() for cell in cells if cell.get("cell_type") == "code"}
    intact = {name: source for name, source in solutions.items() if source.strip() in standing}
    save = draw.choice(_WAYS_TO_SAVE)
    data = save(content, draw)
    done.append(save.__name__.strip("_"))
    if draw.random() < 0.25:
        break_bytes = draw.choice((_flip_bytes, _cut_off, _insert_bytes))
        data, intact = break_bytes(data, draw), {}
        done.append(break_bytes.__name__.strip("_"))
    return Mangled(data, intact, done)


def text(cell: Cell) -> str:
    """A cell's source as one text; '' where it is none."""
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    return source if isinstance(source, str) else ""


def _some(cells: list[Cell], draw: random.Random, most: int = 6) -> list[Cell]:
    return draw.sample(cells, min(len(cells), draw.randint(1, most)))


def _drop_cells(cells: list[Cell], draw: random.Random, _exercises: list[str]) -> None:
    for cell in _some(cells, draw, 12):
        cells.remove(cell)


def _double_cells(cells: list[Cell], draw: random.Random, _exercises: list[str]) -> None:
    for cell in _some(cells, draw):
        cells.insert(draw.randint(0, len(cells)), copy.deepcopy(cell))


def _add_drafts(cells: list[Cell], draw: random.Random, exercises: list[str]) -> None:
    """Wrong versions of a few functions, above or below the right ones."""
    for name in draw.sample(exercises, 3):
        source = f"def {name}(*args, **kwargs):\n    return {draw.randint(0, 9)}"
        cells.insert(draw.randint(0, len(cells)), {"cell_type": "code", "source": source})


def _shuffle(cells: list[Cell], draw: random.Random, _exercises: list[str]) -> None:
    draw.shuffle(cells)


def _lose_all_metadata(cells: list[Cell], _draw: random.Random, _exercises: list[str]) -> None:
    for cell in cells:
        cell.pop("id", None)
        cell["metadata"] = {}


def _move_ids(cells: list[Cell], _draw: random.Random, _exercises: list[str]) -> None:
    """As Colab does."""
    for cell in cells:
        cell["metadata"] = {"id": cell.pop("id", ""), "outputId": "a1", "colab": {"base_uri": "x"}}


def _mangle_metadata(cells: list[Cell], draw: random.Random, _exercises: list[str]) -> None:
    for cell in _some(cells, draw, 15):
        cell["metadata"] = draw.choice(_JUNK)
        cell["id"] = draw.choice((None, 3, "", "same", cell.get("id")))


def _swap_marks(cells: list[Cell], draw: random.Random, _exercises: list[str]) -> None:
    for _time in range(5):
        first, second = draw.choice(cells), draw.choice(cells)
        for part in ("metadata", "id"):
            first[part], second[part] = second.get(part), first.get(part)


def _add_own_cells(cells: list[Cell], draw: random.Random, _exercises: list[str]) -> None:
    for code in draw.sample(_OWN_CODE, 3):
        kind = draw.choice(("code", "code", "markdown", "raw", 7))
        cells.insert(draw.randint(0, len(cells)), {"cell_type": kind, "source": code})


def _break_sources(cells: list[Cell], draw: random.Random, _exercises: list[str]) -> None:
    for cell in _some(cells, draw):
        whole = text(cell)
        cell["source"] = draw.choice(
            (None, 7, whole[: len(whole) // 2], whole.replace("(", "", 1), "\ud800 = 1", "x\0y")
        )


def _rename_functions(cells: list[Cell], draw: random.Random, exercises: list[str]) -> None:
    for cell in cells:
        found = re.match(r"def (\w+)", text(cell))
        if found and found[1] in exercises and draw.random() < 0.2:
            cell["source"] = text(cell).replace(found[1], f"{found[1]}_mine")


def _lose_first_lines(cells: list[Cell], draw: random.Random, exercises: list[str]) -> None:
    for cell in cells:
        if re.match(r"def \w+\(.*\).*:\n", text(cell)) and draw.random() < 0.2:
            cell["source"] = text(cell).partition("\n")[2]


def _edit_locked_cells(cells: list[Cell], draw: random.Random, _exercises: list[str]) -> None:
    for cell in cells:
        metadata = cell.get("metadata")
        marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
        if isinstance(marks, dict) and marks.get("locked") and draw.random() < 0.3:
            cell["source"] = draw.choice(("# gone", "34.0", text(cell) + "\nprint('mine')"))


def _add_outputs(cells: list[Cell], draw: random.Random, _exercises: list[str]) -> None:
    broken = [[{"output_type": "stream"}], "none", None, [{"output_type": "error", "ename": 7}]]
    for cell in _some(cells, draw, 20):
        cell["outputs"] = draw.choice(broken)
        cell["execution_count"] = draw.choice((None, "In[3]", -1))


def _turn_to_text(cells: list[Cell], draw: random.Random, _exercises: list[str]) -> None:
    for cell in _some(cells, draw, 3):
        cell["cell_type"] = draw.choice(("markdown", "raw"))


_CHANGES: list[Callable[[list[Cell], random.Random, list[str]], None]] = [
    _drop_cells,
    _double_cells,
    _add_drafts,
    _shuffle,
    _lose_all_metadata,
    _move_ids,
    _mangle_metadata,
    _swap_marks,
    _add_own_cells,
    _break_sources,
    _rename_functions,
    _lose_first_lines,
    _edit_locked_cells,
    _add_outputs,
    _turn_to_text,
]


def _encoded(content: dict[str, Any], encoding: str = "utf-8", **options: Any) -> bytes:
    return json.dumps(content, **options).encode(encoding, "surrogatepass")


def _as_it_is(content: dict[str, Any], _draw: random.Random) -> bytes:
    return _encoded(content, indent=1)


def _line_by_line(content: dict[str, Any], _draw: random.Random) -> bytes:
    for cell in content["cells"]:
        if isinstance(cell.get("source"), str):
            cell["source"] = cell["source"].splitlines(keepends=True)
    return _encoded(content, ensure_ascii=False)


def _from_windows(content: dict[str, Any], draw: random.Random) -> bytes:
    return _encoded(content, draw.choice(("utf-8-sig", "utf-16")))


def _from_colab(content: dict[str, Any], _draw: random.Random) -> bytes:
    metadata = {"colab": {"provenance": []}, "widgets": {"application/x": {"state": 7}}}
    return _encoded(content | {"metadata": metadata, "nbformat": 4, "nbformat_minor": 0})


def _from_another_kernel(content: dict[str, Any], _draw: random.Random) -> bytes:
    kernel = {"name": "ir", "display_name": "R", "language": "R"}
    return _encoded(content | {"metadata": {"kernelspec": kernel}})


def _in_format_3(content: dict[str, Any], _draw: random.Random) -> bytes:
    for cell in content["cells"]:
        if cell.get("cell_type") == "code":
            cell["input"] = cell.pop("source", "")
    sheets = [{"cells": content["cells"], "metadata": {}}]
    return _encoded({"worksheets": sheets, "metadata": {}, "nbformat": 3, "nbformat_minor": 0})


_WAYS_TO_SAVE: list[Callable[[dict[str, Any], random.Random], bytes]] = [
    _as_it_is,
    _line_by_line,
    _from_windows,
    _from_colab,
    _from_another_kernel,
    _in_format_3,
]


def _flip_bytes(data: bytes, draw: random.Random) -> bytes:
    broken = bytearray(data)
    for _time in range(draw.randint(1, 20)):
        broken[draw.randrange(len(broken))] ^= 1 << draw.randrange(8)
    return bytes(broken)


def _cut_off(data: bytes, draw: random.Random) -> bytes:
    return data[: draw.randrange(len(data))]


def _insert_bytes(data: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(data))
    return data[:at] + draw.randbytes(draw.randint(1, 30)) + data[at:]
