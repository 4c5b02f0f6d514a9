"""Which rows of a manifest are still to be done, given what was done before."""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from app.corpus.clips import Clip
from app.extraction.shard import DUPLICATE, ClipResult


def clip_key(clip: Clip) -> bytes:
    """What stands for a clip. Of one that can be extracted it is the stretch of the file, whoever speaks in it."""
    if not clip.error:
        return _digest(clip.name, clip.start_s, clip.end_s)
    return _digest(clip.name, clip.start_s, clip.end_s, clip.speaker, clip.error, clip.repeat)


def _digest(*parts: object) -> bytes:
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).digest()


class Ledger:
    """What was done before this run."""

    def __init__(self) -> None:
        self._speakers: dict[bytes, str] = {}
        """By the keys of the rows."""

    def add(self, entry: ClipResult) -> None:
        """Take note of an entry."""
        self._speakers[clip_key(entry.clip)] = sys.intern(entry.clip.speaker)

    def forget(self, entry: ClipResult) -> None:
        """Have the row of an entry done again."""
        self._speakers.pop(clip_key(entry.clip), None)

    def todo(self, clips: Iterable[Clip]) -> Iterator[Clip]:
        """The rows that were not done before, in order, once each.

        A stretch of a file is extracted once: another row that names it comes with an error, which says whether the
        rows agree on the speaker.
        """
        seen: dict[bytes, str] = {}
        repeats: Counter[bytes] = Counter()
        for clip in clips:
            key = clip_key(clip)
            first = key not in seen
            known = self._speakers.get(key) if first else seen[key]
            if first:
                seen[key] = sys.intern(clip.speaker) if known is None else known
                if known is None:
                    yield clip
                if known in (None, clip.speaker):
                    continue
            if clip.error:
                continue  # the same error twice says no more than once
            repeats[key] += 1
            error = DUPLICATE if known == clip.speaker else f"this stretch is there with the speaker {known!r}"
            noted = replace(clip, repeat=repeats[key], error=error)
            if clip_key(noted) not in self._speakers:
                yield noted


def with_enough_clips(clips: Iterable[Clip], counts: Counter[str], least: int) -> Iterator[Clip]:
    """The rows of speakers who have ``least`` rows or more."""
    return (clip for clip in clips if counts[clip.speaker] >= least)
