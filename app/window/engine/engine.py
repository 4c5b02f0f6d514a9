"""The window's engine, in a thread of its own: it loads, listens and keeps one immutable picture of how things stand.

The window never waits for it and it never waits for the window: ``facts`` is replaced whole and read whenever a frame
is drawn, so the latest wins and nothing queues. The model is loaded here, in this thread, and nowhere before. No Qt.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from app.audio.recent import RecentSound
from app.audio.source import AudioSource
from app.demo import demo_people
from app.diarisation.timeline import Turn
from app.embedding.load import needs_torch
from app.session import Session, SessionOptions, live_compute, make_source
from app.voiceprints.store import VoiceprintStore
from app.window import strings
from app.window.engine.activity import Activity, Job, Stopped
from app.window.engine.fact_board import FactBoard
from app.window.engine.facts import Facts, Notice, Phase
from app.window.engine.levels import Levels
from app.window.engine.listening import Listening
from app.window.engine.overlaps import Overlaps
from app.window.engine.slow_imports import import_onnxruntime, import_torch, without_collections
from app.window.engine.spectrogram import MelColumns
from app.window.engine.stopwatch import Stopwatch
from utils import HeardError, data_dir, explain_os_error

if TYPE_CHECKING:
    from app.diarisation.recogniser import Recogniser
    from app.embedding.encoder import Encoder

log = logging.getLogger("heard")


class Engine:
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
        self.options = self.asked = options
        """As they hold now: the demo's, while it stands in for a microphone; and as they were asked for."""
        self.levels = Levels()
        self.recent = RecentSound()
        self.mel = MelColumns()
        self.overlaps = Overlaps()
        file = options.audio_file
        self.board = FactBoard(
            Facts(
                file=file.name if file and not options.demo else file and strings.DEMO_INPUT, fixed_people=options.demo
            )
        )
        self.session = Session(options)
        self.microphone_problem = microphone_problem
        self.stopwatch = stopwatch or Stopwatch()
        self._corrections: list[Turn] = []
        self._open_source = open_source
        self._stop = threading.Event()  # of what goes on
        self._orders: SimpleQueue[tuple[Activity, threading.Event] | None] = SimpleQueue()
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="engine", daemon=True)
        self._thread.start()

    @property
    def facts(self) -> Facts:
        return self.board.facts

    # ------------------------------------------------------------ the window's side

    def start(self, device: str | None = None, *, or_default: bool = False) -> None:
        """Listen to this microphone (part of a name; None is the default), or play the file from its beginning.

        ``or_default``: if there is none of that name, the default will do.
        """
        self._begin(Listening(self, device, or_default=or_default), Phase.LOADING)

    def stop(self) -> None:
        """Stop listening. The thread notices within half a second and frees the microphone."""
        self.board.end()
        self._stop.set()  # not source.stop(): that may wait for a device that is being opened
        self.levels.reset()

    def do(self, activity: Activity) -> None:
        """Stop listening and do this instead; ``stop`` ends it."""
        self._begin(activity)

    def ask(self, job: Job) -> None:
        """Do this as soon as there is a moment, listening or not. Its errors become a notice."""
        self._jobs.put(job)
        self._orders.put((_Nothing(), threading.Event()))  # wakes a thread that has nothing to do

    def use_model(self, model: str) -> None:
        """Take another model, a name or a path, from the next start on, with its own threshold."""

        def change(engine: Engine) -> None:
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

    def _begin(self, activity: Activity, phase: Phase | None = None) -> None:
        self.stop()
        self._stop = threading.Event()
        self.board.begin(activity, phase)
        self._orders.put((activity, self._stop))

    # ------------------------------------------------------------ the thread's side

    def _work(self) -> None:
        while (order := self._orders.get()) is not None:
            activity, stop = order
            self.do_jobs()
            self._guarded(lambda: activity.run(self, stop), activity.fail)  # noqa: B023  called at once

    def do_jobs(self) -> None:
        """Do what was asked for since the last time."""
        while True:
            try:
                job = self._jobs.get_nowait()
            except Empty:
                return
            self._guarded(lambda job=job: job(self), lambda error: self.notify(error, good=False))

    @staticmethod
    def _guarded(work: Callable[[], None], tell: Callable[[str], None]) -> None:
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

    # ------------------------------------------------------------ for jobs and activities

    def encoder(self, progress: Callable[[int, int], None] | None = None) -> Encoder:
        """The model, loaded if it is not yet. Raises what ``load_encoder`` and ``progress`` raise."""
        if self.session.encoder is None:
            with without_collections():
                options = self.session.options
                compute = live_compute(options)
                import_torch() if needs_torch(options.model, compute) else import_onnxruntime()
                from app.embedding.load import load_encoder

                self.session.encoder = load_encoder(options.model, compute=compute, progress=progress)
        return self.session.encoder

    def open_source(self, device: str | None) -> AudioSource:
        """This microphone, or the file that plays it. Raises BadInput if there is no such thing."""
        return self._open_source(replace(self.options, device=device))

    @property
    def recogniser(self) -> Recogniser | None:
        """What is listening; None while nothing is."""
        return self.session.recogniser

    def change_options(self, **changes: object) -> None:
        """Go on with other options."""
        self.asked = replace(self.asked, **changes)
        self.options = self.session.options = replace(self.options, **changes)

    def enrolled(self) -> tuple[str, ...]:
        """Everybody's name, whatever model knows them."""
        if self.options.demo:
            return tuple(demo_people())
        with VoiceprintStore(data_dir(self.options.data)) as store:
            return tuple(store.people())

    def people_changed(self) -> None:
        """Somebody was enrolled, renamed or deleted: know them from the next answer on."""
        if self.session.encoder is not None:
            gallery = self.session.load_gallery(self.session.encoder)
            if self.recogniser is not None:
                self.recogniser.gallery = gallery
        self.board.keep(people=self.enrolled(), stale=self.session.stale)

    def correct(self, turns: Sequence[Turn], label: str) -> None:
        """From now on these stretches of the past have this label."""
        self._corrections += [replace(turn, label=label) for turn in turns]
        self.gather()

    def rename_turns(self, old: str, new: str) -> None:
        """A person has another name: so have their past turns."""
        self.correct([turn for turn in self.facts.turns if turn.label == old], new)

    def forget(self) -> None:
        """Everything heard so far."""
        self.recent.clear()
        self.mel.clear()
        self.overlaps = Overlaps()
        self._corrections.clear()
        self.board.keep(turns=(), overlaps=(), clock_s=0.0)

    def notify(self, text: str, *, good: bool = True) -> None:
        """Tell the user, for a while."""
        self.board.keep(notice=Notice(text, good))

    def keep_rule(self) -> None:
        """Tell which rule holds now."""
        if self.session.encoder is not None:
            self.board.keep(rule=self.session.encoder.rule(self.options.threshold))

    def gather(self) -> None:
        """Tell who spoke when, with what the user said about it."""
        turns = corrected(self.session.turns(), self._corrections)
        self.board.keep(turns=turns, overlaps=self.overlaps.spans)


class _Nothing:
    def run(self, engine: Engine, stop: threading.Event) -> None:
        """Only the jobs before it."""

    def fail(self, error: str) -> None:
        """It cannot."""


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
