"""The diarisation without sound and without a network: each chunk of speech is a voice, a plain vector."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.audio.vad import CHUNK_S
from app.diarisation.forward_filter import ForwardFilter
from app.diarisation.hysteresis import Hysteresis
from app.diarisation.session_speakers import SessionSpeakers
from app.diarisation.turn_evidence import TurnEvidence
from app.diarisation.turns import TurnCutter
from app.scoring.cohort import unit
from app.scoring.decision import DecisionRule
from app.scoring.gallery import Gallery

PRINTS = np.eye(3, 8, dtype=np.float32)
ANA, BEN, EVA = 0.7 * PRINTS + 0.7141 * np.eye(8, dtype=np.float32)[3:6]  # as like their voiceprints as voices are
STRANGER, OTHER = np.eye(8, dtype=np.float32)[6:]
GALLERY = Gallery(("Ana", "Ben", "Eva"), PRINTS)
ROWS = ((0.5, 8.0, -3.0), (1.0, 12.0, -5.0), (2.0, 19.0, -8.3), (3.0, 25.0, -11.3))
RULE = DecisionRule(threshold=0.5, by_speech=((0.5, 0.5), (3.0, 0.5)), calibrated=ROWS)


class SyntheticTalk:
    """A filter, its turns and what is shown of them. A window of speech sounds like the mean of its chunks."""

    def __init__(self, speakers: SessionSpeakers | None = None):
        self.speakers = speakers or SessionSpeakers(GALLERY, RULE)
        evidence = TurnEvidence(self.speakers)
        self.filter = ForwardFilter(evidence)
        self.turns = TurnCutter(self.filter, evidence.longest_window)
        self.shown = Hysteresis(self.speakers)
        self.chunks: list[np.ndarray] = []
        self.time_s = 10.0
        self.labels: list[str | None] = []
        """What was shown after every fourth chunk of speech."""

    def speech(self, voice: np.ndarray, seconds: float, every: int = 4) -> SyntheticTalk:
        for number in range(round(seconds / CHUNK_S)):
            if self.filter.between_turns:
                self._update()
            self.chunks.append(voice)
            self._push(speech=True)
            if number % every == every - 1:
                self._update()
                self.labels.append(self.label)
        self._update()
        return self

    def silence(self, seconds: float) -> SyntheticTalk:
        for _ in range(round(seconds / CHUNK_S)):
            self._push(speech=False)
        return self

    @property
    def label(self) -> str | None:
        return self.shown.turn.label

    def unfinished(self) -> list[tuple[list[tuple[float, float]], str | None]]:
        return self.turns.unfinished(self.label)

    def _push(self, *, speech: bool) -> None:
        self.time_s += CHUNK_S
        self.turns.push(CHUNK_S, speech=speech, end_s=self.time_s)

    def _update(self) -> None:
        if self.filter.has_news:
            self.filter.update(self._embed)
            self.shown.update(self.filter.posterior, self.filter.path[-1].hypothesis)

    def _embed(self, lengths: Sequence[int]) -> np.ndarray:
        return unit(np.stack([np.mean(self.chunks[-chunks:], axis=0) for chunks in lengths])).astype(np.float32)


def mix(*parts: tuple[float, np.ndarray]) -> np.ndarray:
    """A voice between others: (weight, voice)."""
    return unit(sum(weight * voice for weight, voice in parts)).astype(np.float32)
