"""Who is speaking now, and since when: evidence over time.

Speech is cut into turns by whoever speaks. Neither the cuts nor the speakers are known, so every likely onset of the
present turn is kept as a hypothesis. The speech since an onset is one voice, an embedding, which has log odds for each
person; and a new turn is likelier after a pause than in running speech. All hypotheses together, each with its weight,
give the posterior probability of every speaker. So the evidence of a turn is pooled as long as it goes on, a change of
speaker is noticed as soon as it explains what is heard better than no change does, and overlapping windows are never
counted twice.

This is the forward recursion of a hidden semi-Markov model (Yu 2010, "Hidden semi-Markov models", Artificial
Intelligence 174) in which a segment of speech has the likelihood ratio of its one embedding. The most likely path
(Viterbi) says which turns were heard; ``turns.py`` cuts it, and ``hysteresis.py`` says what is shown.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from app.audio.vad import CHUNK_S
from app.diarisation.hypothesis import OnsetHypothesis, log_sum
from app.diarisation.turn_evidence import TurnEvidence
from app.scoring.identification import plain
from app.scoring.labels import UNKNOWN, Label, read_label


@dataclass(frozen=True)
class ForwardFilterConfig:
    """The model of how people take turns, and how many hypotheses are kept. All probabilities are 0 to 1."""

    usual_turn_s: float = 0.35
    """Speech that a turn usually has at least; see ``short_turn_probability``."""
    short_turn_probability: float = 0.2
    """Probability that a turn has less speech than ``usual_turn_s``."""
    onset_pause_s: float = 0.16
    """Silence at whose end an onset is looked for, although no hop ends there."""
    split_pause_s: float = 0.3
    """Silence that parts the speech of a turn into two segments of the timeline. A turn that goes on may be split
    there."""
    split_memory_s: float = 5.0
    """Speech for which an onset after ``split_pause_s`` is never pruned. It must exceed the time after which a turn is
    finished by what a slow machine takes in at once."""
    change_rate_per_s: float = 0.15
    """Probability that the speaker changes, for each second of running speech."""
    change_after_pause: tuple[tuple[float, float], ...] = ((0.15, 0.03), (0.3, 0.2), (1.0, 0.5), (2.0, 0.7))
    """(seconds of silence, probability that somebody else speaks after it), in order of the seconds; interpolated."""
    max_hypotheses: int = 40
    """Hypotheses kept after an update, apart from new onsets and places of a possible split."""
    prune_ratio: float = 1e-5
    """Part of the greatest weight below which a hypothesis is dropped."""


@dataclass(frozen=True)
class Posterior:
    """How probable it is that each speaker has the present turn."""

    probabilities: Mapping[Label, float]
    """Label -> probability, 0 to 1; every unknown voice has a label of its own. They sum to 1."""

    @cached_property
    def plain(self) -> dict[Label, float]:
        """Label -> probability, with all unknown voices together as "unknown"."""
        summed: dict[Label, float] = {}
        for label, probability in self.probabilities.items():
            summed[plain(label)] = summed.get(plain(label), 0.0) + probability
        return summed

    @cached_property
    def best(self) -> Label:
        """The most probable name, or "unknown" if the unknown voices together are more probable."""
        return max(self.plain, key=self.plain.__getitem__)

    @cached_property
    def likeliest(self) -> Label:
        """The most probable label that ``best`` stands for: the name, or which of the unknown voices."""
        labels = (label for label in self.probabilities if plain(label) == self.best)
        return read_label(max(labels, key=self.probabilities.__getitem__))


@dataclass(frozen=True)
class Segment:
    """A part of the most likely path: one speaker, from the chunk ``first`` until before ``last``."""

    hypothesis: OnsetHypothesis
    first: int
    last: int
    label: Label


class ForwardFilter:
    """``push`` every chunk, ``update`` whenever there is something to say, read ``posterior`` and ``path``, and
    ``commit`` the turns that are finished. Speech is counted in chunks of CHUNK_S seconds, pauses left out."""

    def __init__(self, evidence: TurnEvidence, config: ForwardFilterConfig = ForwardFilterConfig()):
        self.config = config
        self.heard = 0
        """Chunks of speech so far."""
        self.silence_s = math.inf
        """Seconds since the last speech; 0 while there is speech."""
        self.posterior: Posterior | None = None
        """As of the last update; None before the first."""
        self.path: list[Segment] = []
        """The most likely turns that are not committed, oldest first, as of the last update. Neighbours may be of one
        speaker."""
        self.hypotheses = [OnsetHypothesis(0, {UNKNOWN: 0.0}, {})]
        """In order of their onsets; the last one begins with the next chunk of speech, or has begun since the last
        update."""
        self._evidence = evidence
        self._updated = 0  # chunks heard at the last update
        self._committed = 0  # chunks of the turns that are committed

    # ------------------------------------------------------------ sound passes

    @property
    def in_speech(self) -> bool:
        """Whether the newest sound was speech."""
        return self.silence_s == 0

    @property
    def has_news(self) -> bool:
        """Whether there was speech since the last update."""
        return self.heard > self._updated

    @property
    def between_turns(self) -> bool:
        """Whether there is a pause, at the end of which a turn may begin."""
        return self.silence_s >= self.config.onset_pause_s

    def push(self, seconds: float, *, speech: bool) -> None:
        """Let time pass, with speech (one chunk of it) or without."""
        if not speech:
            self.silence_s += seconds
            return
        if self.hypotheses[-1].onset == self.heard:
            self._begin(self.hypotheses[-1])
        self.silence_s = 0.0
        self.heard += 1

    def _begin(self, newest: OnsetHypothesis) -> None:
        """Set the chances of the newest onset: there is speech after it, so the pause before it is known."""
        pauses, chances = zip(*self.config.change_after_pause, strict=True)
        if self.silence_s < pauses[0]:
            chance = min(self.config.change_rate_per_s * newest.since_onset_s, chances[-1])
        else:
            chance = float(np.interp(self.silence_s, pauses, chances))
        newest.log_change = math.log(max(chance, 1e-4))
        newest.may_split |= self.silence_s >= self.config.split_pause_s
        if len(self.hypotheses) == 1:  # else the earlier ones stand for: nobody else began
            newest.log_continue = math.log1p(-chance)
        for earlier in self.hypotheses[:-1]:
            earlier.log_survival += math.log1p(-chance)

    # ------------------------------------------------------------ evidence

    def update(self, embed: Callable[[Sequence[int]], np.ndarray]) -> None:
        """Weigh every hypothesis anew, and add one: that another turn begins now. Nothing happens without news.

        ``embed``: see ``TurnEvidence.observe``.
        """
        if not self.has_news:
            return
        news_s, self._updated = (self.heard - self._updated) * CHUNK_S, self.heard
        hypotheses = self.hypotheses
        self._evidence.observe(hypotheses, self.heard, embed)
        log_alphas = [{label: each.log_alpha(label) for label in each.log_odds} for each in hypotheses]
        log_deltas = [{label: each.viterbi(label)[0] for label in each.log_odds} for each in hypotheses]
        log_joint = _summed(log_alphas)
        log_evidence = log_sum(log_joint.values())
        self.posterior = Posterior({label: math.exp(weight - log_evidence) for label, weight in log_joint.items()})
        self.path = self._backtrack(_maxima(log_deltas, hypotheses)[self.posterior.likeliest][1])
        highest = [max(own.values()) for own in log_alphas]
        self._prune(highest, self._next_onset(log_alphas, log_deltas, news_s))

    # ------------------------------------------------------------ hypotheses

    def _next_onset(
        self, log_alphas: list[dict[Label, float]], log_deltas: list[dict[Label, float]], news_s: float
    ) -> OnsetHypothesis:
        """The hypothesis that another turn begins now: a turn that is very short has hardly ended."""
        usual = round(self.config.usual_turn_s / CHUNK_S)
        for each, *tables in zip(self.hypotheses, log_alphas, log_deltas, strict=True):
            if self.heard - each.onset < usual and each.log_continue == -math.inf:
                for table in tables:
                    for label in table:
                        table[label] += math.log(self.config.short_turn_probability)
        return OnsetHypothesis(self.heard, _summed(log_alphas), _maxima(log_deltas, self.hypotheses), news_s)

    def _prune(self, highest: Sequence[float], new: OnsetHypothesis) -> None:
        """Drop hypotheses that have become unlikely, by the ``highest`` weight of each one's labels; add ``new``."""
        floor = max(highest) + math.log(self.config.prune_ratio)
        if len(highest) > self.config.max_hypotheses:
            floor = max(floor, sorted(highest)[-self.config.max_hypotheses])
        young = self.heard - 2 * self._evidence.shortest_window  # nothing is known of them yet
        recent = self.heard - round(self.config.split_memory_s / CHUNK_S)
        self.hypotheses = [
            each
            for each, weight in zip(self.hypotheses, highest, strict=True)
            if weight >= floor or each.onset > young or (each.may_split and each.onset > recent)
        ]
        self.hypotheses.append(new)

    def _backtrack(self, newest: OnsetHypothesis) -> list[Segment]:
        """The most likely turns until now, oldest first, the last of them from the onset of ``newest``."""
        path, last, hypothesis, label = [], self.heard, newest, self.posterior.likeliest
        while True:  # ends: what points back was made before, and so has an earlier onset
            path.append(Segment(hypothesis, max(hypothesis.onset, self._committed), last, label))
            _, before = hypothesis.viterbi(label)
            if before is None or hypothesis.onset <= self._committed:
                return path[::-1]
            last, (label, hypothesis) = hypothesis.onset, before

    # ------------------------------------------------------------ commitment

    def splits(self, first: int, last: int) -> list[int]:
        """Onsets from the chunk ``first`` to ``last``, both included, at which a turn that goes on may be split."""
        return [each.onset for each in self.hypotheses if each.may_split and first <= each.onset <= last]

    def allow_split(self) -> None:
        """Let a turn that goes on be split at the newest onset, although there is no pause."""
        self.hypotheses[-1].may_split = True

    def commit(self, until: int) -> None:
        """Take the path before the chunk ``until`` as it is: whoever spoke then may only go on.

        A turn that goes on beyond ``until`` must have an onset there, one of ``splits``.
        """
        self._committed = until
        self.hypotheses = [each for each in self.hypotheses if each.onset >= until]
        for each in self.hypotheses:
            later = {who: way for who, way in each.backpointers.items() if way[1].onset >= until}
            each.backpointers = later or each.backpointers
            for _, earlier in each.backpointers.values():
                if earlier.onset < until:  # nobody asks what was before it
                    earlier.backpointers = {}
            if each.onset == until:
                each.backpointers = {}
                if each.log_change < 0:
                    each.log_continue = math.log(-math.expm1(each.log_change))
        self.path = [
            segment if segment.first >= until else Segment(self.hypotheses[0], until, segment.last, segment.label)
            for segment in self.path
            if segment.last > until
        ]

    def rename(self, old: Label, new: Label, at: int | None = None) -> None:
        """Replace a label by another: in the hypothesis whose onset is the chunk ``at``, or in all of them."""
        for each in self.hypotheses:
            if at is None or each.onset == at:
                each.rename(old, new)


def _summed(log_alphas: Sequence[Mapping[Label, float]]) -> dict[Label, float]:
    """Label -> log weight, all hypotheses together."""
    labels = dict.fromkeys(label for own in log_alphas for label in own)
    return {label: log_sum(own[label] for own in log_alphas if label in own) for label in labels}


def _maxima(
    log_deltas: Sequence[Mapping[Label, float]], hypotheses: Sequence[OnsetHypothesis]
) -> dict[Label, tuple[float, OnsetHypothesis]]:
    """Label -> (log weight, hypothesis) of the most likely turns that end with the label."""
    best: dict[Label, tuple[float, OnsetHypothesis]] = {}
    for own, each in zip(log_deltas, hypotheses, strict=True):
        for label, weight in own.items():
            if label not in best or weight > best[label][0]:
                best[label] = (weight, each)
    return best
