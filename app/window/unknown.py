"""Labels of voices without a name: "unknown", or "Unknown 1", "Unknown 2" and so on. No Qt."""

from __future__ import annotations

import re

from app.recognition.identification import UNKNOWN


def is_unknown(label: str) -> bool:
    """Whether it stands for a voice that nobody has named."""
    return label == UNKNOWN or is_numbered(label)


def is_numbered(label: str) -> bool:
    """Whether it stands for one voice that is told from other unknown ones."""
    return bool(re.fullmatch(r"Unknown \d+", label))
