"""What leaks and what is cut where one voice is passed on, of ``--conversations --gate``: text or Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from app.cli.evaluation.conversation_table import row_name
from app.evaluation.markdown import markdown_table
from utils import percent

HEADING = ("delay", "opened by", "of others leaked", "of", "of one's own cut", "of")


def gate_tables(lines: Sequence[dict], several: set[str], markdown: bool = False) -> str:
    """A table for each of the ``lines`` of which it was counted. ``several``: settings that rows differ in."""
    below = "\n\n" if markdown else "\n"
    return "\n\n".join(
        f"{row_name(line, several)}:{below}{_table(line['gate'], markdown)}" for line in lines if line["gate"]
    )


def _table(rows: list[dict], markdown: bool) -> str:
    cells = [
        [
            f"{row['delay_s']:g} s",
            row["opened_by"],
            percent(row["leaked"]),
            f"{row['others_s']:.0f} s",
            percent(row["cut"]),
            f"{row['own_s']:.0f} s",
        ]
        for row in rows
    ]
    if markdown:
        return markdown_table(list(HEADING), cells)
    widths = [max(len(line[column]) for line in (HEADING, *cells)) for column in range(len(HEADING))]
    return "\n".join(
        "  ".join(text.rjust(width) for text, width in zip(line, widths, strict=True)) for line in (HEADING, *cells)
    )
