"""Manifest -> embeddings: what is done already is skipped, the rest computed shard by shard and kept in the journal."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Protocol

from app.corpus.clips import Clip
from app.corpus.manifest import Manifest
from app.extraction.executors import Executor, Shard
from app.extraction.journal import JOURNAL, Journal, has_journal
from app.extraction.outputs import check_unused, write_outputs
from app.extraction.pending import pending, with_enough_clips
from app.extraction.shard import ClipResult, SegmentConfig, ShardResult
from utils import BadInput, HeardError


@dataclass(frozen=True)
class ExtractConfig:
    segments: SegmentConfig = field(default_factory=SegmentConfig)
    min_clips: int = 1
    """Fewest rows that a speaker must have in the manifest; others are left out."""
    retry: bool = False
    """Whether rows that had an error before are tried again."""
    shard_rows: int = 16
    """Rows that are computed, and kept, together. Runs are equal to the last bit only if it is the same."""
    publish_s: float = 60.0
    """Shortest time between two writings of the outputs during a run."""


@dataclass
class Report:
    """What a run did."""

    rows: int = 0
    """Rows that the run worked on."""
    failed: int = 0
    """Rows of this run without an embedding."""
    done_before: int = 0
    """Rows of the manifest that earlier runs did."""
    left_out: int = 0
    """Rows of speakers with fewer than ``min_clips``."""
    embeddings: int = 0
    """Embeddings that the run added."""
    sound_s: float = 0.0
    """Sound that was embedded; where segments overlap it counts once for each."""
    wall_s: float = 0.0
    all_embeddings: int = 0
    """Embeddings in the outputs now."""
    failures: list[ClipResult] = field(default_factory=list)
    """All rows without an embedding, those of earlier runs included."""
    workers: set[str] = field(default_factory=set)


class Progress(Protocol):
    def __call__(self, result: ShardResult, report: Report) -> None:
        """Called after each shard that is done and kept."""


def extract(
    manifest: Manifest,
    out: Path,
    executor: Executor,
    config: ExtractConfig = ExtractConfig(),
    *,
    begin=lambda rows: nullcontext(lambda result, report: None),
) -> Report:
    """Bring ``out`` up to date with a manifest. Killed at any moment, it goes on there when called again.

    ``begin(rows)`` gives a context manager around a ``Progress``. Raises BadInput if ``out`` is of another model,
    another channel, other segments or in use, HeardError if nothing at all can be extracted or the executor fails,
    OSError for a full disk. What was done before stays done.
    """
    identity = {
        "model": executor.model_id,
        "sha256": executor.sha256,
        "precision": executor.precision,
        "segment_s": config.segments.segment_s,
        "hop_s": config.segments.hop_s or config.segments.segment_s,
    }
    if config.segments.channel is not None:
        identity["channel"] = config.segments.channel
    if not has_journal(out):
        check_unused(out)
    report, began = Report(), time.monotonic()
    with Journal(out / JOURNAL, identity) as journal:
        if config.retry:
            journal.forget_failures()
        for rest in out.glob(".*.part"):  # of a run that was killed while it wrote
            rest.unlink()
        clips = _chosen(manifest, config, report)
        count = sum(1 for _ in pending(clips(), journal.speaker))
        report.done_before -= count
        facts = {**identity, "manifest": manifest.path.name}
        publisher = _Publisher(
            lambda finished: write_outputs(out, journal, executor.dim, {**facts, "finished": finished}),
            config.publish_s,
        )
        try:
            shards = _shards(pending(clips(), journal.speaker), config.shard_rows)
            with begin(count) as progress, closing(executor.run(shards, config.segments)) as results:
                for result in results:
                    journal.append(result.clips, result.vectors)
                    _count(result, report)
                    progress(result, report)
                    publisher.now_and_then()
            publisher.publish(finished=True)
        except BaseException:
            publisher.publish()
            raise
        report.failures = list(journal.failures())
        report.all_embeddings = journal.totals().embeddings
    report.wall_s = time.monotonic() - began
    return report


def _chosen(manifest: Manifest, config: ExtractConfig, report: Report):
    """A function that gives the rows to look at; counts them into ``report``. Raises BadInput if there are none."""
    counts = Counter(clip.speaker for clip in manifest)
    total = counts.total()
    if not total:
        raise BadInput(f"{manifest.path}: nothing to extract in it.")
    report.left_out = sum(count for count in counts.values() if count < config.min_clips)
    report.done_before = total - report.left_out  # less what is still to be done
    if report.left_out == total:
        raise BadInput(f"{manifest.path}: no speaker has {config.min_clips} rows (--min-clips).")
    return lambda: with_enough_clips(manifest, counts, config.min_clips)


def _shards(clips: Iterable[Clip], size: int) -> Iterator[Shard]:
    clips = iter(clips)
    while shard := tuple(islice(clips, size)):
        yield shard


def _count(shard: ShardResult, report: Report) -> None:
    report.rows += len(shard.clips)
    report.embeddings += len(shard.vectors)
    report.workers.add(shard.worker)
    report.failed += sum(not result.ok for result in shard.clips)
    report.sound_s += sum(end - start for result in shard.clips for start, end in result.segments)


class _Publisher:
    """Writes the outputs from time to time, taking at most a twentieth of the time, and in the end."""

    def __init__(self, write: Callable[[bool], None], every_s: float):
        """``write``: writes them, and whether the manifest is finished."""
        self._write, self._every_s = write, every_s
        self.publish()

    def now_and_then(self) -> None:
        if time.monotonic() >= self._next:
            self.publish()

    def publish(self, finished: bool = False) -> None:
        began = time.monotonic()
        self._write(finished)
        now = time.monotonic()
        self._next = now + max(self._every_s, 20 * (now - began))


def nothing_extracted(report: Report) -> HeardError | None:
    """The error of a run that ends with no embedding at all."""
    if report.all_embeddings:
        return None
    first = report.failures[0]
    return HeardError(
        f"no row could be extracted; the first: {first.clip.name}: {first.status.removeprefix('error: ')}."
    )
