"""Sound of several channels as one: no voice is cancelled, and none is drowned by another channel.

The mean over channels does both: of a balanced microphone on a stereo input (L = -R) nothing is left, and a voice on
one channel is lost beside noise on the other. Here every channel has a weight, from what is known of it up to now
(channels/evidence.py, channels/weights.py): causal and without delay, so that a file gives what a microphone would.
"""

from __future__ import annotations

import numpy as np

from app.audio.channels.evidence import ChannelEvidence
from app.audio.channels.offset import OffsetTracker
from app.audio.channels.weights import ChannelWeights
from utils import BadInput

HOP_S = 0.032
"""Sound between two looks. The weights go from one value to the next over a hop, in a straight line: no clicks."""
MOST_CHANNELS = 32
"""Of more, one has to be chosen: all pairs are compared, which would cost more than a few percent of real time."""


class NoSuchChannel(BadInput):
    """A channel was asked for that is not there, or there are too many to be mixed."""


class Mixer:
    """Mixes a stream of frames, block by block; how it is cut into blocks changes nothing.

    ``rate`` in Hz. ``channel``: the only one to be heard, from 1; None mixes all. A constant offset (DC) of a channel
    is taken off; sound of one channel without one is given bit for bit. Raises NoSuchChannel.
    """

    def __init__(self, rate: int, channels: int, channel: int | None = None):
        check_channel(channel, channels)
        self.channels, self.channel = channels, channel
        heard = channels if channel is None else 1
        self._hop = max(8, round(HOP_S * rate))
        self._window = np.zeros((2 * self._hop, heard), np.float32)  # the hop before, and the one that is filling up
        self._filled = 0
        self._begun = False
        self._offsets = OffsetTracker(heard, self._hop)
        self._evidence = ChannelEvidence(rate, heard, self._hop) if heard > 1 else None
        self._weighing = ChannelWeights(heard)
        self._weights = self._next_weights = np.full(heard, 1 / heard, np.float32)

    @property
    def notice(self) -> str:
        """What the user should know of how the channels were mixed, such as "channel 2 is heard; channel 1 holds only
        noise"; "" if there is nothing to say."""
        return self._weighing.notice

    @property
    def weights(self) -> np.ndarray:
        """(channels,) float32: what the channels are multiplied with before they are summed, from the next hop on."""
        return self._next_weights

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        """Frames (n, channels) float32 -> (n,) float32, at once."""
        if self.channel is not None:
            frames = frames[:, self.channel - 1 : self.channel]
        out, at = np.empty(len(frames), np.float32), 0
        while at < len(frames):
            piece = frames[at : at + self._hop - self._filled]
            end = self._filled + len(piece)
            self._window[self._hop + self._filled : self._hop + end] = piece
            out[at : at + len(piece)] = self._mix(piece, self._filled, end)
            self._filled, at = end, at + len(piece)
            if end == self._hop:
                self._look()
        return out

    def study(self, frames: np.ndarray) -> None:
        """Learn from what is to come, for a file: its first seconds are mixed as well as the rest.

        Give it the frames (n, channels) that the stream begins with, before the first of them is mixed.
        """
        self(frames)
        self._begun, self._filled = False, 0
        self._weights = self._next_weights
        self._offsets.begin_again()

    def _mix(self, piece: np.ndarray, begin: int, end: int) -> np.ndarray:
        """Part of a hop, from its frame ``begin`` to ``end``."""
        at = None
        if self._offsets.active:
            at = np.arange(begin + 1, end + 1, dtype=np.float32)[:, None] / np.float32(self._hop)
            piece = piece - self._offsets.between(at)
        if piece.shape[1] == 1:
            return piece[:, 0]
        if self._weights is self._next_weights:
            weights = self._weights[None]
        else:
            at = np.arange(begin + 1, end + 1, dtype=np.float32)[:, None] / np.float32(self._hop)
            weights = self._weights + (self._next_weights - self._weights) * at
        mixed = piece[:, 0] * weights[:, 0]
        for index in range(1, piece.shape[1]):  # no matrix product: its sums depend on how many rows there are
            mixed += piece[:, index] * weights[:, index]
        return mixed

    def _look(self) -> None:
        """At the end of a hop: what the next one is mixed with."""
        self._weights = self._next_weights
        newest = self._window[self._hop :]
        if not self._begun:  # mirrored: a step from nothing would look like a loud sound
            self._window[: self._hop] = newest[::-1]
            self._begun = True
        self._offsets.look(self._window)
        if self._evidence is not None and newest.any():
            if (newest[:, 1:] == newest[:, :1]).all():  # the same on all channels: the usual case, and cheap
                self._next_weights = self._weighing.all_the_same()
            elif self._evidence.look(self._window):
                self._next_weights = self._weighing.from_evidence(self._evidence)
        self._window[: self._hop] = newest
        self._filled = 0


def check_channel(channel: int | None, channels: int) -> None:
    """Raises NoSuchChannel, in one line, if there is no ``channel`` (from 1) among ``channels``, or too many to mix."""
    if channel is None:
        if channels > MOST_CHANNELS:
            raise NoSuchChannel(
                f"{channels} channels are too many to be mixed (at most {MOST_CHANNELS}): choose one with --channel N."
            )
    elif not 1 <= channel <= channels:
        has = "1 channel" if channels == 1 else f"{channels} channels"
        raise NoSuchChannel(f"there is no channel {channel}: it has {has}.")


def mix(frames: np.ndarray, rate: int, channel: int | None = None) -> np.ndarray:
    """A whole sound (n, channels) as one channel (n,). Raises NoSuchChannel."""
    mixer = Mixer(rate, frames.shape[1], channel)
    if frames.shape[1] > 1:
        mixer.study(frames[: round(STUDIED_S * rate)])
    return mixer(np.ascontiguousarray(frames, dtype=np.float32))


STUDIED_S = 5.0
"""How much of a file's beginning is worth a study."""
