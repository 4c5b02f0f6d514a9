"""Two inputs on one clock: a microphone and what this computer plays, each a channel of one source."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator

import numpy as np

from app.audio.backlog import sample_counts
from app.audio.mixing import Mixer
from app.audio.source import AudioBlock, AudioSource, SourceState, SourceStatus
from utils import SAMPLE_RATE

LATE_S = 0.4
"""How long one waits for the other before it counts as silent."""
DRIFT_S = 0.06
"""How far a sound card's clock may be from this computer's before it is set again."""
WATCHED_S = 10.0
"""Time over which that is looked at: sound comes later than it should, never earlier."""
_BEST = (SourceState.RUNNING, SourceState.SILENT, SourceState.WAITING, SourceState.LOST, SourceState.ENDED)


class _Track:
    """What one source gave, on the clock of both."""

    def __init__(self, source: AudioSource):
        self.source = source
        self.samples = np.zeros(0, np.float32)
        self.start = 0  # number of the first sample that is held
        self._shift_s: float | None = None  # from its clock to the common one
        self._lags: deque[tuple[float, float]] = deque()
        self._usual_s: float | None = None

    @property
    def end(self) -> int:
        return self.start + len(self.samples)

    def fetch(self, began_at: float, min_s: float, max_s: float, timeout_s: float) -> bool:
        """Take what has come; whether anything has."""
        block = self.source.read(min_s, max_s, timeout_s)
        if block is None or not len(block.samples):
            return False
        if self._shift_s is None:
            self._shift_s = (getattr(self.source, "epoch", None) or time.monotonic() - block.end_s) - began_at
        self._watch(time.monotonic() - began_at - self._shift_s - block.end_s)
        at = round((block.start_s + self._shift_s) * SAMPLE_RATE)
        self._put(block.samples, at)
        return True

    def _watch(self, lag_s: float) -> None:
        """Clocks of sound cards are a few hundredths of a per cent wrong: a second in a few hours."""
        now = time.monotonic()
        self._lags.append((now, lag_s))
        while now - self._lags[0][0] > WATCHED_S:
            self._lags.popleft()
        if now - self._lags[0][0] < 0.9 * WATCHED_S:
            return
        least_s = min(lag for _, lag in self._lags)
        if self._usual_s is None:
            self._usual_s = least_s
        elif abs(least_s - self._usual_s) > DRIFT_S:
            self._shift_s += least_s - self._usual_s
            self._lags.clear()

    def _put(self, samples: np.ndarray, at: int) -> None:
        """Place samples from number ``at`` on: what is missing before them is silence, what is there twice is left."""
        gap = at - self.end
        if gap < 0:
            samples = samples[-gap:]
        elif gap:
            if gap > SAMPLE_RATE and not len(self.samples):
                self.start = at  # a long silence is not held
            else:
                self.samples = np.concatenate([self.samples, np.zeros(gap, np.float32)])
        self.samples = np.concatenate([self.samples, samples])

    def take(self, start: int, stop: int) -> np.ndarray:
        """The samples from ``start`` to ``stop``, which are forgotten; silence where there are none."""
        out = np.zeros(stop - start, np.float32)
        first, last = max(start, self.start), min(stop, self.end)
        if first < last:
            out[first - start : last - start] = self.samples[first - self.start : last - self.start]
        self.samples = self.samples[max(0, stop - self.start) :]
        self.start = max(self.start, stop)
        return out


class PairSource:
    """An ``AudioSource`` whose blocks have two ``channels``: those of ``here`` and of ``there``; ``samples`` is both
    mixed.

    Its clock is this computer's, from the start. Sound comes when both have it, and where one of them gives none (it
    was lost, or is late) that one is silent. It ends when both have. ``status`` has the state of the better one, and
    what is to be said of the other.
    """

    def __init__(self, here: AudioSource, there: AudioSource):
        self.name = f"{here.name} and {there.name}"
        self._tracks = (_Track(here), _Track(there))
        self._began_at: float | None = None
        self._next = 0  # number of the next sample to be given
        self._dropped_s = 0.0
        self._mixer = Mixer(SAMPLE_RATE, 2)

    @property
    def _sources(self) -> Iterator[AudioSource]:
        return (track.source for track in self._tracks)

    @property
    def status(self) -> SourceStatus:
        both = [source.status for source in self._sources]
        best = min(both, key=lambda status: _BEST.index(status.state))
        worst = max(both, key=lambda status: _BEST.index(status.state))
        return SourceStatus(
            best.state,
            worst.message,
            device=" + ".join(status.device for status in both if status.device),
            rate=best.rate,
            overflows=sum(status.overflows for status in both),
            dropped_s=self._dropped_s + sum(status.dropped_s for status in both),
            notice="; ".join(status.notice for status in both if status.notice),
        )

    def start(self) -> None:
        """Begin with both. Raises what the ``start`` of either does; then neither runs."""
        if self._began_at is not None:
            return
        try:
            for source in self._sources:
                source.start()
        except BaseException:
            self.stop()
            raise
        self._began_at = time.monotonic()

    def stop(self) -> None:
        for source in self._sources:
            source.stop()

    def read(self, min_s: float, max_s: float, timeout_s: float = 0.5) -> AudioBlock | None:
        """See ``AudioSource.read``."""
        if self._began_at is None:
            raise RuntimeError("start() comes before read()")
        least, most = sample_counts(min_s, max_s)
        deadline = time.monotonic() + timeout_s
        while True:
            wait_s = min(0.05, max(0.001, deadline - time.monotonic()))
            for track in self._tracks:
                track.fetch(self._began_at, min(0.02, min_s), max_s, wait_s)
            if (stop := self._ready(least)) is not None:
                return self._take(stop, most)
            over = all(source.status.state is SourceState.ENDED for source in self._sources)
            if over or time.monotonic() >= deadline:
                return None

    def _ready(self, least: int) -> int | None:
        """The number of the sample before which there is enough; None if there is not enough yet."""
        ends = [track.end for track in self._tracks]
        stop = min(ends)
        late = max(ends) - round(LATE_S * SAMPLE_RATE)
        if stop < late:  # one of them gives nothing
            stop = late
        return stop if stop - self._next >= least else None

    def _take(self, stop: int, most: int) -> AudioBlock:
        skipped = max(0, stop - self._next - most) if self._next else 0
        start = max(self._next, stop - most)
        if skipped:
            self._dropped_s += skipped / SAMPLE_RATE
        sides = np.stack([track.take(start, stop) for track in self._tracks], axis=1)
        self._next = stop
        return AudioBlock(self._mixer(sides), start / SAMPLE_RATE, skipped / SAMPLE_RATE, channels=sides)
