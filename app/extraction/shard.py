"""Clips -> embeddings: decoded, cut, and put through the network in batches of equal length.

What comes out of a shard depends on its clips and the model alone, to the last bit, wherever and beside whatever else
it is computed: the numbers of one clip differ by rounding with the batch that it shares, and a shard shares none.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from app.audio.reading.reader import audio_duration_s, stream_audio
from app.corpus.clips import Clip
from app.memory_trim import trim_memory
from utils import SAMPLE_RATE, BadInput, HeardError, explain_os_error

if TYPE_CHECKING:
    from app.embedding.encoder import Encoder

SHORTEST_S = 0.1
BATCH = {"cpu": 8}
"""Segments of one length in a batch; more do not fit a processor's cache and were slower. Elsewhere 64."""
HELD_S = 120.0
"""Sound that waits for others of its length, before it goes on as it is."""
REMEMBERED_S = 900.0
"""A file that several clips are stretches of is kept decoded up to this length: seeking in Opus and MP3 is slow."""
BLOCK_S = 30.0


@dataclass(frozen=True)
class SegmentConfig:
    """What one embedding is made of."""

    segment_s: float | None = None
    """Length of the segments that a clip is cut into. None makes one segment of the whole clip."""
    hop_s: float | None = None
    """Time from the start of a segment to the start of the next. None means ``segment_s``: no overlap."""
    longest_s: float = 120.0
    """Longest clip that may be one segment. Longer ones are an error: the network's memory grows with the length."""
    channel: int | None = None
    """The only channel that is heard of each file, from 1; None mixes all."""


@dataclass(frozen=True)
class ClipResult:
    """What became of a clip."""

    clip: Clip
    status: str
    """"ok", "duplicate" or "error: ..."."""
    segments: tuple[tuple[float, float], ...] = ()
    """(start_s, end_s) in the file of each embedding; none unless the status is "ok"."""

    @property
    def ok(self) -> bool:
        return self.status == "ok"


@dataclass(frozen=True)
class ShardResult:
    clips: tuple[ClipResult, ...]
    """One for each clip of the shard, in order."""
    vectors: np.ndarray
    """(segments of all clips, D) float32 of unit length, in order."""
    worker: str = ""
    """Who computed it."""


def embed_shard(
    encoder: Encoder,
    clips: Sequence[Clip],
    segments: SegmentConfig,
    *,
    worker: str = "",
    lock: contextlib.AbstractContextManager | None = None,
    stop: threading.Event | None = None,
) -> ShardResult:
    """Extract the clips of a shard. What is wrong with a clip becomes its status; only ``stop`` raises (Stopped).

    ``lock`` is held while the network runs, for a device that several threads share.
    """
    network = _Batches(encoder, len(clips), lock or contextlib.nullcontext())
    reader, problems = _Reader(segments.channel), [""] * len(clips)
    for index, clip in enumerate(clips):
        try:
            if clip.error:
                raise BadInput(clip.error)
            for segment in cut_segments(reader.blocks(clip), clip.start_s, segments):
                if stop is not None and stop.is_set():
                    raise Stopped
                network.add(index, *segment)
        except HeardError as error:
            problems[index] = str(error).removeprefix(f"{clip.path}: ").rstrip(".")
        except OSError as error:
            problems[index] = explain_os_error(error).rstrip(".")
    network.flush()
    trim_memory()
    return _result(clips, problems, network.found, encoder.dim, worker)


class Stopped(Exception):
    """The user has asked to stop."""


def cut_segments(
    blocks: Iterator[np.ndarray], offset_s: float, segments: SegmentConfig
) -> Iterator[tuple[float, float, np.ndarray]]:
    """(start_s, end_s, samples (n,)) of each segment of a clip; ``offset_s``: where in its file the clip begins.

    What is left over behind the last whole segment is dropped; a clip that is shorter than a segment is one segment.
    Raises BadInput for a clip without sound, and one that is too long to be a single segment.
    """
    if segments.segment_s is None:
        yield _whole(blocks, offset_s, segments.longest_s)
        return
    size = round(segments.segment_s * SAMPLE_RATE)
    hop = round((segments.hop_s or segments.segment_s) * SAMPLE_RATE)
    held, at, start = (
        np.zeros(0, np.float32),
        0,
        0,
    )  # samples; where the first of them is; where the next segment starts
    for block in blocks:
        held = np.concatenate([held, block])
        while start + size <= at + len(held):
            yield offset_s + start / SAMPLE_RATE, offset_s + (start + size) / SAMPLE_RATE, held[start - at :][:size]
            start += hop
        past = min(start - at, len(held))
        held, at = held[past:], at + past
    if start == 0:
        yield _checked(held, offset_s)


