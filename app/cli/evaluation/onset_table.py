"""What the screen shows by the time since the speaker began, of ``--conversations --onset``: text or Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from app.cli.evaluation.conversation_table import row_name
from app.evaluation.markdown import markdown_table
from utils import percent


def onset_tables(lines: Sequence[dict], several: set[str], markdown: bool = False) -> str:
    """A table for each of the ``lines`` of which it was counted, and one of all together where there are more than one.

    ``several``: settings that rows differ in."""
    counted = [(row_name(line, several), line["by_onset"]) for line in lines if line["by_onset"]]
    if len(counted) > 1:
        counted.append(("all together", _sum([rows for _, rows in counted])))
    below = "\n\n" if markdown else "\n"
    return "\n\n".join(f"{name}:{below}{_table(rows, markdown)}" for name, rows in counted)


def _sum(tables: Sequence[list[dict]]) -> list[dict]:
    out = []
    for cells in zip(*tables, strict=True):
        speech_s = sum(cell["speech_s"] for cell in cells)
        shares = {
            state: sum(cell["shares"][state] * cell["speech_s"] for cell in cells) / (speech_s or 1.0)
            for state in cells[0]["shares"]
        }
        out.append({**cells[0], "speech_s": speech_s, "shares": shares})
    return out


def _table(rows: list[dict], markdown: bool) -> str:
    heading = ["who speaks", "since the onset", "speech", *rows[0]["shares"]]
    cells = [
        [row["who"], _since(row), f"{row['speech_s']:.1f} s", *map(percent, row["shares"].values())] for row in rows
    ]
    if markdown:
        return markdown_table(heading, cells)
    widths = [max(len(line[column]) for line in (heading, *cells)) for column in range(len(heading))]
    return "\n".join(
        "  ".join(text.ljust(width) if column < 2 else text.rjust(width) for column, (text, width) in enumerate(pairs))
        for pairs in (list(zip(line, widths, strict=True)) for line in (heading, *cells))
    )


def _since(row: dict) -> str:
    if row["from_s"] is None:
        return "timeline"
    return f"{row['from_s']:g} s on" if row["to_s"] is None else f"{row['from_s']:g} - {row['to_s']:g} s"
