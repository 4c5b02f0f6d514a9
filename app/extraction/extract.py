"""Manifest -> embeddings: what is done already is skipped, the rest computed shard by shard and kept in the journal."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Protocol

from app.corpus.clips import Clip
from app.corpus.manifest import Manifest
from app.extraction.executors import Executor, Shard
from app.extraction.journal import Journal
from app.extraction.outputs import Outputs
from app.extraction.pending import Ledger, with_enough_clips
from app.extraction.shard import ClipResult, SegmentConfig, ShardResult
from utils import BadInput, HeardError

JOURNAL = "journal.bin"


@dataclass(frozen=True)
class ExtractConfig:
    segments: SegmentConfig = field(default_factory=SegmentConfig)
    min_clips: int = 1
    """Speakers with fewer rows in the manifest are left out."""
    retry: bool = False
    """Try rows again that had an error before."""
    shard_rows: int = 16
    """Rows that are computed, and kept, together. Part of what makes two runs equal to the last bit."""
    publish_s: float = 60.0
    """At least so long between two writings of the outputs while it runs."""


@dataclass
class Report:
    """What a run did."""

    rows: int = 0
    """Rows that it worked on."""
    failed: int = 0
    """Of these, rows without an embedding."""
    done_before: int = 0
    left_out: int = 0
    """Rows of speakers with too few of them."""
    embeddings: int = 0
    """New ones."""
    sound_s: float = 0.0
    """Length of what was embedded, overlaps counted once for each segment."""
    wall_s: float = 0.0
    all_embeddings: int = 0
    """In the outputs now."""
    failures: list[ClipResult] = field(default_factory=list)
    """All rows without an embedding, of earlier runs, too."""
    workers: set[str] = field(default_factory=set)


class Progress(Protocol):
    def __call__(self, result: ShardResult, report: Report) -> None:
        """Told of each shard that is done and kept."""


def extract(
    manifest: Manifest,
    out: Path,
    executor: Executor,
    config: ExtractConfig = ExtractConfig(),
    *,
    begin=lambda rows: nullcontext(lambda result, report: None),
) -> Report:
    """Bring ``out`` up to date with a manifest. Killed at any moment, it goes on there when called again.

    ``begin(rows)`` gives a context manager around a ``Progress``. Raises BadInput if ``out`` is of another model, other
    segments or in use, HeardError if nothing at all can be extracted or the executor fails, OSError for a full disk.
    What was done before stays done.
    """
    identity = {
        "model": executor.model_id,
        "sha256": executor.sha256,
        "precision": executor.precision,
        "segment_s": config.segments.segment_s,
        "hop_s": config.segments.hop_s or config.segments.segment_s,
    }
    if not (out / JOURNAL).exists():
        Outputs.check(out)
    report, began = Report(), time.monotonic()
    with Journal(out / JOURNAL, identity) as journal:
        if config.retry:
            journal.append_retry()
        for rest in out.glob(".*.part"):  # of a run that was killed while it wrote
            rest.unlink()
        ledger, outputs = _replay(journal, out, executor.dim)
        rows = _chosen(manifest, config, report)
        pending = sum(1 for _ in ledger.todo(rows()))
        report.done_before -= pending
        publisher = _Publisher(journal, outputs, {**identity, "manifest": manifest.path.name}, config.publish_s)
        try:
            shards = _shards(ledger.todo(rows()), config.shard_rows)
            with begin(pending) as progress, closing(executor.run(shards, config.segments)) as results:
                for result in results:
                    journal.append(result.clips, result.vectors)
                    _count(result, report, outputs)
                    progress(result, report)
                    publisher.now_and_then()
            publisher.publish(finished=True)
        except BaseException:
            # counted anew: it may have been interrupted between keeping a shard and counting it
            publisher.outputs = _replay(journal, out, executor.dim)[1]
            publisher.publish()
            raise
    report.all_embeddings, report.failures = outputs.embeddings, list(outputs.failures.values())
    report.wall_s = time.monotonic() - began
    return report


def _replay(journal: Journal, out: Path, dim: int) -> tuple[Ledger, Outputs]:
    """What the journal says was done."""
    ledger, outputs = Ledger(), Outputs(out, dim)
    for record in journal.records():
        if record.retry:
            for entry in outputs.failures.values():
                ledger.forget(entry)
            outputs.failures.clear()
        for entry in record.entries:
            outputs.add(entry)
            ledger.add(entry)
    return ledger, outputs


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


def _count(result: ShardResult, report: Report, outputs: Outputs) -> None:
    report.rows += len(result.clips)
    report.embeddings += len(result.vectors)
    report.workers.add(result.worker)
    for entry in result.clips:
        outputs.add(entry)
        report.failed += not entry.ok
        report.sound_s += sum(end - start for start, end in entry.segments)


class _Publisher:
    """Writes the outputs from time to time, taking at most a twentieth of the time, and in the end."""

    def __init__(self, journal: Journal, outputs: Outputs, facts: dict, every_s: float):
        self.outputs = outputs
        self._journal, self._facts, self._every_s = journal, facts, every_s
        self.publish()

    def now_and_then(self) -> None:
        if time.monotonic() >= self._next:
            self.publish()

    def publish(self, finished: bool = False) -> None:
        began = time.monotonic()
        self.outputs.write(self._journal, {**self._facts, "finished": finished})
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
