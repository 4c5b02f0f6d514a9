"""Gathers, while one listens, speech that is surely somebody's on a new day or device, to be offered to them.

For whom it was allowed alone: without anybody's consent no sound is kept here, not even in memory.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from app.audio.recent import RecentSound
from app.audio.source import AudioBlock, AudioSource
from app.audio.tapped_source import TappedSource
from app.audio.vad import DetectedSpeech, detect_speech
from app.diarisation.timeline import Turn
from app.embedding.encoder import Encoder
from app.embedding.overlap_head import WINDOW_S
from app.enrolment.offering.certain import Stretch, contradicted, good_speech, is_alone, stretches, touches
from app.enrolment.quality import LIMITS, quality_figures
from app.scoring.gallery import Gallery
from app.scoring.identification import Identification
from app.voiceprints.offers import dismiss_offer, keep_offer, least_speech_s
from app.voiceprints.recordings import Condition, Note
from app.voiceprints.store import VoiceprintStore
from utils import HeardError

BUSY_S = 0.5
"""Seconds for which listening waits for another program that is just writing: then an offer is not kept."""


@dataclass(frozen=True)
class CollectorConfig:
    """All in seconds."""

    settled_s: float = 10.0
    """Sound after a stretch before it is looked at: hindsight has had its say then."""
    every_s: float = 5.0
    """Sound between two looks."""
    margin_s: float = 0.3
    """Sound before and after the speech that is kept with it."""
    around_s: float = 3.0
    """Sound before and after it in which the level of the noise is looked for."""
    longest_s: float = 20.0
    """Length of an offer."""
    memory_s: float = 120.0
    """Sound in memory."""


@dataclass(frozen=True)
class KeptStretch:
    """A stretch of the session that was kept as an offer."""

    start_s: float
    end_s: float
    channel: int
    person_id: int
    offer: int
    """Its id, that of the sample which it has become, too."""

    @property
    def span(self) -> tuple[float, float, int]:
        return self.start_s, self.end_s, self.channel

    def touched_by(self, turn: Turn) -> bool:
        """Whether some of a turn is in it."""
        return touches(self.span, turn)


class OfferCollector:
    """``tap`` the source, give ``hear`` every answer, and ``end`` it when the sound has ended. One thread.

    What cannot be kept is not: ``problem`` says why, and listening goes on.
    """

    def __init__(
        self,
        data: Path,
        encoder: Encoder,
        turns: Callable[[], Sequence[Turn]],
        gallery: Callable[[], Gallery],
        device: Callable[[int], str],
        *,
        from_s: float = 0.0,
        config: CollectorConfig = CollectorConfig(),
        now: Callable[[], datetime] = lambda: datetime.now().astimezone(),
    ):
        """``turns``: who spoke when, as is known now, with corrections; ``from_s``: where the source's clock begins on
        the turns' clock. ``gallery``: the people known. ``device``: the name of what records a channel, from 1 on.
        """
        self.config = config
        self.kept: list[KeptStretch] = []
        """What was kept of this run."""
        self.problem = ""
        self._store = VoiceprintStore(data, busy_timeout_s=BUSY_S)
        self._encoder, self._turns, self._gallery = encoder, turns, gallery
        self._device, self._from_s, self._now = device, from_s, now
        self._tapped: TappedSource | None = None
        self._sound: dict[int, RecentSound] = {}  # channel -> sound
        self._overlaps: list[tuple[float, float]] = []
        self._looked_s, self._settled_s = from_s, {}  # channel -> end of what was looked at
        self._allowed = self._consents()

    def tap(self, source: AudioSource) -> AudioSource:
        """The source to listen to in place of this one."""
        self._tapped = TappedSource(source)
        return self._tapped

    def hear(self, answer: Identification) -> None:
        """Take in the sound of an answer, and look now and then at what is settled."""
        blocks = self._tapped.taken() if self._tapped else []
        time_s = answer.time_s + self._from_s
        if self._allowed:
            for block in blocks:
                self._add(block)
            if answer.overlap:
                self._overlaps.append((time_s - WINDOW_S, time_s))
        if time_s - self._looked_s >= self.config.every_s:
            self._looked_s = time_s
            self._guarded(lambda: self._look(time_s - self.config.settled_s))

    def end(self) -> None:
        """The sound has ended: look at the rest."""
        self._guarded(lambda: self._look(math.inf))
        self.close()

    def close(self) -> None:
        """Forget the sound; nothing more is looked at."""
        self._sound.clear()
        self._store.close()

    # ------------------------------------------------------------ at work

    def _guarded(self, look: Callable[[], None]) -> None:
        try:
            look()
        except HeardError as error:
            self.problem = str(error)
        except OSError as error:
            self.problem = error.strerror or type(error).__name__

    def _consents(self) -> dict[str, int]:
        """Name -> id of everybody of whom speech may be kept; nobody, if that cannot be read."""
        with contextlib.suppress(HeardError):
            rows = self._store.read("SELECT name, id FROM people WHERE removed IS NULL AND may_keep = 1")
            return {} if self._store.read_only else dict(rows)
        return {}

    def _add(self, block: AudioBlock) -> None:
        sides = {1: block.samples} if block.channels is None else dict(enumerate(block.channels.T, 1))
        for channel, samples in sides.items():
            recent = self._sound.setdefault(channel, RecentSound(self.config.memory_s))
            recent.add(samples, block.start_s)

    def _look(self, until_s: float) -> None:
        self._allowed = self._consents()
        if not self._allowed:
            self._sound.clear()
        if not (self._allowed or self.kept):
            return
        turns = [turn for turn in self._turns() if turn.end_s > self._from_s]
        self._take_back(turns)
        oldest_s = self._looked_s - self.config.memory_s
        self._overlaps = [span for span in self._overlaps if span[1] > oldest_s]
        waiting = [turn for turn in turns if turn.start_s >= self._settled_s.get(turn.channel, 0.0)]
        for stretch in stretches(waiting):
            for piece in stretch.pieces(self.config.longest_s):
                if (stretch if piece.end_s == stretch.end_s else piece).end_s <= until_s:  # it may still grow
                    self._settled_s[piece.channel] = piece.end_s
                    self._consider(piece, turns)

    def _take_back(self, turns: Sequence[Turn]) -> None:
        """An offer, parts of which are by now somebody else's in hindsight, is none."""
        names = self._store.names()
        for kept in [kept for kept in self.kept if contradicted(kept.span, names.get(kept.person_id), turns)]:
            self.kept.remove(kept)
            with contextlib.suppress(HeardError):  # it was answered
                dismiss_offer(self._store, kept.offer)

    def _consider(self, stretch: Stretch, turns: Iterable[Turn]) -> None:
        name = stretch.turns[0].label.name
        if name not in self._allowed or not stretch.certain:
            return
        recent = self._sound.get(stretch.channel) or self._sound.get(1)
        condition = self._condition(stretch)
        least_s = least_speech_s(self._store, name, condition)
        if recent is None or least_s is None or stretch.speech_s <= max(least_s, LIMITS.speech_s):
            return
        if not is_alone(stretch, turns, self._overlaps):
            return
        start_s, end_s = stretch.start_s - self._from_s, stretch.end_s - self._from_s
        if start_s < recent.start_s:
            return
        around_s, margin_s = self.config.around_s, self.config.margin_s
        around = _detect(recent, start_s - around_s, end_s + around_s)
        sound = _detect(recent, start_s - margin_s, end_s + margin_s)
        quality = good_speech(self._encoder, self._gallery(), name, sound, around)
        if quality is None or quality.speech_s <= least_s:
            return
        note = Note(name, self._time(stretch), device=condition.device, quality=quality_figures(quality))
        person_id = self._allowed[name]
        number = keep_offer(self._store, person_id, sound.samples, note, quality.speech_s)
        if number is not None:
            self.kept.append(KeptStretch(stretch.start_s, stretch.end_s, stretch.channel, person_id, number))

    def _time(self, stretch: Stretch) -> str:
        """When it was said."""
        heard_s = max((recent.end_s for recent in self._sound.values()), default=0.0) + self._from_s
        at = self._now() - timedelta(seconds=max(0.0, heard_s - stretch.start_s))
        return at.isoformat(timespec="seconds")

    def _condition(self, stretch: Stretch) -> Condition:
        return Condition(self._time(stretch)[:10], " ".join(self._device(stretch.channel).split()))


def _detect(recent: RecentSound, start_s: float, end_s: float) -> DetectedSpeech:
    return detect_speech(recent.between(start_s, end_s).astype(np.float32) / 32768)
