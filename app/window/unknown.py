"""Labels of voices without a name. No Qt."""

from __future__ import annotations

from app.recognition.identification import UNKNOWN, is_unknown


def is_numbered(label: str) -> bool:
    """Whether it stands for one voice that is told from other unknown ones: "Unknown 1", "Unknown 2" and so on."""
    return is_unknown(label) and label != UNKNOWN
