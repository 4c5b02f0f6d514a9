"""Sound files of every format that libsndfile writes, and those of Heard's own recordings."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
import soundfile

from app.audio.reading.reader import read_audio
from tests.torture.inputs.models import encoder
from tests.torture.mutations import damaged_bytes
from tests.torture.subjects import Subject, Wrong, attempt
from utils import BUNDLED, resample

RATES = (8000, 8000, 16000, 16000, 44100, 48000)


@cache
def speech() -> np.ndarray:
    return read_audio(BUNDLED / "demo" / "conversation.flac", start_s=1.0, end_s=4.0)


@cache
def formats() -> tuple[tuple[str, str], ...]:
    """(format, subtype) of all that can be written with a header."""
    return tuple(
        (kind, subtype)
        for kind in sorted(soundfile.available_formats())
        if kind not in {"RAW", "SD2"}  # no header, and one in a file beside it
        for subtype in sorted(soundfile.available_subtypes(kind))
    )


@cache
def whole(kind: str, subtype: str, rate: int, channels: int, tenths: int) -> bytes | None:
    """A sound file; None where the format has no such rate or channels."""
    out = io.BytesIO()
    samples = resample(speech()[: 1600 * tenths], 16000, rate) if tenths else np.zeros(1, np.float32)
    try:
        soundfile.write(out, np.stack([samples] * channels, axis=1), rate, format=kind, subtype=subtype)
    except (soundfile.LibsndfileError, ValueError, TypeError):
        return None
    return out.getvalue()


def make(random: Random, folder: Path) -> Path:
    while True:
        kind, subtype = random.choice(formats())
        data = whole(kind, subtype, random.choice(RATES), random.choice((1, 1, 2, 6)), random.choice((0, 1, 3, 12)))
        if data is not None:
            break
    suffix = {"WAVEX": "wav", "RF64": "wav", "AIFF": "aiff", "OGG": random.choice(("ogg", "opus"))}.get(
        kind, kind.lower()
    )
    path = folder / f"sound.{suffix}"
    path.write_bytes(damaged_bytes(random, data) if random.random() < 0.97 else data)
    return path


def use(path: Path) -> None:
    from app.audio.file_source import FileSource
    from app.audio.reading.reader import audio_duration_s, stream_audio
    from app.corpus.clips import Clip
    from app.enrolment.import_folder import take_speech
    from app.extraction.shard import SegmentConfig, embed_shard
    from app.verification import embed_recordings

    name = path.name
    length = attempt(lambda: audio_duration_s(path), name)
    samples = attempt(lambda: read_audio(path, max_s=600), name)
    if samples is not None and not (np.isfinite(samples).all() and len(samples) and length is not None):
        raise Wrong(f"read as {len(samples)} samples")
    streamed = attempt(lambda: sum(len(block) for block in stream_audio(path)), name)
    if samples is not None and streamed is not None and abs(streamed - len(samples)) > 16:
        raise Wrong(f"{len(samples)} samples at once, {streamed} in blocks")
    attempt(lambda: take_speech(path), name)
    attempt(lambda: embed_recordings(encoder(), [path]), name)
    source = attempt(lambda: FileSource(path), name)
    if source is not None:
        source.start()
        attempt(lambda: _read_through(source), name)
    clips = [
        Clip(str(path), "Ana"),
        Clip(str(path), "Ana", start_s=0.2, end_s=0.5),
        Clip(str(path), "Ana", start_s=1e5),
    ]
    result = attempt(lambda: embed_shard(encoder(), clips, SegmentConfig(segment_s=0.4)), name)
    if result is None or any("\n" in clip.status for clip in result.clips):
        raise Wrong(f"extraction: {result}")


def _read_through(source) -> None:
    while source.read(0.1, 1.0) is not None:
        pass


SUBJECTS = (Subject("sound file", make, use),)
