"""What this program plays itself is not to be recognised: who listens asks here whether it may be heard now."""

from __future__ import annotations

import threading
import time

from app.audio.source import AudioBlock, AudioSource
from app.audio.wrapped_source import WrappedSource

TAIL_S = 0.4
"""How long after its end a sound may still come in, beside the latency that the loudspeaker states: a room's echo, and
the way through a microphone or a monitor."""


class OwnSound:
    """Counts the sounds that this process plays. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._playing = 0
        self._quiet_at = float("-inf")

    def begin(self) -> None:
        """A sound is about to be played."""
        with self._lock:
            self._playing += 1

    def end(self, latency_s: float = 0.0) -> None:
        """It is over; the loudspeaker gives the last of it up to ``latency_s`` later. Once for each ``begin``."""
        with self._lock:
            self._playing -= 1
            self._quiet_at = max(self._quiet_at, time.monotonic() + latency_s + TAIL_S)

    @property
    def audible(self) -> bool:
        """Whether some of it may be heard now."""
        return self._playing > 0 or time.monotonic() < self._quiet_at


OWN_SOUND = OwnSound()
"""That of this process."""


class DiscreetSource(WrappedSource):
    """An ``AudioSource`` that gives nothing while this program plays a sound itself.

    Its clock goes on, and the sound of that time is missing, as if the microphone had been away.
    """

    def __init__(self, source: AudioSource, own: OwnSound = OWN_SOUND):
        super().__init__(source)
        self._own = own
        self.pausing = False
        """Whether it gives nothing now."""
        self.pauses: tuple[tuple[float, float], ...] = ()
        """(start_s, end_s) on the source's clock; the last one grows while it lasts."""

    def read(self, min_s: float, max_s: float, timeout_s: float = 0.5) -> AudioBlock | None:
        """See ``AudioSource.read``; None at once for sound that is not to be recognised."""
        block = super().read(min_s, max_s, timeout_s)
        if block is None:
            return None
        before, self.pausing = self.pausing, self._own.audible
        if not self.pausing:
            return block
        if before and self.pauses:
            self.pauses = (*self.pauses[:-1], (self.pauses[-1][0], block.end_s))
        else:
            self.pauses = (*self.pauses, (block.start_s, block.end_s))
        return None
