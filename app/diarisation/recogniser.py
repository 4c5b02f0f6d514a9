"""Sound in, names out: the engine that every front end runs.

for answer in listen(Microphone(), Recogniser(encoder, gallery)):
    print(answer.label)
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from app.audio.level import level_db
from app.audio.read_ahead import ReadAhead
from app.audio.source import AudioBlock, AudioSource, SourceState, SourceStatus
from app.audio.vad import CHUNK_S
from app.diarisation.forward_filter import ForwardFilter, ForwardFilterConfig
from app.diarisation.hysteresis import Hysteresis, HysteresisConfig, ShownTurn
from app.diarisation.look_ahead import LookAhead, LookAheadConfig
from app.diarisation.session_speakers import SessionSpeakers, SessionSpeakersConfig
from app.diarisation.speech_buffer import SpeechBuffer
from app.diarisation.speech_gate import GatedBlock, SpeechGate
from app.diarisation.timeline import Timeline
from app.diarisation.turn_condition import TurnCondition
from app.diarisation.turn_evidence import EvidenceConfig, TurnEvidence
from app.diarisation.turn_history import TurnHistory, TurnHistoryConfig, UnknownSpeaker
from app.diarisation.turns import TurnConfig, TurnCutter
from app.embedding.encoder import Encoder
from app.embedding.overlap_head import WINDOW_S
from app.memory_trim import trim_memory
from app.scoring.decision import DecisionRule
from app.scoring.gallery import Gallery
from app.scoring.identification import Identification, is_unknown
from app.scoring.labels import UNKNOWN, person, read_label
from app.scoring.vectors import usable

OVERLAP_CHUNKS = round(WINDOW_S / CHUNK_S)


@dataclass(frozen=True)
class LiveConfig:
    """How often there is an answer, and the settings of each step from sound to names."""

    hop_s: float = 0.128
    """Seconds of sound between two answers."""
    evidence: EvidenceConfig = EvidenceConfig()
    filter: ForwardFilterConfig = ForwardFilterConfig()
    shown: HysteresisConfig = HysteresisConfig()
    turns: TurnConfig = TurnConfig()
    speakers: SessionSpeakersConfig = SessionSpeakersConfig()
    history: TurnHistoryConfig = TurnHistoryConfig()
    ahead: LookAheadConfig = LookAheadConfig()

    @property
    def backlog_s(self) -> float:
        """The most sound taken in at once; older sound that waited is dropped."""
        return max(self.evidence.windows_s[-1], 2 * self.hop_s)


class Recogniser:
    """Detects speech, embeds it, and identifies the speaker. ``step`` takes consecutive blocks, from one thread."""

    def __init__(
        self, encoder: Encoder, gallery: Gallery, rule: DecisionRule | None = None, config: LiveConfig = LiveConfig()
    ):
        self.encoder = encoder
        self.config = config
        self.timeline = Timeline()
        self._gate = SpeechGate()
        self._gated: deque[GatedBlock] = deque()  # the blocks that come next, as far as they are known
        self._ahead = LookAhead(encoder, config.filter.onset_pause_s, config.turns.finished_after_s, config.ahead)
        self._speakers = SessionSpeakers(gallery, rule or encoder.rule(), config.speakers)
        self._history = TurnHistory(self._speakers, config.history)
        evidence = TurnEvidence(self._speakers, config.evidence)
        self._filter = ForwardFilter(evidence, config.filter)
        self._longest_window = evidence.longest_window
        self._turns = TurnCutter(self._filter, evidence.longest_window, config.turns)
        self._shown = Hysteresis(self._speakers, config.shown)
        self._speech = SpeechBuffer(config.history.kept_speech_s)
        self._condition = TurnCondition(encoder.cohort, config.shown.hold_s)
        self._overlap = False  # whether two people spoke at once in the newest speech
        self._updates = 0

    @property
    def gallery(self) -> Gallery:
        """The people it knows; may be replaced between blocks."""
        return self._speakers.gallery

    @gallery.setter
    def gallery(self, gallery: Gallery) -> None:
        self._speakers.gallery = gallery
        self._history.look_back()
        self._correct()

    @property
    def rule(self) -> DecisionRule:
        """How it decides; may be replaced between blocks (a moved threshold)."""
        return self._speakers.rule

    @rule.setter
    def rule(self, rule: DecisionRule) -> None:
        self._speakers.rule = rule
        self._history.look_back()
        self._correct()

    def number_unknowns(self, first: int, *, step: int) -> None:
        """Number unknown voices from ``first`` on in steps, before the first is heard: others have the rest."""
        self._speakers.centroids.number_unknowns(first, step)

    def unknowns(self) -> list[UnknownSpeaker]:
        """The voices of this session that have no name, in the order of their numbers."""
        return self._history.unknowns()

    def unknown_speech(self, label: str) -> np.ndarray:
        """(n,) float32 at 16 kHz: the speech of an unknown voice that is in memory, at most 60 s, oldest first. A text
        is read as a label."""
        return self._history.speech_of(label)

    def relabel(self, old: str, new: str) -> None:
        """From now on, and back to its first turn, the unknown voice ``old`` is ``new``. Texts are read as labels.
        KeyError if there is no such voice, ValueError if it cannot be ``new``."""
        old, new = read_label(old), read_label(new)
        self._learn(everything=True)
        self._history.relabel(old, new)
        self._filter.rename(old, new)
        self._correct()

    def unname(self, old: str) -> None:
        """Take a ``relabel`` to a person back, once the gallery is as it was. A text is read as a label. KeyError if
        the voice was not named in this run."""
        old = read_label(old)
        self._learn(everything=True)
        new = self._history.unname(old)
        if new.name not in self.gallery.people:
            self._filter.rename(new, old)
        self._correct()

    def deny(self, name: str) -> None:
        """The user says that it is not this person who speaks, or spoke last: that speech is another voice's from its
        beginning, with a number, and the voice competes with the person's until the session ends. KeyError if nothing
        of this session is the person's. ``name``: as it is enrolled."""
        who = person(name)
        self._learn(everything=True)
        voice = self._history.deny(who)
        self._filter.rename(who, voice)
        self._shown.forget()
        self._correct()

    def answers(self, block: AudioBlock) -> Iterable[Identification]:
        """What ``step`` says: one answer, where ``Conference`` has one for each channel."""
        return (self.step(block),)

    def prepare(self, blocks: Sequence[AudioBlock]) -> None:
        """Take a look at the blocks that ``step`` will be given next, all of them and in this order.

        They are known where sound was recorded, and then ``step`` costs a fraction: see ``look_ahead.py``. Those of an
        earlier call must have been stepped through, and this must have been done from the first block on.
        """
        self._gated = deque(map(self._gate.take, blocks))
        self._ahead.prepare(self._gated, max(OVERLAP_CHUNKS, self._longest_window))

    def step(self, block: AudioBlock) -> Identification:
        """Take in a block, usually one hop, and identify who is speaking at its end."""
        gated = self._gated.popleft() if self._gated else self._gate.take(block)
        if gated.gap_s:
            self._turns.push(gated.gap_s, speech=False, end_s=block.start_s)
            self._learn(everything=True)
            self._shown.interrupt(gated.gap_s)
            self._condition.interrupt()
        self._condition.take(gated.chunks)
        for chunk in gated.chunks:
            if chunk.speech:
                if self._filter.between_turns:
                    self._update()
                    self._overlap = False
                self._speech.append(chunk.samples)
            self._turns.push(CHUNK_S, speech=chunk.speech, end_s=chunk.end_s)
        self._update()
        self._learn()
        return self._identification(block, gated.speech_probability, self._shown.after(self._filter.silence_s))

    def _update(self) -> None:
        """Weigh the speech that is new, if there is any, and decide what to show."""
        if not self._filter.has_news:
            return
        self._filter.update(self._embed)
        self._shown.update(self._filter.posterior, self._filter.path[-1].hypothesis)
        self._updates += 1
        if self.encoder.overlap is not None and self._updates % 2 and self._filter.heard >= OVERLAP_CHUNKS:
            overlap = self._ahead.overlap(self._filter.heard, OVERLAP_CHUNKS)
            if overlap is None:
                overlap = self.encoder.embed_with_overlap(self._speech.newest(OVERLAP_CHUNKS))[1]
            self._overlap = overlap  # every second time: nobody notices it sooner

    def _embed(self, lengths: Sequence[int]) -> np.ndarray:
        """(n, D): the embeddings of so many (n,) of the newest chunks of speech, zeros for what cannot be compared."""
        vectors = self._ahead.embed(self._filter.heard, lengths)
        if vectors is None:
            vectors = self.encoder.embed_batch([self._speech.newest(chunks) for chunks in lengths])
        return usable(vectors)

    def _learn(self, *, everything: bool = False) -> None:
        """Learn from turns that are finished; what they say about earlier ones goes into the timeline."""
        for turn in self._turns.pop_finished(everything=everything):
            label, embedded, gender = turn.label, turn.embedded, None
            if embedded is not None:
                gender, _ = self.encoder.gender(embedded.embedding)
                embedded.speech = self._speech.between(turn.first, turn.last)
                self._history.learn(embedded)
                label = embedded.label
                if turn.label == UNKNOWN and is_unknown(label):  # from now on it has a number
                    self._filter.rename(UNKNOWN, label, at=turn.last)
            self.timeline.add(turn.segments_s[0][0], turn.segments_s, label, gender)
            self._correct()
        shown = self._shown.turn
        self.timeline.set_unfinished(
            self._turns.unfinished(shown.label), shown.label, shown.confidence, shown.certainty
        )

    def _correct(self) -> None:
        turns = self._history.turns
        labels = {turn.start_s: turn.label for turn in turns}
        confidences = {turn.start_s: turn.confidence for turn in turns}
        self.timeline.relabel(labels, confidences, {turn.start_s: turn.certainty for turn in turns})

    def _identification(self, block: AudioBlock, speech_probability: float, turn: ShownTurn) -> Identification:
        gender, gender_confidence = None, 0.0
        if turn.embedding is not None:
            gender, gender_confidence = self.encoder.gender(turn.embedding)
        return Identification(
            time_s=block.end_s,
            label=turn.label,
            speaker=turn.speaker,
            confidence=turn.confidence,
            certainty=turn.certainty,
            scores=turn.scores,
            threshold=self._speakers.threshold(self.config.evidence.windows_s[-1])
            if turn.threshold is None
            else turn.threshold,
            reason=turn.reason,
            gender=gender,
            gender_confidence=gender_confidence,
            speech_probability=speech_probability,
            level_db=level_db(block.samples),
            speech_s=turn.speech_s,
            dropped_s=block.dropped_s,
            overlap=self._overlap and self._filter.in_speech and turn.label is not None,
            condition=self._condition.of(turn),
        )


