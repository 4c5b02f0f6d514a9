"""What other programs do, with the same network and one cosine threshold: three simple ways to say who is speaking.

Each takes in blocks as the program's own engine does and keeps what it scored. Scores are plain cosines, and nothing
but the label depends on the threshold: any other can be applied afterwards (``with_threshold``, ``final_turns``).
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.audio.source import AudioBlock
from app.audio.vad import CHUNK, CHUNK_S, SPEECH, SpeechDetector
from app.diarisation.timeline import Turn
from app.embedding.encoder import MIN_SAMPLES, Encoder
from app.scoring.identification import UNKNOWN, Identification
from utils import SAMPLE_RATE

Voiceprints = dict[str, np.ndarray]
"""Name -> unit embeddings (k, D) of a person; their scores are averaged."""


@dataclass(frozen=True)
class ScoredStretch:
    """A stretch of sound and its scores."""

    start_s: float
    end_s: float
    scores: dict[str, float]
    """Name -> mean cosine, -1 to 1."""


class Baseline(ABC):
    """One simple way to say who is speaking. It is fed consecutive blocks, as the engine is."""

    name: str

    def __init__(self, encoder: Encoder, voiceprints: Voiceprints, threshold: float):
        self.encoder, self.voiceprints, self.threshold = encoder, voiceprints, threshold
        self.scored: list[ScoredStretch] = []
        """What was scored, in order of time."""

    @abstractmethod
    def step(self, block: AudioBlock) -> Identification:
        """Take in a block; returns what is on the screen at its end."""

    def scores(self, samples: np.ndarray) -> dict[str, float]:
        """Name -> mean cosine, -1 to 1, of sound (n,) of at least 0.1 s with a person's embeddings."""
        embedding = self.encoder.embed(samples)
        return {name: float(np.mean(vectors @ embedding)) for name, vectors in self.voiceprints.items()}

    def answer(self, time_s: float, scores: dict[str, float] | None) -> Identification:
        """The answer for scores; an empty screen without any."""
        if scores is None:
            return Identification(time_s, None, None, 0.0)
        return with_threshold(Identification(time_s, UNKNOWN, None, 0.0, scores), self.threshold)


class RecordThenDecide(Baseline):
    """Record 7 s, embed all of it, mean cosine to each person's samples: the common tutorial, run again and again.

    It has no voice activity detection. The last answer stays on the screen.
    """

    name = "record 7 s"
    record_s = 7.0

    def __init__(self, encoder: Encoder, voiceprints: Voiceprints, threshold: float = 0.52):
        super().__init__(encoder, voiceprints, threshold)
        self._recorded = np.zeros(0, np.float32)
        self._last: dict[str, float] | None = None

    def step(self, block: AudioBlock) -> Identification:
        self._recorded = np.concatenate([self._recorded, block.samples])
        length = round(self.record_s * SAMPLE_RATE)
        while len(self._recorded) >= length:
            self._last = self.scores(self._recorded[:length])
            self._recorded = self._recorded[length:]
            end_s = block.end_s - len(self._recorded) / SAMPLE_RATE
            self.scored.append(ScoredStretch(end_s - self.record_s, end_s, self._last))
        return self.answer(block.end_s, self._last)


class SegmentThenDecide(Baseline):
    """Wait for the end of a stretch of speech, embed it, best cosine: what sherpa-onnx's examples do.

    A stretch ends with 0.25 s of silence or after 20 s, and needs 0.25 s of speech. The last answer stays on the
    screen.
    """

    name = "end of segment"
    silence_s = 0.25
    shortest_s = 0.25
    longest_s = 20.0

    def __init__(self, encoder: Encoder, voiceprints: Voiceprints, threshold: float):
        super().__init__(encoder, voiceprints, threshold)
        self._detector = SpeechDetector()
        self._rest = np.zeros(0, np.float32)
        self._segment: list[np.ndarray] = []
        self._silent = 0  # chunks at the end of the segment
        self._last: dict[str, float] | None = None

    def step(self, block: AudioBlock) -> Identification:
        sound = np.concatenate([self._rest, block.samples])
        end_s = block.start_s - len(self._rest) / SAMPLE_RATE
        for index, probability in enumerate(self._detector.process(block.samples)):
            end_s += CHUNK_S
            speech = bool(probability >= SPEECH)
            if speech or self._segment:
                self._segment.append(sound[index * CHUNK : (index + 1) * CHUNK])
                self._silent = 0 if speech else self._silent + 1
            if self._silent * CHUNK_S >= self.silence_s or len(self._segment) * CHUNK_S >= self.longest_s:
                self._decide(end_s - self._silent * CHUNK_S)
        self._rest = sound[len(sound) // CHUNK * CHUNK :]
        return self.answer(block.end_s, self._last)

    def _decide(self, end_s: float) -> None:
        speech = self._segment[: len(self._segment) - self._silent]
        length_s = len(speech) * CHUNK_S
        self._segment, self._silent = [], 0
        if length_s >= self.shortest_s:
            self._last = self.scores(np.concatenate(speech))
            self.scored.append(ScoredStretch(end_s - length_s, end_s, self._last))


class SlidingWindow(Baseline):
    """The newest 3 s of sound at every block, best cosine, nothing remembered.

    While there was speech in the last half second; else the screen is empty.
    """

    name = "3 s window"
    window_s = 3.0
    hold_s = 0.5

    def __init__(self, encoder: Encoder, voiceprints: Voiceprints, threshold: float):
        super().__init__(encoder, voiceprints, threshold)
        self._detector = SpeechDetector()
        self._window = np.zeros(0, np.float32)
        self._speech_s = -np.inf  # when there was speech last

    def step(self, block: AudioBlock) -> Identification:
        self._window = np.concatenate([self._window, block.samples])[-round(self.window_s * SAMPLE_RATE) :]
        if (self._detector.process(block.samples) >= SPEECH).any():
            self._speech_s = block.end_s
        if block.end_s - self._speech_s >= self.hold_s or len(self._window) < MIN_SAMPLES:
            return self.answer(block.end_s, None)
        scores = self.scores(self._window)
        if self._speech_s == block.end_s:
            self.scored.append(ScoredStretch(block.start_s, block.end_s, scores))
        return self.answer(block.end_s, scores)


def with_threshold(answer: Identification, threshold: float) -> Identification:
    """A baseline's answer with another threshold."""
    if answer.label is None:
        return answer
    speaker = best_match(answer.scores, threshold)
    return dataclasses.replace(answer, label=speaker or UNKNOWN, speaker=speaker, threshold=threshold)


def final_turns(scored: Sequence[ScoredStretch], threshold: float) -> list[Turn]:
    """Who spoke when, in the end, as a baseline decided it; neighbours of one label are one turn."""
    joined: list[Turn] = []
    for part in scored:
        label = best_match(part.scores, threshold) or UNKNOWN
        if joined and joined[-1].label == label and part.start_s - joined[-1].end_s < 0.05:
            joined[-1] = Turn(joined[-1].start_s, part.end_s, label)
        else:
            joined.append(Turn(part.start_s, part.end_s, label))
    return joined


def best_match(scores: dict[str, float], threshold: float) -> str | None:
    """The person with the highest score if that is at the threshold or above it."""
    name = max(scores, key=scores.__getitem__, default=None)
    return name if name is not None and scores[name] >= threshold else None
