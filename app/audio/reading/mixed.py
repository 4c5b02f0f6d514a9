"""The channels of a recording as one, or each by itself: the mixer of microphones, which may look ahead in a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from app.audio.mixing import STUDIED_S, Mixer, NoSuchChannel
from utils import BadInput

STUDIED_VALUES = 1 << 23
"""Samples, all channels together, that wait for the study at most."""

MOST_APART = 8
"""Channels that can be heard each by itself."""


def check_apart(channels: int) -> None:
    """Raises NoSuchChannel, in one phrase, for more channels than can be heard each by itself."""
    if channels > MOST_APART:
        raise NoSuchChannel(f"{channels} channels are too many to be heard each (at most {MOST_APART}).")


class _ApartMixer:
    """Stands where a ``Mixer`` does and keeps the first ``heard`` channels apart: each as if it had been chosen."""

    notice = ""

    def __init__(self, rate: int, channels: int, heard: int):
        self._mixers = [Mixer(rate, channels, number) for number in range(1, heard + 1)]

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        """Frames (n, channels) -> (n, heard)."""
        return np.stack([mixer(frames) for mixer in self._mixers], axis=1)

    def study(self, frames: np.ndarray) -> None:
        """See ``Mixer.study``."""
        for mixer in self._mixers:
            mixer.study(frames)


class FileMixer:
    """Gives what ``Mixer`` gives, with a study of each recording's first seconds. One object per recording."""

    def __init__(self, channel: int | None, *, apart: int = 0):
        """``channel``: the only one to be heard, from 1; None mixes all. ``apart``: so many channels are not mixed, but
        given as (n, apart)."""
        self.channel, self.apart, self.notice = channel, apart, ""
        self._mixer: Mixer | _ApartMixer | None = None
        self._kind: tuple[int, int] | None = None
        self._waiting: list[np.ndarray] = []

    def __call__(self, pieces: Iterable[tuple[int, np.ndarray]]) -> Iterator[tuple[int, np.ndarray]]:
        """(rate, frames (n, channels)) in, (rate, samples (n,)) out. Another rate or number of channels, as in joined
        files, begins another recording. What came before an error is given before it."""
        try:
            yield from self._pieces(pieces)
        except BadInput:
            yield from self._begin()
            raise

    def _pieces(self, pieces: Iterable[tuple[int, np.ndarray]]) -> Iterator[tuple[int, np.ndarray]]:
        for rate, frames in pieces:
            if self._kind != (rate, frames.shape[1]):
                yield from self._begin()
                self._kind = rate, frames.shape[1]
                self._mixer = _ApartMixer(*self._kind, self.apart) if self.apart else Mixer(*self._kind, self.channel)
                self._waiting = []
            if self._waiting is None:
                yield rate, self._mix(frames)
                continue
            self._waiting.append(frames)
            count = sum(map(len, self._waiting))
            if frames.shape[1] == 1 or count >= STUDIED_S * rate or count * frames.shape[1] >= STUDIED_VALUES:
                yield from self._begin()
        yield from self._begin()

    def _begin(self) -> Iterator[tuple[int, np.ndarray]]:
        """Study what waits, and mix it."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, None
        rate, channels = self._kind
        if channels > 1:
            self._mixer.study(np.concatenate(waiting)[: round(STUDIED_S * rate)])
        for frames in waiting:
            yield rate, self._mix(frames)

    def _mix(self, frames: np.ndarray) -> np.ndarray:
        mixed = self._mixer(frames)
        self.notice = self._mixer.notice or self.notice
        return mixed
