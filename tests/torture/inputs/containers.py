"""Sound in containers of video and of phones, as PyAV writes them."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from random import Random

import numpy as np

from tests.torture.inputs.sound import speech, use
from tests.torture.mutations import damaged_bytes
from tests.torture.subjects import Subject
from utils import resample

KINDS = {
    "m4a": ("mp4", ("aac", "alac")),
    "mp4": ("mp4", ("aac", "libmp3lame", "libopus")),
    "mov": ("mov", ("aac", "pcm_s16le")),
    "webm": ("webm", ("libopus", "libvorbis")),
    "mkv": ("matroska", ("libopus", "aac", "flac", "pcm_s16le", "ac3")),
    "aac": ("adts", ("aac",)),
    "wma": ("asf", ("wmav2",)),
    "mp3": ("mp3", ("libmp3lame",)),
    "avi": ("avi", ("libmp3lame", "pcm_s16le")),
}
"""Ending -> container, and codecs in it."""


@cache
def whole(kind: str, codec: str, rate: int, channels: int, tenths: int) -> bytes | None:
    """A file; None where PyAV was built without the codec, or the codec has no such rate."""
    import av

    out, samples = io.BytesIO(), resample(speech()[: 1600 * tenths], 16_000, rate)
    try:
        with av.open(out, "w", format=KINDS[kind][0]) as container:
            layout = "mono" if channels == 1 else "stereo"
            stream = container.add_stream(codec, rate=rate, layout=layout)
            resampler = av.AudioResampler(stream.format, layout, rate, stream.codec_context.frame_size or 1024)
            frame = av.AudioFrame.from_ndarray(np.stack([samples] * channels), format="fltp", layout=layout)
            frame.sample_rate, frame.pts = rate, 0
            for part in (*resampler.resample(frame), *resampler.resample(None), None):
                container.mux(stream.encode(part))
    except (av.error.FFmpegError, ValueError):
        return None
    return out.getvalue()


def make(random: Random, folder: Path) -> Path:
    while True:
        kind = random.choice(sorted(KINDS))
        codec, rate = random.choice(KINDS[kind][1]), random.choice((8000, 16_000, 44_100, 48_000))
        data = whole(kind, codec, rate, random.choice((1, 2)), random.choice((3, 12)))
        if data is not None:
            break
    path = folder / f"sound.{kind}"
    path.write_bytes(damaged_bytes(random, data) if random.random() < 0.97 else data)
    return path


SUBJECTS = (Subject("sound in a container", make, use),)