def _whole(blocks: Iterator[np.ndarray], offset_s: float, longest_s: float) -> tuple[float, float, np.ndarray]:
    parts, length = [], 0
    for block in blocks:
        parts.append(block)
        length += len(block)
        if length > longest_s * SAMPLE_RATE:
            raise BadInput(f"more than {longest_s:g} s, too long for one embedding: cut it with --segment")
    return _checked(np.concatenate(parts) if parts else np.zeros(0, np.float32), offset_s)


def _checked(samples: np.ndarray, offset_s: float) -> tuple[float, float, np.ndarray]:
    if offset_s and not len(samples):
        raise BadInput(f"the file is over before {offset_s:g} s")
    if len(samples) < SHORTEST_S * SAMPLE_RATE:
        raise BadInput(f"{len(samples) / SAMPLE_RATE:.2f} s of sound are too short (at least {SHORTEST_S:g} s)")
    return offset_s, offset_s + len(samples) / SAMPLE_RATE, samples


class _Reader:
    """Opens the files of clips; the last one, if clips are stretches of it, stays decoded."""

    def __init__(self, channel: int | None) -> None:
        self._channel = channel
        self._path, self._samples = "", None

    def blocks(self, clip: Clip) -> Iterator[np.ndarray]:
        if not clip.start_s and clip.end_s is None:
            return stream_audio(clip.path, block_s=BLOCK_S, channel=self._channel, complete=True)
        if clip.path != self._path:
            self._path, self._samples = "", None
            if audio_duration_s(clip.path) <= REMEMBERED_S:
                blocks = stream_audio(clip.path, block_s=BLOCK_S, channel=self._channel, complete=True)
                self._samples = np.concatenate([np.zeros(0, np.float32), *blocks])
            self._path = clip.path
        if self._samples is None:
            part = {"start_s": clip.start_s, "end_s": clip.end_s, "channel": self._channel}
            return stream_audio(clip.path, block_s=BLOCK_S, **part)
        end = None if clip.end_s is None else round(clip.end_s * SAMPLE_RATE)
        return iter([self._samples[round(clip.start_s * SAMPLE_RATE) : end]])


class _Batches:
    """Segments wait for others of their length, and go through the network together."""

    def __init__(self, encoder: Encoder, clips: int, lock: contextlib.AbstractContextManager):
        self.found: list[dict[float, tuple[float, np.ndarray]]] = [{} for _ in range(clips)]
        """For each clip: start_s -> (end_s, embedding)."""
        self._encoder, self._lock = encoder, lock
        self._most = BATCH.get(encoder.device, 64)
        self._waiting: dict[int, list[tuple[int, float, float, np.ndarray]]] = {}
        self._held = 0

    def add(self, clip: int, start_s: float, end_s: float, samples: np.ndarray) -> None:
        alike = self._waiting.setdefault(len(samples), [])
        alike.append((clip, start_s, end_s, samples))
        self._held += len(samples)
        if len(alike) == self._most:
            self._embed(self._waiting.pop(len(samples)))
        elif self._held > HELD_S * SAMPLE_RATE:
            self.flush()

    def flush(self) -> None:
        while self._waiting:
            self._embed(self._waiting.pop(next(iter(self._waiting))))

    def _embed(self, batch: list[tuple[int, float, float, np.ndarray]]) -> None:
        with self._lock:
            vectors = self._encoder.embed_batch([samples for *_, samples in batch])
        for (clip, start_s, end_s, samples), vector in zip(batch, vectors, strict=True):
            self.found[clip][start_s] = end_s, vector
            self._held -= len(samples)


def _result(clips: Sequence[Clip], problems: list[str], found: list[dict], dim: int, worker: str) -> ShardResult:
    results, vectors = [], []
    for clip, problem, segments_of_clip in zip(clips, problems, found, strict=True):
        starts = sorted(segments_of_clip)
        problem = problem or ("" if all(np.isfinite(segments_of_clip[s][1]).all() for s in starts) else "not a number")
        if problem:
            status = problem if problem == DUPLICATE else f"error: {problem}"
            results.append(ClipResult(replace(clip, path=""), status))
            continue
        results.append(ClipResult(replace(clip, path=""), "ok", tuple((s, segments_of_clip[s][0]) for s in starts)))
        vectors += [segments_of_clip[s][1] for s in starts]
    return ShardResult(tuple(results), np.stack(vectors) if vectors else np.zeros((0, dim), np.float32), worker)


DUPLICATE = "duplicate"
"""What is wrong with a clip that is the same as one before it."""
