"""A recording whose channels are heard each by itself: a call with a voice on each side."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from app.audio.file_source import FileSource, StreamSource
from app.audio.reading.mixed import FileMixer
from app.audio.reading.opening import is_pipe
from app.audio.reading.reader import stream_audio
from app.audio.source import AudioBlock
from utils import SAMPLE_RATE, BadInput


class ChannelsSource(StreamSource):
    """An ``AudioSource`` of blocks (n, k) at 16 kHz: each has its k ``channels``, and as ``samples`` what they are
    when mixed."""

    def __init__(
        self,
        name: str,
        blocks: Iterator[np.ndarray],
        *,
        realtime: bool = False,
        recorded: bool = False,
    ):
        """``realtime``, ``recorded``: as for ``StreamSource``. ``blocks`` may have ``notices``."""
        super().__init__(name, _with_mixture(blocks), realtime=realtime, recorded=recorded)
        self._channels = blocks

    @property
    def notices(self) -> tuple[str, ...]:
        """What was odd with the sound up to now, in one line each."""
        return tuple(getattr(self._channels, "notices", ()))

    def stop(self) -> None:
        """See ``AudioSource.stop``."""
        super().stop()
        with self._reading:  # nobody else closes them where nothing was read
            if close := getattr(self._channels, "close", None):
                close()

    def read(self, min_s: float, max_s: float, timeout_s: float = 0.5) -> AudioBlock | None:
        """See ``AudioSource.read``."""
        block = super().read(min_s, max_s, timeout_s)
        if block is None:
            return None
        channels, mixture = block.samples[:, :-1], np.ascontiguousarray(block.samples[:, -1])
        return AudioBlock(mixture, block.start_s, block.dropped_s, channels=channels)


def _with_mixture(blocks: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    """(n, k) -> (n, k + 1): the last is all channels as one, mixed as those of a file are."""
    waiting: deque[np.ndarray] = deque()

    def pieces() -> Iterator[tuple[int, np.ndarray]]:
        for block in blocks:
            waiting.append(block)
            yield SAMPLE_RATE, block

    for _, mixture in FileMixer(None)(pieces()):
        yield np.column_stack([waiting.popleft(), mixture])


EACH = "each"
"""Where a channel may be chosen: all of them, each by itself."""


def read_channel(text: str) -> int | str:
    """A channel as it was typed: its number, from 1 on, or "each". Raises BadInput for anything else."""
    if text == EACH or (text.isascii() and text.isdecimal() and 1 <= int(text[:6]) < 100_000):
        return text if text == EACH else int(text)
    raise BadInput(f'channel "{text}": it is a number, from 1 on, or "each".')


def file_source(path: str | os.PathLike, channel: int | str | None = None, *, realtime: bool = False) -> StreamSource:
    """An audio file or a pipe: mixed, one of its channels, or with "each" all of them, each by itself.

    Raises BadInput at once if it cannot be read.
    """
    if channel == EACH and count_channels(path) > 1:
        return channels_of_file(path, realtime=realtime)
    return FileSource(path, realtime=realtime, channel=None if channel == EACH else channel, pipes=True)


def count_channels(path: str | os.PathLike) -> int:
    """How many channels a file has. Raises BadInput if it cannot be read, or is a pipe, which cannot be read twice."""
    if is_pipe(path):
        raise BadInput(f"{path}: a pipe's channels cannot be heard each by itself; save it to a file first.")
    stream = stream_audio(path)
    stream.close()
    return stream.channels


def channels_of_file(path: str | os.PathLike, *, realtime: bool = False) -> ChannelsSource:
    """The channels of an audio file. Raises BadInput, in one line, if it cannot be read, or has too many."""
    return ChannelsSource(Path(path).name, stream_audio(path, apart=True), realtime=realtime, recorded=True)
