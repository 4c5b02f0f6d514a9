"""Enrolment in the window: an activity of the engine's thread, and the facts that its dialog shows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from app.audio.level import FLOOR_DB
from app.enrolment.guide import Guide, Outcome
from app.enrolment.prompts import Prompt
from app.enrolment.quality import Limits, Problem, Quality, judge
from app.enrolment.recorder import RecorderConfig, SampleRecorder, Snapshot
from app.voiceprints.store import VoiceprintStore
from app.window import strings
from app.window.engine.context import EngineContext

if TYPE_CHECKING:
    from app.enrolment.speaker_check import SpeakerCheck

SPEECH_S = 6.0
"""Speech that each sample holds."""


class Step(Enum):
    PREPARING = "preparing"
    """The model and the microphone."""
    READY = "ready"
    """The level is shown; the person may start."""
    RECORDING = "recording"
    CHECKING = "checking"
    BUILDING = "building"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class EnrolFacts:
    """How an enrolment stands; replaced whole."""

    name: str
    step: Step = Step.PREPARING
    prompt: Prompt | None = None
    number: int = 1
    samples: int = 3
    kept: int = 0
    quality: Quality = Quality()
    level_db: float = FLOOR_DB
    message: str = ""
    """The microphone's own message: lost, muted."""
    problems: tuple[Problem, ...] = ()
    """Problems of this recording so far, or of the last one if it is asked for again."""
    again: bool = False
    """The last recording was not good enough."""
    error: str = ""
    speech_s: float = 0.0
    """Seconds of speech kept in this session."""
    warnings: tuple[str, ...] = ()
    """What is doubtful about the finished voiceprint."""

    @property
    def share(self) -> float:
        """How much of this sample's speech is there, 0 to 1."""
        return min(1.0, self.quality.speech_s / SPEECH_S)


class Enrolment:
    """Records ``samples`` of a person and makes the voiceprint. Orders come from another thread and return at once."""

    def __init__(self, name: str, device: str | None, channel: int | None = None, *, samples: int = 3):
        self.facts = EnrolFacts(name, samples=samples)
        self._device, self._channel = device, channel
        self._obey_orders: Callable[[], None] = lambda: None
        self._begin, self._again, self._finish = threading.Event(), threading.Event(), threading.Event()

    # ------------------------------------------------------------ orders

    def begin(self) -> None:
        """The person is ready to read."""
        self._begin.set()

    def again(self) -> None:
        """Record this sample once more; if nothing was said yet, the one before it."""
        self._again.set()

    def finish(self) -> None:
        """Stop recording, and make the voiceprint of what there is."""
        self._finish.set()
        self._begin.set()

    # ------------------------------------------------------------ the engine's thread

    def fail(self, error: str) -> None:
        self._update(step=Step.FAILED, error=error)

    def run(self, context: EngineContext, stop: threading.Event) -> None:
        """Prepare, record prompt after prompt, build."""
        from app.enrolment.speaker_check import SpeakerCheck

        encoder, data, self._obey_orders = context.encoder(), context.data, context.obey_orders
        guide = Guide(data, self.facts.name, samples=self.facts.samples, limits=Limits(speech_s=0.6 * SPEECH_S))
        speaker_check = SpeakerCheck.load(data, guide.name, guide.earlier, encoder=encoder)
        source = context.open_source(self._device, self._channel)
        source.start()
        try:
            recorder = SampleRecorder(
                source, RecorderConfig(speech_s=SPEECH_S), lambda speech, final: speaker_check.check(speech)
            )
            self._update(step=Step.READY, prompt=guide.prompt)
            while not (stop.is_set() or self._begin.is_set() or recorder.ended):
                self._show(recorder.monitor())
            while guide.prompt and not (stop.is_set() or self._finish.is_set() or recorder.ended):
                self._one_sample(guide, speaker_check, recorder, stop)
            source.stop()
            if not stop.is_set():
                self._build(context, guide)
        finally:
            source.stop()
            guide.discard()

    def _one_sample(
        self, guide: Guide, speaker_check: SpeakerCheck, recorder: SampleRecorder, stop: threading.Event
    ) -> None:
        self._again.clear()
        self._update(
            step=Step.RECORDING, prompt=guide.prompt, number=guide.number, kept=len(guide.kept), quality=Quality()
        )
        sample = None
        for snapshot in self._until_ordered(recorder.record(), stop):
            self._show(snapshot)
            sample = snapshot.sample
        if self._again.is_set():
            if self.facts.quality.speech_s < 0.5 and guide.kept:
                guide.undo()
                speaker_check.forget_last()
            self._update(again=False, problems=())
            return
        if sample is None:
            return
        self._update(step=Step.CHECKING)
        verdict = guide.take(sample)
        if verdict.kept is not None:
            speaker_check.add(verdict.kept.sound.speech())
        again = verdict.outcome in (Outcome.AGAIN, Outcome.LEFT_OUT)
        self._update(again=again, problems=tuple(verdict.problems), kept=len(guide.kept), speech_s=guide.speech_s)

    def _until_ordered(self, snapshots: Iterator[Snapshot], stop: threading.Event) -> Iterator[Snapshot]:
        for snapshot in snapshots:
            yield snapshot
            if stop.is_set() or self._again.is_set() or self._finish.is_set():
                return

    def _show(self, snapshot: Snapshot) -> None:
        self._obey_orders()
        speech_s = snapshot.quality.speech_s
        live = tuple(judge(snapshot.quality, Limits(speech_s=0.0))) if speech_s >= 1.0 else ()
        keep_old = self.facts.again and speech_s < 1.0  # until there is something new to say
        self._update(
            quality=snapshot.quality,
            level_db=snapshot.level_db,
            message=snapshot.message,
            problems=self.facts.problems if keep_old else live,
            again=keep_old,
        )

    def _build(self, context: EngineContext, guide: Guide) -> None:
        from app.enrolment.build import build_person
        from app.enrolment.quality import SimilarityThresholds
        from app.enrolment.report import report_people, report_warnings
        from app.voiceprints.recordings import samples_of

        if not guide.kept:
            self.fail(" ".join(p.text for p in self.facts.problems) or strings.NOTHING_RECORDED)
            return
        self._update(step=Step.BUILDING, kept=len(guide.kept), speech_s=guide.speech_s)
        encoder, skipped = context.encoder(), []
        thresholds = SimilarityThresholds.of(encoder.rule())
        with VoiceprintStore(guide.data) as store:
            guide.finish(store)
            if not build_person(store, encoder, guide.name, samples_of(guide.data, guide.name), skipped.append):
                self.fail(" ".join(skipped))
                return
            found = report_warnings(report_people(store, encoder, [guide.name], thresholds), thresholds)
        context.reload_people()
        self._update(step=Step.DONE, warnings=tuple(found), problems=(), again=False)

    def _update(self, **changes: object) -> None:
        self.facts = replace(self.facts, **changes)
