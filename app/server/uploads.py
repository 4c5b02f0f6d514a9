"""Uploads -> sound. What a file says of itself is not believed: it is decoded in small steps, and given up early."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from app.audio.reading.checks import LOUDEST, RATES
from app.audio.reading.mono import mono
from app.server.errors import ApiError
from utils import SAMPLE_RATE, StreamResampler

VALUES_AT_ONCE = 1 << 16
"""Values decoded at a time, whatever the sample rate and the number of channels."""
MAX_CHANNELS = 32
UNKNOWN_LENGTH = 1 << 60
"""Frames from which on a file's length means "not known": a stream that was never finished."""


def decode_upload(file: BinaryIO, max_s: float) -> Iterator[np.ndarray]:
    """An upload as blocks (n,) of mono float32 at 16 kHz; memory stays flat.

    Opens at once. Raises ApiError, here or at a later block: 415 for what is no audio, 413 for more than ``max_s``
    seconds, 422 for what is empty or damaged.
    """
    import soundfile

    file.seek(0)
    try:
        audio = soundfile.SoundFile(file)
    except (soundfile.LibsndfileError, TypeError, OSError, RuntimeError):
        text = "this is not an audio file that can be read (wav, flac, ogg, opus and mp3 can)."
        raise ApiError(415, "not_audio", text) from None
    try:
        if not RATES[0] <= audio.samplerate <= RATES[1] or not 1 <= audio.channels <= MAX_CHANNELS:
            text = f"{audio.samplerate} Hz with {audio.channels} channels is not supported."
            raise ApiError(415, "not_audio", text)
        if UNKNOWN_LENGTH > audio.frames > max_s * audio.samplerate:
            raise _too_long(max_s)
    except ApiError:
        audio.close()
        raise

    def blocks() -> Iterator[np.ndarray]:
        resampler, frames_read, given = StreamResampler(audio.samplerate), 0, False
        with audio:
            while True:
                try:
                    frames = audio.read(max(1, VALUES_AT_ONCE // audio.channels), dtype="float32", always_2d=True)
                except (RuntimeError, soundfile.LibsndfileError):
                    raise ApiError(422, "damaged_audio", "the audio is damaged; export it again.") from None
                if not np.isfinite(frames).all() or np.abs(frames).max(initial=0.0) > LOUDEST:
                    raise ApiError(422, "damaged_audio", "the audio holds samples that are not numbers.")
                frames_read += len(frames)
                if frames_read > max_s * audio.samplerate:
                    raise _too_long(max_s)
                out = resampler(mono(frames), last=not len(frames))
                if len(out):
                    given = True
                    yield out
                if not len(frames):
                    if not given:  # too few samples at a higher rate are none
                        raise ApiError(422, "empty_audio", "there is no audio in it.")
                    return

    return blocks()


def read_upload(file: BinaryIO, max_s: float) -> np.ndarray:
    """An upload as one signal (n,) at 16 kHz. Raises like ``decode_upload``."""
    return np.concatenate(list(decode_upload(file, max_s)))


def duration_s(samples: np.ndarray) -> float:
    return len(samples) / SAMPLE_RATE


def _too_long(max_s: float) -> ApiError:
    return ApiError(413, "audio_too_long", f"this is more audio than is taken here: at most {max_s:g} s.")
