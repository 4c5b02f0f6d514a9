"""Plain tables for terminals, aligned for names of any script."""

from __future__ import annotations

from collections.abc import Sequence

from app.terminal.text import columns, pad


def table(header: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """Rows of text under a header, two spaces between the columns; the columns in ``numbers`` are aligned right."""
    widths = [max(columns(row[index]) for row in (header, *rows)) for index in range(len(header))]
    lines = []
    for row in (header, *rows):
        cells = [
            " " * (width - columns(cell)) + cell if index in numbers else pad(cell, width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
