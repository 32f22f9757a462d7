"""What formgrader shows of a hand-in's Markdown: as nbconvert renders it, without what could run in
the instructor's browser, where a script could write scores."""

import html
from typing import Any

import bleach
from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import InvalidNotebook

_TEXT = {"a", "b", "blockquote", "br", "code", "del", "em", "hr", "i", "kbd", "p", "pre", "s"}
_MORE_TEXT = {"details", "div", "img", "small", "span", "strong", "sub", "summary", "sup", "u"}
_HEADINGS = {f"h{level}" for level in range(1, 7)}
_LISTS = {"dd", "dl", "dt", "li", "ol", "ul"}
_TABLES = {"caption", "table", "tbody", "td", "th", "thead", "tr"}
_TAGS = _TEXT | _MORE_TEXT | _HEADINGS | _LISTS | _TABLES
_ATTRIBUTES = {"align", "alt", "colspan", "height", "rowspan", "start", "title", "width"}
_LINKS = ("http://", "https://", "mailto:", "#")
_PICTURES = tuple(f"data:image/{kind};base64," for kind in ("png", "jpeg", "gif"))


@pass_context
def safe_markdown(context: Context, source: str) -> str:
    """The HTML of a Markdown cell, without scripts, handlers of events, styles and frames; the
    source as it is where it cannot be rendered."""
    exporter: Any = HTMLExporter()
    try:
        rendered = exporter.markdown2html(context, source)
    except InvalidNotebook:
        return f"<pre>{html.escape(source)}</pre>"
    return bleach.clean(
        rendered, tags=_TAGS, attributes=_is_harmless, protocols=["http", "https", "mailto", "data"]
    )


def _is_harmless(tag: str, name: str, value: str) -> bool:
    if (tag, name) == ("a", "href"):
        return value.startswith(_LINKS)
    if (tag, name) == ("img", "src"):
        return value.startswith(_PICTURES)
    return name in _ATTRIBUTES
