"""What cells put out, reduced to what may be shown to people: a kernel can send anything."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output

# HTML, scripts and vector graphics would run in the browser of who looks at the hand-in.
_SHOWN = ("text/plain", "image/png", "image/jpeg")
_STREAMS = ("stdout", "stderr")
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")


def plain_outputs(outputs: Iterable[Any]) -> list[NotebookNode]:
    """The outputs that a notebook can hold and that do nothing but show; others are left out."""
    shown = (_plain(one) for one in outputs if isinstance(one, Mapping))
    return [one for one in shown if one is not None]


def writable(text: str) -> str:
    """The text as it can be written to any file: without half a surrogate pair."""
    return text.encode("utf-8", "replace").decode("utf-8")


def one_line(text: str) -> str:
    """The text as one line that does nothing to a terminal or a file: of printable characters."""
    return "".join(sign if sign.isprintable() else " " for sign in writable(text))


def error_output(name: str, text: str) -> NotebookNode:
    """An error of the grader's making."""
    return new_output("error", ename=name, evalue=text, traceback=[f"{name}: {text}"])


def _plain(output: Mapping[str, Any]) -> NotebookNode | None:
    kind = output.get("output_type")
    if kind == "stream" and output.get("name") in _STREAMS:
        return new_output("stream", name=output["name"], text=_text(output.get("text")))
    if kind == "error":
        lines = output.get("traceback")
        return new_output(
            "error",
            ename=_text(output.get("ename"))[:200],
            evalue=_text(output.get("evalue"))[:2000],
            traceback=[_text(line) for line in lines] if isinstance(lines, list) else [],
        )
    data = output.get("data")
    if kind in ("display_data", "execute_result") and isinstance(data, Mapping):
        kept = {name: _text(data[name]) for name in _SHOWN if _is_shown(name, data.get(name))}
        return new_output("display_data", data=kept) if kept else None
    return None


def _is_shown(kind: str, value: Any) -> bool:
    return isinstance(value, str) and (kind == "text/plain" or bool(_BASE64.fullmatch(value)))


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = "".join(part for part in value if isinstance(part, str))
    text = value if isinstance(value, str) else ""
    return writable(text)
