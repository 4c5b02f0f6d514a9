"""Tables in Markdown."""

from __future__ import annotations

from app.evaluation.markdown import markdown_table


def test_every_line_has_every_cell():
    table = markdown_table(["", "EER"], [("Ana", "1.0%"), ("Ben", "")])
    assert table.splitlines() == ["| | EER |", "|---|---|", "| Ana | 1.0% |", "| Ben | |"]
