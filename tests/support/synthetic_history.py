"""The finished turns of a session in which Ana and Ben are enrolled, as plain vectors."""

from __future__ import annotations

import numpy as np

from app.diarisation.session_speakers import SessionDecision, SessionSpeakers, SessionSpeakersConfig
from app.diarisation.turn_history import EmbeddedTurn, TurnHistory, TurnHistoryConfig
from app.scoring.cohort import unit
from app.scoring.decision import DecisionRule
from app.scoring.gallery import Gallery

ANA, BEN, CARL, DORA, NOISE = np.eye(5, 8, dtype=np.float32)
KEPT_S, MAX_UNKNOWN = 4.0, 2


class SyntheticHistory:
    """Turns that are ten seconds apart."""

    def __init__(self) -> None:
        config = SessionSpeakersConfig(
            session_penalty=0.0, learn_above=0.05, voiceprint_floor=0.2, max_unknown=MAX_UNKNOWN
        )
        gallery = Gallery(("Ana", "Ben"), np.stack([ANA, BEN]))
        self.speakers = SessionSpeakers(gallery, DecisionRule(threshold=0.5), config)
        self.history = TurnHistory(self.speakers, TurnHistoryConfig(kept_speech_s=KEPT_S))
        self._now_s = 0.0

    def learn(self, voice: np.ndarray, seconds: float = 3.0) -> EmbeddedTurn:
        """Learn from a turn of this voice (D,) of unit length."""
        self._now_s += 10
        speech = np.full(round(seconds * 16000), 100, np.int16)
        turn = EmbeddedTurn(self._now_s, self._now_s + seconds, voice, seconds, speech=speech)
        self.history.learn(turn)
        return turn

    def identify(self, voice: np.ndarray, speech_s: float = 3.0) -> SessionDecision:
        """Whose a voice (D,) of unit length is."""
        (found,) = self.speakers.identify(voice[None], [speech_s])
        return found

    def enrol(self, **people: np.ndarray) -> None:
        """Let these be the people enrolled, from now on."""
        self.speakers.gallery = Gallery(tuple(people), np.stack(list(people.values())))
        self.history.look_back()

    def unknown_labels(self) -> list[str]:
        return [speaker.label for speaker in self.history.unknowns()]


def like(voice: np.ndarray, cosine: float, other: np.ndarray = NOISE) -> np.ndarray:
    """A voice with this cosine to ``voice``, the rest of it in the direction of ``other``."""
    return unit(cosine * voice + np.sqrt(1 - cosine**2) * other).astype(np.float32)
