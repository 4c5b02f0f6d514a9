"""The engine in a thread of its own: loads, listens and keeps one immutable picture of how things stand.

The window never waits for it and it never waits for the window: ``facts`` is replaced whole and read whenever a frame
is drawn, so the latest wins and nothing queues. PyTorch is imported here, in this thread, and nowhere before. No Qt.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from typing import TYPE_CHECKING

from app.audio.source import AudioSource, SourceState, SourceStatus
from app.recognition.identification import Identification
from app.recognition.model_files import needs_torch
from app.recognition.voiceprints import VoiceprintStore
from app.session import Session, SessionOptions, demo_people, make_source
from app.window import strings
from app.window.facts import Facts, Phase
from app.window.levels import Levels, TappedSource
from app.window.timing import Stopwatch
from app.window.torch_import import import_torch, without_collections
from utils import HeardError, data_dir, explain_os_error

if TYPE_CHECKING:
    from app.recognition.live import Recogniser

RETRY_S = 1.0
"""How often a microphone that could not be had is tried again."""
NEWS_S = 5.0
"""How long a passing event (sound skipped, microphone back) stays on the screen."""

log = logging.getLogger("heard")


class _Stopped(Exception):
    """Ends a download that nobody waits for any more."""


@dataclass
class _Run:
    """One press of Start."""

    device: str | None
    stop: threading.Event = field(default_factory=threading.Event)
    source: AudioSource | None = None
    lost: bool = False
    resumed_s: float = -NEWS_S
    skipped: list[tuple[float, float]] = field(default_factory=list)


class Listener:
    """``start``, ``stop`` and ``close`` return at once and belong to one thread; ``facts`` may be read from any.

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
        file = options.audio_file
        self.facts = self._idle = Facts(file=file.name if file and not options.demo else file and strings.DEMO_INPUT)
        self._session = Session(options)
        self._open_source = open_source
        self._microphone_problem = microphone_problem
        self._stopwatch = stopwatch or Stopwatch()
        self._run: _Run | None = None
        self._lock = threading.Lock()  # of _run and facts; held for the time of an assignment
        self._orders: SimpleQueue[_Run | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="listener", daemon=True)
        self._thread.start()

    # ------------------------------------------------------------ the window's side

    def start(self, device: str | None = None) -> None:
        """Listen to this microphone (part of a name; None is the default), or play the file from its beginning."""
        self.stop()
        run = _Run(device)
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
        while (run := self._orders.get()) is not None:
            try:
                self._listen(run)
            except _Stopped:
                pass
            except HeardError as error:
                self._tell(run, phase=Phase.FAILED, error=str(error))
            except OSError as error:
                self._tell(run, phase=Phase.FAILED, error=explain_os_error(error))
            except Exception as error:  # a mistake of the program: the window stays, and says so
                log.exception("the engine stopped")
                name = f"{type(error).__name__}: {error}"
                self._tell(run, phase=Phase.FAILED, error=strings.SOMETHING_WRONG.format(error=name))

    def _stand_in(self, run: _Run) -> None:
        """Without any microphone, go on as if the demo had been asked for, until the next start at least."""
        asked = self._asked
        if asked.audio_file or asked.device or run.device:
            wanted = asked
        else:
            wanted = replace(asked, demo=True, realtime=True) if self._microphone_problem() else asked
        if wanted != self.options:
            self.options, self._session = wanted, Session(wanted, self._session.encoder)
        if wanted is not asked:
            self._tell(run, file=strings.DEMO_STANDS_IN)
        elif not asked.audio_file:
            self._tell(run, file=None)

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
                self._tell(run, phase=Phase.NO_INPUT, error=str(error), said=None)
                run.stop.wait(RETRY_S)

    def _load(self, run: _Run) -> None:
        """The model, once; the people, at each start: somebody may have been enrolled in between."""
        if run.stop.is_set():
            return
        self._tell(run, people=enrolled(self.options))  # before the model, which takes seconds
        recogniser = self._session.open() if self._session.encoder else self._open_first(run)
        self._tell(
            run,
            download=None,
            model=recogniser.encoder.model_id,
            people=enrolled(self.options),
            stale=self._session.stale,
            rule=recogniser.rule,
        )

    def _open_first(self, run: _Run) -> Recogniser:
        def progress(done: int, total: int) -> None:
            if run.stop.is_set():
                raise _Stopped
            self._tell(run, download=(done, total))

        with without_collections():
            import app.recognition.speech  # noqa: F401  before torch: see there

            if needs_torch(self.options.model):
                import_torch()
            return self._session.open(progress)

    def _hear(self, run: _Run) -> None:
        options = replace(self.options, device=run.device)
        run.source = TappedSource(self._open_source(options), self.levels)
        try:
            for said in self._session.run(
                stop=run.stop, on_status=lambda status: self._on_status(run, status), source=run.source
            ):
                self._on_said(run, said)
        finally:
            run.source = None

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
        self.levels.judge(said, self._session.recogniser.config.hop_s)
        if said.label is not None:
            self._stopwatch.mark("first label")
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


def enrolled(options: SessionOptions) -> tuple[str, ...]:
    """Everybody's name, whatever model knows them."""
    if options.demo:
        return tuple(demo_people())
    with VoiceprintStore(data_dir(options.data)) as store:
        return tuple(store.people())
