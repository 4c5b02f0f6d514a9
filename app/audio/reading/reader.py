"""Recordings -> mono sound at 16 kHz: whole, or block by block. The one reader of all doors.

Libraries are loaded when a file is read. What a header says of the length is shown, not believed: sound is read to the
end of the bytes, and a file that holds less than it says is told apart from one that does not say.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from app.audio.mixing import NoSuchChannel, check_channel
from app.audio.reading.checks import LOUDEST, MOST_CHANNELS, RATES
from app.audio.reading.decoding import open_decoder
from app.audio.reading.faults import DamagedAudio, EmptyAudio, NotAudio, TooLong
from app.audio.reading.length import Length
from app.audio.reading.mixed import FileMixer, check_apart
from app.audio.reading.opening import open_bytes
from app.audio.reading.scale import FAR_ABOVE, integer_scale, scale_notice
from utils import StreamResampler, resample

VALUES_AT_ONCE = 1 << 24
"""Samples of an open file that may be in memory at once, all channels together."""


@dataclass(frozen=True)
class Part:
    """What of a recording is asked for."""

    start_s: float = 0.0
    end_s: float | None = None
    """None: to its end."""
    channel: int | None = None
    """1 is the first; None: all of them, mixed."""
    apart: bool = False
    """All of them, each by itself: then sound is (n, k)."""


WHOLE = Part()


class SoundStream:
    """A recording, or a part of it, as an iterator of blocks (n,) of mono float32 at 16 kHz; memory stays flat. Where
    the channels are kept apart blocks are (n, k).

    Iterating raises BadInput in one line that begins with the recording's name. It closes itself at its end, and with
    ``close``.
    """

    def __init__(self, name: str, file: BinaryIO, part: Part = WHOLE, *, block_s: float = 1.0, complete: bool = False):
        self.name, self.part, self._file, self._complete = name, part, file, complete
        self.heard_s = 0.0
        """Seconds of it that were decoded so far, from ``start_s`` on."""
        with contextlib.ExitStack() as opened, self._named():
            opened.callback(file.close)
            self._decoder = open_decoder(file)
            opened.callback(self._decoder.close)
            self._mixer = FileMixer(part.channel, apart=self._decoder.channels if part.apart else 0)
            self._check_format(self._decoder.rate, self._decoder.channels)
            opened.pop_all()
        self._step = min(max(1, round(block_s * self._decoder.rate)), max(1, VALUES_AT_ONCE // self._decoder.channels))
        self._blocks = self._resampled()

    @property
    def length(self) -> Length:
        """What the file says of its own length, all of it."""
        return self._decoder.length

    @property
    def channels(self) -> int:
        return self._decoder.channels

    @property
    def notices(self) -> list[str]:
        """Lines for the user about what is odd; complete at the end."""
        return [f"{self.name}: {phrase}." for phrase in self.phrases]

    @property
    def phrases(self) -> list[str]:
        """``notices`` without the name."""
        return [*self._decoder.notices, *filter(None, [self._mixer.notice])]

    def __iter__(self) -> Iterator[np.ndarray]:
        return self

    def __next__(self) -> np.ndarray:
        return next(self._blocks)

    def close(self) -> None:
        """Free the file; safe to call twice."""
        self._blocks.close()
        self._free()

    def _free(self) -> None:
        self._decoder.close()
        self._file.close()

    @contextlib.contextmanager
    def _named(self) -> Iterator[None]:
        """What is wrong, a phrase, becomes a line with the recording's name."""
        try:
            yield
        except (NotAudio, EmptyAudio, DamagedAudio) as error:
            raise type(error)(f"{self.name}: {error}.") from None
        except NoSuchChannel as error:  # a whole sentence
            raise NoSuchChannel(f"{self.name}: {error}") from None

    def _check_format(self, rate: int, channels: int) -> None:
        if not RATES[0] <= rate <= RATES[1]:
            raise NotAudio(f"damaged audio (a rate of {rate} Hz)")
        if not 1 <= channels <= MOST_CHANNELS:
            raise NotAudio(f"damaged audio ({channels} channels)")
        check_apart(self._mixer.apart)
        check_channel(self._mixer.apart or self.part.channel, channels)

    def _resampled(self) -> Iterator[np.ndarray]:
        given = False
        try:
            for block in _at_16_khz(self.pieces()):
                if len(block):
                    given = True
                    yield block
            if not given and not self.part.start_s and self.part.end_s is None:
                raise EmptyAudio(f"{self.name}: no audio in it.")
        finally:
            self._free()

    def pieces(self) -> Iterator[tuple[int, np.ndarray]]:
        """(rate, mono samples (n,)) as they are decoded, of the part that was asked for."""
        return self._mixer(self._frames())

    def _frames(self) -> Iterator[tuple[int, np.ndarray]]:
        decoder, scale = self._decoder, 0
        with self._named():
            at_s = decoder.seek(self.part.start_s) if self.part.start_s else 0.0
            for rate, frames in decoder.blocks(self._step):
                start, stop = self._bounds(round(at_s * rate), rate)
                at_s += len(frames) / rate
                frames = frames[start:stop]
                if len(frames):
                    self._check_format(rate, frames.shape[1])
                    self._check_samples(frames)
                    scale = scale or self._scale_of(frames)
                    self.heard_s += len(frames) / rate
                    yield rate, frames if scale == 1 else frames / np.float32(scale)
                if self.part.end_s is not None and round(at_s * rate) >= round(self.part.end_s * rate):
                    return
            if not self.part.start_s:
                self._compare()

    def _bounds(self, at: int, rate: int) -> tuple[int, int | None]:
        start = max(0, round(self.part.start_s * rate) - at)
        return start, None if self.part.end_s is None else max(0, round(self.part.end_s * rate) - at)

    def _compare(self) -> None:
        """Say whether less was heard than the header claims; with ``complete`` that is an error, and so is damage."""
        notices = self._decoder.notices
        if missing := self.length.missing(self.heard_s):
            notices.append(f"damaged audio ({missing})")
        if self._complete and (damage := [notice for notice in notices if notice.startswith("damaged")]):
            raise DamagedAudio(damage[-1])

    def _scale_of(self, frames: np.ndarray) -> int:
        """The scale of float samples of a kind that was not looked at before; see ``scale``."""
        scale = integer_scale(frames.ravel()[:VALUES_AT_ONCE]) if max(frames.max(), -frames.min()) > FAR_ABOVE else 1
        if scale > 1:
            self._decoder.notices.append(scale_notice(scale))
        return scale

    def _check_samples(self, frames: np.ndarray) -> None:
        if not np.isfinite(frames).all():
            raise DamagedAudio("holds samples that are not numbers (NaN or infinite); export it again")
        if max(frames.max(), -frames.min()) > LOUDEST:
            raise DamagedAudio("damaged audio (samples a billion times louder than full scale)")


