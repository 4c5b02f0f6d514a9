"""The recorder: sound in, snapshots while a sample grows, one measured sample out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from app.audio.level import FLOOR_DB, level_db
from app.audio.source import AudioSource, SourceState
from app.audio.vad import CHUNK, CHUNK_S, SPEECH, DetectedSpeech, SpeechDetector
from app.enrolment.quality import Quality, SoundMeter, SpeakerMatch
from app.enrolment.take import Reading, Take, TakeRule
from utils import SAMPLE_RATE, HeardError


@dataclass(frozen=True)
class RecorderConfig(TakeRule):
    """When a sample is full, and how often it is looked at. All in seconds."""

    hop_s: float = 0.1
    """Time between two snapshots."""
    check_every_s: float = 3.0
    """New speech after which the voice is checked again."""
    backlog_s: float = 5.0
    """Sound that may wait while the reader is busy. Older sound is skipped."""
    source_timeout_s: float = 60.0
    """Time that a microphone which went away is waited for."""


@dataclass(frozen=True)
class RecordedSample:
    """A finished sample."""

    sound: DetectedSpeech
    """The sound as recorded, pauses and all, with the speech that was found in it."""
    quality: Quality
    device: str
    recorded_at: datetime
    """When the recording began, in local time with its zone."""


@dataclass(frozen=True)
class Snapshot:
    """How a recording is going at one moment."""

    quality: Quality
    """The figures so far: ``judge`` of them is live advice."""
    wanted_s: float
    """Seconds of speech that make the sample."""
    level_db: float = FLOOR_DB
    """RMS of the newest sound in dB re full scale."""
    speaking: bool = False
    reading: Reading = Reading.WAITING
    message: str = ""
    """What is wrong with the source, such as lost or muted. Empty while all is well."""
    sample: RecordedSample | None = None
    """The finished sample. Set in the last snapshot, and only there."""


class SampleRecorder:
    """Records one sample after another from a started source. One thread.

    ``check(speech, final)`` gets the speech so far, joined, (n,) float32, and says whose voice it is, or None if it
    cannot tell. It may take its time for the ``final`` answer only: sound waits meanwhile.
    """

    def __init__(
        self,
        source: AudioSource,
        config: RecorderConfig = RecorderConfig(),
        check: Callable[[np.ndarray, bool], SpeakerMatch | None] | None = None,
    ):
        self.source, self.config, self.check = source, config, check
        self._detector = SpeechDetector()
        self._waiting = np.zeros(0, np.float32)  # read from the source, not looked at yet
        self._read_to_s = 0.0  # on the source's clock
        self._last_sound_at = time.monotonic()

    @property
    def ended(self) -> bool:
        """Whether no more sound will come."""
        return self.source.status.state is SourceState.ENDED and len(self._waiting) < CHUNK

    def monitor(self) -> Snapshot:
        """Read a moment of sound and throw it away: a level to show between samples."""
        self._waiting = np.zeros(0, np.float32)
        block = self.source.read(self.config.hop_s, self.config.backlog_s)
        newest = np.zeros(0, np.float32) if block is None else block.samples[-round(self.config.hop_s * SAMPLE_RATE) :]
        status = self.source.status
        return Snapshot(Quality(), self.config.speech_s, level_db=level_db(newest), message=status.message)

    def record(self) -> Iterator[Snapshot]:
        """Record a sample: a snapshot every hop, the finished sample in the last.

        The sample ends as ``TakeRule`` says, or with the source. What a file holds beyond that stays for the next
        sample. Raises HeardError if the source is gone for ``source_timeout_s``.
        """
        config = self.config
        began, meter, take, chunks = datetime.now().astimezone(), SoundMeter(), Take(config), []
        all_probabilities: list[float] = []  # probability of speech in each chunk
        match, checked_s = None, 0.0
        self._detector.reset()
        self._last_sound_at = time.monotonic()
        while True:
            sound = self._next_chunks(config.hop_s)
            if sound is None:
                if self.ended:
                    break
                yield Snapshot(
                    meter.quality(match), config.speech_s, reading=take.state, message=self.source.status.message
                )
                continue
            probabilities = self._detector.process(sound)
            for index, probability in enumerate(probabilities):
                chunk = sound[index * CHUNK : (index + 1) * CHUNK]
                meter.add(chunk, probability)
                take.add(bool(probability >= SPEECH), CHUNK_S)
                chunks.append(chunk)
                all_probabilities.append(probability)
            speaking, speech_s = bool(probabilities[-1] >= SPEECH), meter.speech_s
            if take.state is Reading.OVER:
                break
            if self.check and speech_s - checked_s >= config.check_every_s:
                match, checked_s = self.check(_spoken(chunks, all_probabilities), False), speech_s
            status = self.source.status
            yield Snapshot(meter.quality(match), config.speech_s, level_db(sound), speaking, take.state, status.message)
        yield self._finish(chunks, all_probabilities, meter, began)

    def _finish(
        self, chunks: list[np.ndarray], all_probabilities: list[float], meter: SoundMeter, began: datetime
    ) -> Snapshot:
        samples = np.concatenate(chunks) if chunks else np.zeros(0, np.float32)
        sound = DetectedSpeech(samples, np.array(all_probabilities, np.float32))
        quality, status = meter.quality(), self.source.status
        if self.check and quality.speech_s > 0:
            quality = replace(quality, speaker_match=self.check(sound.speech(), True))
        sample = RecordedSample(sound, quality, status.device or self.source.name, began)
        return Snapshot(quality, self.config.speech_s, message=status.message, sample=sample)

    def _next_chunks(self, seconds: float) -> np.ndarray | None:
        """Read about ``seconds`` of whole chunks. None if nothing came in time."""
        wanted = max(1, round(seconds / CHUNK_S)) * CHUNK
        if len(self._waiting) < wanted:
            block = self.source.read(seconds, self.config.backlog_s)
            if block is not None:
                self._last_sound_at = time.monotonic()
                if abs(block.start_s - self._read_to_s) > 1e-3:  # it does not follow what came before
                    self._detector.reset()
                    self._waiting = self._waiting[:0]
                self._read_to_s = block.end_s
                self._waiting = np.concatenate([self._waiting, block.samples])
            elif time.monotonic() - self._last_sound_at > self.config.source_timeout_s and not self.ended:
                why = self.source.status.message or "no sound came from it"
                raise HeardError(f"{self.source.name} was waited for in vain: {why}")
        taken = min(wanted, len(self._waiting) // CHUNK * CHUNK)
        chunks, self._waiting = self._waiting[:taken], self._waiting[taken:]
        return chunks if taken else None


def _spoken(chunks: list[np.ndarray], all_probabilities: list[float]) -> np.ndarray:
    """Those of some chunks (512,) in which somebody speaks, joined."""
    return np.concatenate(
        [chunk for chunk, probability in zip(chunks, all_probabilities, strict=True) if probability >= SPEECH]
    )
