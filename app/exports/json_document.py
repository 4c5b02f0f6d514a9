"""Who spoke when with all that is known of it: JSON. docs/exports.md has its schema."""

from __future__ import annotations

import json

from app.diarisation.timeline import Turn, talk_time
from app.exports.document import Document, ticks

VERSION = 1
"""Of the schema. What a reader of this version may pass over (more keys) does not change it."""


def to_json(document: Document) -> str:
    return json.dumps(as_json(document), indent=2, ensure_ascii=False) + "\n"


def as_json(document: Document) -> dict:
    """The document's values, seconds with three decimals and probabilities with four."""
    return {
        "version": VERSION,
        "file": document.file,
        "duration_s": None if document.duration_s is None else round(document.duration_s, 3),
        "model": None if document.model is None else {"id": document.model, "sha256": document.sha256},
        "turns": [turn_json(turn) for turn in document.turns],
        "talk_time_s": {label: round(seconds, 3) for label, seconds in talk_time(document.turns).items()},
    }


def turn_json(turn: Turn) -> dict:
    """The values of one turn. ``speaker`` is the label under the name that it had before there was a version."""
    start, end = ticks(turn)
    return {
        "start_s": start / 1000,
        "end_s": end / 1000,
        "label": turn.label,
        "speaker": turn.label,
        "kind": turn.label.kind.value,
        "confidence": None if turn.confidence is None else round(turn.confidence, 4),
        "certainty": None if turn.certainty is None else turn.certainty.value,
        "corrected": turn.corrected,
        "channel": turn.channel,
        "gender": turn.gender,
    }
