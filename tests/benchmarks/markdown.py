"""Tables of the benchmarks' pages."""

from collections.abc import Iterable, Sequence


def markdown_table(
    heading: Sequence[str], lines: Iterable[Sequence[str]], text_columns: int = 1
) -> str:
    """A table in Markdown; its first columns hold text, the others numbers, set to the right."""
    rule = [*["---"] * text_columns, *["---:"] * (len(heading) - text_columns)]
    escaped = ([cell.replace("|", "&#124;") for cell in line] for line in (heading, rule, *lines))
    return "\n".join(f"| {' | '.join(line)} |" for line in escaped)
