"""What there is of a person: the recordings, with what their notes say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.voiceprints.recordings import read_note, sample_file, samples_of
from app.window.engine.context import EngineContext
from utils import BadInput, audio_duration_s


@dataclass(frozen=True)
class Recording:
    path: Path
    file: str
    """The path relative to the data folder."""
    seconds: float
    recorded_at: str
    """ISO 8601; empty if nobody knows."""
    position: str
    device: str


def recordings_of(name: str) -> Callable[[EngineContext], list[Recording]]:
    """A question to the engine: which recordings are there of this person?"""

    def question(context: EngineContext) -> list[Recording]:
        found = []
        for path in samples_of(context.data, name):
            note = read_note(path)
            try:
                seconds = audio_duration_s(path)
            except BadInput:
                seconds = 0.0
            at = (note.recorded_at, note.position, note.device or note.source) if note else ("", "", "")
            found.append(Recording(path, sample_file(context.data, path), seconds, *at))
        return found

    return question
