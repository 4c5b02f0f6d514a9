"""Whether one person speaks in two files, and how far to trust the answer."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.enrolment.from_folder import chunks_of
from app.enrolment.pieces import SHORTEST_S, embed, pooled
from app.enrolment.quality import Fault, Quality, judge, measure
from app.recognition.decision import probability
from app.recognition.scoring import similarities
from app.recognition.speech import CHUNK_S, SPEECH, SpeechDetector, speech_chunks
from utils import SAMPLE_RATE, BadInput

if TYPE_CHECKING:
    from app.recognition.encoder import Encoder


SPEECH_S = 60.0
"""Speech of a file that is listened to, its first."""
SEARCHED_S = 600.0
"""How far into a file it is looked for."""


@dataclass(frozen=True)
class Voice:
    """What a file says about who speaks in it."""

    embedding: np.ndarray
    """(D,) float32 of unit length."""
    speech_s: float
    """Speech behind it: all that is in the file, or the first minute of it."""
    warnings: tuple[str, ...]
    """What makes an answer less sure, a phrase each."""


@dataclass(frozen=True)
class Verification:
    """The answer for two files."""

    score: float
    """-1 to 1: the cosine, normalised against the model's cohort if it has one."""
    cosine: float
    probability: float
    """Calibrated, 0 to 1: that it is one person."""
    same: bool
    """Whether the score reaches the threshold."""
    threshold: float
    """For so much speech as the shorter of the two has."""
    speech_s: tuple[float, float]
    warnings: tuple[tuple[str, ...], tuple[str, ...]]

    def as_json(self) -> dict:
        """Plain values, rounded, for JSON."""
        return {
            "score": round(self.score, 4),
            "cosine": round(self.cosine, 4),
            "probability": round(self.probability, 4),
            "same": self.same,
            "threshold": round(self.threshold, 4),
            "speech_s": [round(seconds, 2) for seconds in self.speech_s],
            "warnings": [list(lines) for lines in self.warnings],
        }


class Verifier:
    """Compares files; each is heard once, however many pairs it is in."""

    def __init__(self, encoder: Encoder, threshold: float | None = None):
        """``threshold``: score in place of the model's own."""
        self._encoder, self._rule = encoder, encoder.rule(threshold)
        self._voices: dict[str, Voice | BadInput] = {}

    def voice(self, path: str | os.PathLike) -> Voice:
        """The voice in a file of any format, rate and channels that libsndfile reads.

        Raises BadInput if it cannot be read or has less than a second of speech.
        """
        path = os.fspath(path)
        if path not in self._voices:
            try:
                self._voices[path] = self._hear(path)
            except BadInput as error:
                self._voices[path] = error
        if isinstance(voice := self._voices[path], BadInput):
            raise voice
        return voice

    def compare(self, a: str | os.PathLike, b: str | os.PathLike) -> Verification:
        """Whether one person speaks in both. Raises BadInput like ``voice``."""
        one, other = self.voice(a), self.voice(b)
        vectors = one.embedding[None], other.embedding[None]
        score = float(similarities(*vectors, self._encoder.cohort)[0, 0])
        rule = self._rule.at(min(one.speech_s, other.speech_s))
        return Verification(
            score=score,
            cosine=float(one.embedding @ other.embedding),
            probability=probability(score, rule),
            same=score >= rule.threshold,
            threshold=rule.threshold,
            speech_s=(one.speech_s, other.speech_s),
            warnings=(one.warnings, other.warnings),
        )

    def _hear(self, path: str) -> Voice:
        speech, quality = _first_speech(path)
        speech_s = len(speech) / SAMPLE_RATE
        if speech_s < SHORTEST_S:
            raise BadInput(f"{path}: only {speech_s:.1f} s of speech; at least {SHORTEST_S:g} s are needed.")
        return Voice(pooled(*embed(self._encoder, speech)), speech_s, warnings(quality))


def _first_speech(path: str) -> tuple[np.ndarray, Quality]:
    """The first minute of speech of a file, (n,) at 16 kHz, and the figures of all that was heard till then."""
    chunks, spoken, spoken_s = [], [], 0.0
    for chunk, sure in chunks_of(Path(path), SpeechDetector(), SEARCHED_S):
        chunks.append(chunk)
        spoken.append(sure)
        spoken_s += CHUNK_S * (sure >= SPEECH)
        if spoken_s >= SPEECH_S:
            break
    heard, probabilities = np.stack(chunks), np.array(spoken, np.float32)
    return heard[speech_chunks(probabilities)].ravel(), measure(heard.ravel(), probabilities)


def warnings(quality: Quality) -> tuple[str, ...]:
    """What is wrong with a recording that cannot be made again, a phrase each."""
    phrases = {
        Fault.SHORT: f"little speech ({quality.speech_s:.1f} s)",
        Fault.CLIPPED: f"clipped ({quality.clipped:.0%} of the speech)",
        Fault.QUIET: f"very quiet ({quality.level_db:.0f} dB)",
        Fault.NOISY: f"noisy (speech only {quality.snr_db or 0:.0f} dB above it)",
    }
    return tuple(phrases[problem.fault] for problem in judge(quality) if problem.fault in phrases)


def read_pairs(path: str | os.PathLike) -> Iterator[tuple[str, str]]:
    """(a, b) of each line of a list: "a.wav b.wav", or "1 a.wav b.wav" as in trials, whose label is not looked at.

    Commas or tabs part names with spaces. Raises BadInput naming the line that is none of this.
    """
    path = Path(path)
    if not path.is_file():
        raise BadInput(f"{path}: no such list of pairs.")
    with open(path, encoding="utf-8-sig", errors="surrogateescape") as file:
        for number, line in enumerate(file, 1):
            words = _words(line.strip())
            if len(words) == 3 and words[0] in {"0", "1"}:
                words = words[1:]
            if not words:
                continue
            if len(words) != 2:
                raise BadInput(f'{path}, line {number}: not a pair; "a.wav b.wav" is (commas part names with spaces).')
            yield words[0], words[1]


def _words(line: str) -> list[str]:
    for delimiter in ("\t", ","):
        if delimiter in line:
            return [word.strip() for word in next(csv.reader([line], delimiter=delimiter))]
    return line.split()
