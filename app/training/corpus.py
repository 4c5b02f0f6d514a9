"""Speech to learn from: a table of clips, decoded once into one int16 file, and random crops of one speaker's voice."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np

from app.audio.reading.reader import read_audio
from app.corpus.clips import Clip
from app.corpus.manifest import audio_files, read_clips
from utils import SAMPLE_RATE, BadInput, atomic_write


@dataclass(frozen=True)
class Speaker:
    """One person and where the voice lies in the decoded samples."""

    name: str
    corpus: str
    gender: str
    adult: bool
    start: int
    """Index of the voice's first sample in the corpus."""
    lengths: tuple[int, ...]
    """Number of samples of each clip; the clips follow one another from ``start``."""

    @property
    def seconds(self) -> float:
        return sum(self.lengths) / SAMPLE_RATE


class Corpus:
    """All clips, decoded, the clips of one person side by side. Reading is safe from several processes."""

    def __init__(self, samples: np.ndarray, speakers: list[Speaker]):
        """``samples`` (n,) int16, often a memory map; ``speakers`` in a fixed order: their index is the class."""
        self.samples, self.speakers = samples, speakers
        self._ends = [np.cumsum(speaker.lengths) for speaker in speakers]

    def __len__(self) -> int:
        return len(self.speakers)

    @property
    def seconds(self) -> float:
        return sum(speaker.seconds for speaker in self.speakers)

    def subset(self, indices: list[int]) -> Corpus:
        """The same samples with only these speakers, renumbered in this order."""
        return Corpus(self.samples, [self.speakers[i] for i in indices])

    def clips(self, speaker: int) -> list[np.ndarray]:
        """One voice's clips, whole, as float32, full scale +-1."""
        stream, ends = self.speakers[speaker], self._ends[speaker]
        bounds = zip(stream.start + ends - stream.lengths, stream.start + ends, strict=True)
        return [self.samples[a:b].astype(np.float32) * np.float32(1 / 32768) for a, b in bounds]

    def crop(self, speaker: int, length: int, rng: np.random.Generator) -> np.ndarray:
        """``length`` samples of one voice as float32, full scale +-1.

        A clip is drawn as often as it is long. One that is too short is followed by others of the same person, drawn in
        the same way (the same one again if there is no other).
        """
        ends, start = self._ends[speaker], self.speakers[speaker].start
        out = np.empty(length, dtype=np.float32)
        filled, last = 0, -1
        while filled < length:
            clip = int(np.searchsorted(ends, rng.integers(ends[-1]), side="right"))
            if clip == last:  # the same words twice in a row say nothing new
                clip = (clip + 1) % len(ends)
            last, size = clip, self.speakers[speaker].lengths[clip]
            take = min(size, length - filled)
            begin = start + int(ends[clip]) - size + int(rng.integers(size - take + 1))
            out[filled : filled + take] = self.samples[begin : begin + take]
            filled += take
        return out * np.float32(1 / 32768)

    def pieces(self, speaker: int, length: int, limit: int) -> list[np.ndarray]:
        """At most ``limit`` pieces of ``length`` samples that do not overlap, spread evenly over the voice."""
        stream, count = self.speakers[speaker], int(self._ends[speaker][-1]) // length
        chosen = np.unique(np.linspace(0, count - 1, min(limit, count)).round().astype(int)) if count else []
        starts = (stream.start + k * length for k in chosen)
        return [self.samples[s : s + length].astype(np.float32) * np.float32(1 / 32768) for s in starts]


def load_corpus(
    table: str | os.PathLike, cache: str | os.PathLike, audio_root: str | os.PathLike | None = None, progress=None
) -> Corpus:
    """The corpus of a table, decoded on first use into ``cache`` (about 115 MB per hour) and mapped from there.

    The cache is keyed by the clips themselves, so a changed table makes a new one. ``progress``: a tqdm-like
    wrapper for an iterable. Raises BadInput for a file that cannot be read.
    """
    return _cached(read_clips(table, audio_root), cache, progress)


def load_unlabelled(folder: str | os.PathLike, cache: str | os.PathLike, progress=None) -> Corpus:
    """The recordings in a folder, each as a speaker of its own; decoded and cached as by ``load_corpus``.

    Raises BadInput if there are none.
    """
    files = sorted(audio_files(folder))
    if not files:
        raise BadInput(f"teacher.unlabelled: no audio files in {folder}.")
    clips = [Clip(str(path), path.relative_to(folder).as_posix(), "unlabelled") for path in files]
    return _cached(clips, cache, progress)


