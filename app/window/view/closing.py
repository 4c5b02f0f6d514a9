"""What would be lost if the window were closed now. Plain values."""

from __future__ import annotations

from app.window import strings
from app.window.engine.facts import Facts
from app.window.engine.file_analysis import FileFacts, Stage


def unfinished(file: FileFacts) -> str:
    """What is lost of a file if it is left now, in a sentence; nothing if its analysis is over and all is kept."""
    if file.stage in (Stage.WAITING, Stage.ANALYSING):
        return strings.CLOSE_FILE_BUSY.format(file=file.path.name)
    if file.unkept and file.corrections:
        count = strings.corrections(file.corrections)
        return strings.CLOSE_FILE_UNKEPT.format(count=count, file=file.path.name)
    return ""


def unsaved(facts: Facts, file: FileFacts | None) -> str:
    """What closing would lose of what somebody made or waits for, in a sentence or two; nothing if it loses nothing.

    What was heard is not kept anyway: nobody is asked about that.
    """
    lost = [unfinished(file)] if file is not None and unfinished(file) else []
    if facts.corrected:
        lost.append(strings.CLOSE_CORRECTED.format(count=strings.corrections(facts.corrected)))
    return "\n".join(lost)
