"""Sound in, names out: the engine that every front end runs.

for said in listen(Microphone(), Recogniser(encoder, gallery)):
    print(said.label)
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from app.audio.level import level_db
from app.audio.source import AudioBlock, AudioSource, SourceState, SourceStatus
from app.recognition.decision import DecisionRule
from app.recognition.encoder import Encoder
from app.recognition.identification import Identification
from app.recognition.scoring import Gallery
from app.recognition.speech import CHUNK, CHUNK_S, SPEECH, STILL_SPEECH, SpeechDetector
from app.recognition.timeline import Timeline
from app.recognition.tracker import Tracker, TrackerConfig, TrackerState
from app.recognition.unknowns import UnknownVoice
from app.recognition.voices import SessionVoices, VoicesConfig
from utils import SAMPLE_RATE


@dataclass(frozen=True)
class LiveConfig:
    """How sound is cut. The defaults were measured: ``python -m app benchmarks windows``."""

    window_s: float = 3.0
    """Most speech that one embedding is made of."""
    hop_s: float = 0.25
    """How often there is a new answer."""
    first_window_s: float = 0.5
    """Speech needed for the first embedding of a turn."""
    change_window_s: float = 1.0
    """Newest speech that is compared with the turn so far, to notice another voice."""
    tracker: TrackerConfig = TrackerConfig()
    voices: VoicesConfig = VoicesConfig()

    @property
    def backlog_s(self) -> float:
        """The most sound taken in at once; older sound that waited is dropped."""
        return max(self.window_s, 2 * self.hop_s)


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
        self._speech: list[np.ndarray] = []  # the turn's newest chunks of speech, at most a window
        self._turn_speech: deque[np.ndarray] = deque(maxlen=round(config.voices.kept_s / CHUNK_S))
        self._closed = True  # whether the turn has been learned from
        self._new_chunks = 0  # of speech, since the last embedding
        self._overlap = False  # whether two people spoke at once in the newest speech
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
        self._close_turn()
        self._voices.relabel(old, new)
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
            self._close_turn()
        self._end_s = block.end_s
        probabilities = self._hear(block)
        if self._new_chunks and self._speech_s() >= self.config.first_window_s:
            self._embed()
        turn = self._tracker.state()
        if not self._closed and self._tracker.end_s > self._tracker.start_s:
            self.timeline.put(self._tracker.start_s, self._tracker.end_s, turn.label)
        if self._tracker.between_turns:
            self._close_turn()
        return self._say(block, probabilities, turn if self._tracker.on_screen else TrackerState())

    def _hear(self, block: AudioBlock) -> np.ndarray:
        """Cut into chunks and keep the speech. Returns each chunk's speech probability."""
        sound = np.concatenate([self._rest, block.samples])
        time_s = block.start_s - len(self._rest) / SAMPLE_RATE
        probabilities = self._detector.process(block.samples)
        for index, probability in enumerate(probabilities):
            speech = bool(probability >= (STILL_SPEECH if self._tracker.in_speech else SPEECH))
            if speech:
                if self._tracker.between_turns:
                    self._close_turn()
                    self._speech.clear()
                    self._turn_speech.clear()
                    self._new_chunks = 0
                    self._tracker.begin(time_s)
                self._closed = False
                self._speech.append(sound[index * CHUNK : (index + 1) * CHUNK])
                self._turn_speech.append(self._speech[-1])
                self._new_chunks += 1
            time_s += CHUNK_S
            self._tracker.hear(CHUNK_S, speech=speech, end_s=time_s)
        self._rest = sound[len(probabilities) * CHUNK :].copy()
        del self._speech[: -round(self.config.window_s / CHUNK_S)]
        return probabilities

    def _embed(self) -> None:
        """Embed the newest window of the turn's speech; a change of voice begins another turn."""
        change = round(self.config.change_window_s / CHUNK_S)
        self._overlap = False
        if len(self._speech) > change:
            newest, self._overlap = self.encoder.hear(np.concatenate(self._speech[-change:]))
            if self._tracker.is_another_voice(newest):
                # The change lies somewhere in the newest window; its second half is surely the new voice's.
                self._speech = self._speech[-max(change // 2, 1) :]
                for _ in self._speech:
                    self._turn_speech.pop()
                self._close_turn()
                self._turn_speech.extend(self._speech)
                self._closed = False
                self._new_chunks = len(self._speech)
                self._tracker.begin(self._tracker.end_s - self._speech_s(), other_voice=True)
                self._tracker.end_s = self._tracker.start_s + self._speech_s()
        embedding = self.encoder.embed(np.concatenate(self._speech))
        self._tracker.add(embedding, self._speech_s(), min(self._new_chunks, len(self._speech)) * CHUNK_S)
        self._new_chunks = 0

    def _close_turn(self) -> None:
        """Learn from a turn that is over; what it says about earlier ones goes into the timeline."""
        turn = None if self._closed else self._tracker.heard()
        self._closed = True
        if turn is None:
            return
        turn.speech = (np.concatenate(self._turn_speech) * 32767).astype(np.int16)
        self._turn_speech.clear()
        self._voices.learn(turn)
        self._correct()

    def _correct(self) -> None:
        self.timeline.relabel({turn.start_s: turn.label for turn in self._voices.turns})

    def _speech_s(self) -> float:
        return len(self._speech) * CHUNK_S

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
            threshold=self._voices.threshold(self.config.window_s) if turn.threshold is None else turn.threshold,
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
