"""Blocks of sound, cut into chunks, each of which is speech or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.audio.source import AudioBlock
from app.audio.vad import CHUNK, CHUNK_S, SPEECH, STILL_SPEECH, SpeechDetector
from utils import SAMPLE_RATE


@dataclass(frozen=True)
class Chunk:
    """CHUNK_S seconds of sound."""

    samples: np.ndarray
    """(CHUNK,) float32."""
    speech: bool
    probability: float
    """0 to 1, of speech."""
    end_s: float
    """Its end on the source's clock."""


@dataclass(frozen=True)
class GatedBlock:
    """What a block was cut into."""

    gap_s: float
    """Seconds of sound that are missing before it, 0 if it follows the block before."""
    chunks: list[Chunk]
    """Those that the block has completed: what is left of it waits for the next."""
    speech_probability: float
    """0 to 1, the highest of its chunks."""


class SpeechGate:
    """``take`` consecutive blocks. It needs nothing but the sound: it may run ahead of whoever hears speakers in it."""

    def __init__(self) -> None:
        self._detector = SpeechDetector()
        self._rest = np.zeros(0, np.float32)  # sound that does not fill a chunk yet
        self._in_speech = False
        self._end_s = 0.0  # of the sound taken in so far

    def take(self, block: AudioBlock) -> GatedBlock:
        """Cut a block. Speech begins where it is clearly probable, and goes on down to a lower probability."""
        gap_s = block.start_s - self._end_s
        if gap_s > 0.001:  # skipped, or the microphone was gone: this does not follow what came before
            self._detector.reset()
            self._rest = np.zeros(0, np.float32)
            self._in_speech = False
        else:
            gap_s = 0.0
        self._end_s = block.end_s
        sound = np.concatenate([self._rest, block.samples])
        time_s = block.start_s - len(self._rest) / SAMPLE_RATE
        probabilities, chunks = self._detector.process(block.samples), []
        for index, probability in enumerate(probabilities):
            self._in_speech = bool(probability >= (STILL_SPEECH if self._in_speech else SPEECH))
            time_s += CHUNK_S
            samples = sound[index * CHUNK : (index + 1) * CHUNK]
            chunks.append(Chunk(samples, self._in_speech, float(probability), time_s))
        self._rest = sound[len(probabilities) * CHUNK :].copy()
        return GatedBlock(gap_s, chunks, float(probabilities.max()) if len(probabilities) else 0.0)
