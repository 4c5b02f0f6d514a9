"""Who spoke when as a table that spreadsheets open: CSV."""

from __future__ import annotations

import csv
import io

from app.corpus.tables import as_text
from app.exports.document import Document, ticks

COLUMNS = ("file", "start_s", "end_s", "speaker", "kind", "confidence", "corrected", "channel", "gender", "certainty")


def to_csv(document: Document) -> str:
    """``COLUMNS``; seconds with three decimals, lines that end with CR LF (RFC 4180). What is not known is empty.

    Names are written so that no spreadsheet takes one for a formula (``app.corpus.tables.as_text``).
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for turn in document.turns:
        start, end = ticks(turn)
        writer.writerow(
            [
                as_text(document.file),
                f"{start / 1000:.3f}",
                f"{end / 1000:.3f}",
                as_text(turn.label),
                turn.label.kind.value,
                "" if turn.confidence is None else f"{turn.confidence:.4f}",
                "yes" if turn.corrected else "no",
                turn.channel,
                turn.gender or "",
                turn.certainty or "",
            ]
        )
    return out.getvalue()