def _at_16_khz(pieces: Iterable[tuple[int, np.ndarray]]) -> Iterator[np.ndarray]:
    """(rate, samples (n,)) in, blocks out; some may be empty."""
    resampler, rate = None, 0
    for rate_now, samples in pieces:
        if rate_now != rate:  # files of other rates may be joined to the first
            if resampler is not None:
                yield resampler(samples[:0], last=True)
            resampler, rate = _resampler(rate_now, samples), rate_now
        yield resampler(samples)
    if resampler is not None:
        yield resampler(samples[:0], last=True)


def _resampler(rate: int, samples: np.ndarray) -> Callable[..., np.ndarray]:
    """What resamples sound of this kind: (n,), or (n, k) channel by channel."""
    if samples.ndim == 1:
        return StreamResampler(rate)
    each = [StreamResampler(rate) for _ in range(samples.shape[1])]

    def resampled(frames: np.ndarray, *, last: bool = False) -> np.ndarray:
        return np.stack([one(column, last=last) for one, column in zip(each, frames.T, strict=True)], axis=1)

    return resampled


def stream_audio(
    path: str | os.PathLike,
    *,
    block_s: float = 1.0,
    start_s: float = 0.0,
    end_s: float | None = None,
    complete: bool = False,
    channel: int | None = None,
    apart: bool = False,
    pipes: bool = False,
) -> SoundStream:
    """A recording, or a part of it, as blocks of mono float32 at 16 kHz (about ``block_s`` each).

    Any format of ``decoding``. The file is opened at once, so that a bad one raises BadInput here and not at the first
    block. ``channel``: 1 is the first; None mixes all. ``apart``: each channel by itself, blocks are (n, k). With
    ``complete`` BadInput is raised at the end, too, if it is shorter than its header says, as after a copy that broke
    off; and always if there was nothing in it. ``pipes``: a pipe or "-" (standard input) is waited for, not refused.
    """
    file = open_bytes(path, pipes=pipes)
    part = Part(start_s, end_s, channel, apart)
    return SoundStream(os.fspath(path), file, part, block_s=block_s, complete=complete)


