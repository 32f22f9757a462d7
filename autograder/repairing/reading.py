"""Reads the file that was handed in: any version of the notebook format, any encoding, whatever
editor saved it. What comes out are plain cells, their kind, text, id and nbgrader's marks; outputs
and all other metadata are left behind.
"""

import copy
import json
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

_SIZE_LIMIT = 50 * 2**20
_PYTHON = "python"


class UnreadableError(ValueError):
    """The file is no notebook; the text says what it is instead."""


def read_notebook(path: Path) -> NotebookNode:
    """The notebook in a file, of any format version, brought to the present one.

    What had to be put up with to read it stands in ``metadata.repairs``, in words.
    Raises UnreadableError for anything else.
    """
    try:
        if path.stat().st_size > _SIZE_LIMIT:
            raise UnreadableError(f"the file is larger than {_SIZE_LIMIT // 2**20} MB")
        text, remark = _decoded(path.read_bytes())
    except OSError as error:
        raise UnreadableError(f"the file cannot be read ({type(error).__name__})") from None
    content = _parsed(text, is_text=not remark)
    if not isinstance(content, dict) or not ("cells" in content or "worksheets" in content):
        raise UnreadableError("the file is JSON, but no notebook: it has no cells")
    try:
        cells = [_modern_cell(cell) for cell in _raw_cells(content) if isinstance(cell, dict)]
    except Exception as error:
        text = f"the file's cells cannot be understood ({type(error).__name__})"
        raise UnreadableError(text) from error
    repairs = [text for text in (remark, _foreign_kernel(content), _old_format(content)) if text]
    notebook = new_notebook(metadata=NotebookNode(repairs=repairs))
    notebook.cells = cells
    return notebook


def unreadable_notebook(release: NotebookNode, reason: str) -> NotebookNode:
    """What stands for a file that could not be read: the release, and why."""
    notebook = copy.deepcopy(release)
    note = new_markdown_cell(f"**This hand-in could not be read:** {reason}", id="unreadable")
    notebook.cells.insert(0, note)
    return notebook


def _decoded(data: bytes) -> tuple[str, str]:
    """The text, and a remark where it is not UTF-8.

    Latin-1 takes every byte: a notebook's own marks and Python's words come out right, and letters
    of another alphabet stand in comments and texts.
    """
    encoding = json.detect_encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return data.decode("latin-1"), "the file is not UTF-8: some letters may look wrong"
    return text, "" if encoding.startswith("utf-8") else f"the file was saved as {encoding}"


def _parsed(text: str, is_text: bool) -> Any:
    try:
        return json.loads(text, strict=False)
    except json.JSONDecodeError as error:
        if not is_text:
            raise UnreadableError("the file is no text, so it is no notebook") from None
        text = f"the file is no notebook: its JSON ends or breaks at line {error.lineno}"
        raise UnreadableError(f"{text}. Was it cut off when it was saved or sent?") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise UnreadableError(f"the file cannot be read ({type(error).__name__})") from None


def _raw_cells(content: dict[str, Any]) -> list[Any]:
    """The cells of any format version: up to version 3 they lie in worksheets."""
    if "worksheets" not in content:
        return list(content["cells"])
    return [cell for sheet in content["worksheets"] for cell in sheet.get("cells", [])]


def _modern_cell(raw: dict[str, Any]) -> NotebookNode:
    sources = (raw[name] for name in ("source", "input", "code", "text") if raw.get(name))
    make = new_code_cell if raw.get("cell_type", "code") == "code" else new_markdown_cell
    cell = make(_joined(next(sources, "")))
    metadata = raw.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    if isinstance(marks, dict):
        cell.metadata["nbgrader"] = nbformat.from_dict(marks)
    # Colab moves a cell's id into its metadata.
    given = raw.get("id") or (metadata.get("id") if isinstance(metadata, dict) else None)
    cell.id = given if isinstance(given, str) else ""
    return cell


def _joined(source: Any) -> str:
    """A cell's text, also where it was saved line by line, with or without the line ends."""
    if isinstance(source, list):
        lines = [line for line in source if isinstance(line, str)]
        has_ends = any(line.endswith("\n") for line in lines)
        source = ("" if has_ends else "\n").join(lines)
    # Half a surrogate pair can be read from JSON, but not be written again.
    return str(source).encode("utf-8", "replace").decode()


def _foreign_kernel(content: dict[str, Any]) -> str:
    metadata = content.get("metadata")
    kernel = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    language = kernel.get("language") if isinstance(kernel, dict) else None
    if not isinstance(language, str) or language.lower() in ("", _PYTHON):
        return ""
    return f"the notebook asked for a kernel of {language[:40]}; it was run with Python"


def _old_format(content: dict[str, Any]) -> str:
    version = content.get("nbformat")
    return f"the notebook had the old format {version}" if version in (1, 2, 3) else ""
