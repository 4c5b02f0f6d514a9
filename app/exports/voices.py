"""A recording -> a sound file for each speaker: their turns one after another, or on the time line of the recording."""

from __future__ import annotations

import contextlib
import math
import os
import tempfile
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.audio.reading.reader import stream_audio
from app.diarisation.timeline import Turn
from app.exports.document import tidy
from app.outputs import private_opener
from app.scoring.labels import Label
from utils import BadInput, resample, slug

FADE_S = 0.005
"""How long a piece takes to begin and to end, so that no border clicks."""
LARGEST_WAV_BYTES = 4_000_000_000
"""Of a WAV file's sound; more is written as RF64, which is a WAV file with longer numbers."""


@dataclass(frozen=True)
class Cut:
    """One speaker's file."""

    label: Label
    path: Path
    speech_s: float
    """How long their turns are in all."""


def cut_voices(
    recording: str | os.PathLike,
    turns: Sequence[Turn],
    folder: Path,
    *,
    keep_gaps: bool = False,
    channel: int | None = None,
) -> list[Cut]:
    """Write a WAV (mono, 16 bits, the recording's own rate) for each speaker into a folder, who spoke most first.

    ``keep_gaps``: each file is as long as the recording, silent where others speak, so that files laid over one another
    stay in time. ``channel``: the only one that is heard, from 1; None mixes them. Turns of several channels
    (``Turn.channel``) come each from its own, if there are such. Nothing is overwritten: a name that is taken gets a
    number. Files appear when they are whole. Raises BadInput for a recording that cannot be read, and OSError.
    """
    turns = tidy(turns)
    each = len({turn.channel for turn in turns}) > 1
    labels: dict[Label, float] = {}
    for turn in turns:
        labels[turn.label] = labels.get(turn.label, 0.0) + turn.duration_s
    folder.mkdir(parents=True, exist_ok=True)
    ranked = sorted(labels, key=labels.get, reverse=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".cut-") as place:
        made = {label: Path(place) / f"{number}.wav" for number, label in enumerate(ranked)}
        for one in sorted({turn.channel for turn in turns}) if each else [channel]:
            heard = {
                path: _spans([turn for turn in turns if turn.label == label and (not each or turn.channel == one)])
                for label, path in made.items()
            }
            # of a speaker on several channels what is on the first is kept
            _write(
                {path: spans for path, spans in heard.items() if spans and not path.exists()}, recording, one, keep_gaps
            )
        return [Cut(label, _named(made[label], folder, label), labels[label]) for label in ranked]


Spans = Sequence[tuple[float, float]]
"""(from, to) in seconds, in order, without overlaps."""


def _write(files: Mapping[Path, Spans], recording: str | os.PathLike, channel: int | None, keep_gaps: bool) -> None:
    """Write files of one channel's sound in one go, block by block: hours need no more memory than seconds."""
    import soundfile

    with contextlib.ExitStack() as opened:
        sound = opened.enter_context(contextlib.closing(stream_audio(recording, channel=channel)))
        outs: dict[Path, soundfile.SoundFile] = {}
        at_s, rate = 0.0, 0
        for rate_now, samples in sound.pieces():
            if not outs:
                rate = rate_now
                long = 2 * rate * max(sound.length.seconds or 0.0, *(spans[-1][1] for spans in files.values()))
                kind = "RF64" if long > LARGEST_WAV_BYTES else "WAV"
                for path in files:
                    raw = opened.enter_context(open(path, "wb", opener=private_opener))
                    outs[path] = opened.enter_context(soundfile.SoundFile(raw, "w", rate, 1, "PCM_16", format=kind))
            block = resample(samples, rate_now, rate)  # of files that are joined some have other rates
            for path, out in outs.items():
                weights = _weights(at_s, len(block), rate, files[path])
                shaped = np.clip(block * weights, -1, 1)
                out.write(shaped if keep_gaps else shaped[weights > 0])
            at_s += len(block) / rate
        if not outs:
            raise BadInput(f"{recording}: no audio in it.")


def _spans(turns: Sequence[Turn]) -> Spans:
    """Where somebody speaks, without overlaps."""
    spans: list[tuple[float, float]] = []
    for turn in turns:
        if spans and turn.start_s <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], turn.end_s))
        else:
            spans.append((turn.start_s, turn.end_s))
    return spans


def _weights(at_s: float, count: int, rate: int, spans: Spans) -> np.ndarray:
    """How much of each of the ``count`` samples from ``at_s`` on is heard: (count,), 0 to 1."""
    weights = np.zeros(count, np.float32)
    first = bisect_left(spans, at_s, key=lambda span: span[1])
    for start_s, end_s in spans[first:]:
        begin = max(0, math.floor((start_s - at_s) * rate))
        if begin >= count:
            break
        end = min(count, math.ceil((end_s - at_s) * rate))
        times = at_s + (np.arange(begin, end) + 0.5) / rate
        weights[begin:end] = np.clip(np.minimum(times - start_s, end_s - times) / FADE_S, 0, 1)
    return weights


def _named(made: Path, folder: Path, label: Label) -> Path:
    """Give a file its speaker's name in the folder, with a number if that is taken."""
    number = 1
    while True:
        path = folder / f"{slug(label)}{f'-{number}' if number > 1 else ''}.wav"
        try:
            os.link(made, path)  # unlike a rename it never replaces
            return path
        except FileExistsError:
            number += 1
        except OSError:  # a file system without links
            if not path.exists():
                os.replace(made, path)
                return path
            number += 1
