"""Cells of tables that people open in a spreadsheet, and give back."""

from __future__ import annotations

import re

FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")
"""How a cell begins that a spreadsheet would compute (OWASP, "CSV Injection"), and one that was written as text."""
OURS = {("path", "speaker", "start_s", "end_s", "status"), ("file", "start_s", "end_s", "speaker")}
"""Columns of the tables that this program writes for people, who may give them back."""


def as_text(cell: str) -> str:
    """A cell for a table that people open in a spreadsheet: a name that begins like a formula gets an apostrophe."""
    return f"'{cell}" if FORMULA.match(cell) else cell


def from_text(cell: str) -> str:
    """What ``as_text`` made a cell of."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell
