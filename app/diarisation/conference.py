"""Several channels at once, each heard by itself: the two sides of a call, or a microphone and this computer's sound.

One recogniser for each channel; they share the network and the people, and nothing of what they hear. One timeline. A
voice that leaks from one channel into another is heard once, in its own (``app.audio.computer.echo``).
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.audio.channels_source import EACH, count_channels
from app.audio.computer.echo import BLOCK, EchoConfig, EchoFilter
from app.audio.devices import BOTH
from app.audio.source import AudioBlock
from app.diarisation.recogniser import LiveConfig, Recogniser
from app.diarisation.timeline import Turn
from app.diarisation.turn_history import UnknownSpeaker
from app.embedding.encoder import Encoder
from app.scoring.decision import DecisionRule
from app.scoring.gallery import Gallery
from app.scoring.identification import Identification
from app.scoring.labels import person, read_label
from utils import SAMPLE_RATE


@dataclass(frozen=True)
class Channels:
    """What the channels are, and how sound gets from one to another."""

    count: int = 2
    sides: tuple[str, ...] = ()
    """What each is called in ``Identification.side``; none where they have only their numbers."""
    leaks: tuple[tuple[int, int], ...] = ()
    """(from, into), counted from 0: where a voice of one channel may be heard in another."""
    echo: EchoConfig = EchoConfig()
    ahead: int = 0
    """Blocks of 32 ms by which a channel is heard later than what leaks into it. Clocks of two devices agree only so
    far, and no echo comes before its origin."""


HERE_AND_REMOTE = Channels(2, ("here", "remote"), leaks=((1, 0),), ahead=2)
"""The microphone, and what this computer plays: a loudspeaker is heard by the microphone."""


def recorded_channels(count: int) -> Channels:
    """Those of a recording: crosstalk goes either way, and is weaker than the voice. Of more than two channels each may
    leak into its neighbours."""
    pairs = [(a, b) for a in range(count) for b in (a - 1, a + 1) if 0 <= b < count]
    echo = EchoConfig(partitions=4, coupling=0.25, loud_ratio=4.0)
    return Channels(count, leaks=tuple(pairs), echo=echo)


LIVE = LiveConfig()
LEAK_S = 0.1
"""Speech up to this length, while somebody speaks in another channel, is the first moment of a leak."""


class ConferenceTimeline:
    """The turns of all channels, in order of time."""

    def __init__(self, recognisers: Sequence[Recogniser]):
        self._recognisers = recognisers

    def turns(self) -> list[Turn]:
        found = [
            replace(turn, channel=number)
            for number, recogniser in enumerate(self._recognisers, 1)
            for turn in recogniser.timeline.turns()
        ]
        long = [turn for turn in found if turn.duration_s > LEAK_S]
        heard = [turn for turn in found if turn.duration_s > LEAK_S or not _beside(turn, long)]
        return sorted(heard, key=lambda turn: (turn.start_s, turn.channel))


def _beside(turn: Turn, others: Sequence[Turn]) -> bool:
    """Whether somebody speaks in another channel during a turn, or right after it."""
    return any(
        other.channel != turn.channel and other.start_s < turn.end_s + LEAK_S and turn.start_s < other.end_s + LEAK_S
        for other in others
    )


class Conference:
    """Stands where a ``Recogniser`` does, for sources whose blocks have ``channels``. One thread."""

    def __init__(
        self,
        encoder: Encoder,
        gallery: Gallery,
        rule: DecisionRule | None = None,
        config: LiveConfig = LIVE,
        *,
        channels: Channels,
    ):
        self.encoder, self.config, self.channels = encoder, config, channels
        self._recognisers = [Recogniser(encoder, gallery, rule, config) for _ in range(channels.count)]
        for number, recogniser in enumerate(self._recognisers, 1):
            recogniser.number_unknowns(number, step=channels.count)
        self.timeline = ConferenceTimeline(self._recognisers)
        self._splitter = _Splitter(channels)
        self._prepared: deque[list[_Part]] = deque()  # of the blocks that come next, as far as they are known

    @property
    def gallery(self) -> Gallery:
        """The people it knows; may be replaced between blocks."""
        return self._recognisers[0].gallery

    @gallery.setter
    def gallery(self, gallery: Gallery) -> None:
        for recogniser in self._recognisers:
            recogniser.gallery = gallery

    @property
    def rule(self) -> DecisionRule:
        """How it decides; may be replaced between blocks."""
        return self._recognisers[0].rule

    @rule.setter
    def rule(self, rule: DecisionRule) -> None:
        for recogniser in self._recognisers:
            recogniser.rule = rule

    def unknowns(self) -> list[UnknownSpeaker]:
        """The voices without a name of all channels, in the order of their numbers. Each is of one channel."""
        found = [voice for recogniser in self._recognisers for voice in recogniser.unknowns()]
        return sorted(found, key=lambda voice: voice.label.number)

    def unknown_speech(self, label: str) -> np.ndarray:
        """See ``Recogniser.unknown_speech``."""
        return self._of(label).unknown_speech(label)

    def relabel(self, old: str, new: str) -> None:
        """See ``Recogniser.relabel``."""
        self._of(old).relabel(old, new)

    def unname(self, old: str) -> None:
        """See ``Recogniser.unname``."""
        self._of(old).unname(old)

    def deny(self, name: str) -> None:
        """See ``Recogniser.deny``: of the channel in which the person was heard last."""
        heard = {
            turn.channel: turn.end_s for turn in self.timeline.turns() if turn.label == person(name)
        }  # in order of time: the last one of each channel
        if not heard:
            raise KeyError(name)
        self._recognisers[max(heard, key=heard.__getitem__) - 1].deny(name)

    def _of(self, label: str) -> Recogniser:
        """The recogniser that gives this number: channel k of n has k, k + n, k + 2n ..."""
        return self._recognisers[(read_label(label).number - 1) % len(self._recognisers)]

    def prepare(self, blocks: Sequence[AudioBlock]) -> None:
        """Take a look at the blocks that ``answers`` will be given next; see ``Recogniser.prepare``."""
        self._prepared = deque(map(self._parts, blocks))
        for number, recogniser in enumerate(self._recognisers):
            recogniser.prepare([part[number] for parts in self._prepared for part in parts])

    def answers(self, block: AudioBlock) -> Iterator[Identification]:
        """Take in a block, and identify who is speaking at its end in each channel, one after the other."""
        for part in self._prepared.popleft() if self._prepared else self._parts(block):
            for number, (recogniser, own) in enumerate(zip(self._recognisers, part, strict=True), 1):
                side = self.channels.sides[number - 1] if self.channels.sides else None
                yield replace(recogniser.step(own), channel=number, side=side)

    def _parts(self, block: AudioBlock) -> list[_Part]:
        """What of a block, and of what waited before it, each recogniser hears next."""
        return [
            [
                replace(part, samples=np.ascontiguousarray(part.channels[:, number]), channels=None)
                for number in range(self.channels.count)
            ]
            for part in self._splitter(block)
        ]


_Part = list[AudioBlock]
"""A block for each channel."""


class _Splitter:
    """Blocks of channels without what leaks from one into another."""

    def __init__(self, channels: Channels):
        self._channels = channels
        self._waiting: AudioBlock | None = None
        self._filters = {leak: EchoFilter(channels.echo) for leak in channels.leaks}
        self._late = np.zeros((channels.ahead * BLOCK, channels.count), np.float32)

    def __call__(self, block: AudioBlock) -> Iterator[AudioBlock]:
        """What of it fills whole blocks of 512 samples; the rest waits."""
        if self._waiting is not None:
            if abs(block.start_s - self._waiting.end_s) < 0.001:
                joined = np.concatenate([self._waiting.channels, block.channels])
                block = replace(block, channels=joined, start_s=self._waiting.start_s)
            else:  # what came before is over
                self._late[:] = 0.0
        count = len(block.channels) // BLOCK * BLOCK
        rest = block.channels[count:]
        start_s = block.start_s + count / SAMPLE_RATE
        self._waiting = AudioBlock(rest[:, 0], start_s, channels=rest)
        if count:
            clean = self._clean(block.channels[:count])
            earlier_s = len(self._late) / SAMPLE_RATE
            yield replace(block, samples=clean[:, 0], channels=clean, start_s=block.start_s - earlier_s)

    def _clean(self, frames: np.ndarray) -> np.ndarray:
        """(n, k) frames without leaks, each ``ahead`` blocks later."""
        if not self._filters:
            return frames
        late = np.concatenate([self._late, frames])
        self._late = late[len(frames) :]
        out = late[: len(frames)].copy()
        for at in range(0, len(frames), BLOCK):
            part = slice(at, at + BLOCK)
            for (origin, into), echo in self._filters.items():
                # the origin as it is now, against the channel as it was a moment ago
                out[part, into] = echo(out[part, into], frames[part, origin])
        return out


def channels_of(file: str | os.PathLike | None, channel: int | str | None, device: str | None) -> Channels | None:
    """The channels that are heard each by itself, of a file or else of an input; None where one is heard, or a mixture.

    Raises BadInput for a file that cannot be read.
    """
    if file is None:
        return HERE_AND_REMOTE if device == BOTH else None
    count = count_channels(file) if channel == EACH else 1
    return recorded_channels(count) if count > 1 else None


def make_recogniser(
    encoder: Encoder,
    gallery: Gallery,
    rule: DecisionRule | None,
    channels: Channels | None,
    channel: int | str | None = None,
) -> Recogniser | Conference:
    """One recogniser, or one for each channel. ``channel``: the number of the only one that is heard, if there is."""
    if channels is None:
        recogniser = Recogniser(encoder, gallery, rule)
        recogniser.timeline.channel = channel if isinstance(channel, int) else 1
        return recogniser
    return Conference(encoder, gallery, rule, channels=channels)
