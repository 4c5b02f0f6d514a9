"""What the newest speech says about every hypothesis of the forward filter: embeddings, pooled and scored."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.audio.vad import CHUNK_S
from app.diarisation.hypothesis import OnsetHypothesis
from app.diarisation.session_speakers import SessionSpeakers
from app.scoring.cohort import unit
from app.scoring.labels import UNKNOWN


@dataclass(frozen=True)
class EvidenceConfig:
    """How much speech is embedded, and what a score is worth."""

    windows_s: tuple[float, ...] = (0.256, 0.384, 0.768, 1.536, 3.072)
    """Lengths of speech that are embedded, each when a hypothesis needs it, in ascending order.

    Of a turn longer than the longest window, the newest two windows are pooled: with all of its speech, another voice
    would take ever longer to be noticed."""
    log_odds_scale: float = 1.4
    """Factor for all log odds: a turn is of one voice more surely than a single pair of recordings shows."""
    compared_s: float = 0.7
    """Speech that each half of a turn needs before the two are compared, to tell one stranger from the next."""


class TurnEvidence:
    """Gives each hypothesis the embedding of its turn and the log odds of every label."""

    def __init__(self, speakers: SessionSpeakers, config: EvidenceConfig = EvidenceConfig()):
        self.config = config
        self._speakers = speakers
        self._windows = sorted(round(length_s / CHUNK_S) for length_s in config.windows_s)

    @property
    def shortest_window(self) -> int:
        """Chunks of the shortest window: of a turn with less speech nothing is known."""
        return self._windows[0]

    @property
    def longest_window(self) -> int:
        """Chunks of the longest window."""
        return self._windows[-1]

    def observe(
        self, hypotheses: Sequence[OnsetHypothesis], heard: int, embed: Callable[[Sequence[int]], np.ndarray]
    ) -> None:
        """Take in the newest speech. ``heard``: chunks of speech so far.

        ``embed(chunks)`` gives the embeddings (n, D), of unit length, of so many (n,) of the newest chunks of speech.
        """
        whole = {each: self._longest(heard - each.onset) for each in hypotheses}
        half = {each: self._half(heard - each.onset) for each in hypotheses}
        needed = sorted({*whole.values(), *half.values()} - {0})
        newest = dict(zip(needed, embed(needed), strict=True)) if needed else {}
        for each, chunks in whole.items():
            if chunks:
                each.pool(heard, newest[chunks], chunks, chunks * CHUNK_S)
        self._score(hypotheses, heard, self._one_speaker(half, heard, newest))

    def _longest(self, chunks: int) -> int:
        """The longest window that fits into so many chunks; 0 if none does."""
        fitting = bisect_right(self._windows, chunks)
        return self._windows[fitting - 1] if fitting else 0

    def _half(self, chunks: int) -> int:
        """The longest window that fits into half of a turn; 0 if the half is too short to be compared."""
        window = self._longest(chunks // 2)
        return window if window * CHUNK_S >= self.config.compared_s else 0

    def _score(
        self, hypotheses: Sequence[OnsetHypothesis], heard: int, one_speaker: Mapping[OnsetHypothesis, float]
    ) -> None:
        """Give every hypothesis the log odds of each label; the usual ones where there is too little speech."""
        scale = self.config.log_odds_scale
        known = [each for each in hypotheses if each.pooled]
        if known:
            embeddings = unit(np.stack([each.pooled[-1].total for each in known])).astype(np.float32)
            seconds = [each.pooled[-1].total_s for each in known]
            for each, found in zip(known, self._speakers.evidence(embeddings, seconds), strict=True):
                log_odds = {label: scale * odds for label, odds in found.log_odds.items()}
                log_odds[UNKNOWN] = scale * one_speaker.get(each, 0.0)
                each.observe(log_odds, found.scores, heard - 2 * self._windows[-1])
                each.by_voiceprint = found.by_voiceprint
        labels = dict.fromkeys(label for each in known for label in each.log_odds) | dict.fromkeys(
            self._speakers.labels()
        )
        usual = scale * self._speakers.config.needed_llr
        for each in hypotheses:
            each.log_return_bonus = usual
            if not each.pooled:
                each.log_odds = dict.fromkeys(labels, -usual) | {UNKNOWN: 0.0}

    def _one_speaker(
        self, half: Mapping[OnsetHypothesis, int], heard: int, newest: Mapping[int, np.ndarray]
    ) -> dict[OnsetHypothesis, float]:
        """Log odds, 0 at most, that the newest ``half`` of a turn (chunks) and the speech before it are one speaker's,
        for turns that are long enough.

        The voice of an enrolled person is held against its voiceprint; a stranger's only against itself.
        """
        parts = []
        for each, chunks in half.items():
            if chunks and (before := each.pooled_at(heard - chunks)) is not None:
                parts.append((each, newest[chunks], before.total, min(chunks * CHUNK_S, before.total_s)))
        if not parts:
            return {}
        compared, after, before, seconds = zip(*parts, strict=True)
        llrs = self._speakers.same_speaker_llr(np.stack(after), unit(np.stack(before)).astype(np.float32), seconds)
        return dict(zip(compared, np.minimum(llrs, 0.0).tolist(), strict=True))
