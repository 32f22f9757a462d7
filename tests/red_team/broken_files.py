"""Files that are no notebooks, or notebooks that no Jupyter ever wrote, and what each must get."""

import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

UNREADABLE = "unreadable"
NOT_WRITTEN = "not written yet"


@dataclass(frozen=True)
class BrokenFile:
    """What becomes of a hand-in's bytes, and the verdict that every exercise must then get."""

    make: Callable[[bytes], bytes]
    verdict: str = UNREADABLE


def _changed(change: Callable[[dict[str, Any]], object]) -> Callable[[bytes], bytes]:
    """The notebook with its JSON changed in place."""

    def make(whole: bytes) -> bytes:
        notebook = json.loads(whole)
        change(notebook)
        return json.dumps(notebook).encode()

    return make


def _zipped(whole: bytes) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("01_vector_backprop.ipynb", whole)
    return buffer.getvalue()


def _first_code_cell(notebook: dict[str, Any]) -> dict[str, Any]:
    return next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")


def _half_a_character(notebook: dict[str, Any]) -> None:
    _first_code_cell(notebook)["source"] = "name = '\ud800'\nprint(name)"


def _of_odd_types(notebook: dict[str, Any]) -> None:
    for cell in notebook["cells"]:
        cell["metadata"] = [1, 2]
        cell["outputs"] = {"text": None}
        cell["execution_count"] = "many"


def _without_end(notebook: dict[str, Any]) -> None:
    notebook["cells"] += [{"cell_type": "code", "source": "1"}] * 2000


BROKEN_FILES = {
    "nothing in it": BrokenFile(lambda whole: b""),
    "cut off": BrokenFile(lambda whole: whole[: len(whole) // 2]),
    "a picture": BrokenFile(lambda whole: b"\x89PNG\r\n\x1a\n" + bytes(range(256))),
    "a zip": BrokenFile(_zipped),
    "a number": BrokenFile(lambda whole: b"7"),
    "nested without end": BrokenFile(lambda whole: b"[" * 200_000),
    "cells that are a number": BrokenFile(_changed(lambda one: one.update(cells=7))),
    "cells that are text": BrokenFile(_changed(lambda one: one.update(cells=["a", None, [7]]))),
    "half a character": BrokenFile(_changed(_half_a_character), NOT_WRITTEN),
    "metadata of odd types": BrokenFile(_changed(_of_odd_types), NOT_WRITTEN),
    "thousands of cells": BrokenFile(_changed(_without_end), NOT_WRITTEN),
    "another character set": BrokenFile(lambda whole: whole.decode().encode("utf-16"), NOT_WRITTEN),
}
