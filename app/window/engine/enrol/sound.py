"""What an enrolment hears: a microphone that may be changed on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from app.audio.source import AudioSource
from app.enrolment.quality import SpeakerMatch
from app.enrolment.recorder import RecorderConfig, SampleRecorder
from app.window.engine.context import EngineContext
from utils import HeardError


@dataclass(frozen=True)
class Microphone:
    """Part of a device's name, None for the default, and the only channel of it that is heard, None for all."""

    device: str | None = None
    channel: int | None = None


@dataclass
class EnrolSound:
    """The engine's thread owns it. ``check``: see ``SampleRecorder``."""

    context: EngineContext
    microphone: Microphone
    check: Callable[[np.ndarray, bool], SpeakerMatch | None]
    source: AudioSource = field(init=False)
    recorder: SampleRecorder = field(init=False)

    def open(self) -> None:
        """Begin to hear it. Raises BadInput or HeardError if it cannot be had."""
        self._use(self.microphone)

    def change(self, microphone: Microphone) -> str:
        """Hear another one. Returns why it cannot be had; then the one before is heard on, if it still can."""
        self.close()
        try:
            self._use(microphone)
            return ""
        except HeardError as error:
            self._use(self.microphone)
            return str(error)

    def close(self) -> None:
        """Let the microphone go."""
        self.source.stop()

    def _use(self, microphone: Microphone) -> None:
        source = self.context.open_source(microphone.device, microphone.channel)
        source.start()
        self.source, self.microphone = source, microphone
        self.recorder = SampleRecorder(source, RecorderConfig(), lambda speech, final: self.check(speech, final))
