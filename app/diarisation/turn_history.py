"""The finished turns of a session, with their embeddings: when a speaker becomes better known, earlier turns are
decided again (hindsight). The speech of unknown voices is kept, to enrol them with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.diarisation.session_centroids import Centroid
from app.diarisation.session_speakers import SessionSpeakers
from app.scoring.certainty import Certainty
from app.scoring.identification import plain
from app.scoring.labels import UNKNOWN, Kind, Label, read_label
from utils import SAMPLE_RATE


@dataclass(frozen=True)
class TurnHistoryConfig:
    """How much of the past is kept."""

    max_turns: int = 400
    """Turns that hindsight may still change, the newest ones."""
    kept_speech_s: float = 60.0
    """Speech in memory of each unknown voice, the newest."""


@dataclass
class EmbeddedTurn:
    """A finished turn with its embedding."""

    start_s: float
    end_s: float
    embedding: np.ndarray
    """(D,) of unit length."""
    speech_s: float
    """Seconds of speech in it."""
    label: Label | None = None
    """Whose it is, as far as is known now; None before ``TurnHistory.learn``."""
    confidence: float | None = None
    """0 to 1: how probable ``label`` is, as of when it was decided for; see ``SessionDecision``."""
    certainty: Certainty | None = None
    """How sure ``label`` is, as of now."""
    speech: np.ndarray | None = None
    """(n,) int16 at 16 kHz, kept while its speaker is unknown."""
    taught: Label | None = None
    """Whose centroid learned from it."""
    denied: Label | None = None
    """Whose it is not, by the user's word."""


@dataclass(frozen=True)
class UnknownSpeaker:
    """A speaker of this session without a name. It is forgotten with the session unless somebody enrols it."""

    label: Label
    """"Unknown 1", "Unknown 2", ... in the order in which they were heard."""
    speech_s: float
    """Seconds of its speech so far."""
    kept_s: float
    """Seconds of its speech that are in memory, to enrol it with."""
    last_s: float
    """When it was last heard, in seconds of the source's clock."""


