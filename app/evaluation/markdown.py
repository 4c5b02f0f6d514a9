"""Tables in Markdown, for the model card and for documents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def markdown_row(cells: Iterable[str]) -> str:
    """One line of a table."""
    return f"|{'|'.join(f' {cell} ' if cell else ' ' for cell in cells)}|"


def markdown_header(names: Sequence[str]) -> str:
    """The two lines above the rows."""
    return f"{markdown_row(names)}\n|{'---|' * len(names)}"


def markdown_table(header: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    """Rows of text under a header."""
    return "\n".join([markdown_header(header), *map(markdown_row, rows)])
