"""Which clips of a manifest are still to be done, given what was done before."""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from app.corpus.clips import Clip
from app.extraction.shard import DUPLICATE


def clip_key(clip: Clip) -> bytes:
    """What stands for a clip. Of one that can be extracted it is the stretch of the file, whoever speaks in it."""
    if not clip.error:
        return _digest(clip.name, clip.start_s, clip.end_s)
    return _digest(clip.name, clip.start_s, clip.end_s, clip.speaker, clip.error, clip.repeat)


def _digest(*parts: object) -> bytes:
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).digest()


def pending(clips: Iterable[Clip], speaker_before: Callable[[bytes], str | None]) -> Iterator[Clip]:
    """The clips that were not done before, in order, once each.

    ``speaker_before``: the speaker under whom the clip of a ``clip_key`` was done; None if it was not. A stretch of a
    file is extracted once: another clip of it comes with an error, which says whether the two agree on the speaker.
    """
    seen: dict[bytes, str] = {}
    repeats: Counter[bytes] = Counter()
    for clip in clips:
        key = clip_key(clip)
        first = key not in seen
        known = speaker_before(key) if first else seen[key]
        if first:
            seen[key] = sys.intern(clip.speaker if known is None else known)
            if known is None:
                yield clip
            if known in (None, clip.speaker):
                continue
        if clip.error:
            continue  # the same error twice says no more than once
        repeats[key] += 1
        error = DUPLICATE if known == clip.speaker else f"this stretch is there with the speaker {known!r}"
        noted = replace(clip, repeat=repeats[key], error=error)
        if speaker_before(clip_key(noted)) is None:
            yield noted


def with_enough_clips(clips: Iterable[Clip], counts: Counter[str], least: int) -> Iterator[Clip]:
    """The clips of speakers who have ``least`` of them or more."""
    return (clip for clip in clips if counts[clip.speaker] >= least)
