"""The engine in a thread of its own: loads, listens and keeps one immutable picture of how things stand.

The window never waits for it and it never waits for the window: ``facts`` is replaced whole and read whenever a frame
is drawn, so the latest wins and nothing queues. PyTorch is imported here, in this thread, and nowhere before. No Qt.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Protocol

import numpy as np

from app.audio.recent import RecentSound
from app.audio.source import AudioSource, SourceState, SourceStatus
from app.recognition.identification import Identification
from app.recognition.model_files import needs_torch
from app.recognition.timeline import Turn
from app.recognition.voiceprints import VoiceprintStore
from app.session import Session, SessionOptions, demo_people, live_compute, make_source
from app.window import strings
from app.window.facts import Facts, Notice, Phase
from app.window.levels import Levels
from app.window.mel import MelColumns
from app.window.slow_imports import import_onnxruntime, import_torch, without_collections
from app.window.tapped_source import TappedSource
from app.window.timing import Stopwatch
from utils import BadInput, HeardError, data_dir, explain_os_error

if TYPE_CHECKING:
    from app.recognition.encoder import Encoder
    from app.recognition.live import Recogniser

RETRY_S = 1.0
"""How often a microphone that could not be had is tried again."""
NEWS_S = 5.0
"""How long a passing event (sound skipped, microphone back) stays on the screen."""
TURNS_EVERY_S = 0.5
"""How often the turns are gathered anew: it takes longer, the longer one has listened."""

log = logging.getLogger("heard")


class Stopped(Exception):
    """Ends something long that nobody waits for any more."""


class Activity(Protocol):
    """Something else than listening that needs the engine's thread: a file, an enrolment, voiceprints made anew."""

    def run(self, engine: Listener, stop: threading.Event) -> None:
        """In the engine's thread; comes to an end soon after ``stop`` is set. May raise HeardError or OSError."""

    def fail(self, error: str) -> None:
        """It ended in an error: one line."""


@dataclass
class _Run:
    """One press of Start, or one activity."""

    device: str | None = None
    or_default: bool = False
    activity: Activity | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    source: AudioSource | None = None
    lost: bool = False
    resumed_s: float = -NEWS_S
    skipped: list[tuple[float, float]] = field(default_factory=list)
    turns_s: float = -TURNS_EVERY_S
    """When the turns were gathered last."""


Job = Callable[["Listener"], None]
"""Something quick for the engine's thread, done between two blocks of sound or while nothing else runs."""


