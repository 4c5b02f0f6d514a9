"""Enrolment in the window: an activity of the engine's thread, and the facts that its dialog shows."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from app.enrolment.guide import Guide, Outcome, judge_level
from app.enrolment.quality import Fault, Limits, Problem, Quality, judge
from app.enrolment.recorder import RecordedSample, Snapshot
from app.enrolment.sentences import ENGLISH
from app.enrolment.take import Reading
from app.voiceprints.store import VoiceprintStore
from app.window import strings
from app.window.engine.context import EngineContext
from app.window.engine.enrol.facts import SAMPLES, SPEECH_S, EnrolFacts, Pace, Step
from app.window.engine.enrol.sound import EnrolSound, Microphone
from utils import HeardError

if TYPE_CHECKING:
    from app.enrolment.speaker_check import SpeakerCheck

PACE = Pace()


class Enrolment:
    """Records ``samples`` of a person and makes the voiceprint. Orders come from another thread and return at once.

    ``language``: of the sentences to read, see ``app.enrolment.sentences``.
    """

    def __init__(
        self,
        name: str,
        device: str | None = None,
        channel: int | None = None,
        *,
        samples: int = SAMPLES,
        language: str = ENGLISH,
        pace: Pace | None = None,
    ):
        self.facts = EnrolFacts(name, samples=samples)
        self._pace = pace or PACE
        self._wanted_microphone = self._microphone = Microphone(device, channel)
        self._wanted_language = self._language = language
        self._answer: str | None = None
        self._begin, self._again, self._finish = threading.Event(), threading.Event(), threading.Event()
        self._may_be_twice = False
        self._context: EngineContext | None = None
        self._guide: Guide | None = None
        self._check: SpeakerCheck | None = None
        self._sound: EnrolSound | None = None
        self._stop = threading.Event()

    # ------------------------------------------------------------ orders

    def begin(self) -> None:
        """The person is ready to read, or does not want to wait for the count."""
        self._begin.set()

    def again(self) -> None:
        """Record this sample once more; if nothing was said yet, the one before it."""
        self._again.set()

    def finish(self) -> None:
        """Stop recording, and make the voiceprint of what there is."""
        self._finish.set()

    def use_microphone(self, device: str | None, channel: int | None = None) -> None:
        """Hear another microphone; the sentence begins anew."""
        self._wanted_microphone = Microphone(device, channel)

    def read_in(self, language: str) -> None:
        """Show sentences in another language; one that is being read begins anew."""
        self._wanted_language = language

    def answer(self, name: str) -> None:
        """Whose recordings these are, of a voice that has a name already: that one's, or the new one's all the same."""
        self._answer = name

    # ------------------------------------------------------------ the engine's thread

    def fail(self, error: str) -> None:
        self._update(step=Step.FAILED, error=error)

    def run(self, context: EngineContext, stop: threading.Event) -> None:
        """Prepare, record prompt after prompt, build, and listen whether the name comes."""
        encoder = context.encoder()
        self._context, self._stop = context, stop
        self._guide = Guide(
            context.data,
            self.facts.name,
            samples=self.facts.samples,
            limits=Limits(speech_s=0.6 * SPEECH_S),
            language=self._language,
        )
        self._check = self._load_check(self._guide)
        self._sound = EnrolSound(context, self._microphone, lambda speech, final: self._check.check(speech))
        self._sound.open()
        try:
            self._wait_for_start()
            while self._guide.prompt and not self._over:
                self._one_sample()
            if not stop.is_set():
                self._build()
                if self.facts.step is Step.DONE:
                    self._listen(encoder)
        finally:
            self._sound.close()
            self._guide.discard()

    @property
    def _over(self) -> bool:
        return self._stop.is_set() or self._finish.is_set() or self._sound.recorder.ended

    def _load_check(self, guide: Guide) -> SpeakerCheck:
        from app.enrolment.speaker_check import SpeakerCheck

        recordings = [*guide.earlier, *guide.kept]
        return SpeakerCheck.load(guide.data, guide.name, recordings, encoder=self._context.encoder())

    # ------------------------------------------------------------ before a sentence

    def _wait_for_start(self) -> None:
        """Show the level until the person starts."""
        guide = self._guide
        self._update(step=Step.READY, prompt=guide.prompt, number=guide.number, earlier=len(guide.earlier), count=0)
        while not (self._over or self._begin.is_set()):
            self._wait_a_moment()

    def _count_down(self) -> None:
        """Say where to be, and count to the reading. Another press of start cuts it short."""
        pace = self._pace
        self._begin.clear()
        self._update(step=Step.POSITION, prompt=self._guide.prompt, number=self._guide.number, kept=self._kept)
        self._pass_time(pace.again_s if self.facts.again else pace.position_s)
        for count in (3, 2, 1):
            self._update(step=Step.COUNTDOWN, count=count)
            self._pass_time(pace.count_s)
        self._update(count=0)

    def _pass_time(self, seconds: float) -> None:
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s and not (self._over or self._begin.is_set() or self._again.is_set()):
            self._wait_a_moment()

    def _wait_a_moment(self) -> None:
        """Take in a moment of sound, for its level alone, and what was ordered meanwhile."""
        self._context.obey_orders()
        self._follow_choices()
        snapshot = self._sound.recorder.monitor()
        self._update(level_db=snapshot.level_db, message=snapshot.message)

    def _follow_choices(self) -> bool:
        """Take another microphone or language, if it was chosen. Whether one was."""
        language, microphone = self._wanted_language, self._wanted_microphone
        changed = (language, microphone) != (self._language, self._microphone)
        if language != self._language:
            self._language = language
            self._guide.read_in(language)
            self._update(prompt=self._guide.prompt or self.facts.prompt)
        if microphone != self._microphone:
            self._microphone = microphone
            if problem := self._sound.change(microphone):
                self._context.notify(problem, good=False)
                self._update(message=problem)
        return changed

    @property
    def _choices_changed(self) -> bool:
        return (self._wanted_language, self._wanted_microphone) != (self._language, self._microphone)

    # ------------------------------------------------------------ a sentence

    def _one_sample(self) -> None:
        if self.facts.unheard:
            self._begin.clear()
            self._wait_for_start()
        self._again.clear()
        self._count_down()
        if self._over or self._again.is_set():
            self._take_back()
            return
        self._update(step=Step.RECORDING, quality=Quality(), reading=Reading.WAITING, unheard=False)
        sample = None
        for snapshot in self._until_ordered(self._sound.recorder.record()):
            self._show(snapshot)
            sample = snapshot.sample
        if self._again.is_set():
            self._take_back()
        elif sample is None:
            self._follow_choices()
        elif sample.quality.speech_s < 0.5 and not self._sound.recorder.ended:  # nobody is there: no sample, and no try
            muted = judge(sample.quality) if sample.quality.all_zero else ()
            self._update(unheard=True, again=False, problems=tuple(muted))
        else:
            self._update(step=Step.CHECKING, reading=Reading.OVER)
            self._judge(sample)

    def _take_back(self) -> None:
        """The sample anew; if nothing was said yet, the one before it."""
        if self._again.is_set():
            if self.facts.quality.speech_s < 0.5 and self._guide.kept:
                self._guide.undo()
                self._check.forget_last()
            self._update(again=False, problems=(), quality=Quality(), kept=self._kept)

    def _judge(self, sample: RecordedSample) -> None:
        sample = self._whose(sample)
        if sample is None:
            return
        verdict = self._guide.take(sample)
        if verdict.kept is not None:
            self._check.add(verdict.kept.sound.speech())
        again = verdict.outcome in (Outcome.AGAIN, Outcome.LEFT_OUT)
        problems = [problem for problem in verdict.problems if not (self._may_be_twice and problem.who)]
        self._update(again=again, problems=tuple(problems), kept=self._kept, speech_s=self._guide.speech_s)
        if verdict.kept is not None:
            self._update(step=Step.KEPT, quality=Quality())
            self._begin.clear()
            self._pass_time(self._pace.kept_s)

    def _whose(self, sample: RecordedSample) -> RecordedSample | None:
        """Ask whose recordings these are, if the voice has a name already. None if there is no answer."""
        who = next((p.who for p in self._guide.judge(sample) if p.fault is Fault.ENROLLED), "")
        if not who or self._may_be_twice:
            return sample
        self._answer = None
        self._update(step=Step.TWICE, twice=who)
        while self._answer is None:
            if self._over or self._again.is_set():
                return None
            self._wait_a_moment()
        if self._answer == self._guide.name:
            self._may_be_twice = True
        else:
            self._guide = self._guide.for_person(self._answer)
            self._check = self._load_check(self._guide)
            sample = replace(sample, quality=replace(sample.quality, speaker_match=None))
        self._update(name=self._guide.name, twice="", earlier=len(self._guide.earlier))
        return sample

    def _until_ordered(self, snapshots: Iterator[Snapshot]) -> Iterator[Snapshot]:
        for snapshot in snapshots:
            yield snapshot
            if self._stop.is_set() or self._again.is_set() or self._finish.is_set() or self._choices_changed:
                return

    def _show(self, snapshot: Snapshot) -> None:
        self._context.obey_orders()
        speech_s = snapshot.quality.speech_s
        muted = snapshot.reading is Reading.UNHEARD and snapshot.quality.all_zero
        live = self._live_problems(snapshot.quality) if speech_s >= 1.0 or muted else ()
        keep_old = self.facts.again and speech_s < 1.0  # until there is something new to say
        self._update(
            quality=snapshot.quality,
            reading=snapshot.reading,
            level_db=snapshot.level_db,
            message=snapshot.message,
            problems=self.facts.problems if keep_old else live,
            again=keep_old,
        )

    def _live_problems(self, quality: Quality) -> tuple[Problem, ...]:
        """What is wrong so far. Whose voice it is is asked at the end."""
        found = [problem for problem in judge(quality, Limits(speech_s=0.0)) if not problem.who]
        level = judge_level(self._guide.prompt.position.name, quality.level_db, self._guide.near_db)
        return (*found, *([level] if level else []))

    @property
    def _kept(self) -> int:
        return len(self._guide.kept)

    # ------------------------------------------------------------ the end

    def _build(self) -> None:
        from app.enrolment.build import build_person
        from app.enrolment.quality import SimilarityThresholds
        from app.enrolment.report import report_people, report_warnings
        from app.voiceprints.recordings import samples_of

        context, guide = self._context, self._guide
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

    def _listen(self, encoder: object) -> None:
        """Show whose name comes for what is said now, until the dialog is closed. Nothing of it is kept.

        A run of its own: the window's own turns and sound do not know of it.
        """
        from app.diarisation.recogniser import Recogniser, listen

        context = self._context
        gallery = context.session.load_gallery(encoder)
        recogniser = Recogniser(encoder, gallery, encoder.rule(context.options.threshold))
        with contextlib.suppress(HeardError):  # the person is enrolled, whatever becomes of the microphone
            for answer in listen(self._sound.source, recogniser, stop=self._stop, between_blocks=context.obey_orders):
                self._update(heard=answer.speaker, level_db=answer.level_db, message="")

    def _update(self, **changes: object) -> None:
        self.facts = replace(self.facts, **changes)