class TurnHistory:
    """Learns from turns that are finished, and corrects earlier ones."""

    def __init__(self, speakers: SessionSpeakers, config: TurnHistoryConfig = TurnHistoryConfig()):
        self.config = config
        self.turns: list[EmbeddedTurn] = []
        """In order of time."""
        self._speakers = speakers
        self._named: dict[Label, tuple[dict[Label, Centroid | None], list[EmbeddedTurn]]] = {}
        """Number -> what person and voice sounded like before the voice was named, and the turns that it had."""

    def learn(self, turn: EmbeddedTurn) -> None:
        """Say whose a finished turn is, let the session's speakers learn from it, and look back at earlier turns."""
        speakers, row = self._speakers, (turn.embedding, turn.speech_s, turn.end_s)
        (found,) = speakers.identify(turn.embedding[None], [turn.speech_s])
        turn.label, turn.confidence, turn.certainty = found.label, found.confidence, found.certainty
        if found.label != UNKNOWN:
            turn.taught = found.label if speakers.learn(found, *row) else None
        elif turn.speech_s >= speakers.config.new_speaker_s:
            if (displaced := speakers.displaced()) is not None:
                self._forget(displaced)
            turn.label = turn.taught = speakers.centroids.add_unknown(*row)
        self.turns.append(turn)
        del self.turns[: -self.config.max_turns]
        self.look_back()
        self._limit_speech()

    def look_back(self) -> None:
        """Join unknown voices with whom they have turned out to be, and decide all turns again."""
        for _ in self._speakers.centroids.unknown_labels():  # each joining leaves one less
            pair = self._speakers.same_speaker()
            if pair is None:
                break
            self.relabel(*pair)
        if not self.turns:
            return
        embeddings = np.stack([turn.embedding for turn in self.turns])
        found = self._speakers.identify(embeddings, [turn.speech_s for turn in self.turns])
        for turn, now in zip(self.turns, found, strict=True):
            before = plain(turn.label)
            if turn.denied is not None and now.label in (turn.denied, UNKNOWN):
                continue  # it keeps the number that it got when somebody said so
            if now.label != UNKNOWN:
                turn.label = now.label
            elif turn.label.kind is Kind.PERSON:
                turn.label = UNKNOWN
            if turn.taught not in (None, turn.label):  # whom it taught it is not of, by now
                self._speakers.centroids.subtract(turn.taught, turn.embedding, turn.speech_s)
                turn.taught = None
            turn.certainty = now.certainty if turn.label.kind is Kind.PERSON else Certainty.UNKNOWN
            if plain(turn.label) != before:  # else the first word counts: by now the turn is compared with itself, too
                turn.confidence = now.confidence

    def relabel(self, old: str, new: str) -> None:
        """Give an unknown voice and its turns another label: the person it was enrolled as. Texts are read as labels.
        KeyError if there is no such voice, ValueError if it cannot be ``new``."""
        old, new = read_label(old), read_label(new)
        centroids = self._speakers.centroids
        before = {label: centroids.get(label) for label in (new, old)}
        centroids.merge(old, new)
        turns = [turn for turn in self.turns if turn.label == old]
        for turn in turns:
            turn.label, turn.certainty = new, None
            turn.denied = None if turn.denied == new else turn.denied  # who was denied is meant after all
        for turn in self.turns:
            if turn.taught == old:
                turn.taught = new
        if new.kind is Kind.PERSON:
            self._named[old] = before, turns

    def deny(self, name: Label) -> Label:
        """Take the newest turns of a person, up to those of somebody else, for another voice's: the user says that it
        was not this person. Returns the unknown voice's label. KeyError if the person has no such turn.

        From now on the voice competes with the person's, as any voice of the session does.
        """
        last = max((i for i, turn in enumerate(self.turns) if turn.label == name), default=None)
        if last is None:
            raise KeyError(name)
        first = last
        while first and self.turns[first - 1].label == name:
            first -= 1
        turns, speakers = self.turns[first : last + 1], self._speakers
        if (displaced := speakers.displaced()) is not None:
            self._forget(displaced)
        label = speakers.centroids.next_unknown
        for turn in turns:
            if turn.taught is not None:
                speakers.centroids.subtract(turn.taught, turn.embedding, turn.speech_s)
            row = turn.embedding, turn.speech_s, turn.end_s
            if turn is turns[0]:
                speakers.centroids.add_unknown(*row)
            else:
                speakers.centroids.add(label, *row)
            turn.label = turn.taught = label
            turn.certainty, turn.denied = Certainty.UNKNOWN, name
        speakers.deny(label, name)
        self.look_back()
        return turns[-1].label

    def unname(self, old: Label) -> Label:
        """Take a ``relabel`` back, once the gallery is as it was: the voice has its number again, and sounds as it did
        then, like the person it was taken for. Returns who that was. KeyError if the voice was not named."""
        before, turns = self._named.pop(old)
        for label, centroid in before.items():
            self._speakers.centroids.put(label, centroid)
        new = next(iter(before))
        for turn in turns:
            turn.label = old
            turn.taught = old if turn.taught == new else turn.taught
        self.look_back()
        return new

    def unknowns(self) -> list[UnknownSpeaker]:
        """The unknown voices of the session, in the order of their numbers."""
        centroids = self._speakers.centroids
        return [
            UnknownSpeaker(
                label, centroids[label].speech_s, len(self.speech_of(label)) / SAMPLE_RATE, centroids[label].last_s
            )
            for label in sorted(centroids.unknown_labels(), key=lambda voice: voice.number)
        ]

    def speech_of(self, label: str) -> np.ndarray:
        """(n,) float32 at 16 kHz: the kept speech of a speaker, oldest first; empty for a label that nobody has."""
        parts = [turn.speech for turn in self.turns if turn.label == label and turn.speech is not None]
        return np.concatenate(parts).astype(np.float32) / 32768 if parts else np.zeros(0, np.float32)

    def _forget(self, label: Label) -> None:
        """Drop an unknown voice and its speech; its turns stay as "unknown"."""
        self._speakers.centroids.forget(label)
        for turn in self.turns:
            if turn.label == label:
                turn.label, turn.speech = UNKNOWN, None

    def _limit_speech(self) -> None:
        kept_s: dict[Label | None, float] = {}
        for turn in reversed(self.turns):
            if turn.speech is None:
                continue
            so_far_s = kept_s.get(turn.label, 0.0)
            if so_far_s >= self.config.kept_speech_s or (turn.label is not None and turn.label.kind is Kind.PERSON):
                turn.speech = None
            else:
                kept_s[turn.label] = so_far_s + len(turn.speech) / SAMPLE_RATE