class Listener:
    """``start``, ``stop``, ``do``, ``ask`` and ``close`` return at once and belong to one thread; ``facts``,
    ``levels``, ``recent`` and ``mel`` may be read from any. The rest is for what runs in the engine's thread.

    ``microphone_problem`` says at each start why there is no microphone, or nothing: the demo is played instead then.
    """

    def __init__(
        self,
        options: SessionOptions,
        *,
        open_source: Callable[[SessionOptions], AudioSource] = make_source,
        microphone_problem: Callable[[], str] = lambda: "",
        stopwatch: Stopwatch | None = None,
    ):
        self.options = self._asked = options
        self.levels = Levels()
        self.recent = RecentSound()
        self.mel = MelColumns()
        file = options.audio_file
        self.facts = self._idle = Facts(
            file=file.name if file and not options.demo else file and strings.DEMO_INPUT, fixed_people=options.demo
        )
        self.session = Session(options)
        self._corrections: list[Turn] = []
        self._clock_s = 0.0  # where the present run begins
        self._open_source = open_source
        self._microphone_problem = microphone_problem
        self._stopwatch = stopwatch or Stopwatch()
        self._run: _Run | None = None
        self._lock = threading.Lock()  # of _run and facts; held for the time of an assignment
        self._orders: SimpleQueue[_Run | Job | None] = SimpleQueue()
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="listener", daemon=True)
        self._thread.start()

    # ------------------------------------------------------------ the window's side

    def start(self, device: str | None = None, *, or_default: bool = False) -> None:
        """Listen to this microphone (part of a name; None is the default), or play the file from its beginning.

        ``or_default``: if there is none of that name, the default will do.
        """
        self.stop()
        run = _Run(device, or_default=or_default)
        with self._lock:
            self._run = run
            self.facts = replace(self._idle, phase=Phase.LOADING)
        self._orders.put(run)

    def stop(self) -> None:
        """Stop listening. The thread notices within half a second and frees the microphone."""
        with self._lock:
            run, self._run = self._run, None
            self.facts = replace(self._idle, phase=Phase.STOPPED)
        if run is not None:
            run.stop.set()  # not source.stop(): that may wait for a device that is being opened
        self.levels.reset()

    def do(self, activity: Activity) -> None:
        """Stop listening and do this instead; ``stop`` ends it."""
        self.stop()
        run = _Run(activity=activity)
        with self._lock:
            self._run = run
        self._orders.put(run)

    def ask(self, job: Job) -> None:
        """Do this as soon as there is a moment, listening or not. Its errors become a notice."""
        self._jobs.put(job)
        self._orders.put(self._no_job)  # wakes a thread that has nothing to do

    def use_model(self, model: str) -> None:
        """Take another model, a name or a path, from the next start on."""

        def change(engine: Listener) -> None:
            if model != engine.session.options.model:
                engine.change_options(model=model, threshold=None)
                engine.session.encoder = None

        self.stop()
        self.ask(change)

    def close(self) -> None:
        """Stop for good; ``join`` tells when the thread is gone."""
        self.stop()
        self._orders.put(None)

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread after ``close``. Whether it has ended: loading a model cannot be cut short."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    # ------------------------------------------------------------ the thread's side

    def _work(self) -> None:
        while (order := self._orders.get()) is not None:
            self.do_jobs()
            if isinstance(order, _Run):
                tell = order.activity.fail if order.activity else lambda error, run=order: self._failed(run, error)
                self._guarded(lambda run=order: self._obey(run), tell)

    def _obey(self, run: _Run) -> None:
        if run.activity is None:
            self._listen(run)
        else:
            run.activity.run(self, run.stop)

    def do_jobs(self) -> None:
        """Do what was asked for since the last time."""
        while True:
            try:
                job = self._jobs.get_nowait()
            except Empty:
                return
            self._guarded(lambda job=job: job(self), lambda error: self.notify(error, good=False))

    def _guarded(self, work: Callable[[], None], tell: Callable[[str], None]) -> None:
        """Do it, and tell in one line what went wrong: the thread lives on."""
        try:
            work()
        except Stopped:
            pass
        except HeardError as error:
            tell(str(error))
        except OSError as error:
            tell(explain_os_error(error))
        except Exception as error:  # a mistake of the program: the window stays, and says so
            log.exception("the engine stopped")
            tell(strings.SOMETHING_WRONG.format(error=f"{type(error).__name__}: {error}"))

    def _failed(self, run: _Run, error: str) -> None:
        self._tell(run, phase=Phase.FAILED, error=error)

    @staticmethod
    def _no_job(engine: Listener) -> None:
        """Nothing."""

    def _stand_in(self, run: _Run) -> None:
        """Without any microphone, go on as if the demo had been asked for, until the next start at least."""
        asked = self._asked
        if asked.audio_file or asked.device or run.device:
            wanted = asked
        else:
            wanted = replace(asked, demo=True, realtime=True) if self._microphone_problem() else asked
        if wanted != self.options:
            self.options, self.session = wanted, Session(wanted, self.session.encoder)
            self.forget()
        if wanted is not asked:
            self._tell(run, file=strings.DEMO_STANDS_IN, fixed_people=True)
        elif not asked.audio_file:
            self._tell(run, file=None, fixed_people=False)

    def _listen(self, run: _Run) -> None:
        self._stand_in(run)
        self._load(run)
        while not run.stop.is_set():
            self._tell(run, phase=Phase.LISTENING, error="", source=None, said=None)
            try:
                self._hear(run)
                ended = Phase.ENDED if self.options.audio_file else Phase.STOPPED
                self._tell(run, phase=ended, said=None)
                return
            except HeardError as error:
                if self.options.audio_file:
                    raise
                if isinstance(error, BadInput) and run.or_default and run.device:
                    self.notify(strings.DEVICE_ABSENT.format(device=run.device), good=False)
                    run.device = None
                    continue
                self._tell(run, phase=Phase.NO_INPUT, error=str(error), said=None)
                run.stop.wait(RETRY_S)

    def _load(self, run: _Run) -> None:
        """The model, once; the people, at each start: somebody may have been enrolled in between."""
        if run.stop.is_set():
            return
        self._tell(run, people=enrolled(self.options))  # before the model, which takes seconds

        def progress(done: int, total: int) -> None:
            if run.stop.is_set():
                raise Stopped
            self._tell(run, download=(done, total))

        first = self.session.encoder is None
        with without_collections() if first else contextlib.nullcontext():
            self.encoder(progress)
            recogniser = self.session.open()
        self._tell(
            run,
            download=None,
            model=recogniser.encoder.model_id,
            people=enrolled(self.options),
            stale=self.session.stale,
            rule=recogniser.rule,
        )

    def encoder(self, progress: Callable[[int, int], None] | None = None) -> Encoder:
        """The model, loaded if it is not yet. Raises what ``Encoder.load`` and ``progress`` raise."""
        if self.session.encoder is None:
            with without_collections():
                import app.recognition.speech  # noqa: F401  before torch: see there

                options = self.session.options
                compute = live_compute(options)
                import_torch() if needs_torch(options.model, compute) else import_onnxruntime()
                from app.recognition.encoder import Encoder

                self.session.encoder = Encoder.load(options.model, compute=compute, progress=progress)
        return self.session.encoder

    def _hear(self, run: _Run) -> None:
        run.source = TappedSource(self.open_source(run.device), self._on_sound, self.do_jobs)
        self._clock_s = self.facts.clock_s
        try:
            for said in self.session.run(
                stop=run.stop, on_status=lambda status: self._on_status(run, status), source=run.source
            ):
                self._on_said(run, said)
        finally:
            run.source = None
            self.levels.reset()
            self._gather()

    def _on_sound(self, samples: np.ndarray, start_s: float) -> None:
        self.levels.hear(samples, time.monotonic())
        self.recent.add(samples, self._clock_s + start_s)
        self.mel.add(samples, self._clock_s + start_s)

    def _on_status(self, run: _Run, status: SourceStatus) -> None:
        if status.state is SourceState.LOST:
            run.lost = True
            self.levels.reset()
        elif status.state is SourceState.RUNNING:
            self._stopwatch.mark("listening")
            if run.lost:
                run.lost, run.resumed_s = False, time.monotonic()
        changes = {"said": None} if status.state is not SourceState.RUNNING else {}
        self._tell(run, source=status, **changes)

    def _on_said(self, run: _Run, said: Identification) -> None:
        now_s = time.monotonic()
        if said.dropped_s > 0:
            run.skipped.append((now_s, said.dropped_s))
        run.skipped = [(when_s, lost_s) for when_s, lost_s in run.skipped if now_s - when_s < NEWS_S]
        self.levels.judge(said, self.session.recogniser.config.hop_s)
        if said.label is not None:
            self._stopwatch.mark("first label")
        changes: dict[str, object] = {"clock_s": said.time_s}
        if now_s - run.turns_s >= TURNS_EVERY_S:
            run.turns_s, changes["turns"] = now_s, self._turns()
        self._keep(**changes)
        self._tell(
            run,
            said=said,
            source=run.source.status if run.source else None,
            last_speaker=said.speaker or self.facts.last_speaker,
            skipped_s=sum(lost_s for _, lost_s in run.skipped),
            resumed=now_s - run.resumed_s < NEWS_S,
        )

    def _tell(self, run: _Run, **changes: object) -> None:
        """Change the facts, unless the user has stopped or restarted since: then this run has nothing to say."""
        with self._lock:
            if run is self._run:
                self.facts = replace(self.facts, **changes)
                self._idle = replace(
                    self._idle,
                    people=self.facts.people,
                    stale=self.facts.stale,
                    model=self.facts.model,
                    rule=self.facts.rule,
                )

    # ------------------------------------------------------------ for jobs and activities

    def open_source(self, device: str | None) -> AudioSource:
        """This microphone, or the file that plays it. Raises BadInput if there is no such thing."""
        return self._open_source(replace(self.options, device=device))

    @property
    def recogniser(self) -> Recogniser | None:
        """What is listening; None while nothing is."""
        return self.session.recogniser

    def change_options(self, **changes: object) -> None:
        """Go on with other options."""
        self._asked = replace(self._asked, **changes)
        self.options = self.session.options = replace(self.options, **changes)

    def correct(self, turns: Sequence[Turn], label: str) -> None:
        """From now on these stretches of the past have this label."""
        self._corrections += [replace(turn, label=label) for turn in turns]
        self._gather()

    def people_changed(self) -> None:
        """Somebody was enrolled, renamed or deleted: know them from the next answer on."""
        if self.session.encoder is not None:
            gallery = self.session.load_gallery(self.session.encoder)
            if self.recogniser is not None:
                self.recogniser.gallery = gallery
        self._keep(people=enrolled(self.options), stale=self.session.stale)

    def rename_turns(self, old: str, new: str) -> None:
        """A person has another name: so have their past turns."""
        self.correct([turn for turn in self.facts.turns if turn.label == old], new)

    def forget(self) -> None:
        """Everything heard so far."""
        self.recent.clear()
        self.mel.clear()
        self._corrections.clear()
        self._clock_s = 0.0
        self._keep(turns=(), clock_s=0.0)

    def notify(self, text: str, *, good: bool = True) -> None:
        """Tell the user, for a while."""
        self._keep(notice=Notice(text, good))

    def keep_rule(self) -> None:
        """Tell which rule holds now."""
        if self.session.encoder is not None:
            self._keep(rule=self.session.encoder.rule(self.options.threshold))

    def _gather(self) -> None:
        self._keep(turns=self._turns())

    def _turns(self) -> tuple[Turn, ...]:
        """Who spoke when, with what the user said about it."""
        return corrected(self.session.turns(), self._corrections)

    def _keep(self, **changes: object) -> None:
        """Change what stays true whether one listens or not."""
        with self._lock:
            self.facts = replace(self.facts, **changes)
            self._idle = replace(self._idle, **changes)


def corrected(turns: list[Turn], corrections: list[Turn]) -> tuple[Turn, ...]:
    """The turns, with the label of the newest correction in which their middle lies."""
    if not corrections:
        return tuple(turns)
    out = []
    for turn in turns:
        middle = (turn.start_s + turn.end_s) / 2
        found = next((c for c in reversed(corrections) if c.start_s <= middle <= c.end_s), None)
        out.append(replace(turn, label=found.label) if found else turn)
    return tuple(out)


def enrolled(options: SessionOptions) -> tuple[str, ...]:
    """Everybody's name, whatever model knows them."""
    if options.demo:
        return tuple(demo_people())
    with VoiceprintStore(data_dir(options.data)) as store:
        return tuple(store.people())
