"""Enrolment in a terminal: prompts, a level meter, and after each sample its figures. Used by record_samples.py."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

from app.audio.source import AudioSource
from app.belongings import count_people
from app.enrolment.guide import Guide, Outcome, Verdict, recorded_name
from app.enrolment.quality import Fault, Limits
from app.enrolment.recorder import RecordedSample, RecorderConfig, SampleRecorder
from app.enrolment.sentences import ENGLISH
from app.enrolment.speaker_check import LoadingSpeakerCheck, SpeakerCheck
from app.enrolment.take import TakeRule
from app.sealing.unlocking import home_of, is_sealed
from app.session import SessionOptions, make_source
from app.terminal.enrol_lines import describe, recording_line, waiting_line
from app.terminal.text import cut
from app.voiceprints.recordings import recorded_people
from app.voiceprints.store import VoiceprintStore
from utils import BadInput, HeardError, data_dir

COUNTDOWN_S = 3
PLAIN_LINE_EVERY_S = 2.0
"""Seconds of sound between two lines about a recording where lines cannot be redrawn."""


@dataclass(frozen=True)
class EnrolOptions:
    """The command line of ``record_samples.py``."""

    name: str
    samples: int = 3
    seconds: float = TakeRule.speech_s
    """Seconds of speech in each sample."""
    device: str | None = None
    file: Path | None = None
    """A file that plays the microphone: its consecutive stretches are the samples."""
    channel: int | None = None
    """The only one of its channels that is heard, from 1; None mixes them."""
    data: Path | None = None
    model: str = "embedded"
    language: str = ENGLISH
    """Of the sentences to read, such as "de"."""

    def check(self) -> None:
        """Raise BadInput for what is wrong before anything is opened."""
        recorded_name(data_dir(self.data), self.name)
        if not 1 <= self.samples <= 50:
            raise BadInput(f"--samples {self.samples}: between 1 and 50.")
        if not 2 <= self.seconds <= 60:
            raise BadInput(f"--seconds {self.seconds:g}: between 2 and 60 seconds of speech.")

    def source(self) -> AudioSource:
        """The file or the microphone. Raises BadInput for a file that cannot be read."""
        return make_source(SessionOptions(device=self.device, file=self.file, channel=self.channel))


CONSENT = "Ask people before you enrol them: a voice is biometric data. What is recorded stays on this computer."
"""Said before the first enrolment of all."""


def run_enrolment(options: EnrolOptions) -> int:
    """Record the samples. Returns 0 if at least one was kept.

    Raises BadInput or HeardError if none could be, and KeyboardInterrupt, after saying what is kept, for Ctrl-C.
    """
    options.check()
    data = data_dir(options.data)
    limits = Limits(speech_s=min(Limits.speech_s, 0.6 * options.seconds))
    source = options.file.name if options.file else ""
    guide = Guide(data, options.name, samples=options.samples, limits=limits, source=source, language=options.language)
    speaker_check = LoadingSpeakerCheck(lambda: SpeakerCheck.load(data, guide.name, guide.earlier, model=options.model))
    config = RecorderConfig(speech_s=options.seconds, longest_s=2 * options.seconds)
    recorder = SampleRecorder(options.source(), config, speaker_check.check)
    return EnrolTerminal(options, guide, recorder, speaker_check).run()


class NotTwice(HeardError):
    """The voice has a name already, and the user does not want another for it."""


class EnrolTerminal:
    """One session of recording. At a terminal the person starts each sample with Enter, elsewhere a countdown does."""

    def __init__(
        self, options: EnrolOptions, guide: Guide, recorder: SampleRecorder, speaker_check: LoadingSpeakerCheck
    ):
        self.options, self.guide, self.recorder, self.speaker_check = options, guide, recorder, speaker_check
        self.live = sys.stdout.isatty()
        self.asks = options.file is None and sys.stdin is not None and sys.stdin.isatty()
        self._may_be_enrolled_twice = False
        self._last_problem = ""

    def run(self) -> int:
        source = self.recorder.source
        if count_people(self.guide.data) == 0:
            self.note(CONSENT)
        try:
            source.start()
            try:
                self._record_all()
            finally:
                source.stop()
        except KeyboardInterrupt:
            self.guide.discard()
            self.note("Stopped. Nothing was kept.")
            raise
        except NotTwice:
            self.guide.discard()
            raise
        except (HeardError, OSError):
            self._keep()  # what went wrong is told; what was recorded before it is not lost
            if self.guide.kept:
                self.note(self._kept_text())
            raise
        self._keep()
        return self._end()

    def _record_all(self) -> None:
        guide = self.guide
        count = "1 sample" if len(guide.prompts) == 1 else f"{len(guide.prompts)} samples"
        self.note(f"Recording {guide.name}: {count} of {self.options.seconds:g} s of speech.")
        if guide.earlier:
            self.note(f"They are added to {len(guide.earlier)} from before.")
        if self.options.file is None:
            self._listen_first()
        self.speaker_check.start()
        while self.guide.prompt and not self.recorder.ended:
            self._one_sample()
        verdict = self.guide.give_up() if self.guide.prompt else None
        if verdict:
            self._show_verdict(verdict)

    def _keep(self) -> None:
        """The samples become the person's."""
        if self.guide.kept:
            with VoiceprintStore(self.guide.data) as store:
                self.guide.finish(store)

    # ------------------------------------------------------------ one sample

    def _one_sample(self) -> None:
        guide = self.guide
        self.note(f"\nSample {guide.number} of {len(guide.prompts)}")
        if self.options.file is None:
            self.note(f"  {guide.prompt.position.instruction}\n  Read this, or say anything else, in any language:")
            self.note(f'    "{guide.prompt.sentence}"')
            self.note(f"  Or just talk: {' '.join(guide.prompt.questions)}")
            self._wait_for_start()
        self._raise_if_check_failed()
        sample = self._record()
        if self.recorder.ended and not sample.quality.speech_s:  # the end of a file
            self._last_problem = self._last_problem or " ".join(problem.text for problem in guide.judge(sample))
            return
        self.note(f"  Heard {describe(sample.quality)}.")
        if self.asks and not self._may_be_enrolled_twice:
            sample = self._ask_if_enrolled(sample)
        verdict = self.guide.take(sample)
        if verdict.kept is not None:
            self.speaker_check.add(verdict.kept.sound.speech())
        self._show_verdict(verdict)
        self._raise_if_check_failed()

    def _record(self) -> RecordedSample:
        shown_s, message = 0.0, ""
        for snapshot in self.recorder.record():
            if snapshot.sample is not None:
                return snapshot.sample
            if self.live:
                self._redraw(recording_line(snapshot))
            elif snapshot.message != message or snapshot.quality.sound_s - shown_s >= PLAIN_LINE_EVERY_S:
                shown_s, message = snapshot.quality.sound_s, snapshot.message
                self.note(recording_line(snapshot))
        raise AssertionError("a recording ends with its sample")

    def _show_verdict(self, verdict: Verdict) -> None:
        reasons = " ".join(problem.text for problem in verdict.problems)
        self._last_problem = reasons or self._last_problem
        match verdict.outcome:
            case Outcome.KEPT:
                self.note(f"  Good: kept as {verdict.path.name}." + (f" But note: {reasons}" if reasons else ""))
            case Outcome.AGAIN:
                self.note(f"  Once more, please: {reasons}")
            case Outcome.BEST_KEPT:
                self.note(f"  The best of the tries is kept as {verdict.path.name}, although: {reasons}")
            case Outcome.LEFT_OUT:
                self.note(f"  This one is left out: {reasons}")

    def _ask_if_enrolled(self, sample: RecordedSample) -> RecordedSample:
        """The sample, judged anew if it turned out to be somebody else's."""
        enrolled = [problem for problem in self.guide.judge(sample) if problem.fault is Fault.ENROLLED]
        if not enrolled:
            return sample
        who, problem = enrolled[0].who, enrolled[0].text
        self.note(f"  But {problem}")
        answer = input(f"  Add it to {who} (a), or enrol it as {self.guide.name} all the same (y)? [a/y/N] ")
        match answer.strip().lower():
            case "a" | "add":
                self._go_on_for(who)
                return replace(sample, quality=replace(sample.quality, speaker_match=None))
            case "y" | "yes":
                self._may_be_enrolled_twice = True
            case _:
                raise NotTwice("not enrolled a second time. Nothing was kept.")
        return sample

    def _go_on_for(self, name: str) -> None:
        """What was recorded, and what comes, is this person's."""
        self.guide = self.guide.for_person(name)
        recordings = [*self.guide.earlier, *self.guide.kept]
        data, model = self.guide.data, self.options.model
        self.speaker_check = LoadingSpeakerCheck(lambda: SpeakerCheck.load(data, name, recordings, model=model))
        self.recorder.check = self.speaker_check.check
        self.speaker_check.start()
        self.note(f"  Going on as {name}.")

    # ------------------------------------------------------------ before a sample

    def _listen_first(self) -> None:
        """Show a level at once: the model, which takes seconds to load, must not be waited for."""
        snapshot = self.recorder.monitor()
        self.note(f"Listening to {self.recorder.source.status.device or self.recorder.source.name}. Ctrl-C stops.")
        self._redraw(waiting_line(snapshot, "")) if self.live else self.note(waiting_line(snapshot, ""))

    def _wait_for_start(self) -> None:
        if self.asks:
            while not enter_pressed():
                self._redraw(waiting_line(self.recorder.monitor(), "press Enter to start"))
                self._raise_if_check_failed()
            return
        self.note(f"  Starting in {COUNTDOWN_S} s.")
        start = time.monotonic() + COUNTDOWN_S
        while (left_s := start - time.monotonic()) > 0:
            snapshot = self.recorder.monitor()
            if self.live:
                self._redraw(waiting_line(snapshot, f"starting in {left_s:.0f}"))
        self.note("  Speak now.")

    def _raise_if_check_failed(self) -> None:
        """End the session, between samples, if the model or the voiceprints cannot be read."""
        if self.speaker_check.problem:
            raise self.speaker_check.problem

    # ------------------------------------------------------------ the end

    def _end(self) -> int:
        guide = self.guide
        if not guide.kept:
            if self.options.file is not None:
                raise BadInput(f"{self.options.file}: no sample could be made of it. {self._last_problem}".rstrip())
            raise HeardError(f"no sample could be used. {self._last_problem}".rstrip())
        where = f" --data {shlex.quote(str(self.options.data))}" if self.options.data else ""
        model = f" --model {shlex.quote(self.options.model)}" if self.options.model != "embedded" else ""
        self.note(f"\n{self._kept_text()}")
        self.note(f"Next: python build_voiceprint.py {shlex.quote(guide.name)}{model}{where}")
        if not is_sealed(home_of(guide.data)) and len(recorded_people(guide.data)) == 1:  # the first one
            self.note(f"Recordings can be encrypted on the disk: python -m app voices seal{where}")
        return 0

    def _kept_text(self) -> str:
        guide = self.guide
        if not guide.kept:
            return "Nothing was kept."
        count = f"{len(guide.kept)} of {len(guide.prompts)} samples ({guide.speech_s:.1f} s of speech)"
        return f"{count} of {guide.name} are kept in {guide.kept[0].parent}."

    # ------------------------------------------------------------ lines

    def note(self, text: str) -> None:
        """A line that stays."""
        print(f"\r\x1b[K{text}" if self.live else text, flush=True)

    def _redraw(self, text: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        print(f"\r\x1b[K{cut(text, width)}", end="", flush=True)


def enter_pressed() -> bool:
    """Whether Enter was pressed at the terminal, or its input closed; never waits."""
    if os.name == "nt":
        import msvcrt

        return msvcrt.kbhit() and msvcrt.getwch() in "\r\n"
    import select

    if select.select([sys.stdin], [], [], 0)[0]:
        sys.stdin.readline()
        return True
    return False