class Answers(Protocol):
    """What a source runs through: a ``Recogniser``, or a ``Conference`` of several."""

    config: LiveConfig

    def answers(self, block: AudioBlock) -> Iterable[Identification]: ...

    def prepare(self, blocks: Sequence[AudioBlock]) -> None: ...


def listen(
    source: AudioSource,
    recogniser: Answers,
    *,
    stop: threading.Event | None = None,
    on_status: Callable[[SourceStatus], None] | None = None,
    between_blocks: Callable[[], None] | None = None,
    timeout_s: float = 0.5,
) -> Iterator[Identification]:
    """Run a source through a recogniser until it ends or ``stop`` is set: one Identification for each hop.

    Always the newest sound: when this machine is too slow, the oldest that waits is dropped, counted and reported. Of a
    source that is ``recorded`` some seconds are read before they are heard, which is faster (``Recogniser.prepare``).
    ``on_status`` is called from this thread when the source's state, message or notice changes. Starts and stops it.

    ``between_blocks`` is called from this thread after each read, before its sound is taken in: the place for orders of
    other threads, such as another gallery, or another rule. It is called when a read gave nothing, too, so an order
    waits ``timeout_s`` at most where no sound comes; and once after the last read. What it raises ends the loop.
    """
    config, reported = recogniser.config, None
    ahead = ReadAhead(source, config.ahead.read_s) if getattr(source, "recorded", False) else None
    source = ahead or source
    source.start()
    try:
        while not (stop and stop.is_set()):
            trim_memory()
            if ahead and (blocks := ahead.fill(config.hop_s, config.backlog_s, timeout_s)):
                recogniser.prepare(blocks)
            block = source.read(config.hop_s, config.backlog_s, timeout_s)
            if between_blocks:
                between_blocks()
            status = source.status
            if on_status and (status.state, status.message, status.notice) != reported:
                reported = (status.state, status.message, status.notice)
                on_status(status)
            if block is not None and len(block.samples):
                yield from recogniser.answers(block)
            elif status.state is SourceState.ENDED:
                return
    finally:
        source.stop()
