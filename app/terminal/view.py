"""The terminal view: a line for each turn, and below it, on a real terminal, a live line with the level."""

from __future__ import annotations

import shutil
import signal
import sys

from app.audio.reading.opening import is_pipe
from app.audio.reading.reader import audio_length
from app.audio.source import SourceStatus
from app.demo import demo_agreement
from app.diarisation.timeline import talk_time
from app.names import shown_name
from app.outputs import STANDARD
from app.scoring.certainty import Certainty, marked
from app.scoring.condition import LESS_SURE
from app.scoring.identification import Identification
from app.session import Session, SessionOptions
from app.terminal.text import bar, clock, columns, cut, meter, pad, time_left
from app.time_left import TimeLeft
from utils import HeardError

WORTH_ASKING_S = 4.0
"""Speech of an unknown voice from which the user is asked about it at the end."""
SKIPPED_EVERY_S = 10.0
"""How often a machine that is always too slow says so, in seconds of sound."""


def run_terminal(options: SessionOptions) -> int:
    """Identify until the source ends or Ctrl-C, printing who speaks. Returns the exit code."""
    session = Session(options)
    verb = "Analysing" if options.audio_file and not options.realtime else "Listening to"
    quiet = str(options.jsonl) == STANDARD or options.exports.to_stdout
    quiet = quiet or (options.events is not None and options.events.to_stdout)
    view = TerminalView(quiet=quiet, verb=verb)
    session.say = view.note
    view.note("Loading the model ...")
    recogniser = session.open(view.progress)
    people = recogniser.gallery.people
    if options.audio_file and not options.realtime and not is_pipe(options.audio_file):
        view.length_s = audio_length(options.audio_file).seconds
    interrupt = Interrupt()
    if session.notice:
        view.note(session.notice)
    if people:
        view.note(f"Enrolled: {', '.join(map(shown_name, people))}.")

    def end() -> None:
        interrupt.gently = False
        ask_names(session, view)

    try:
        interrupt.gently = True
        for answer in session.run(stop=interrupt, on_status=view.status, on_end=end):
            view.show(answer)
    except KeyboardInterrupt:
        pass
    finally:
        interrupt.gently = False
    view.finish()
    for notice in session.sound_notices:
        view.note(notice)
    view.summary(session)
    return 0


def ask_names(session: Session, view: TerminalView) -> None:
    """Before a live session forgets its unknown voices: ask who they were. Only on a terminal with somebody at it."""
    voices = [voice for voice in session.unknowns() if voice.kept_s >= WORTH_ASKING_S]
    live = session.options.audio_file is None or session.options.realtime
    if not (voices and live and view.live and sys.stdin is not None and sys.stdin.isatty()) or session.options.demo:
        return
    view.finish()
    view.note("\nVoices without a name are forgotten now, unless you say who they were (Enter: nobody you know).")
    for voice in voices:
        try:
            name = input(f"  {voice.label} spoke for {voice.speech_s:.0f} s: who was it? ").strip()
            if name:
                seconds = session.enrol_unknown(voice.label, name)
                view.note(f"  {name} is enrolled with {seconds:.0f} s of speech.")
        except (EOFError, KeyboardInterrupt):
            return
        except HeardError as error:
            view.note(f"  {error}")


class Interrupt:
    """Ctrl-C, and the signal that ends programs: a background job's Ctrl-C may be ignored, that is not.

    While ``gently`` the first is only noted, for ``Session.run`` to see between two blocks: raised anywhere, it could
    leave a lock taken that is needed to stop. Else, and the second time, it raises KeyboardInterrupt.
    """

    def __init__(self) -> None:
        self.gently = self._asked = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._take)

    def is_set(self) -> bool:
        return self._asked

    def _take(self, *_: object) -> None:
        if not self.gently or self._asked:
            raise KeyboardInterrupt
        self._asked = True


