"""Uploads -> sound, through the one reader. What a file says of itself is not believed: it is given up early."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Annotated, BinaryIO, Literal

import numpy as np
from fastapi import Query
from pydantic import Field

from app.audio.mixing import NoSuchChannel
from app.audio.reading.faults import DamagedAudio, EmptyAudio, NotAudio
from app.audio.reading.reader import Part, SoundStream
from app.audio.reading.view import View
from app.server.errors import ApiError
from utils import SAMPLE_RATE, BadInput

ChannelParameter = Annotated[
    int | None, Query(ge=1, le=1024, description="The only channel that is heard of an upload; all are mixed without.")
]
TimelineChannelParameter = Annotated[
    Annotated[int, Field(ge=1, le=1024)] | Literal["each"] | None,
    Query(description='The only channel that is heard; "each", with `timeline=1`: each by itself, as of a call.'),
]
NAME = "upload"
"""What the reader calls it; people know it as what they sent."""


def decode_upload(file: BinaryIO, max_s: float, channel: int | None = None, *, apart: bool = False) -> DecodedUpload:
    """An upload as blocks (n,) of mono float32 at 16 kHz; memory stays flat.

    ``channel``: the only one that is heard, from 1; None mixes all. ``apart``: all of them, each by itself: blocks are
    (n, k). Opens at once. Raises ApiError, here or at a later
    block: 415 for what is no audio, 413 for more than ``max_s`` seconds, 422 for what is empty or damaged, such as one
    that ends before its header says, and for a channel that is not there.
    """
    with _as_api_error():
        sound = SoundStream(NAME, View(file), Part(channel=channel, apart=apart), complete=True)
    if sound.length.exact and sound.length.seconds > max_s:
        sound.close()
        raise _too_long(max_s)

    return DecodedUpload(sound, max_s)


class DecodedUpload:
    """An iterator of an upload's blocks."""

    def __init__(self, sound: SoundStream, max_s: float):
        self.channels = sound.channels
        """How many the upload has."""
        self.length_s = sound.length.seconds
        """What it says of its length; None if it does not say."""
        self._sound = sound
        self._blocks = self._read(max_s)

    def _read(self, max_s: float) -> Iterator[np.ndarray]:
        with contextlib.closing(self._sound), _as_api_error():
            for block in self._sound:
                if self._sound.heard_s > max_s:
                    raise _too_long(max_s)
                yield block

    def __iter__(self) -> DecodedUpload:
        return self

    def __next__(self) -> np.ndarray:
        return next(self._blocks)

    def close(self) -> None:
        self._blocks.close()
        self._sound.close()


def read_upload(file: BinaryIO, max_s: float, channel: int | None = None) -> np.ndarray:
    """An upload as one signal (n,) at 16 kHz. Raises like ``decode_upload``."""
    return np.concatenate(list(decode_upload(file, max_s, channel)))


def duration_s(samples: np.ndarray) -> float:
    return len(samples) / SAMPLE_RATE


@contextlib.contextmanager
def _as_api_error() -> Iterator[None]:
    try:
        yield
    except BadInput as error:
        text = str(error).removeprefix(f"{NAME}: ")
        match error:
            case NotAudio():
                raise ApiError(415, "not_audio", f"this is {text}" if text.startswith("not ") else text) from None
            case EmptyAudio():
                raise ApiError(422, "empty_audio", "there is no audio in it.") from None
            case NoSuchChannel():
                text = text.replace("--channel N", "channel=N")
                raise ApiError(422, "no_such_channel", text) from None
            case DamagedAudio():
                raise ApiError(422, "damaged_audio", text) from None
            case _:
                raise ApiError(415, "not_audio", text) from None


def _too_long(max_s: float) -> ApiError:
    return ApiError(413, "audio_too_long", f"this is more audio than is taken here: at most {max_s:g} s.")