def read_audio(
    path: str | os.PathLike,
    *,
    start_s: float = 0.0,
    end_s: float | None = None,
    max_s: float = 3600.0,
    content: bytes | None = None,
    channel: int | None = None,
    pipes: bool = False,
) -> np.ndarray:
    """A recording, or a part of it, as mono float32 of shape (n,) at 16 kHz, full scale +-1.

    Raises BadInput, in one line, for a file that is missing, not audio, empty, not finite, or longer than ``max_s``
    (``stream_audio`` reads those). ``content``: what is in the file, where it is not read as it lies there. The rest as
    in ``stream_audio``.
    """
    file = open_bytes(path, content, pipes=pipes)
    sound = SoundStream(os.fspath(path), file, Part(start_s, end_s, channel), block_s=60.0)
    with contextlib.closing(sound):
        if sound.length.exact:
            _check_length(path, min(sound.length.seconds, math.inf if end_s is None else end_s) - start_s, max_s)
        return _whole(sound, max_s)


def _whole(sound: SoundStream, max_s: float) -> np.ndarray:
    by_rate: list[tuple[int, list[np.ndarray]]] = []
    for rate, samples in sound.pieces():
        if not by_rate or by_rate[-1][0] != rate:
            by_rate.append((rate, []))
        by_rate[-1][1].append(samples)
        _check_length(sound.name, sound.heard_s, max_s)
    whole = [resample(np.concatenate(parts), rate) for rate, parts in by_rate]
    samples = np.concatenate(whole) if whole else np.zeros(0, np.float32)
    if not len(samples):  # too few at a higher rate become none
        raise EmptyAudio(f"{sound.name}: no audio in it.")
    return samples


def _check_length(path: str | os.PathLike, seconds: float, max_s: float) -> None:
    if seconds > max_s:
        minutes = seconds / 60
        raise TooLong(f"{path}: {minutes:.0f} minutes of audio are too long here (at most {max_s / 60:.0f}).")


def audio_length(path: str | os.PathLike, content: bytes | None = None) -> Length:
    """What a recording says of its length, without decoding it. ``content``: as in ``read_audio``. Raises BadInput."""
    with contextlib.closing(SoundStream(os.fspath(path), open_bytes(path, content))) as sound:
        return sound.length


def audio_duration_s(path: str | os.PathLike, content: bytes | None = None) -> float:
    """The length of a recording in seconds: of its header if it is exact there, else by decoding all of it."""
    with contextlib.closing(SoundStream(os.fspath(path), open_bytes(path, content), block_s=10.0)) as sound:
        if sound.length.exact:
            return sound.length.seconds
        for _ in sound.pieces():
            pass
        return sound.heard_s
