"""Sound that passes only while chosen people speak, some time later: what is heard meanwhile decides about it.

Who begins to speak is named after a second or so, and who ends is noticed a little late. So sound waits for ``delay_s``
before it passes or does not; the timeline, which has gone on by then, says whose it was.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from app.audio.backlog import pop_samples
from app.audio.source import AudioBlock
from app.diarisation.timeline import Turn
from app.scoring.certainty import Certainty
from app.scoring.identification import Identification
from app.scoring.labels import Kind
from utils import SAMPLE_RATE

Span = tuple[float, float]
"""From, to, in seconds of the source's clock."""


LOOKS = 3
"""Sound passes that was to pass by one of so many looks, an eighth of a second apart: while a change of speakers is
weighed, the one before it may seem to have ended a little earlier for a moment."""


@dataclass(frozen=True)
class GateConfig:
    """How sound passes."""

    delay_s: float = 2.0
    """How much later sound comes out than it went in."""
    likely: bool = False
    """Whether a name that is only likely opens, too."""
    before_s: float = 0.15
    """What passes before a turn, where nobody else speaks: the first sound of a word is quiet."""
    after_s: float = 0.25
    """What passes after it."""
    pause_s: float = 1.0
    """A shorter pause of somebody passes, too, if nobody else speaks in it."""
    fade_s: float = 0.01
    """How long opening and closing take, so that neither clicks."""


class SpeakerGate:
    """``take`` sound and ``hear`` answers as they come, ``pop`` what passes. For one thread."""

    def __init__(self, names: Collection[str], config: GateConfig = GateConfig()):
        """``names``: of the people who pass, as they are enrolled."""
        self.names, self.config = frozenset(names), config
        self.heard_s = 0.0
        """Up to when sound has come out, on the source's clock."""
        self.passed: list[Span] = []
        """When sound passed, up to now."""
        self._waiting: deque[np.ndarray] = deque()
        self._waits_to_s: float | None = None  # up to when sound is waiting
        self._certain: deque[float] = deque()  # when somebody of the names was certain
        self._gain = 0.0
        self._looks: deque[list[Span]] = deque(maxlen=LOOKS)  # when it was to be open, by each of the last looks

    def take(self, block: AudioBlock) -> None:
        """Sound, in order of time. Where some was skipped there is silence."""
        if self._waits_to_s is None:
            self.heard_s = self._waits_to_s = block.start_s
        missing = round((block.start_s - self._waits_to_s) * SAMPLE_RATE)
        if missing > 0:
            self._waiting.append(np.zeros(min(missing, 60 * SAMPLE_RATE), np.float32))
            self.heard_s += max(0, missing - 60 * SAMPLE_RATE) / SAMPLE_RATE
        self._waiting.append(np.asarray(block.samples, np.float32))
        self._waits_to_s = block.end_s

    def hear(self, answer: Identification) -> None:
        """What was said of the sound up to ``answer.time_s``."""
        if answer.speaker in self.names and (self.config.likely or answer.certainty is Certainty.CERTAIN):
            self._certain.append(answer.time_s)

    def pop(self, turns: Sequence[Turn], now_s: float, *, last: bool = False) -> np.ndarray:
        """The sound whose time has come: (n,) float32 at 16 kHz, silent where it does not pass.

        ``turns``: who spoke when as it is known now, at ``now_s``; those that end before ``needed_s`` may be missing.
        ``last``: all that waits.
        """
        until_s = self._waits_to_s if last else now_s - self.config.delay_s
        if self._waits_to_s is None or until_s is None or (count := round((until_s - self.heard_s) * SAMPLE_RATE)) <= 0:
            return np.zeros(0, np.float32)
        sound = pop_samples(self._waiting, count)
        begin_s, end_s = self.heard_s, self.heard_s + len(sound) / SAMPLE_RATE
        self._looks.append(self.open_spans(turns, begin_s, self._waits_to_s))
        seen = joined_spans([span for look in self._looks for span in look])
        spans = [(max(a, begin_s), min(b, end_s)) for a, b in seen if max(a, begin_s) < min(b, end_s)]
        self.heard_s = end_s
        self._note(spans, begin_s, end_s)
        while self._certain and self._certain[0] < self.needed_s:
            self._certain.popleft()
        return sound * self._gains(spans, begin_s, len(sound))

    @property
    def needed_s(self) -> float:
        """Turns that end before this decide about nothing any more."""
        return self.heard_s - 2 * self.config.pause_s - self.config.after_s

    def open_spans(self, turns: Sequence[Turn], begin_s: float, end_s: float) -> list[Span]:
        """When it is open between two moments, by these turns."""
        config = self.config
        near = [turn for turn in turns if turn.end_s > begin_s - 2 * config.pause_s]
        near = [turn for turn in near if turn.start_s < end_s + 2 * config.pause_s]
        own = [turn for turn in near if self._passes(turn)]
        others = [turn for turn in near if not self._passes(turn)]
        spans: list[Span] = []
        for turn in own:
            start_s = max([turn.start_s - config.before_s, *(o.end_s for o in others if o.end_s <= turn.start_s)])
            stop_s = min([turn.end_s + config.after_s, *(o.start_s for o in others if o.start_s >= turn.end_s)])
            gap_s = turn.start_s - spans[-1][1] if spans else config.pause_s
            if gap_s < config.pause_s and not any(o.start_s < turn.start_s and o.end_s > spans[-1][1] for o in others):
                spans[-1] = spans[-1][0], max(stop_s, spans[-1][1])
            else:
                spans.append((start_s, stop_s))
        clipped = [(max(a, begin_s), min(b, end_s)) for a, b in spans]
        return [(a, b) for a, b in clipped if a < b]

    def _passes(self, turn: Turn) -> bool:
        if turn.label.kind is not Kind.PERSON or turn.label.name not in self.names:
            return False
        if self.config.likely or turn.certainty is Certainty.CERTAIN:
            return True
        return any(turn.start_s < moment <= turn.end_s + self.config.after_s for moment in self._certain)

    def _note(self, spans: Sequence[Span], begin_s: float, end_s: float) -> None:
        for start_s, stop_s in spans:
            if self.passed and start_s <= self.passed[-1][1] + 1e-9:
                self.passed[-1] = self.passed[-1][0], stop_s
            else:
                self.passed.append((start_s, stop_s))

    def _gains(self, spans: Sequence[Span], begin_s: float, count: int) -> np.ndarray:
        """(count,) 0 to 1: opens and closes gradually, whatever the spans are from one time to the next."""
        target = np.zeros(count, np.float32)
        for start_s, stop_s in spans:
            target[round((start_s - begin_s) * SAMPLE_RATE) : round((stop_s - begin_s) * SAMPLE_RATE)] = 1.0
        step, gains, at = 1 / (self.config.fade_s * SAMPLE_RATE), np.empty(count, np.float32), 0
        borders = [*(np.flatnonzero(np.diff(target)) + 1), count]
        for border in borders:
            ramp = np.arange(1, border - at + 1) * step
            if target[at]:
                gains[at:border] = np.minimum(self._gain + ramp, 1.0)
            else:
                gains[at:border] = np.maximum(self._gain - ramp, 0.0)
            self._gain, at = float(gains[border - 1]), border
        return gains


def joined_spans(spans: Sequence[Span]) -> list[Span]:
    """Spans in order of time, without overlaps."""
    out: list[Span] = []
    for start_s, end_s in sorted(spans):
        if out and start_s <= out[-1][1]:
            out[-1] = out[-1][0], max(out[-1][1], end_s)
        else:
            out.append((start_s, end_s))
    return out
