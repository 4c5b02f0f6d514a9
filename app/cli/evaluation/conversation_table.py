"""The table of ``python -m app evaluate --conversations`` as text or Markdown."""

from __future__ import annotations

from app.evaluation.conversations.report import ENGINE
from app.evaluation.markdown import markdown_header, markdown_row
from utils import percent

COLUMNS = (  # the two lines of the heading, and the width
    ("live", "error", 7),
    ("90 %", "interval", 12),
    ("final", "error", 7),
    ("", "DER", 7),
    ("strangers", "named", 10),
    ("enrolled", "unknown", 9),
    ("", "confused", 9),
    ("name after", "median", 11),
    ("", "p95", 7),
    ("never", "named", 7),
    ("extra", "changes/min", 12),
    ("unknown:", "purity", 9),
    ("", "coverage", 9),
    ("", "voices", 12),
    ("", "core", 6),
)
LABEL = 38
"""Width of the first column, with the row's name."""


def header(markdown: bool = False) -> str:
    """The two lines above the table."""
    if markdown:
        return markdown_header(["", *(" ".join(filter(None, column[:2])) for column in COLUMNS)])
    return "\n".join(
        " " * LABEL + "".join(f"{column[line]:>{column[2]}}" for column in COLUMNS).rstrip() for line in (0, 1)
    )


def text_line(line: dict, several: set[str], markdown: bool = False) -> str:
    """One line of the table, in percent; a baseline's is indented. ``several``: settings that rows differ in."""
    name = row_name(line, several)
    if line["system"] != ENGINE:
        name = f"  {line['system']}"
    if line["threshold"] is not None:
        name += f", {'best ' if line['best_in_hindsight'] else ''}{line['threshold']:.2f}"
    if markdown:
        return markdown_row([name.strip(), *_cells(line)])
    cells = zip(_cells(line), COLUMNS, strict=True)
    return f"{name:<{LABEL}}" + "".join(f"{cell:>{column[2]}}" for cell, column in cells)


def row_name(line: dict, several: set[str]) -> str:
    """Corpus and condition of a line, and the settings that rows differ in."""
    name = f"{line['corpus'] or '-'} {line['condition']}"
    name += f", {line['enrolled']} people" if "enrolled" in several and line["enrolled"] else ""
    return name + (f", {line['enrolment_s']:g} s" if "enrolment_s" in several else "")


def _cells(line: dict) -> list[str]:
    to_name, unknown = line["time_to_name_s"], line["unknown"]
    return [
        percent(line["error"]),
        "{:.0%} - {:.0%}".format(*line["error_interval"]),
        *map(percent, (line["final_error"], line["der"], line["strangers_named"])),
        *map(percent, (line["enrolled_unknown"], line["enrolled_confused"])),
        *map(_seconds, (to_name["median"], to_name["p95"])),
        percent(line["never_named"]),
        f"{line['extra_changes_per_min']:.1f}",
        *map(percent, (unknown["purity"], unknown["coverage"])),
        f"{unknown['found']:.1f} of {unknown['strangers']:.1f}",
        f"{line['core']:.0%}",
    ]


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.2f} s"