class TerminalView:
    """Prints to stdout; with ``quiet`` (stdout carries JSON or an export) to stderr."""

    def __init__(self, *, quiet: bool = False, verb: str = "Listening to"):
        self.verb = verb
        self.out = sys.stderr if quiet else sys.stdout
        self.live = self.out.isatty()
        self.length_s: float | None = None
        """Of a file that is analysed, as far as it says so."""
        self._left = TimeLeft()
        self._shown: dict[int | None, object] = {}  # channel -> label
        self._certain: dict[int | None, bool] = {}  # channel -> whether a line has said that the label is
        self._listening = ""
        self._noticed: set[str] = set()  # what was said of the channels
        self._hints: dict[int | None, str] = {}  # channel -> what was said last of how it is heard
        self._skipped_s = self._reported_s = 0.0  # in all; of that, what a line has said
        self._reported_at_s = -SKIPPED_EVERY_S

    def note(self, text: str) -> None:
        self._clear()
        print(text, file=self.out, flush=True)

    def progress(self, done: int, total: int) -> None:
        """Show how far a model's download is, in bytes."""
        if self.live:
            self._redraw(f"downloading the model: {done / 1e6:.0f} of {total / 1e6:.0f} MB")

    def status(self, status: SourceStatus) -> None:
        if status.message:
            self._shown.clear()  # who spoke last does so no more
            self.note(status.message)
        elif status.device and status.device != self._listening:
            self._listening = status.device
            self.note(f"{self.verb} {status.device}. Ctrl-C stops.")
        if status.notice and status.notice not in self._noticed:
            self._noticed.add(status.notice)
            self.note(f"{status.device}: {status.notice}.")

    def show(self, answer: Identification) -> None:
        """A new line when the label changes, and when a name that was likely is certain; the live line always."""
        self._skipped_s += answer.dropped_s
        if self._skipped_s > self._reported_s and answer.time_s - self._reported_at_s >= SKIPPED_EVERY_S:
            self.note(
                f"{clock(answer.time_s)}  this machine is too slow: {self._skipped_s - self._reported_s:.1f} s skipped"
            )
            self._reported_s, self._reported_at_s = self._skipped_s, answer.time_s
        surer = answer.certainty is Certainty.CERTAIN and not self._certain.get(answer.channel)
        if answer.label != self._shown.get(answer.channel) or surer:
            self._shown[answer.channel] = answer.label
            self._certain[answer.channel] = answer.certainty is Certainty.CERTAIN
            if answer.label is not None:
                self.note(f"{clock(answer.time_s)}  {where(answer)}{describe(answer)}")
        hint = answer.condition.hint if answer.condition else ""
        if answer.condition and hint != self._hints.get(answer.channel, ""):
            self._hints[answer.channel] = hint
            if hint:  # once, not for every turn of a call
                self.note(f"{clock(answer.time_s)}  {where(answer)}{hint}")
        if self.live and (answer.label or not any(self._shown.values())):  # of several channels one that speaks
            others = "  and another voice" if answer.overlap else ""
            said = f"{where(answer)}{describe(answer)}" if answer.label else "-"
            said += f" {LESS_SURE}" * bool(hint and answer.label)  # a line above says why
            self._redraw(f"{self._analysed(answer.time_s) or meter(answer.level_db)}  {said}{others}")

    def _analysed(self, time_s: float) -> str:
        """How far a file is analysed; empty while one listens, or it is not known."""
        if not self.length_s or time_s > self.length_s:
            return ""
        share = time_s / self.length_s
        left_s = self._left.at(share)
        return f"{bar(share)} {share:4.0%}" + ("" if left_s is None else f", {time_left(left_s)} left")

    def finish(self) -> None:
        self._clear()

    def summary(self, session: Session) -> None:
        """Talk time by name, what was saved; for the demo also how much of it was right."""
        turns = session.turns()
        spoken = talk_time(turns)
        total = sum(spoken.values())
        if total:
            count = "1 turn" if len(turns) == 1 else f"{len(turns)} turns"
            self.note(f"\n{count}, {total:.1f} s of speech:")
            width = max(map(columns, spoken))
            for label, seconds in spoken.items():
                self.note(f"  {pad(label, width)}  {seconds:6.1f} s  {seconds / total:4.0%}")
        else:
            self.note("No speech was heard.")
        if self._skipped_s:
            self.note(f"{self._skipped_s:.1f} s of sound were skipped: this machine is too slow.")
        for path in session.options.exports.paths:
            if str(path) != STANDARD:
                self.note(f"Saved: {path}")
        if session.options.demo:
            result = demo_agreement(session.turns())
            self.note(
                f"\nRight for {result['right']:.1%} of the {result['speech_s']:.1f} s of speech"
                f" (wrong label {result['wrong_s']:.1f} s, no label {result['missed_s']:.1f} s)."
            )

    def _redraw(self, text: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        print(f"\r\x1b[K{cut(text, width)}", end="", file=self.out, flush=True)

    def _clear(self) -> None:
        if self.live:
            print("\r\x1b[K", end="", file=self.out)


def where(answer: Identification) -> str:
    """The side or the channel of an answer, where there are several: at the beginning of a line."""
    if answer.channel is None:
        return ""
    return pad(answer.side or f"channel {answer.channel}", 11)


def describe(answer: Identification) -> str:
    """One label with how sure it is, or why there is none."""
    if answer.speaker is None:
        return f"{answer.label}  ({answer.reason})" if answer.reason else str(answer.label)
    gender = f"  {answer.gender}" if answer.gender else ""
    return f"{pad(marked(answer.label, answer.certainty), 12)}  {answer.certainty:<7}{gender}".rstrip()
