"""The window's engine: a thread that loads the model, listens, and keeps one immutable picture of how things stand.

The window never waits for it and it never waits for the window: ``facts`` is replaced whole and read whenever a frame
is drawn, so the latest wins and nothing queues. The model is loaded in the thread, and nowhere before.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from app.audio.source import AudioSource
from app.engine_thread import EngineThread
from app.session import SessionOptions, make_source
from app.window import strings
from app.window.engine.activity import Activity, Answer, Job, Stopped
from app.window.engine.context import EngineContext
from app.window.engine.facts import Facts, Phase
from app.window.engine.listening import Listening
from app.window.engine.live_sound import LiveSound
from app.window.engine.stopwatch import Stopwatch
from utils import HeardError, explain_os_error

T = TypeVar("T")
log = logging.getLogger("heard")


class Engine:
    """Its methods return at once and belong to one thread, the window's; ``facts`` and ``sound`` may be read from any.

    ``context`` is what the engine's own thread works with. ``microphone_problem`` says at each start why there is no
    microphone, or nothing: the demo is played instead then.
    """

    def __init__(
        self,
        options: SessionOptions,
        *,
        open_source: Callable[[SessionOptions], AudioSource] = make_source,
        microphone_problem: Callable[[], str] = lambda: "",
        stopwatch: Stopwatch | None = None,
    ):
        self._thread = EngineThread(lambda error: self._report(error, self._warn), name="engine")
        self.context = EngineContext(
            options,
            open_source=open_source,
            microphone_problem=microphone_problem,
            stopwatch=stopwatch or Stopwatch(),
            obey_orders=self._thread.obey,
        )
        self._thread.start()

    @property
    def facts(self) -> Facts:
        return self.context.facts

    @property
    def options(self) -> SessionOptions:
        """The options that hold now."""
        return self.context.options

    @property
    def sound(self) -> LiveSound:
        """The live sound's level, its spectrogram and its last ten minutes."""
        return self.context.sound

    @property
    def file_id(self) -> str:
        """What the live session is called in a file that it is saved to."""
        return self.context.session.file_id

    def start(self, device: str | None = None, channel: int | None = None, *, or_default: bool = False) -> None:
        """Listen to this microphone (part of a name; None is the default), or play the file from its beginning.

        ``channel``: the only one of it that is heard, from 1; None mixes all. ``or_default``: if there is none of that
        name, the default will do, and if it has no such channel, all of them.
        """
        self.begin(Listening(device, channel, or_default=or_default), Phase.LOADING)

    def begin(self, activity: Activity, phase: Phase | None = None) -> None:
        """Stop what runs and do this instead; ``stop`` ends it. ``phase`` is shown at once."""
        self.stop()
        self.context.board.begin(activity, phase)
        self._thread.begin(
            lambda stop: activity.run(self.context, stop), lambda error: self._report(error, activity.fail)
        )

    def stop(self) -> None:
        """Stop what runs. The thread notices within half a second and frees the microphone."""
        self.context.board.end()
        self._thread.stop()  # not source.stop(): that may wait for a device that is being opened
        self.sound.levels.reset()

    def submit(self, job: Job) -> None:
        """Have a job done as soon as there is a moment, listening or not. Its errors become a notice."""
        self._thread.submit(lambda: job(self.context))

    def ask(self, question: Callable[[EngineContext], T]) -> Answer[T]:
        """Have something worked out, or done, as soon as there is a moment. Errors become a notice, too."""
        answer: Answer[T] = Answer()

        def fail(line: str) -> None:
            answer.error = line

        def work_out(context: EngineContext) -> None:
            try:
                answer.value = question(context)
            except Exception as error:
                self._report(error, fail)
                self._warn(answer.error)
            finally:
                answer.over = True

        self.submit(work_out)
        return answer

    def notify(self, text: str, *, good: bool = True) -> None:
        """Show the user a line, for a while."""
        self.context.notify(text, good=good)

    def use_model(self, model: str) -> None:
        """Stop, and take another model, a name or a path, from the next start on, with its own threshold."""
        self.stop()
        self.submit(lambda context: context.use_model(model))

    def set_threshold(self, threshold: float | None) -> None:
        """Set the cosine that a name needs, from now on; None is the model's own."""
        self.submit(lambda context: context.set_threshold(threshold))

    def own_threshold(self) -> float | None:
        """The model's own threshold; None while no model is loaded."""
        return self.context.own_threshold()

    def close(self) -> None:
        """Stop for good; ``join`` says when the thread is gone."""
        self.stop()
        self.submit(lambda context: context.close())
        self._thread.close()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread after ``close``. Whether it has ended: loading a model cannot be cut short."""
        return self._thread.join(timeout_s)

    def _warn(self, line: str) -> None:
        self.notify(line, good=False)

    @staticmethod
    def _report(error: Exception, report: Callable[[str], None]) -> None:
        """What went wrong, in one line: the thread lives on."""
        match error:
            case Stopped():
                pass
            case HeardError():
                report(str(error))
            case OSError():
                report(explain_os_error(error))
            case _:  # a mistake of the program: the window stays, and says so
                log.error("the engine stopped", exc_info=error)
                report(strings.SOMETHING_WRONG.format(error=f"{type(error).__name__}: {error}"))
