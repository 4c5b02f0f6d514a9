"""Real meetings: enrol people from one excerpt, identify them in another of the same meeting."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.audio.reading.reader import read_audio
from app.corpus.manifest import recordings_in
from app.diarisation.rttm import read_recordings, read_rttm
from app.diarisation.timeline import Turn
from app.evaluation.conversations.simulate import Conversation
from utils import SAMPLE_RATE, BadInput

ENROLMENT_S = 3.0
"""Speech that somebody must have in the one excerpt to be enrolled."""
IDENTIFIED_S = 1.0
"""Speech that an enrolled person must have in the other excerpt for it to be of use."""


@dataclass(frozen=True)
class Excerpt:
    """A part of a meeting, and who speaks in it."""

    name: str
    samples: np.ndarray
    """(n,) float32 at 16 kHz"""
    turns: tuple[Turn, ...]

    @property
    def meeting(self) -> str:
        """The excerpt's name without the number at its end: excerpts of one meeting share it."""
        return re.sub(r"\d+$", "", self.name)

    def speech_of(self, person: str) -> np.ndarray:
        """The samples (m,) in which a person speaks alone; m may be 0."""
        alone = np.zeros(len(self.samples), bool)
        for own in (True, False):  # first the person's turns, then all others' out of them
            for turn in self.turns:
                if (turn.label == person) is own:
                    alone[round(turn.start_s * SAMPLE_RATE) : round(turn.end_s * SAMPLE_RATE)] = own
        return self.samples[alone]


def read_excerpts(folder: str | Path) -> list[Excerpt]:
    """Every recording of a folder with the turns that an RTTM file of the same name tells, or another that names it.

    Raises BadInput without any.
    """
    recordings = recordings_in(folder)
    own = {path: path.with_suffix(".rttm") for path in recordings if path.with_suffix(".rttm").is_file()}
    shared = [path for path in sorted(Path(folder).glob("*.rttm")) if path not in own.values()]
    several = {name: turns for path in shared for name, turns in read_recordings(path).items()}
    excerpts = []
    for path in recordings:
        if turns := read_rttm(own[path]) if path in own else several.get(path.stem):
            excerpts.append(Excerpt(path.stem, read_audio(path), tuple(turns)))
    if not excerpts:
        raise BadInput(f"{folder}: no recordings with an RTTM file beside them that tells their turns.")
    return excerpts


def meeting_conversations(excerpts: list[Excerpt], enrolment_s: float = 20.0) -> Iterator[tuple[str, Conversation]]:
    """(name, conversation) of every ordered pair of excerpts of one meeting, the second with enrolled people in it.

    Everybody with 3 s of speech alone is enrolled, with ``enrolment_s`` at most; all others are strangers.
    """
    for source in excerpts:
        speech = {name: source.speech_of(name) for name in sorted({turn.label for turn in source.turns})}
        enrolment = {
            name: samples[: round(enrolment_s * SAMPLE_RATE)]
            for name, samples in speech.items()
            if len(samples) >= ENROLMENT_S * SAMPLE_RATE
        }
        for target in excerpts:
            enrolled_s = sum(turn.duration_s for turn in target.turns if turn.label in enrolment)
            if target is not source and target.meeting == source.meeting and enrolled_s >= IDENTIFIED_S:
                conversation = Conversation(target.samples, target.turns, target.turns, enrolment)
                yield f"{source.name} to {target.name}", conversation
