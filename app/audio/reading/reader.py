"""Audio files -> mono sound at 16 kHz: whole, or block by block. soundfile and soxr are loaded when a file is read."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from app.audio.reading.checks import LOUDEST, RATES
from app.audio.reading.mono import mono
from utils import BadInput, StreamResampler, resample


def read_audio(
    path: str | os.PathLike,
    *,
    start_s: float = 0.0,
    end_s: float | None = None,
    max_s: float = 3600.0,
    content: bytes | None = None,
) -> np.ndarray:
    """A file, or a part of it, as mono float32 of shape (n,) at 16 kHz, full scale +-1.

    The file may have any format, rate and channel count that libsndfile reads; channels are averaged. Raises BadInput,
    in one line, for a file that is missing, not audio, empty, not finite, or longer than ``max_s`` (``stream_audio``
    reads those). ``content``: what is in the file, where it is not read as it lies there.
    """
    with _open_audio(path, content) as file:
        start = min(round(start_s * file.samplerate), file.frames)
        stop = file.frames if end_s is None else min(round(end_s * file.samplerate), file.frames)
        if stop - start > max_s * file.samplerate:
            minutes = (stop - start) / file.samplerate / 60
            raise BadInput(f"{path}: {minutes:.0f} minutes of audio are too long here (at most {max_s / 60:.0f}).")
        blocks, left = [], max(stop - start, 0)
        while left:  # block by block: a header may claim more than memory holds, and channels need not be kept
            try:
                if not blocks:
                    file.seek(start)
                frames = file.read(min(left, _most_frames(file)), dtype="float32", always_2d=True)
            except RuntimeError as error:
                raise BadInput(f"{path}: damaged audio ({error}).") from None
            if not len(frames):
                break
            blocks.append(_checked_mono(frames, path))
            left -= len(frames)
        samples = resample(np.concatenate(blocks), file.samplerate) if blocks else np.zeros(0, np.float32)
        if not len(samples):  # too few at a higher rate become none
            raise BadInput(f"{path}: no audio in it.")
        return samples


def stream_audio(
    path: str | os.PathLike,
    *,
    block_s: float = 1.0,
    start_s: float = 0.0,
    end_s: float | None = None,
    complete: bool = False,
) -> Iterator[np.ndarray]:
    """A file, or a part of it, as blocks of mono float32 at 16 kHz (about ``block_s`` each): memory stays flat.

    The file is opened at once, so that a bad one raises BadInput here and not at the first block. With ``complete``
    BadInput is raised at the end, too, if the file is shorter than its header says, as after a copy that broke off; and
    always if there was nothing in it.
    """
    file = _open_audio(path)
    start = min(round(start_s * file.samplerate), file.frames)
    limit = None if end_s is None else max(0, round(end_s * file.samplerate) - start)
    step = min(max(1, round(block_s * file.samplerate)), _most_frames(file))

    def blocks() -> Iterator[np.ndarray]:
        with file:
            resampler, count, given = StreamResampler(file.samplerate), 0, False
            while True:
                try:
                    if start and not count:
                        file.seek(start)
                    wanted = step if limit is None else min(step, limit - count)
                    frames = file.read(wanted, dtype="float32", always_2d=True)
                except RuntimeError as error:
                    raise BadInput(f"{path}: damaged audio ({error}).") from None
                count += len(frames)
                out = resampler(_checked_mono(frames, path), last=not len(frames))
                if len(out):
                    given = True
                    yield out
                if not len(frames):
                    break
            if not given and not start and limit is None:
                raise BadInput(f"{path}: no audio in it.")
            # 5 %: the header of an MP3 may hold an estimate
            if complete and limit is None and count < 0.95 * (file.frames - start):
                has, says = count / file.samplerate, (file.frames - start) / file.samplerate
                raise BadInput(f"{path}: damaged audio (it ends after {has:.1f} of {says:.1f} s).")

    return blocks()


def audio_duration_s(path: str | os.PathLike, content: bytes | None = None) -> float:
    """Length of an audio file in seconds, from its header. ``content``: as in ``read_audio``."""
    with _open_audio(path, content) as file:
        return file.frames / file.samplerate


def _open_audio(path: str | os.PathLike, content: bytes | None = None):
    import soundfile

    path = Path(path)
    try:
        found = path.stat()
    except FileNotFoundError:
        raise BadInput(f"{path}: no such file.") from None
    except (OSError, ValueError) as error:  # a name that is too long, a loop of links, a zero byte
        raise BadInput(f"{path}: cannot be opened ({getattr(error, 'strerror', None) or error}).") from None
    if stat.S_ISDIR(found.st_mode):
        raise BadInput(f"{path}: this is a folder, not an audio file.")
    if not stat.S_ISREG(found.st_mode):
        raise BadInput(f"{path}: this is a device or a pipe, not an audio file.")
    if not found.st_size:
        raise BadInput(f"{path}: the file is empty.")
    try:
        # As bytes where paths are bytes: a name that is not UTF-8 can be opened, too.
        named = os.fsencode(path) if os.name == "posix" else str(path)
        file = soundfile.SoundFile(named if content is None else io.BytesIO(content))
    except (soundfile.LibsndfileError, TypeError):  # TypeError: ".raw", which has no header that gives its rate
        raise BadInput(f"{path}: not an audio file that can be read (wav, flac, ogg, opus and mp3 can).") from None
    if file.frames <= 0:
        file.close()
        raise BadInput(f"{path}: no audio in it.")
    if not RATES[0] <= file.samplerate <= RATES[1]:
        file.close()
        raise BadInput(f"{path}: damaged audio (a rate of {file.samplerate} Hz).")
    return file


def _most_frames(file) -> int:
    """How many frames of an open file may be in memory at once: 16 million samples, all channels together."""
    return max(1, (1 << 24) // file.channels)


def _checked_mono(frames: np.ndarray, path: str | os.PathLike) -> np.ndarray:
    """``mono`` of what was read from ``path``. Raises BadInput for samples that are not finite, or beyond all sound."""
    if not np.isfinite(frames).all():
        raise BadInput(f"{path}: holds samples that are not numbers (NaN or infinite); export it again.")
    if len(frames) and max(frames.max(), -frames.min()) > LOUDEST:
        raise BadInput(f"{path}: damaged audio (samples a billion times louder than full scale).")
    return mono(frames)
