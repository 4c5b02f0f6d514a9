"""Sound in, names out: the engine that every front end runs.

for said in listen(Microphone(), Recogniser(encoder, gallery)):
    print(said.label)
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from app.audio.level import level_db
from app.audio.source import AudioBlock, AudioSource, SourceState, SourceStatus
from app.audio.vad import CHUNK, CHUNK_S, SPEECH, STILL_SPEECH, SpeechDetector
from app.diarisation.forward_filter import Tracker, TrackerConfig, TrackerState
from app.diarisation.session_speakers import SessionVoices, VoicesConfig
from app.diarisation.speech_buffer import SpeechBuffer
from app.diarisation.timeline import Timeline
from app.diarisation.unknowns import UnknownVoice
from app.embedding.encoder import Encoder
from app.embedding.overlap_head import WINDOW_S
from app.scoring.decision import DecisionRule
from app.scoring.gallery import Gallery
from app.scoring.identification import UNKNOWN, Identification, is_unknown
from utils import SAMPLE_RATE

OVERLAP_CHUNKS = round(WINDOW_S / CHUNK_S)


@dataclass(frozen=True)
class LiveConfig:
    """How sound is cut. The defaults were measured on conversations (docs/research.md)."""

    hop_s: float = 0.128
    """How often there is a new answer."""
    tracker: TrackerConfig = TrackerConfig()
    voices: VoicesConfig = VoicesConfig()

    @property
    def backlog_s(self) -> float:
        """The most sound taken in at once; older sound that waited is dropped."""
        return max(self.tracker.windows_s[-1], 2 * self.hop_s)


class Recogniser:
    """Keeps the newest speech, embeds it, and tells whose it is. Feed it consecutive blocks, from one thread."""

    def __init__(
        self, encoder: Encoder, gallery: Gallery, rule: DecisionRule | None = None, config: LiveConfig = LiveConfig()
    ):
        self.encoder = encoder
        self.config = config
        self.timeline = Timeline()
        self._voices = SessionVoices(gallery, rule or encoder.rule(), config.voices)
        self._tracker = Tracker(self._voices, config.tracker)
        self._detector = SpeechDetector()
        self._rest = np.zeros(0, np.float32)  # sound that does not fill a chunk yet
        self._speech = SpeechBuffer(config.voices.kept_s)
        self._overlap = False  # whether two people spoke at once in the newest speech
        self._points = 0
        self._end_s = 0.0  # of the sound taken in so far

    @property
    def gallery(self) -> Gallery:
        """The people it knows; may be replaced between blocks."""
        return self._voices.gallery

    @gallery.setter
    def gallery(self, gallery: Gallery) -> None:
        self._voices.gallery = gallery
        self._correct()

    @property
    def rule(self) -> DecisionRule:
        """How it decides; may be replaced between blocks (a moved threshold)."""
        return self._voices.rule

    @rule.setter
    def rule(self, rule: DecisionRule) -> None:
        self._voices.rule = rule
        self._voices.look_back()
        self._correct()

    def unknowns(self) -> list[UnknownVoice]:
        """The voices of this session that have no name, in the order of their numbers."""
        return self._voices.unknowns()

    def unknown_speech(self, label: str) -> np.ndarray:
        """(n,) float32 at 16 kHz: the speech of an unknown voice that is in memory, at most 60 s, oldest first."""
        return self._voices.speech_of(label)

    def relabel(self, old: str, new: str) -> None:
        """From now on, and back to its first turn, the unknown voice ``old`` is ``new``. KeyError if there is none."""
        self._learn(everything=True)
        self._voices.relabel(old, new)
        self._tracker.rename(old, new)
        self._correct()

    def forget_unknown(self, label: str) -> None:
        """Forget an unknown voice and its speech; its turns stay in the timeline as "unknown"."""
        self._voices.forget(label)
        self._correct()

    def step(self, block: AudioBlock) -> Identification:
        """Take in a block, usually one hop, and say who is speaking at its end."""
        gap_s = block.start_s - self._end_s
        if gap_s > 0.001:  # skipped, or the microphone was gone: this does not follow what came before
            self._detector.reset()
            self._rest = np.zeros(0, np.float32)
            self._tracker.hear(gap_s, speech=False, end_s=block.start_s)
            self._learn(everything=True)
        self._end_s = block.end_s
        probabilities = self._hear(block)
        self._point()
        self._learn()
        return self._say(block, probabilities, self._tracker.state() if self._tracker.on_screen else TrackerState())

    def _hear(self, block: AudioBlock) -> np.ndarray:
        """Cut into chunks and keep the speech. Returns each chunk's speech probability."""
        sound = np.concatenate([self._rest, block.samples])
        time_s = block.start_s - len(self._rest) / SAMPLE_RATE
        probabilities = self._detector.process(block.samples)
        for index, probability in enumerate(probabilities):
            speech = bool(probability >= (STILL_SPEECH if self._tracker.in_speech else SPEECH))
            if speech:
                if self._tracker.between_turns:
                    self._point()
                    self._overlap = False
                self._speech.append(sound[index * CHUNK : (index + 1) * CHUNK])
            time_s += CHUNK_S
            self._tracker.hear(CHUNK_S, speech=speech, end_s=time_s)
        self._rest = sound[len(probabilities) * CHUNK :].copy()
        return probabilities

    def _point(self) -> None:
        if not self._tracker.has_news:
            return
        self._tracker.point(
            lambda lengths: self.encoder.embed_batch([self._speech.newest(chunks) for chunks in lengths])
        )
        self._points += 1
        newest = self._speech.newest(OVERLAP_CHUNKS)
        if self.encoder.overlap is not None and self._points % 2 and len(newest) == OVERLAP_CHUNKS * CHUNK:
            self._overlap = self.encoder.hear(newest)[1]  # every second time: nobody notices it sooner

    def _learn(self, *, everything: bool = False) -> None:
        """Learn from turns that are over; what they say about earlier ones goes into the timeline."""
        for over in self._tracker.over(everything=everything):
            if over.turn is not None:
                over.turn.speech = self._speech.between(over.first, over.last)
                self._voices.learn(over.turn)
                if over.label == UNKNOWN and is_unknown(over.turn.label):  # from now on it has a number
                    self._tracker.rename(UNKNOWN, over.turn.label, at=over.last)
            self.timeline.add(over.pieces[0][0], over.pieces, over.label if over.turn is None else over.turn.label)
            self._correct()
        self.timeline.going_on(self._tracker.turns())

    def _correct(self) -> None:
        self.timeline.relabel({turn.start_s: turn.label for turn in self._voices.turns})

    def _say(self, block: AudioBlock, probabilities: np.ndarray, turn: TrackerState) -> Identification:
        gender, gender_confidence = None, 0.0
        if turn.embedding is not None:
            gender, gender_confidence = self.encoder.gender(turn.embedding)
        return Identification(
            time_s=block.end_s,
            label=turn.label,
            speaker=turn.speaker,
            confidence=turn.confidence,
            scores=turn.scores,
            threshold=self._voices.threshold(self.config.tracker.windows_s[-1])
            if turn.threshold is None
            else turn.threshold,
            reason=turn.reason,
            gender=gender,
            gender_confidence=gender_confidence,
            speech_probability=float(probabilities.max()) if len(probabilities) else 0.0,
            level_db=level_db(block.samples),
            speech_s=turn.speech_s,
            dropped_s=block.dropped_s,
            overlap=self._overlap and self._tracker.in_speech and turn.label is not None,
        )


def listen(
    source: AudioSource,
    recogniser: Recogniser,
    *,
    stop: threading.Event | None = None,
    on_status: Callable[[SourceStatus], None] | None = None,
) -> Iterator[Identification]:
    """Run a source through a recogniser until it ends or ``stop`` is set: one Identification for each hop.

    Always the newest sound: when this machine is too slow, the oldest that waits is dropped, counted and reported.
    ``on_status`` is called from this thread when the source's state or message changes. Starts and stops the source.
    """
    config, told = recogniser.config, None
    source.start()
    try:
        while not (stop and stop.is_set()):
            block = source.read(config.hop_s, config.backlog_s)
            status = source.status
            if on_status and (status.state, status.message) != told:
                told = (status.state, status.message)
                on_status(status)
            if block is not None and len(block.samples):
                yield recogniser.step(block)
            elif status.state is SourceState.ENDED:
                return
    finally:
        source.stop()