def _cached(clips: list[Clip], cache: str | os.PathLike, progress) -> Corpus:
    clips = sorted(clips, key=lambda c: (c.speaker, c.path, c.start_s))
    key = hashlib.sha256(repr([_cache_key(clip) for clip in clips]).encode()).hexdigest()[:16]
    samples_path, index_path = Path(cache) / f"{key}.int16", Path(cache) / f"{key}.json"
    if not index_path.is_file():  # written last: it stands for both
        speakers = _decode(clips, samples_path, progress)
        with atomic_write(index_path) as file:
            file.write(json.dumps([astuple(speaker) for speaker in speakers]).encode())
    records = json.loads(index_path.read_text())
    speakers = [Speaker(*record[:-1], lengths=tuple(record[-1])) for record in records]
    return Corpus(np.memmap(samples_path, dtype=np.int16, mode="r"), speakers)


def _cache_key(clip: Clip) -> tuple:
    return clip.path, clip.speaker, clip.corpus, clip.gender, clip.age, clip.start_s, clip.end_s


def _decode(clips: list[Clip], samples_path: Path, progress) -> list[Speaker]:
    speakers: list[Speaker] = []
    position = 0
    decoded: tuple[str, np.ndarray] | None = None  # the last file whole: seeking in Opus is slow and inexact
    with atomic_write(samples_path) as file:
        for clip in progress(clips) if progress else clips:
            if decoded is None or decoded[0] != clip.path:
                decoded = clip.path, read_audio(clip.path)
            end = len(decoded[1]) if clip.end_s is None else round(clip.end_s * SAMPLE_RATE)
            samples = decoded[1][round(clip.start_s * SAMPLE_RATE) : end]
            if not len(samples):
                raise BadInput(f"{clip.path}: is over before {clip.start_s} s.")
            file.write((np.clip(samples, -1, 1) * 32767).round().astype("<i2").tobytes())
            if speakers and speakers[-1].name == clip.speaker:
                lengths = (*speakers[-1].lengths, len(samples))
                speakers[-1] = Speaker(*astuple(speakers[-1])[:-1], lengths=lengths)
            else:
                speakers.append(Speaker(clip.speaker, clip.corpus, clip.gender, clip.adult, position, (len(samples),)))
            position += len(samples)
    return speakers


def hold_out(corpus: Corpus, counts: dict[str, int]) -> tuple[Corpus, Corpus]:
    """(the speakers to train on, the speakers set aside): ``counts`` of each corpus, spread evenly over its names.

    Raises BadInput if a corpus has too few speakers or does not exist.
    """
    aside: list[int] = []
    for name, count in counts.items():
        members = [i for i, speaker in enumerate(corpus.speakers) if speaker.corpus == name]
        if count >= len(members):
            raise BadInput(f"holdout: {count} speakers of {name!r} are asked for, the table has {len(members)}.")
        aside += [members[i] for i in np.linspace(0, len(members) - 1, count).round().astype(int)] if count else []
    kept = [i for i in range(len(corpus)) if i not in set(aside)]
    return corpus.subset(kept), corpus.subset(sorted(aside))


def set_clips_aside(corpus: Corpus, part: float) -> tuple[Corpus, Corpus]:
    """(what is left to train on, the clips set aside): of each speaker the last ``part`` of the clips.

    At least one of those who have two; none of those who have but one. Both have all speakers, in the same order.
    """
    kept, aside = [], []
    for speaker in corpus.speakers:
        count = len(speaker.lengths)
        first = count - min(max(round(part * count), 1), count - 1) if part else count
        kept.append(dataclasses.replace(speaker, lengths=speaker.lengths[:first]))
        start = speaker.start + sum(speaker.lengths[:first])
        aside.append(dataclasses.replace(speaker, start=start, lengths=speaker.lengths[first:]))
    return Corpus(corpus.samples, kept), Corpus(corpus.samples, aside)


def draw_weights(corpus: Corpus, share: dict[str, float]) -> np.ndarray:
    """How likely each speaker (P,) is to be drawn, summing to 1. Within a corpus all speakers are drawn alike.

    ``share``: the part of all draws that each corpus gets, relative to the others; without it no corpus is special.
    Raises BadInput if ``share`` misses a corpus of the table.
    """
    weights = np.ones(len(corpus))
    if share:
        names = np.array([speaker.corpus for speaker in corpus.speakers])
        for name in np.unique(names):
            if name not in share:
                raise BadInput(f"share: says nothing about the corpus {str(name)!r}.")
            weights[names == name] *= share[name] / weights[names == name].sum()
    return weights / weights.sum()
