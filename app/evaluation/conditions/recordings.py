"""The recordings that conditions are measured on: read once, with the speech in them, and embedded through lines."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from app.audio.lines.lines import Line, through
from app.audio.reading.reader import read_audio
from app.audio.vad import detect_speech
from app.corpus.clips import Clip
from app.corpus.left_out import LeftOut
from app.embedding.encoder import Encoder
from app.enrolment.segments import MIN_SPEECH_S, pool_embeddings, segment_speech
from app.evaluation.pairs import ProgressBar
from utils import SAMPLE_RATE, BadInput

CROP_S = 3.0
"""Seconds of speech of a crop: the middle ones."""


@dataclass(frozen=True)
class Recording:
    """A clip as it was recorded, or a part of it."""

    clip: Clip
    samples: np.ndarray
    """(n,) float32 at 16 kHz."""
    spoken: np.ndarray
    """(n,) booleans: which samples are speech."""

    @property
    def speech_s(self) -> float:
        return np.count_nonzero(self.spoken) / SAMPLE_RATE

    def through(self, lines: Sequence[Line], name: str) -> np.ndarray:
        """The speech (m,) float32 as it comes through lines, one after the other; pauses are cut where they really are.

        What is drawn depends on the clip and ``name`` alone.
        """
        if not lines:
            return self.samples[self.spoken]
        key = hashlib.sha256(f"{self.clip.name} {self.clip.start_s} {name}".encode()).digest()
        return through(self.samples, lines, np.random.default_rng(list(key[:16])))[self.spoken]

    def halves(self) -> tuple[Recording, Recording]:
        """The first and the second half of the speech."""
        middle = int(np.searchsorted(np.cumsum(self.spoken), np.count_nonzero(self.spoken) // 2))
        parts = slice(0, middle), slice(middle, len(self.samples))
        return tuple(Recording(self.clip, self.samples[part], self.spoken[part]) for part in parts)


@dataclass(frozen=True)
class Embeddings:
    """Embeddings of some recordings, whole and cropped."""

    whole: np.ndarray
    """(n, D) of unit length, each the mean of segments of 3 s, as verification and voiceprints have it."""
    cropped: np.ndarray
    """(n, D) of the middle 3 s of speech, or of all where there is less."""


def read_recordings(clips: Sequence[Clip], left_out: list[LeftOut], progress: ProgressBar = iter) -> list[Recording]:
    """Recordings of the clips with a second of speech and more; the others are added to ``left_out``."""
    recordings = []
    for clip in progress(clips):
        try:
            samples = read_audio(clip.path, start_s=clip.start_s, end_s=clip.end_s)
        except BadInput as error:
            left_out.append(LeftOut(clip.name, str(error)))
            continue
        recording = Recording(clip, samples, detect_speech(samples).mask())
        if recording.speech_s < MIN_SPEECH_S:
            left_out.append(LeftOut(clip.name, f"only {recording.speech_s:.1f} s of speech"))
        else:
            recordings.append(recording)
    return recordings


def some_of_each(recordings: Sequence[Recording], most: int) -> list[Recording]:
    """At most so many recordings of each speaker, from all over their list."""
    by_speaker: dict[str, list[int]] = {}
    for index, recording in enumerate(recordings):
        by_speaker.setdefault(recording.clip.speaker, []).append(index)
    chosen = []
    for own in by_speaker.values():
        places = np.linspace(0, len(own) - 1, min(most, len(own))).round().astype(int)
        chosen += [own[place] for place in places]
    return [recordings[index] for index in sorted(chosen)]


def crop(speech: np.ndarray) -> np.ndarray:
    """The middle 3 s of speech (n,), or all of it."""
    length = round(CROP_S * SAMPLE_RATE)
    start = max(0, (len(speech) - length) // 2)
    return speech[start : start + length]


def embed_recordings(
    recordings: Sequence[Recording],
    encoder: Encoder,
    lines: Sequence[Line] = (),
    name: str = "",
    map_all: Callable = map,
) -> Embeddings:
    """The embeddings of recordings through lines; ``name`` names these.

    ``map_all``: as ``map``; it may go ahead in other threads while what has come is embedded in this one.
    """
    whole, cropped = [], []
    for speech in map_all(lambda recording: recording.through(lines, name), recordings):
        vectors = encoder.embed_batch([*segment_speech(speech), crop(speech)])
        whole.append(pool_embeddings(vectors[:-1], np.ones(len(vectors) - 1)))
        cropped.append(vectors[-1])
    return Embeddings(np.stack(whole), np.stack(cropped))
